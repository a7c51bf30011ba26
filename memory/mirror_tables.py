"""What flipped resources teach about writing a language: stems by English lemma, and the forms of its markers.

The counterpart of `gloss_tables`, which reads the same resources for the way into English.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.english import is_irregular, participle, past, plural, present
from dragoman.memory.lookup import headwords
from dragoman.memory.morphology import Analysis, analyse, is_label, normalise

__all__ = ["MirrorTables"]

_ENTRY_WEIGHT = 1.5  # the dictionary's word, unless glossed text has another one twice
_STATED_WEIGHT = 0.5  # a form that a grammar states; text shows where it is used
_VOWELS = frozenset("aeiouyáéíóúàèìòùâêîôûäëïöüãõåæøœɑɛɪɔʊəɨɯɤœ")
_FORMS = ((plural, "PL", "n"), (past, "PST", "v"), (participle, "PST", "v"), (present, "", "v"))

_Junction = tuple[bool, str]  # whether the stem ends in a vowel where the affix stands, and its vowel nearest to it


class MirrorTables:
    """Counts of stems, affixes and particles of the language that is written.

    Attributes:
        stems: English lemma to stems.
        pos: English lemma to the part of speech that the dictionary gives.
        phrases: headwords of several English words, their words to the translation.
        inflected: English form to (lemma, label), of the dictionary's words.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self.stems: dict[str, dict[str, float]] = {}
        self.pos: dict[str, str] = {}
        self._forms: dict[str, dict[str, Counter[_Junction]]] = {}
        self._particles: dict[str, dict[str, float]] = {}
        self.phrases: dict[tuple[str, ...], str] = {}
        for record in records:
            self._learn(record)
        self.inflected = self._inflections()

    def _learn(self, record: MemoryRecord) -> None:
        if record.kind is Kind.ENTRY:
            self._learn_entry(record)
        elif record.kind is Kind.RULE and not record.attribute("rule"):
            self._learn_rule(record)
        if record.attribute("target_gloss"):
            self._learn_text(record)

    def _learn_entry(self, record: MemoryRecord) -> None:
        stem = record.target.strip()
        if not stem or stem[0] in "-=" or stem[-1] in "-=":
            return
        for key in headwords(record.source):
            if " " in key:
                self.phrases.setdefault(tuple(key.split()), stem)
            else:
                _add(self.stems, key, stem, _ENTRY_WEIGHT)
                self.pos.setdefault(key, record.attribute("pos").lower())

    def _learn_rule(self, record: MemoryRecord) -> None:
        for form, label in _pairs(record.attribute("target_affixes")):
            self._forms.setdefault(label, {}).setdefault(form.replace("=", "-"), Counter())
        for form, label in _pairs(record.attribute("target_particles")):
            _add(self._particles, label, form, _STATED_WEIGHT)

    def _learn_text(self, record: MemoryRecord) -> None:
        words = (record.attribute("target_segmented") or record.target).split()
        glosses = record.attribute("target_gloss").split()
        if len(words) != len(glosses):
            return
        for word, gloss in zip(words, glosses, strict=True):
            form = normalise(word)
            if is_label(gloss) and not re.search(r"[-=~]", gloss):
                _add(self._particles, gloss, form, 1.0)
            elif (parts := analyse(form, gloss)) is not None and parts.stem:
                self._learn_parts(parts)

    def _learn_parts(self, parts: Analysis) -> None:
        if not is_label(parts.lemma):
            _add(self.stems, parts.lemma.lower(), parts.stem, 1.0)
        if len(parts.left_glosses) == 1 and parts.left:
            self._count(parts.left_glosses[0], f"{parts.left}-", parts.stem)
        if len(parts.right_glosses) == 1 and parts.right:
            self._count(parts.right_glosses[0], f"-{parts.right}", parts.stem)

    def _count(self, label: str, form: str, stem: str) -> None:
        self._forms.setdefault(label, {}).setdefault(form, Counter())[_junction(stem, form)] += 1

    def _inflections(self) -> dict[str, tuple[str, str]]:
        """The inflected forms of all headwords; irregular ones stand above what looks regular."""
        found: dict[str, tuple[str, str]] = {}
        for lemma in sorted(self.stems, key=lambda lemma: (not is_irregular(lemma), lemma)):
            pos = self.pos.get(lemma, "")
            for inflect, label, of in _FORMS:
                if (not pos or pos.startswith(of)) and lemma.isalpha():
                    form = inflect(lemma)
                    if form != lemma:
                        found.setdefault(form, (lemma, label))
        return found

    def stem(self, lemma: str) -> str:
        """The stem for an English lemma; "" when none is known."""
        return _heaviest(self.stems.get(lemma))

    def particle(self, label: str) -> str:
        """The word that marks a category; "" when there is none or an affix does."""
        return _heaviest(self._particles.get(label))

    def affix(self, label: str, stem: str) -> str:
        """The form of an affix that suits a stem, such as "-ta" or "un-"; "" when none is known."""
        forms = self._forms.get(label, {})
        return min(forms, key=lambda form: (*_misfit(forms[form], form, stem), form), default="")

    @property
    def affixes(self) -> Collection[str]:
        """Labels that an affix marks."""
        return self._forms.keys()

    def has(self, label: str) -> bool:
        """Whether a marker of this category is known."""
        return label in self._forms or label in self._particles


def _add(table: dict[str, dict[str, float]], key: str, form: str, weight: float) -> None:
    forms = table.setdefault(key, {})
    forms[form] = forms.get(form, 0.0) + weight


def _heaviest(forms: Mapping[str, float] | None) -> str:
    return min(forms.items(), key=lambda item: (-item[1], item[0]))[0] if forms else ""


def _misfit(met: Counter[_Junction], form: str, stem: str) -> tuple[float, ...]:
    """Smaller for a form met at such a place before; without text, for one that joins a vowel and a consonant."""
    ends_in_vowel, vowel = _junction(stem, form)
    same_kind = sum(count for (kind, _), count in met.items() if kind == ends_in_vowel)
    letters = form.strip("-")
    touching = letters[-1:] if form.endswith("-") else letters[:1]
    return (-met[ends_in_vowel, vowel], -same_kind, float((touching in _VOWELS) == ends_in_vowel), -met.total())


def _junction(stem: str, form: str) -> _Junction:
    reading = stem if form.endswith("-") else stem[::-1]
    vowel = next((letter for letter in reading if letter in _VOWELS), "")
    return reading[:1] in _VOWELS, vowel


def _pairs(stated: str) -> Iterable[tuple[str, str]]:
    items = (item.strip().rpartition("=") for item in stated.split(";"))
    return [(form, label) for form, _, label in items if form.strip("-=") and label]
