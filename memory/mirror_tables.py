"""What flipped resources teach about writing a language: stems by English lemma, and the forms of its markers.

The counterpart of `gloss_tables`, which reads the same resources for the way into English.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.english import gerund, is_irregular, participle, past, plural, present
from dragoman.memory.english_clause import read_clauses
from dragoman.memory.english_tags import WordClass, class_of
from dragoman.memory.lookup import headwords
from dragoman.memory.mirror_affixes import Affixes
from dragoman.memory.mirror_classes import NounClasses
from dragoman.memory.mirror_frames import Frames, GlossedWord
from dragoman.memory.mirror_links import Links
from dragoman.memory.mirror_persons import Persons, tidy_gloss
from dragoman.memory.morphology import Analysis, analyse, glossable, is_label, normalise, surface

__all__ = ["MirrorTables"]

_ENTRY_WEIGHT = 1.5  # the dictionary's word, unless glossed text has another one twice
_STATED_WEIGHT = 0.5  # a form that a grammar states; text shows where it is used
_FORMS = (
    (plural, "PL", WordClass.NOUN),
    *(
        (inflect, label, WordClass.VERB)
        for inflect, label in ((past, "PST"), (participle, "PST"), (present, ""), (gerund, ""))
    ),
)
_RICH = 1500  # glossed words from which the text is believed rather than the prose of a grammar

_Line = tuple[str, list[str], list[GlossedWord], list[str]]  # English, glosses, words with a lemma, all other words


class MirrorTables:
    """Counts of stems, affixes and particles of the language that is written.

    Attributes:
        stems: English lemma to stems.
        pos: English lemma to the part of speech that the dictionary gives.
        names: of one word, normalised, to their renderings.
        phrases: headwords of several English words, their words to the translation.
        longest_phrase: words of the longest of them.
        inflected: English form to (lemma, label), of the dictionary's words.
        persons: free pronouns.
        forms: of affixes.
        classes: of nouns, where glossed text shows them on other words.
        frames: forms of words as they stand in glossed text; None where there is little of it.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self.stems: dict[str, dict[str, float]] = {}
        self.pos: dict[str, str] = {}
        self.forms = Affixes()
        self._entries: dict[str, str] = {}
        self._by_class: dict[str, dict[WordClass, str]] = {}
        self._particles: dict[str, dict[str, float]] = {}
        self.phrases: dict[tuple[str, ...], str] = {}
        self.names: dict[str, str] = {}
        self.persons = Persons()
        self.frames: Frames | None = None
        self.links = Links()
        self._lines: list[_Line] = []
        self._num_words = 0
        for record in sorted(records, key=lambda record: bool(record.attribute("target_gloss"))):
            self._learn(record)  # the dictionary before glossed text
        self.longest_phrase = max(map(len, self.phrases), default=0)  # asked for with every line
        self.inflected = self._inflections()
        self.classes = NounClasses(self.pos)
        if self._num_words >= _RICH:
            self._believe_text()
        self._learn_lines()

    def _learn(self, record: MemoryRecord) -> None:
        if record.kind is Kind.ENTRY:
            self._learn_entry(record)
        elif record.kind is Kind.ENTITY:
            self._learn_name(record)
        elif record.kind is Kind.RULE and not record.attribute("rule"):
            self._learn_rule(record)
        if record.attribute("target_gloss"):
            self._learn_text(record)

    def _learn_entry(self, record: MemoryRecord) -> None:
        stem = record.target.strip()
        if not stem or stem[0] in "-=" or stem[-1] in "-=":
            return
        plain = " ".join(piece for piece in tidy_gloss(record.source).split() if piece == "I" or not is_label(piece))
        weight = _ENTRY_WEIGHT if plain == record.source.strip() else _STATED_WEIGHT
        for key in headwords(plain):
            if " " in key:
                self.phrases.setdefault(tuple(key.split()), stem)
            else:
                _add(self.stems, key, stem, weight)
                self.pos.setdefault(key, record.attribute("pos").lower())
                self._entries.setdefault(key, stem)
                if (kind := class_of(record.attribute("pos").lower())) is not None:
                    self._by_class.setdefault(key, {}).setdefault(kind, stem)

    def _learn_name(self, record: MemoryRecord) -> None:
        words = tuple(normalise(word) for word in record.source.split())
        if len(words) == 1:
            self.names.setdefault(words[0], record.target.strip())
        elif words:
            self.phrases.setdefault(words, record.target.strip())

    def _learn_rule(self, record: MemoryRecord) -> None:
        for form, label in _pairs(record.attribute("target_affixes")):
            self.forms.state(label, form.replace("=", "-"))
        for form, label in _pairs(record.attribute("target_particles")):
            _add(self._particles, label, form, _STATED_WEIGHT)

    def _learn_text(self, record: MemoryRecord) -> None:
        words = (record.attribute("target_segmented") or record.target).split()
        glosses = [tidy_gloss(gloss) for gloss in record.attribute("target_gloss").split()]
        if len(words) != len(glosses):
            return
        self._num_words += len(words)
        glossed: list[GlossedWord] = []
        unexplained: list[str] = []
        for word, gloss in zip(words, glosses, strict=True):
            form = re.sub(r"[()\[\]*?]", "", normalise(word))
            if is_label(gloss) and not re.search(r"[-=~]", gloss):
                _add(self._particles, gloss, form, 1.0)
                if not self.persons.learn(form, gloss):
                    unexplained.append(form)
            elif self.persons.learn(surface(form), gloss):
                continue
            elif (parts := analyse(form, gloss)) is not None and parts.stem:
                self._learn_parts(parts)
                glossed.append(GlossedWord(tuple(_lemmas(parts.lemma)), parts))
        self._lines.append((record.source, glosses, glossed, unexplained))

    def _learn_parts(self, parts: Analysis) -> None:
        for lemma in _lemmas(parts.lemma):
            known = self._entries.get(lemma, "")
            if " " in lemma:
                self.phrases.setdefault(tuple(lemma.split()), parts.stem)
            elif self.forms.ends.meet(known, parts.stem, parts.right):
                _add(self.stems, lemma, known, 1.0)
            else:
                _add(self.stems, lemma, parts.stem, 1.0)
        self._learn_affixes(parts)

    def _learn_affixes(self, parts: Analysis) -> None:
        """One by one, the nearest to the stem first."""
        inner = parts.stem
        for label, form in zip(parts.right_glosses, parts.right_forms, strict=False):
            if form:
                self.forms.meet(label, f"-{form}", inner)
                inner += form
        inner = parts.stem
        for label, form in zip(parts.left_glosses[::-1], parts.left_forms[::-1], strict=False):
            if form:
                self.forms.meet(label, f"{form}-", inner)
                inner = form + inner

    def _believe_text(self) -> None:
        """Leaves out what only the prose of a grammar states, and asks for the forms that stand for English ones."""
        words = {label: sum(forms.values()) for label, forms in self._particles.items()}
        words["NEG"] = words.get("NEG", 0.0) + sum(self.stems.get("not", {}).values())
        self.forms.believe(words)
        self._particles = {label: forms for label, forms in self._particles.items() if label not in self.forms.labels}
        self.frames = Frames()

    def _learn_lines(self) -> None:
        """What glossed text shows only beside its translation."""
        for source, glosses, glossed, unexplained in self._lines:
            english = read_clauses(glossable(source), self)
            self.classes.learn(english, glossed)
            if self.frames is not None:
                left = self.frames.learn(english, glossed)
                self.persons.learn_line([(word.lemma, word.place) for word in english], glosses)
                unknown = [w.lemma for w in english if w.kind is not WordClass.PRONOUN and not self.stem(w.lemma)]
                self.links.learn(unknown, unexplained + left)
        self._lines.clear()

    def _inflections(self) -> dict[str, tuple[str, str]]:
        """The inflected forms of all headwords; irregular ones stand above what looks regular."""
        found: dict[str, tuple[str, str]] = {}
        for lemma in sorted(self.stems, key=lambda lemma: (not is_irregular(lemma), lemma)):
            kinds = self.word_classes(lemma)
            for inflect, label, of in _FORMS:
                if (of in kinds or not self.pos.get(lemma)) and lemma.isalpha():
                    for form in _spellings(inflect(lemma), lemma):
                        found.setdefault(form, (lemma, label))
        return found

    def stem(self, lemma: str, kind: WordClass | None = None) -> str:
        """The stem for an English lemma, of a class where the dictionary has several; "" when none is known."""
        by_class = self._by_class.get(lemma, {})
        if kind in by_class and len(by_class) > 1:
            return by_class[kind]
        return _heaviest(self.stems.get(lemma))

    def word_classes(self, lemma: str) -> Collection[WordClass]:
        """What the dictionary takes an English lemma for."""
        return self._by_class.get(lemma, {}).keys()

    def particle(self, label: str) -> str:
        """The word that marks a category; "" when there is none or an affix does."""
        found = _heaviest(self._particles.get(label))
        return found or (self.stem("not") if label == "NEG" and label not in self.affixes else "")

    def affix(self, label: str, stem: str) -> str:
        """The form of an affix that suits a stem, such as "-ta" or "un-"; "" when none is known."""
        return self.forms.form(label, stem)

    @property
    def affixes(self) -> Collection[str]:
        """Labels that an affix marks."""
        return self.forms.labels

    def has(self, label: str) -> bool:
        """Whether a marker of this category is known."""
        return label in self.affixes or bool(self.particle(label))


def _spellings(form: str, lemma: str) -> list[str]:
    """An inflected form, none where it is the lemma; "travelled" beside "traveled"."""
    if form == lemma:
        return []
    is_doubled = lemma.endswith("l") and form in (f"{lemma}ed", f"{lemma}ing")
    return [form, f"{lemma}l{form.removeprefix(lemma)}"] if is_doubled else [form]


def _lemmas(gloss: str) -> list[str]:
    """English lemmas that a stem's gloss names: "go" for "go.PST", "run away" for "run.away", two for "apart/aside"."""
    found = []
    for sense in gloss.split("/"):
        pieces = [piece for piece in re.split(r"[._ ]", re.sub(r"\([^)]*\)?", "", sense)) if piece]
        lemma = " ".join(piece.lower() for piece in pieces if piece == "I" or not is_label(piece))
        found += [lemma] if lemma else []
    return list(dict.fromkeys(found))


def _add(table: dict[str, dict[str, float]], key: str, form: str, weight: float) -> None:
    forms = table.setdefault(key, {})
    forms[form] = forms.get(form, 0.0) + weight


def _heaviest(forms: Mapping[str, float] | None) -> str:
    return min(forms.items(), key=lambda item: (-item[1], item[0]))[0] if forms else ""


def _pairs(stated: str) -> Iterable[tuple[str, str]]:
    items = (item.strip().rpartition("=") for item in stated.split(";"))
    return [(form, label) for form, _, label in items if form.strip("-=") and label]
