"""What glossed text, dictionaries and grammars teach about words: counts that the glosser reads.

Kept apart from reading them, because learning runs once and looks at every record, while reading must be quick.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.morphology import Analysis, analyse, normalise, surface
from dragoman.memory.resources.affixes import stated_affixes, stated_particles
from dragoman.memory.stem_ends import StemEnds
from dragoman.memory.unnamed_affixes import unnamed_affixes

__all__ = ["MIN_ALTERED", "GlossTables", "Sides", "first_sense", "shorter"]

_ENTRY_WEIGHT = 0.5  # a headword counts less than a form met in a text
_HEADED = (Kind.ENTRY, Kind.ENTITY)
_NAMES = frozenset({"PN", "PLN", "NAME", "NPROP"})
_ROUNDS = 3  # a stem between two unnamed affixes is read in the second, one more is seldom needed
MIN_ALTERED = 4  # shorter stems have too many neighbours

Sides = tuple[tuple[str, ...], tuple[str, ...]]  # labels left and right of the stem
_Line = tuple[tuple[str, str], ...]  # (form, gloss) of every word


class GlossTables:
    """Counts of forms and what they mean.

    Attributes:
        words: whole word to its glosses.
        stems: stem to its lemmas.
        frames: what stands (left, right) of a stem to its labels.
        lefts, rights: one side alone to its labels.
        contexts: (word, gloss) to the words that stood beside it, for words with several glosses.
        has_text: whether glossed text taught which affixes stand together.
        altered: stems of four letters and more under themselves and under each form with one letter less
            (symmetric-delete index).
        ends: of headwords, as glossed and translated text writes them before a suffix.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self.words: dict[str, Counter[str]] = {}
        self.stems: dict[str, Counter[str]] = {}
        self.frames: dict[tuple[str, str], Counter[Sides]] = {}
        self.lefts: dict[str, Counter[tuple[str, ...]]] = {"": Counter({(): 1})}
        self.rights: dict[str, Counter[tuple[str, ...]]] = {"": Counter({(): 1})}
        self.ends = StemEnds()
        self._headwords: dict[str, dict[str, None]] = {}  # of each gloss
        self._seen: Counter[tuple[str, str, str]] = Counter()  # (segmented, surface, gloss), as spelled
        records = tuple(records)
        lines = [line for record in records for line in self._learn(record)]
        self._learn_seen()
        self.ends.meet_translated(
            (record for record in records if record.kind in _HEADED),
            [record for record in records if record.kind is Kind.EXEMPLAR and not record.attribute("gloss")],
        )
        self.has_text = bool(self._seen)
        self._learn_unnamed(records)
        self.contexts = self._contexts(lines)
        self.altered = _deletions(self.stems)

    def _learn(self, record: MemoryRecord) -> Iterable[_Line]:
        """Learns from a record; gives its line when it is glossed text."""
        if record.attribute("gloss"):
            return self._glossed_line(record)
        if record.kind in _HEADED:
            self._learn_entry(record)
        elif record.kind is Kind.RULE:
            for form, label in stated_affixes(record):
                self._learn_affix(form, label)
            for form, label in stated_particles(record):
                self._learn_whole(normalise(form), label)
        return ()

    def _glossed_line(self, record: MemoryRecord) -> Iterable[_Line]:
        glosses = record.attribute("gloss").split()
        segmented = (record.attribute("segmented") or record.source).split()
        if len(segmented) != len(glosses):
            return ()
        forms = record.source.split()
        forms = forms if len(forms) == len(segmented) else segmented
        self._seen.update(zip(segmented, forms, glosses, strict=True))
        return (tuple(zip(forms, glosses, strict=True)),)

    def _learn_seen(self) -> None:
        """Equal words of all lines are taken apart once; sorted, so that the order of records does not matter."""
        for (segmented, form, gloss), count in sorted(self._seen.items()):
            self._learn_word(normalise(segmented), normalise(surface(form)), gloss, count)

    def _learn_word(self, word: str, form: str, gloss: str, count: int) -> None:
        form = form or normalise(surface(word))
        if not form or gloss == "?":
            return
        parts = analyse(word, gloss)
        if parts is None:
            _count(self.words, form, gloss, count)
            return
        if parts.lemma in _NAMES:  # "PN" says less than the name itself
            named = parts.stem[:1].upper() + parts.stem[1:]
            gloss = re.sub(rf"\b{parts.lemma}\b", named, gloss, count=1)
            parts = replace(parts, lemma=named)
        _count(self.words, form, gloss, count)
        for spelled in (parts, *_as_spelled(form, parts)):
            self._learn_parts(spelled, count)
        for headword in self._headwords.get(parts.lemma, ()):
            self.ends.meet(headword, parts.stem, parts.right, count)

    def _learn_parts(self, parts: Analysis, weight: float) -> None:
        if parts.stem:
            _count(self.stems, parts.stem, parts.lemma, weight)
        _count(self.frames, (parts.left, parts.right), (parts.left_glosses, parts.right_glosses), weight)
        _count(self.lefts, parts.left, parts.left_glosses, weight)
        _count(self.rights, parts.right, parts.right_glosses, weight)

    def _learn_entry(self, record: MemoryRecord) -> None:
        gloss = first_sense(record.target)
        variants = re.split(r"[;,]\s*", record.attribute("variants"))
        for headword in [record.source, *variants]:
            if not headword or not gloss or " " in headword.strip():
                continue
            if headword[0] in "-=" or headword[-1] in "-=":
                self._learn_affix(headword, gloss)
                continue
            form = normalise(headword)
            self._learn_whole(form, gloss)
            self._headwords.setdefault(gloss, {})[form] = None

    def _learn_whole(self, form: str, gloss: str) -> None:
        _count(self.words, form, gloss, _ENTRY_WEIGHT)
        _count(self.stems, form, gloss, _ENTRY_WEIGHT)

    def _learn_affix(self, affix: str, label: str) -> None:
        form = normalise(affix.strip("-=~ "))
        if affix[-1] in "-=":
            self._learn_parts(Analysis(form, "", "", "", (label,), ()), _ENTRY_WEIGHT)
        else:
            self._learn_parts(Analysis("", "", form, "", (), (label,)), _ENTRY_WEIGHT)

    def _learn_unnamed(self, records: Sequence[MemoryRecord]) -> None:
        """Affixes that only translated sentences show; those that were found help to find others."""
        entries = [record for record in records if record.kind in _HEADED]
        sentences = [record for record in records if record.kind is Kind.EXEMPLAR]
        for _ in range(_ROUNDS):
            found = unnamed_affixes(entries, sentences, lru_cache(maxsize=None)(self._is_side))
            for affix in found:
                sides = ("", affix.form) if affix.is_right else (affix.form, "")
                self._learn_parts(Analysis(sides[0], "", sides[1], ""), _ENTRY_WEIGHT)
            if not found:
                return

    def _is_side(self, letters: str, is_right: bool) -> bool:
        """Whether the letters left or right of a stem are affixes that are known, side by side, or none."""
        table = self.rights if is_right else self.lefts
        reached = {0}  # places where an affix may begin
        for end in range(1, len(letters) + 1):
            if any(letters[start:end] in table for start in reached):
                reached.add(end)
        return len(letters) in reached

    def _contexts(self, lines: Iterable[_Line]) -> dict[tuple[str, str], Counter[str]]:
        contexts: dict[tuple[str, str], Counter[str]] = {}
        spelled: dict[str, str] = {}
        for line in lines:
            forms = [spelled.setdefault(form, normalise(surface(form))) for form, _ in line]
            for index, (form, (_, gloss)) in enumerate(zip(forms, line, strict=True)):
                if len(self.words.get(form, ())) > 1:
                    beside = contexts.setdefault((form, gloss), Counter())
                    beside.update(forms[max(0, index - 1) : index])
                    beside.update(f">{after}" for after in forms[index + 1 : index + 2])
        return contexts


def _count(table: dict, key: object, value: object, weight: float = 1.0) -> None:  # type: ignore[type-arg] # any table of counters
    table.setdefault(key, Counter())[value] += weight


def _as_spelled(form: str, parts: Analysis) -> list[Analysis]:
    """The parts as sandhi changed them in the surface form: another stem, or another right or left side."""
    if form == parts.left + parts.stem + parts.right or not parts.stem:
        return []
    found = []
    if form.startswith(parts.left) and form.endswith(parts.right):
        stem = form[len(parts.left) : len(form) - len(parts.right)]
        found += [replace(parts, stem=stem)] if stem else []
    if form.startswith(parts.left + parts.stem):
        found.append(replace(parts, right=form[len(parts.left + parts.stem) :]))
    if form.endswith(parts.stem + parts.right):
        found.append(replace(parts, left=form[: len(form) - len(parts.stem + parts.right)]))
    return found


def first_sense(target: str) -> str:
    """The first of the translations that an entry gives, as one word of a gloss line."""
    sense = re.sub(r"\([^)]*\)", "", re.split(r"[;,/]", target)[0])
    return ".".join(sense.split())


def shorter(stem: str) -> list[str]:
    """The stem and each of its forms with one letter less."""
    return [stem, *(stem[:i] + stem[i + 1 :] for i in range(len(stem)))]


def _deletions(stems: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """Symmetric-delete index: every stem under itself and under each of its forms with one letter less."""
    index: dict[str, list[str]] = {}
    for stem in stems:
        if len(stem) >= MIN_ALTERED:
            for key in shorter(stem):
                index.setdefault(key, []).append(stem)
    return index
