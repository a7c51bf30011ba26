"""Morpheme-by-morpheme glosses of unseen words, from the dictionary, affixes and glossed text a user brought.

A word seen in glossed text gets its most frequent gloss. Any other word is cut into affixes, stem and affixes; the
most probable cut wins, where a *frame* (what stands left and right of the stem) is looked up as a whole first, because
affixes come in paradigms, then side by side. Stems that differ in one letter (sandhi, alternation) are tried last.
Published glossing systems do this with neural models (SIGMORPHON 2023 shared task); nothing is trained here.
It does not translate: see the `gloss` backend.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.morphology import Analysis, analyse, glossable, is_label, normalise, split_gloss, surface

__all__ = ["UNKNOWN", "GlossToken", "Glosser", "render_gloss"]

UNKNOWN = "?"
_ENTRY_WEIGHT = 0.5  # a headword counts less than a form met in a text
_UNSEEN_PAIR = -3.0  # log penalty for a left and a right side never met together
_ALTERED_STEM = -8.0  # log penalty for a stem that differs in one letter
_UNKNOWN_STEM = -9.0  # log penalty for a stem nobody has seen: known affixes alone say something
_MIN_ALTERED = 4  # shorter stems have too many neighbours
_CLOSED_STEM = -4.0  # log penalty for a pronoun or particle in a new form: they are a closed class
_NAMES = frozenset({"PN", "PLN", "NAME", "NPROP"})
_CACHE = 65536


@dataclass(frozen=True, slots=True)
class GlossToken:
    """The gloss of one word.

    Attributes:
        form: the word as it stands in the line.
        gloss: Leipzig-style gloss without white space, such as "dog-PL"; "?" when nothing is known.
        confidence: 0 (unknown) to 1.
        lemma_gloss: gloss of the stem; "?" when unknown.
        affix_glosses: grammatical labels in order, left ones first.
        exact: whether the whole word was seen or is a headword.
    """

    form: str
    gloss: str
    confidence: float
    lemma_gloss: str
    affix_glosses: tuple[str, ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    gloss: str
    confidence: float
    exact: bool


_Sides = tuple[tuple[str, ...], tuple[str, ...]]  # labels left and right of the stem


class Glosser:
    """Learns from records once, then only answers.

    Args:
        records: ENTRY and ENTITY (headword and gloss; a headword such as "-ka" or "na-" is an affix), RULE with the
            attribute `affixes` ("-ka=PL"), any with the attribute `gloss` (and `segmented` where the source is the
            surface line). Others are ignored.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self._words: dict[str, Counter[str]] = {}
        self._stems: dict[str, Counter[str]] = {}
        self._frames: dict[tuple[str, str], Counter[_Sides]] = {}
        self._lefts: dict[str, Counter[tuple[str, ...]]] = {"": Counter({(): 1})}
        self._rights: dict[str, Counter[tuple[str, ...]]] = {"": Counter({(): 1})}
        for record in records:
            self._learn(record)
        self._neighbours = _deletions(self._stems)
        self._totals = {
            "stem": 1.0 + sum(c.total() for c in self._stems.values()),
            "frame": 1.0 + sum(c.total() for c in self._frames.values()),
            "left": 1.0 + sum(c.total() for c in self._lefts.values()),
            "right": 1.0 + sum(c.total() for c in self._rights.values()),
        }
        self._read = lru_cache(maxsize=_CACHE)(self._read_word)

    def gloss_line(self, line: str) -> tuple[GlossToken, ...]:
        """One token for each word of the line that `glossable` names, in its order; tags and bare signs get none."""
        return tuple(self.gloss_word(word) for word in glossable(line))

    def gloss_word(self, word: str) -> GlossToken:
        """The gloss of one word; punctuation at its edges is ignored."""
        reading = self._read(normalise(word))
        if reading.gloss == UNKNOWN:
            return GlossToken(word, UNKNOWN, 0.0, UNKNOWN)
        lemma, labels = split_gloss(reading.gloss)
        return GlossToken(word, reading.gloss, reading.confidence, lemma or UNKNOWN, labels, reading.exact)

    # learning

    def _learn(self, record: MemoryRecord) -> None:
        if record.attribute("gloss"):
            self._learn_line(record)
        elif record.kind in (Kind.ENTRY, Kind.ENTITY):
            self._learn_entry(record)
        elif record.kind is Kind.RULE:
            for form, label in _affixes(record.attribute("affixes")):
                self._learn_affix(form, label)

    def _learn_line(self, record: MemoryRecord) -> None:
        glosses = record.attribute("gloss").split()
        words = (record.attribute("segmented") or record.source).split()
        if not glosses or len(words) != len(glosses):
            return
        forms = record.source.split()
        for index, (word, gloss) in enumerate(zip(words, glosses, strict=True)):
            plain = normalise(surface(word))
            form = normalise(surface(forms[index])) if len(forms) == len(words) else plain
            self._learn_word(normalise(word), form or plain, gloss)

    def _learn_word(self, word: str, form: str, gloss: str) -> None:
        if not form or gloss == UNKNOWN:
            return
        parts = analyse(word, gloss)
        if parts is None:
            _count(self._words, form, gloss)
            return
        if parts.lemma in _NAMES:  # "PN" says less than the name itself
            named = parts.stem[:1].upper() + parts.stem[1:]
            gloss = re.sub(rf"\b{parts.lemma}\b", named, gloss, count=1)
            parts = replace(parts, lemma=named)
        _count(self._words, form, gloss)
        self._learn_parts(parts, 1.0)
        for changed in _as_spelled(form, parts):
            self._learn_parts(changed, 1.0)

    def _learn_parts(self, parts: Analysis, weight: float) -> None:
        if parts.stem:
            _count(self._stems, parts.stem, parts.lemma, weight)
        _count(self._frames, (parts.left, parts.right), (parts.left_glosses, parts.right_glosses), weight)
        _count(self._lefts, parts.left, parts.left_glosses, weight)
        _count(self._rights, parts.right, parts.right_glosses, weight)

    def _learn_entry(self, record: MemoryRecord) -> None:
        gloss = _first_sense(record.target)
        variants = re.split(r"[;,]\s*", record.attribute("variants"))
        for headword in [record.source, *variants]:
            if not headword or not gloss or " " in headword.strip():
                continue
            if headword[0] in "-=" or headword[-1] in "-=":
                self._learn_affix(headword, gloss)
                continue
            form = normalise(headword)
            _count(self._words, form, gloss, _ENTRY_WEIGHT)
            _count(self._stems, form, gloss, _ENTRY_WEIGHT)

    def _learn_affix(self, affix: str, label: str) -> None:
        form = normalise(affix.strip("-=~ "))
        if affix[-1] in "-=":
            self._learn_parts(Analysis(form, "", "", "", (label,), ()), _ENTRY_WEIGHT)
        else:
            self._learn_parts(Analysis("", "", form, "", (), (label,)), _ENTRY_WEIGHT)

    # reading

    def _read_word(self, form: str) -> _Reading:
        seen = self._words.get(form)
        if seen:
            gloss, count = _best(seen)
            return _Reading(gloss, (count / seen.total()) * count / (count + 0.2), exact=True)
        if is_number(form):
            return _Reading(form, 1.0, exact=True)
        scored = self._cuts(form)
        if not scored:
            return _Reading(UNKNOWN, 0.0, exact=False)
        best, gloss = max(scored, key=lambda item: (item[0], item[1]))
        share = math.exp(best) / sum(math.exp(score) for score, _ in scored)
        ceiling = 0.8 if UNKNOWN not in gloss else 0.2
        return _Reading(gloss, ceiling * share, exact=False)

    def _cuts(self, form: str) -> list[tuple[float, str]]:
        """(log score, gloss) of every way to cut the word."""
        scored = []
        length = len(form)
        for start in range(length):
            left = form[:start]
            if left not in self._lefts:
                continue
            for end in range(length, start, -1):
                sides = self._sides(left, form[end:])
                if sides is not None:
                    scored.extend(self._with_stem(form[start:end], *sides))
        return scored

    def _sides(self, left: str, right: str) -> tuple[float, _Sides] | None:
        frame = self._frames.get((left, right))
        if frame:
            sides, _ = _best(frame)
            return math.log(frame.total() / self._totals["frame"]), sides
        if left not in self._lefts or not (tail := self._right_chain(right)):
            return None
        labels, _ = _best(self._lefts[left])
        head = math.log(self._lefts[left].total() / self._totals["left"])
        return head + tail[0] + _UNSEEN_PAIR, (labels, tail[1])

    def _right_chain(self, right: str) -> tuple[float, tuple[str, ...]] | None:
        """The right side as one seen chain, else as two."""
        whole = self._rights.get(right)
        if whole:
            return math.log(whole.total() / self._totals["right"]), _best(whole)[0]
        found = None
        for cut in range(1, len(right)):
            first, second = self._rights.get(right[:cut]), self._rights.get(right[cut:])
            if first and second:
                score = math.log(first.total() * second.total() / self._totals["right"] ** 2)
                labels = _best(first)[0] + _best(second)[0]
                found = max(found, (score, labels)) if found else (score, labels)
        return found

    def _with_stem(self, stem: str, score: float, sides: _Sides) -> list[tuple[float, str]]:
        known = self._stems.get(stem)
        if known:
            lemma, _ = _best(known)
            closed = _CLOSED_STEM if is_label(lemma) and sides != ((), ()) else 0.0
            return [(score + closed + math.log(known.total() / self._totals["stem"]), _compose(lemma, sides))]
        if len(stem) >= _MIN_ALTERED and (lemma := self._altered(stem)):
            return [(score + _ALTERED_STEM - math.log(self._totals["stem"]), _compose(lemma, sides))]
        if sides != ((), ()) and len(stem) > 1:
            length_prior = _UNKNOWN_STEM - math.log(self._totals["stem"]) - 0.5 * len(stem)
            return [(score + length_prior, _compose(UNKNOWN, sides))]
        return []

    def _altered(self, stem: str) -> str:
        """Lemma of the most frequent stem one edit away; "" when there is none."""
        near: Counter[str] = Counter()
        for key in _shorter(stem):
            for candidate in self._neighbours.get(key, ()):
                if abs(len(candidate) - len(stem)) <= 1:
                    near[candidate] = int(self._stems[candidate].total() * 10)
        return _best(self._stems[_best(near)[0]])[0] if near else ""


def render_gloss(tokens: Sequence[GlossToken]) -> str:
    """The trace line: one gloss per word in source order, "?" for unknown words, one space between."""
    return " ".join(token.gloss for token in tokens)


def is_number(form: str) -> bool:
    """Whether the word is a figure such as 1,250.5."""
    return bool(form) and form.replace(",", "").replace(".", "").isdecimal()


def _count(table: dict, key: object, value: object, weight: float = 1.0) -> None:  # type: ignore[type-arg] # any table of counters
    table.setdefault(key, Counter())[value] += weight


def _best(counter: Counter) -> tuple:  # type: ignore[type-arg] # any counter
    # Ties go to the smallest value, so that the order of learning does not matter.
    return min(counter.items(), key=lambda item: (-item[1], item[0]))


def _compose(lemma: str, sides: _Sides) -> str:
    left, right = sides
    return "-".join(label for label in (*left, lemma, *right) if label)


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


def _affixes(text: str) -> list[tuple[str, str]]:
    """("-ka", "PL") pairs of "-ka=PL; na-=1SG"."""
    pairs = []
    for item in re.split(r"[;,\s]+", text):
        form, _, label = item.rpartition("=")
        if form.strip("-=~") and label:
            pairs.append((form, label))
    return pairs


def _first_sense(target: str) -> str:
    sense = re.sub(r"\([^)]*\)", "", re.split(r"[;,/]", target)[0])
    return ".".join(sense.split())


def _shorter(stem: str) -> list[str]:
    return [stem, *(stem[:i] + stem[i + 1 :] for i in range(len(stem)))]


def _deletions(stems: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """Symmetric-delete index: every stem under itself and under each of its forms with one letter less."""
    index: dict[str, list[str]] = {}
    for stem in stems:
        if len(stem) >= _MIN_ALTERED:
            for key in _shorter(stem):
                index.setdefault(key, []).append(stem)
    return index
