"""Dictionary look-up of running words: headword, variant, then words that share a beginning or an end.

Only about a third of the words in a text of an inflecting language equal a headword, so a word that is not found
is compared with the headwords nearest to it in the alphabet, read from the left and from the right, and with what
remains of it without a known affix. The rest is edit similarity (rapidfuzz); no language is known.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Indel

from dragoman.core.records import MemoryRecord
from dragoman.memory.phrases import Affixes
from dragoman.memory.text import is_borderless, normalise

__all__ = ["CITATION", "LookupIndex", "WordMatch", "headwords", "variants"]

_NEIGHBOURS = 8
_MIN_FUZZY = 3  # letters; shorter words are found exactly or not at all
_AFFIX_SIMILARITY = 0.95
_CACHED_WORDS = 65_536
CITATION = re.compile(r"^(?:to be|to|an?|the) ")  # how English glosses cite verbs and nouns
_BETWEEN_VARIANTS = re.compile(r"[;,|]")
_PARENTHESES = re.compile(r"\s*[\(\[][^)\]]*[)\]]\s*")


@dataclass(frozen=True, slots=True)
class WordMatch:
    """An entry for a word.

    Attributes:
        row: of the record.
        headword: the key that was met, normalised.
        similarity: 0 to 1; 1 for the headword itself.
        how: "headword", "variant", "without affix" or "similar".
    """

    row: int
    headword: str
    similarity: float
    how: str


def headwords(source: str) -> list[str]:
    """The spellings under which an entry is looked up: as it stands, without parentheses, without an English "to"."""
    plain = normalise(source)
    bare = normalise(_PARENTHESES.sub(" ", source))
    return [key for key in dict.fromkeys((plain, bare, CITATION.sub("", bare))) if key]


def variants(record: MemoryRecord) -> list[str]:
    """The other forms of an entry's headword, normalised."""
    named = record.attribute("variants")
    parts = (normalise(part) for part in _BETWEEN_VARIANTS.split(named)) if named else ()
    return [part for part in parts if part]


class LookupIndex:
    """Single-word headwords and variants.

    Args:
        records: row i is records[i].
        affixes: known beginnings and endings.
        min_similarity: of a fuzzy match, 0 to 1.
        max_matches: entries given for one word.
    """

    def __init__(
        self, records: Sequence[MemoryRecord], affixes: Affixes, *, min_similarity: float, max_matches: int
    ) -> None:
        self._rows: dict[str, list[tuple[int, str]]] = {}
        self._affixes = affixes
        self._min_similarity = min_similarity
        self._max_matches = max_matches
        for row, record in enumerate(records):
            for key in headwords(record.source):
                self._rows.setdefault(key, []).append((row, "headword"))
            for key in variants(record):
                self._rows.setdefault(key, []).append((row, "variant"))
        for rows in self._rows.values():
            rows.sort(key=lambda item: (item[1] != "headword", item[0]))
        self._keys = sorted(key for key in self._rows if len(key) >= _MIN_FUZZY and " " not in key)
        self._reversed = sorted(key[::-1] for key in self._keys)
        self._longest = max((len(key) for key in self._rows), default=0)
        self.find = lru_cache(maxsize=_CACHED_WORDS)(self._find)

    def has(self, word: str) -> bool:
        """Whether a normalised word is a headword or variant as it stands."""
        return word in self._rows

    def _find(self, word: str) -> tuple[WordMatch, ...]:
        """Entries for a normalised word, best first, at most `max_matches`."""
        exact = self._rows.get(word)
        if exact:
            return self._matches([(word, 1.0, "")])
        if len(word) < _MIN_FUZZY or is_borderless(word[0]):
            return ()
        once = list(self._affixes.stems(word))
        twice = (stem for shorter in once for stem in self._affixes.stems(shorter))
        stems = [stem for stem in (*once, *twice) if stem in self._rows]
        scored = dict.fromkeys(stems, (_AFFIX_SIMILARITY, "without affix"))
        for key, similarity in self._similar(word):
            scored.setdefault(key, (similarity, "similar"))
        ranked = sorted(scored.items(), key=lambda item: (-item[1][0], abs(len(item[0]) - len(word)), item[0]))
        return self._matches([(key, similarity, how) for key, (similarity, how) in ranked])

    def _matches(self, found: Sequence[tuple[str, float, str]]) -> tuple[WordMatch, ...]:
        matches: dict[int, WordMatch] = {}
        for key, similarity, how in found:
            for row, met in self._rows[key]:
                if len(matches) < self._max_matches:
                    known = 0.0 if met == "headword" else 0.02
                    matches.setdefault(row, WordMatch(row, key, similarity - known, how or met))
        return tuple(matches.values())

    def _similar(self, word: str) -> list[tuple[str, float]]:
        near = set(_around(self._keys, word))
        near.update(key[::-1] for key in _around(self._reversed, word[::-1]))
        near.update(word[:end] for end in range(_MIN_FUZZY, len(word)) if word[:end] in self._rows)
        near.update(word[start:] for start in range(1, len(word) - _MIN_FUZZY + 1) if word[start:] in self._rows)
        found = process.extract(
            word, sorted(near), scorer=Indel.normalized_similarity, limit=4, score_cutoff=self._min_similarity
        )
        return [(key, similarity) for key, similarity, _ in found]

    def segment(self, run: str) -> list[str]:
        """The words of a run without borders: the longest headword at each place, else one character.

        Forward maximum matching, the usual baseline of Chinese segmentation (Chen and Liu 1992).
        """
        pieces = []
        start = 0
        while start < len(run):
            ends = range(min(len(run), start + self._longest), start + 1, -1)
            end = next((end for end in ends if run[start:end] in self._rows), start + 1)
            pieces.append(run[start:end])
            start = end
        return pieces


def _around(keys: Sequence[str], word: str) -> Sequence[str]:
    """The neighbours of a word in a sorted list: those that share the longest beginnings with it."""
    place = bisect_left(keys, word)
    return keys[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
