"""Where known phrases (names, terms, headwords of several words) stand in a line.

Borders of words are respected in scripts that have them: "an" does not stand in "banana". In scripts without borders
a phrase is found anywhere. A name may carry an affix of the language when the affix is known from the user's
resources; such a find is not exact. Of overlapping finds the longest wins.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dragoman.memory.text import is_borderless, normalise, tokens, words

__all__ = ["Affixes", "PageText", "PhraseIndex", "Place", "longest", "page_text"]

_MIN_STEM = 3  # shorter names with an affix are too often another word
_MAX_AFFIX = 6


@dataclass(frozen=True, slots=True)
class Affixes:
    """Beginnings and endings of words that the resources name, normalised, without hyphens."""

    prefixes: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()

    def stems(self, word: str) -> Iterator[str]:
        """What remains of the word without one known affix, longest first."""
        if not (self.suffixes or self.prefixes):  # nothing is known of most languages, and every word is asked about
            return
        for cut in range(1, min(_MAX_AFFIX, len(word) - _MIN_STEM) + 1):
            if word[-cut:] in self.suffixes:
                yield word[:-cut]
            if word[:cut] in self.prefixes:
                yield word[cut:]


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a page as phrases are looked for in them.

    Attributes:
        lines: normalised lines.
        words: for each line its words, normalised.
        parts: for a word that hyphens or apostrophes cut, its parts.
        tokens: for each line its words, normalised, cut into parts.
        spelled: the same parts as they are spelled, for their capitals.
    """

    lines: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    parts: Mapping[str, tuple[str, ...]]
    tokens: tuple[tuple[str, ...], ...]
    spelled: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One find: the phrase's key, the 0-based line, the range in tokens (or characters, `is_word` false)."""

    key: str
    line: int
    start: int
    end: int
    is_word: bool
    exact: bool


def page_text(lines: Iterable[str]) -> PageText:
    """The lines prepared once for all indexes."""
    plain = tuple(lines)
    whole = [words(line) for line in plain]
    cut = {word: tuple(tokens(word)) for line in whole for word in line}
    spelled = tuple(tuple(part for word in line for part in cut[word]) for line in whole)
    return PageText(
        lines=tuple(normalise(line) for line in plain),
        words=tuple(tuple(normalise(word) for word in line) for line in whole),
        parts={normalise(word): tuple(map(normalise, parts)) for word, parts in cut.items() if len(parts) > 1},
        tokens=tuple(tuple(normalise(word) for word in line) for line in spelled),
        spelled=spelled,
    )


class PhraseIndex:
    """Finds phrases in lines.

    Args:
        phrases: as they are spelled; their `normalise`d form is the key that finds carry. Phrases without a letter or
            digit are never found.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_token: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._by_start: dict[str, list[str]] = {}
        for phrase in dict.fromkeys(phrases):
            self._add(phrase, normalise(phrase))

    def _add(self, phrase: str, key: str) -> None:
        parts = tuple(normalise(word) for word in tokens(phrase))
        if any(is_borderless(character) for character in key):
            self._by_start.setdefault(key[:2], []).append(key)
        elif parts:
            self._by_token.setdefault(parts[0], []).append((parts, key))

    def find(self, page: PageText, affixes: Affixes) -> list[Place]:
        """Every place of every phrase on the page; see `longest` for those that overlap."""
        places: list[Place] = []
        for number, line in enumerate(page.lines):
            if self._by_token:
                places += self._in_tokens(page.tokens[number], number, affixes)
            if self._by_start:
                places += self._in_characters(line, number)
        return places

    def _in_tokens(self, line: Sequence[str], number: int, affixes: Affixes) -> list[Place]:
        found = []
        for start, token in enumerate(line):
            for parts, key in self._by_token.get(token, ()):
                end = start + len(parts)
                exact = tuple(line[start:end]) == parts
                if exact or (len(parts) > 1 and _is_inflected(line[start:end], parts, affixes)):
                    found.append(Place(key, number, start, end, is_word=True, exact=exact))
            for stem in affixes.stems(token):
                for parts, key in self._by_token.get(stem, ()):
                    if len(parts) == 1:
                        found.append(Place(key, number, start, start + 1, is_word=True, exact=False))
        return found

    def _in_characters(self, line: str, number: int) -> list[Place]:
        found = []
        for start in range(len(line)):
            for key in (*self._by_start.get(line[start : start + 2], ()), *self._by_start.get(line[start], ())):
                end = start + len(key)
                if line.startswith(key, start) and _is_free(line, start) and _is_free(line, end):
                    found.append(Place(key, number, start, end, is_word=False, exact=True))
        return found


def _is_inflected(words: Sequence[str], parts: Sequence[str], affixes: Affixes) -> bool:
    """Whether the words are the phrase with a known affix on its last word."""
    same = len(words) == len(parts) and tuple(words[:-1]) == tuple(parts[:-1])
    return same and parts[-1] in affixes.stems(words[-1])


def _is_free(line: str, border: int) -> bool:
    """Whether a phrase may begin or end here: not between two letters of a script with word borders."""
    if border == 0 or border == len(line):
        return True
    before, after = line[border - 1], line[border]
    return not (before.isalnum() and after.isalnum()) or is_borderless(before) or is_borderless(after)


def longest(found: Iterable[Place]) -> list[Place]:
    """The finds without those that overlap a longer or more exact one; in order of the page."""
    kept: dict[tuple[int, bool], list[Place]] = {}
    for place in sorted(found, key=lambda p: (p.start - p.end, not p.exact, p.start, p.key)):
        same_line = kept.setdefault((place.line, place.is_word), [])
        if all(place.end <= other.start or place.start >= other.end for other in same_line):
            same_line.append(place)
    return sorted((place for places in kept.values() for place in places), key=lambda p: (p.line, p.start, p.key))
