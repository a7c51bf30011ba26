"""Last letters of stems that are written otherwise before a suffix, as in voicing and final devoicing.

Counted where a text has a stem of the dictionary with another last letter: in glossed text by the gloss, in translated
sentences by a sense in the translation. Both ways are asked: how a stem is written before a suffix, and which stems of
the dictionary a written one may be.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from dragoman.core.records import MemoryRecord
from dragoman.memory import text
from dragoman.memory.evidence import says, senses
from dragoman.memory.morphology import glossable, normalise

__all__ = ["VOWELS", "StemEnds"]

VOWELS = frozenset("aeiouyáéíóúàèìòùâêîôûäëïöüãõåæøœɑɛɪɔʊəɨɯɤœ")
_FEWEST = 3  # meetings that show how letters meet
_SAMPLE = 2000  # translated sentences that are read
_SHORTEST = 4  # letters of headwords that are looked for in translated sentences; shorter ones begin too many words


class StemEnds:
    """Counts of last letters, by the letter that the dictionary has and whether a vowel follows."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, bool], Counter[str]] = {}
        self._changed: dict[tuple[str, bool], list[str]] | None = None  # worked out when it is first asked for

    def meet(self, known: str, met: str, after: str, count: int = 1) -> bool:
        """Takes a stem of the dictionary as glossed text has it before a suffix; whether only its end can differ."""
        if not known or not after or known[:-1] != met[:-1]:
            return False
        self._met.setdefault((known[-1], after[0] in VOWELS), Counter())[met[-1]] += count
        self._changed = None
        return True

    def meet_translated(self, entries: Iterable[MemoryRecord], sentences: Sequence[MemoryRecord]) -> None:
        """Takes words that begin as a headword does, but for its last letter, where the translation has a sense of it.

        Args:
            entries: of the dictionary.
            sentences: with their translations; of many a sample that is spread over all is read.
        """
        if not sentences:
            return
        begun: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for entry in entries:
            headword = normalise(entry.source)
            if len(headword) >= _SHORTEST and headword.isalpha():
                begun.setdefault(headword[:-1], []).append((headword, senses(entry.target)))
        for sentence in sentences[:: max(1, len(sentences) // _SAMPLE)]:
            translation = text.normalise(sentence.target)
            for word in map(normalise, glossable(sentence.source)):
                for end in range(_SHORTEST, len(word)):
                    for headword, meanings in begun.get(word[: end - 1], ()):
                        if says(translation, meanings):
                            self.meet(headword, word[:end], word[end:])

    def written(self, stem: str, after: str) -> str:
        """A stem of the dictionary, or any left piece of a word, as it is written before the piece after it."""
        return stem[:-1] + self._letter(stem[-1:], after[:1] in VOWELS)

    def cited(self, stem: str, after: str) -> list[str]:
        """The stems with another last letter that would be written so before a suffix."""
        if self._changed is None:
            self._changed = self._find_changed()
        return [stem[:-1] + letter for letter in self._changed.get((stem[-1:], after[:1] in VOWELS), ())]

    def _find_changed(self) -> dict[tuple[str, bool], list[str]]:
        """Letters as they are written, and whether a vowel follows, to the other letters they stand for."""
        changed: dict[tuple[str, bool], list[str]] = {}
        for letter, before_vowel in sorted(self._met):
            written = self._letter(letter, before_vowel)
            if written != letter:
                changed.setdefault((written, before_vowel), []).append(letter)
        return changed

    def _letter(self, letter: str, before_vowel: bool) -> str:
        met = self._met.get((letter, before_vowel), Counter())
        if met.total() < _FEWEST:
            return letter
        other, count = min(met.items(), key=lambda item: (-item[1], item[0]))
        return other if 2 * count > met.total() else letter
