"""Affixes that no grammar and no gloss names, such as the markers of noun classes, found in translated sentences.

A word of a sentence that begins or ends with a headword, one of whose senses stands in the translation, shows what else
it is made of. What is left between the headword and the affixes that are known, and is left by several headwords, is an
affix: what it means stays open, but the stem beside it can be read. The one that explains most is taken first, and the
words it explains count for no other, as in a minimum description of the words.

Source: endings counted by stems as in Goldsmith 2001, "Unsupervised Learning of the Morphology of a Natural Language".
That the translation tells which stem it is makes a few hundred sentences enough.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dragoman.core.records import MemoryRecord
from dragoman.memory import text
from dragoman.memory.evidence import says, senses
from dragoman.memory.morphology import glossable, normalise

__all__ = ["KnownSide", "UnnamedAffix", "unnamed_affixes"]

_BORDER = re.compile(r"\s|^-|-$")  # several words, or an affix that the dictionary names

KnownSide = Callable[[str, bool], bool]
"""Whether the letters left (False) or right (True) of a stem are known affixes, or none."""

_FEWEST_STEMS = 4  # headwords that leave it
_LONGEST = 4  # letters
_SAMPLE = 1000  # sentences that are read, at least, where there are so many
_SHORTEST = 3  # letters of headwords that are looked for; shorter ones stand in too many words
_SHORTEST_SIDE = 2  # letters of known affixes beyond it; a single letter is there by accident too often
_LONGEST_WORD = 40  # letters; what is longer is no word, as in scripts without spaces


@dataclass(frozen=True, slots=True, order=True)
class UnnamedAffix:
    """An affix that stands next to stems.

    Attributes:
        form: its letters.
        is_right: whether it stands after them.
    """

    form: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a sentence, the headword that it holds, and what may be left over next to that."""

    form: str
    stem: str
    left_over: frozenset[UnnamedAffix]


def unnamed_affixes(
    entries: Iterable[MemoryRecord], sentences: Sequence[MemoryRecord], is_known: KnownSide
) -> tuple[UnnamedAffix, ...]:
    """The affixes, the one that explains most stems first; of two as good, the shorter, which leaves more to others.

    Args:
        entries: of the dictionary.
        sentences: with their translations; of many a sample that is spread over all is read.
        is_known: see `KnownSide`.
    """
    words = set(_words(_meanings(entries), sentences, is_known)) if sentences else set()
    found: list[UnnamedAffix] = []
    while True:
        stems: dict[UnnamedAffix, set[str]] = {}
        for word in words:
            for affix in word.left_over:
                stems.setdefault(affix, set()).add(word.stem)
        best = max(stems, key=lambda affix: (len(stems[affix]), -len(affix.form), affix), default=None)
        if best is None or len(stems[best]) < _FEWEST_STEMS:
            return tuple(found)
        found.append(best)
        explained = {word.form for word in words if best in word.left_over}
        words = {word for word in words if word.form not in explained}


def _meanings(entries: Iterable[MemoryRecord]) -> dict[str, frozenset[str]]:
    """Headwords of one word to the senses of all their entries."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        headword = normalise(entry.source)
        if len(headword) >= _SHORTEST and not _BORDER.search(headword):
            found[headword] = found.get(headword, frozenset()) | senses(entry.target)
    return found


def _words(
    meanings: Mapping[str, frozenset[str]], sentences: Sequence[MemoryRecord], is_known: KnownSide
) -> Iterator[_Word]:
    """The words of the sentences that known affixes do not explain and a headword with its meaning does."""
    for sentence in sentences[:: max(1, len(sentences) // _SAMPLE)]:
        translation = text.normalise(sentence.target)

        def is_said(word: str, translation: str = translation) -> bool:
            return word in meanings and says(translation, meanings[word])

        for form in map(normalise, glossable(sentence.source)):
            if len(form) > _LONGEST_WORD:
                continue
            cuts = [(form[:i], form[i:j], form[j:]) for i, j in _spans(len(form)) if form[i:j] in meanings]
            if any(is_known(left, False) and is_known(right, True) for left, _, right in cuts):
                continue
            for left, stem, right in cuts:
                beside = (affix for affix in _left_over(left, right, is_known) if not is_said(affix.form))
                left_over = frozenset(beside)  # a word of its own, as in a compound, is none
                if left_over and is_said(stem):
                    yield _Word(form, stem, left_over)


def _spans(length: int) -> Iterator[tuple[int, int]]:
    return ((start, end) for start in range(length) for end in range(start + _SHORTEST, length + 1))


def _left_over(left: str, right: str, is_known: KnownSide) -> Iterator[UnnamedAffix]:
    """What may stand next to the stem, so that all letters beyond it are known."""
    left, right = left.strip("-"), right.strip("-")  # as some texts write names and clitics
    if is_known(left, False):
        for end in range(1, min(len(right), _LONGEST) + 1):
            if _is_affix(right[:end]) and _is_beyond(right[end:], True, is_known):
                yield UnnamedAffix(right[:end], True)
    if is_known(right, True):
        for start in range(max(0, len(left) - _LONGEST), len(left)):
            if _is_affix(left[start:]) and _is_beyond(left[:start], False, is_known):
                yield UnnamedAffix(left[start:], False)


def _is_beyond(side: str, is_right: bool, is_known: KnownSide) -> bool:
    return not side or (len(side) >= _SHORTEST_SIDE and is_known(side, is_right))


def _is_affix(form: str) -> bool:
    return all(unicodedata.category(letter)[0] in "LM" for letter in form)
