"""What the offered glosses of a page's lines say about the other candidates: the scorer's eye for what is redundant.

A gloss line names most words and affixes of its line. An entry whose word it names brings little; one that stands
whole in a word the gloss leaves open brings much; one that only resembles a word is most likely another word. The same
goes for rules by their labels. Compared are headwords, senses and labels, so consistent renaming changes nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dragoman.core.context import Candidate, Observation
from dragoman.core.records import Kind
from dragoman.memory.gloss_tables import first_sense
from dragoman.memory.morphology import glossable, is_label, normalise, split_gloss

__all__ = ["GLOSS_COLUMNS", "FloatArray", "GlossView", "gloss_view"]

FloatArray = NDArray[np.float64]

GLOSS_COLUMNS: tuple[str, ...] = (
    "whole in a word",
    "whole in an open word",
    "open words",
    "shared run",
    "labels",
    "senses",
)

_OPEN = "?"
_LABELS = re.compile(r"\b(?:[123](?:SG|PL|DU)|[A-Z]{2,}[0-9]?)\b")
_UNKNOWN = re.compile(r"(?<!\w)\?([^\W_][^\s?]*)")  # a word of the source that the gloss leaves as it is
_CACHED = 16384  # texts kept; a page has about a hundred


@dataclass(frozen=True, slots=True)
class GlossView:
    """Numbers about N candidates and L lines.

    Attributes:
        columns_N_C: in the order of `GLOSS_COLUMNS`, 0 where a column is not about the kind.
            Entries: whether the headword stands whole in a word of its lines; the same for words that no gloss names,
            as a share of the longest such headword; whether there are senses besides the one that a gloss names, which
            of a pronoun only tell person and gender.
            Glosses: share of words left open. Sentences: open words shared with the page and with no better sentence,
            in halves; words in a row beyond the first that stand in a line too, in thirds; both at most 1.
            Rules: whether they have labels.
        named_N_L: 1 where the gloss of a line names the candidate's word, or one of a rule's labels.
    """

    columns_N_C: FloatArray
    named_N_L: FloatArray


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's words as they are looked up, which of them no gloss names, and the lemmas and labels of its gloss."""

    words: tuple[str, ...]
    text: str  # the words, for quick look-ups
    open: frozenset[str]
    open_text: str  # the same, for quick look-ups
    lemmas: frozenset[str]
    labels: frozenset[str]


def gloss_view(observation: Observation) -> GlossView:
    """What the glosses among the candidates say about the others; the order of the candidates does not matter."""
    candidates = observation.candidates
    lines = _lines(observation)
    columns = np.zeros((len(candidates), len(GLOSS_COLUMNS)))
    named = np.zeros((len(candidates), max(1, len(lines))))
    places: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for place, candidate in enumerate(candidates):
        places[candidate.record.kind].append(place)
    spoken = [[n - 1 for n in c.lines if n <= len(lines)] or range(len(lines)) for c in candidates]
    _fill_entries(candidates, lines, places[Kind.ENTRY], spoken, columns, named)
    for place in places[Kind.RULE]:
        labels = _labels(candidates[place].record.target)
        columns[place, 4] = float(bool(labels))
        named[place, [n for n in spoken[place] if labels & lines[n].labels]] = 1.0
    for place in places[Kind.TRACE]:
        line = lines[spoken[place][0]]
        columns[place, 2] = len(line.open) / max(1, len(set(line.words)))
    _fill_sentences(candidates, lines, places[Kind.EXEMPLAR], spoken, columns)
    return GlossView(columns, named)


def _fill_entries(
    candidates: Sequence[Candidate],
    lines: Sequence[_Line],
    places: Iterable[int],
    spoken: Sequence[Sequence[int]],
    columns: FloatArray,
    named: FloatArray,
) -> None:
    longest: dict[str, int] = {}  # of the headwords that stand whole in an open word
    found: list[tuple[int, int, list[str]]] = []  # place, length of the headword, open words it stands in
    for place in places:
        record = candidates[place].record
        headword, senses = _headword(record.source), _senses(record.target)
        words: list[str] = []
        for n in spoken[place]:
            line = lines[n]
            if not senses.isdisjoint(line.lemmas):
                named[place, n] = 1.0
                columns[place, 5] = float(len(senses) > 1 and not record.attribute("pos").startswith("pro"))
            if headword and headword in line.text:
                columns[place, 0] = 1.0
                if headword in line.open_text:
                    words += [word for word in line.open if headword in word]
        if words:
            found.append((place, len(headword), words))
            for word in words:
                if longest.get(word, 1) < len(headword):
                    longest[word] = len(headword)
    for place, length, words in found:
        columns[place, 1] = max(length / longest.get(word, 1) for word in words)


def _fill_sentences(
    candidates: Sequence[Candidate],
    lines: Sequence[_Line],
    places: Iterable[int],
    spoken: Sequence[Sequence[int]],
    columns: FloatArray,
) -> None:
    shared: set[str] = set()
    for place in sorted(places, key=lambda place: (candidates[place].features.rank, candidates[place].id)):
        words = _words(candidates[place].record.source)
        fresh = {word for n in spoken[place] for word in lines[n].open.intersection(words)} - shared
        shared |= fresh
        run = max((_common_run(words, lines[n].words) for n in spoken[place]), default=0)
        columns[place, 2:4] = min(1.0, len(fresh) / 2), min(1.0, max(0, run - 1) / 3)


def _lines(observation: Observation) -> tuple[_Line, ...]:
    glosses: dict[int, str] = {}
    for candidate in observation.candidates:
        if candidate.record.kind is Kind.TRACE and candidate.lines:
            glosses[candidate.lines[0]] = max(candidate.record.target, glosses.get(candidate.lines[0], ""))
    sources = observation.page.sources
    return tuple(_line(source, glosses.get(number, "")) for number, source in enumerate(sources, start=1))


@lru_cache(maxsize=_CACHED)
def _line(source: str, gloss: str) -> _Line:
    words = _words(source)
    pieces = [split_gloss(token) for token in gloss.split()]
    lemmas = [_OPEN if is_label(lemma) else _key(lemma) or _OPEN for lemma, _ in pieces]
    unknown = frozenset(map(normalise, _UNKNOWN.findall(gloss)))  # out of English: words in another order
    aligned = lemmas
    if unknown or len(lemmas) != len(words):
        aligned = [_OPEN if word in unknown or not gloss else word for word in words]
    labels = {label for lemma, found in pieces for label in (*found, lemma) if is_label(label)}
    open_words = frozenset(word for word, lemma in zip(words, aligned, strict=True) if lemma == _OPEN)
    return _Line(
        words,
        "\n".join(words),
        open_words,
        "\n".join(sorted(open_words)),
        frozenset(lemmas) - {_OPEN},
        frozenset(labels),
    )


@lru_cache(maxsize=_CACHED)
def _common_run(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    best, row = 0, [0] * (len(theirs) + 1)
    for word in ours:
        row = [0, *(row[place] + 1 if word == other else 0 for place, other in enumerate(theirs))]
        best = max(best, *row)
    return best


@lru_cache(maxsize=_CACHED)
def _words(sentence: str) -> tuple[str, ...]:
    return tuple(normalise(word) for word in glossable(sentence))


@lru_cache(maxsize=_CACHED)
def _headword(source: str) -> str:
    return normalise(source)


@lru_cache(maxsize=_CACHED)
def _senses(target: str) -> frozenset[str]:
    return frozenset(key for sense in re.split(r"[;,/]", target) if (key := _key(first_sense(sense))))


@lru_cache(maxsize=_CACHED)
def _labels(statement: str) -> frozenset[str]:
    return frozenset(_LABELS.findall(statement))


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
