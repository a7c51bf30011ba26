"""Morpheme-by-morpheme glosses of unseen words, from the dictionary, affixes and glossed text a user brought.

A word seen in glossed text gets its most frequent gloss. Any other word is cut into affixes, stem and affixes; the
most probable cut wins, where a *frame* (what stands left and right of the stem) is looked up as a whole first, because
affixes come in paradigms, then side by side. A last letter that is known to change before a suffix is changed back
(`stem_ends`); stems that differ in any one letter (sandhi, alternation) are tried last.
Published glossing systems do this with neural models (SIGMORPHON 2023 shared task); nothing is trained here.
It does not translate: see the `gloss` backend.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from dragoman.core.records import MemoryRecord
from dragoman.memory.gloss_tables import MIN_ALTERED, GlossTables, Sides, first_sense, shorter
from dragoman.memory.morphology import glossable, is_label, normalise, split_gloss

__all__ = ["UNKNOWN", "GlossToken", "Glosser", "render_gloss"]

UNKNOWN = "?"
_UNSEEN_PAIR = -3.0  # log penalty for a left and a right side never met together
_OTHER_END = -1.0  # log penalty for a stem whose last letter is written otherwise, as text shows it
_ALTERED_STEM = -8.0  # log penalty for a stem that differs in one letter
_UNKNOWN_STEM = -9.0  # log penalty for a stem nobody has seen: known affixes alone say something
_UNKNOWN_LETTER = -2.5  # log penalty for each of its letters: one of a dozen; an affix explains them better
_CLOSED_STEM = -4.0  # log penalty for a pronoun or particle in a new form: they are a closed class
_COMPANY = 30.0  # weight of a neighbour met before
_PRIOR_COMPANY = 2.0
_MAX_SIDE = 24  # letters left or right of a stem; longer words are no words
_NAMED = 0.9  # confidence in a name that the document gave
_CACHE = 65536

_NO_NAMES: Mapping[str, str] = MappingProxyType({})

_Labels = tuple[str, ...]
_Chain = tuple[float, _Labels]  # log probability and labels


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


class Glosser:
    """Learns from records once, then only answers.

    Args:
        records: ENTRY and ENTITY (headword and gloss; a headword such as "-ka" or "na-" is an affix), RULE with the
            attribute `affixes` ("-ka=PL"), any with the attribute `gloss` (and `segmented` where the source is the
            surface line). Others are ignored.
    """

    def __init__(self, records: Iterable[MemoryRecord]) -> None:
        self._tables = GlossTables(records)
        self._totals = {
            "stem": _total(self._tables.stems),
            "frame": _total(self._tables.frames),
            "left": _total(self._tables.lefts),
            "right": _total(self._tables.rights),
        }
        self._longest = {"left": max(map(len, self._tables.lefts)), "right": max(map(len, self._tables.rights))}
        # Words and their sides come again on page after page; what is remembered of them changes no answer.
        self._read = lru_cache(maxsize=_CACHE)(self._read_word)
        self._token = lru_cache(maxsize=_CACHE)(self._token_of)
        self._left = lru_cache(maxsize=_CACHE)(self._left_chain)
        self._right = lru_cache(maxsize=_CACHE)(self._right_chain)

    def lemma(self, form: str) -> str:
        """The form itself: the inflection of an unknown language is cut off by look-up, not known beforehand."""
        return form

    def gloss_line(self, line: str, names: Mapping[str, str] = _NO_NAMES) -> tuple[GlossToken, ...]:
        """One token for each word of the line that `glossable` names, in its order; tags and bare signs get none.

        Args:
            line: of the source.
            names: single words, as spelled, to their renderings; they stand above what the records taught.
        """
        words = glossable(line)
        tokens = [self._token(word, _is_capital(word) and place > 0) for place, word in enumerate(words)]
        for place, (_, form, is_ambiguous) in enumerate(tokens):
            if is_ambiguous:
                before = tokens[place - 1][1] if place else ""
                after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
                tokens[place] = (_token(words[place], self._read_beside(form, before, after)), form, False)
        if not names:
            return tuple(token for token, _, _ in tokens)
        return tuple(
            self._named(word, form, names) or token for word, (token, form, _) in zip(words, tokens, strict=True)
        )

    def _named(self, word: str, form: str, names: Mapping[str, str]) -> GlossToken | None:
        """The gloss of a word that is a name, perhaps with affixes; None when it is none."""
        for source, target in names.items():
            name = normalise(source)
            if not name or name not in form or (source[0].isupper() and not any(map(str.isupper, word))):
                continue
            left, _, right = form.partition(name)
            head, tail = self._left(left), self._right(right)
            if head and tail:
                gloss = _compose(first_sense(target), (head[1], tail[1]))
                return _token(word, _Reading(gloss, _NAMED, exact=form == name)) if gloss else None
        return None

    def gloss_word(self, word: str) -> GlossToken:
        """The gloss of one word on its own; punctuation at its edges is ignored."""
        return self._token(word, False)[0]

    def _token_of(self, word: str, is_name: bool) -> tuple[GlossToken, str, bool]:
        """The word's gloss on its own, its normalised form, and whether the words beside it may decide otherwise."""
        form = normalise(word)
        return _token(word, self._read(form, is_name)), form, len(self._tables.words.get(form, ())) > 1

    def _read_beside(self, form: str, before: str, after: str) -> _Reading:
        """The reading of a word between two others: of several known glosses the one that was met in such company."""
        seen = self._tables.words[form]
        scores = {gloss: count * self._company(form, gloss, before, after) for gloss, count in seen.items()}
        gloss, score = _best(Counter(scores))
        return _Reading(gloss, score / sum(scores.values()) * _certainty(seen[gloss]), exact=True)

    def _company(self, form: str, gloss: str, before: str, after: str) -> float:
        """How much likelier the neighbours are with this gloss than with none in particular."""
        beside = self._tables.contexts.get((form, gloss))
        if beside is None:
            return 1.0
        total = beside.total() + _PRIOR_COMPANY
        return (1 + _COMPANY * beside[before] / total) * (1 + _COMPANY * beside[f">{after}"] / total)

    def _read_word(self, form: str, is_name: bool) -> _Reading:
        """The best reading; what may be a name is not taken for a known stem that differs in a letter."""
        seen = self._tables.words.get(form)
        if seen:
            gloss, count = _best(seen)
            return _Reading(gloss, count / seen.total() * _certainty(count), exact=True)
        if is_number(form):
            return _Reading(form, 1.0, exact=True)
        scored = self._cuts(form, is_name)
        if not scored:
            return _Reading(UNKNOWN, 0.0, exact=False)
        best, gloss = max(scored, key=lambda item: (item[0], item[1]))
        share = math.exp(best) / sum(math.exp(score) for score, _ in scored)
        ceiling = 0.8 if UNKNOWN not in gloss else 0.2
        return _Reading(gloss, ceiling * share, exact=False)

    def _cuts(self, form: str, is_name: bool) -> list[tuple[float, str]]:
        """(log score, gloss) of every way to cut the word."""
        scored = []
        length = len(form)
        rights = [form[end:] for end in range(length, max(0, length - _MAX_SIDE), -1)]
        rights = [right for right in rights if self._right(right) is not None]
        for start in range(min(length, _MAX_SIDE)):
            left = form[:start]
            if self._left(left) is None:
                continue
            for right in rights:
                end = length - len(right)
                stem = form[start:end]
                sides = self._sides(left, right) if stem and stem.strip("-") == stem else None
                if sides is not None:
                    scored.extend(self._with_stem(stem, *sides, is_name=is_name))
                    scored.extend(self._with_cited(stem, right, *sides))
        return scored

    def _sides(self, left: str, right: str) -> tuple[float, Sides] | None:
        frame = self._tables.frames.get((left.strip("-"), right.strip("-")))
        if frame:
            sides, _ = _best(frame)
            return math.log(frame.total() / self._totals["frame"]), sides
        head = self._left(left)
        tail = self._right(right) if head else None
        if head is None or tail is None:
            return None
        return head[0] + tail[0] + _UNSEEN_PAIR, (head[1], tail[1])

    def _left_chain(self, side: str) -> _Chain | None:
        return self._chain(side, "left", self._tables.lefts, self._left)

    def _right_chain(self, side: str) -> _Chain | None:
        return self._chain(side, "right", self._tables.rights, self._right)

    def _chain(
        self, side: str, where: str, table: Mapping[str, Counter[_Labels]], of_rest: Callable[[str], _Chain | None]
    ) -> _Chain | None:
        """What stands on one side of a stem: as it was seen, else as affixes that were seen, the likeliest ones.

        Beside glossed text two at most: it shows most of what stands together, and longer guesses are mostly wrong.
        Without it any number. A hyphen at the border, as some texts write names with affixes, is no part of the affix.
        """
        side = side.strip("-")
        total = self._totals[where]
        whole = table.get(side)
        if whole:
            return math.log(whole.total() / total), _best(whole)[0]
        found = None
        for cut in range(1, min(len(side), self._longest[where] + 1)):
            first = table.get(side[:cut])
            may_follow = side[cut:] in table or not self._tables.has_text
            rest = of_rest(side[cut:]) if first and may_follow else None
            if first and rest:
                chain = (math.log(first.total() / total) + rest[0], _best(first)[0] + rest[1])
                found = max(found, chain) if found else chain
        return found

    def _with_cited(self, stem: str, right: str, score: float, sides: Sides) -> Iterator[tuple[float, str]]:
        """Readings as a stem whose last letter the text is known to write otherwise before such a suffix."""
        for cited in self._tables.ends.cited(stem, right) if right else ():
            if known := self._tables.stems.get(cited):
                chance = math.log(known.total() / self._totals["stem"])
                yield score + _OTHER_END + chance, _compose(_best(known)[0], sides)

    def _with_stem(self, stem: str, score: float, sides: Sides, *, is_name: bool) -> list[tuple[float, str]]:
        known = self._tables.stems.get(stem)
        if known:
            lemma, _ = _best(known)
            closed = _CLOSED_STEM if is_label(lemma) and sides != ((), ()) else 0.0
            return [(score + closed + math.log(known.total() / self._totals["stem"]), _compose(lemma, sides))]
        if not is_name and len(stem) >= MIN_ALTERED and (lemma := self._altered(stem)):
            return [(score + _ALTERED_STEM - math.log(self._totals["stem"]), _compose(lemma, sides))]
        if sides != ((), ()) and len(stem) > 1:
            length_prior = _UNKNOWN_STEM - math.log(self._totals["stem"]) + _UNKNOWN_LETTER * len(stem)
            return [(score + length_prior, _compose(UNKNOWN, sides))]
        return []

    def _altered(self, stem: str) -> str:
        """Lemma of the most frequent stem one edit away; "" when there is none."""
        near: Counter[str] = Counter()
        for key in shorter(stem):
            for candidate in self._tables.altered.get(key, ()):
                if abs(len(candidate) - len(stem)) <= 1:
                    near[candidate] = int(self._tables.stems[candidate].total() * 10)
        return _best(self._tables.stems[_best(near)[0]])[0] if near else ""


def render_gloss(tokens: Sequence[GlossToken]) -> str:
    """The trace line: one gloss per word in source order, "?" for unknown words, one space between."""
    return " ".join(token.gloss for token in tokens)


def _token(word: str, reading: _Reading) -> GlossToken:
    if reading.gloss == UNKNOWN:
        return GlossToken(word, UNKNOWN, 0.0, UNKNOWN)
    lemma, labels = split_gloss(reading.gloss)
    return GlossToken(word, reading.gloss, reading.confidence, lemma or UNKNOWN, labels, reading.exact)


def _is_capital(word: str) -> bool:
    letter = next(filter(str.isalpha, word), "")
    return letter.isupper()


def is_number(form: str) -> bool:
    """Whether the word is a figure such as 1,250.5."""
    return bool(form) and form.replace(",", "").replace(".", "").isdecimal()


def _best(counter: Counter) -> tuple:  # type: ignore[type-arg] # any counter
    # Ties go to the smallest value, so that the order of learning does not matter.
    return min(counter.items(), key=lambda item: (-item[1], item[0]))


def _total(table: Mapping[Any, Counter[Any]]) -> float:  # Any: any table of counters
    return 1.0 + sum(counter.total() for counter in table.values())


def _certainty(count: float) -> float:
    """A word met once may be an accident."""
    return count / (count + 0.2)


def _compose(lemma: str, sides: Sides) -> str:
    left, right = sides
    return "-".join(label for label in (*left, lemma, *right) if label)
