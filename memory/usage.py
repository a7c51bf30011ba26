"""Where words and fixed pairs of words are used: the example that shows what no dictionary entry can.

An expression whose words have entries of their own is not explained by them, and a particle of politeness has no entry
at all; a translated line that holds it explains both. A pair counts as fixed when its words stand side by side much
more often than chance would have them.

Sources: choosing examples that cover words which others leave out: Agrawal et al. 2022, "In-context Examples Selection
for Machine Translation" (arXiv:2212.02437). Pairs: pointwise mutual information, Church and Hanks 1990.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from dragoman.memory.text import tokens

__all__ = ["UsageIndex"]

_MAX_ROWS = 8  # kept for a word or pair, the first ones
_MIN_TIMES = 2  # a pair met once may be chance
_MIN_RATIO = 4.0  # how many times oftener than by chance a fixed pair stands together
_MAX_SHARE = 0.1  # words in more of the sentences than this are seen in any example


class UsageIndex:
    """Words and fixed pairs of the sentences of one block, built once.

    Args:
        texts: normalised; row i is texts[i].
    """

    def __init__(self, texts: Sequence[str]) -> None:
        sentences = [tuple(tokens(text)) for text in texts]
        self._num_rows = len(sentences)
        self._counts = Counter(word for sentence in sentences for word in set(sentence))
        pairs = Counter(pair for sentence in sentences for pair in set(pairwise(sentence)))
        self._pairs: dict[tuple[str, str], list[int]] = {
            pair: [] for pair, n in pairs.items() if self._is_fixed(pair, n)
        }
        self._words: dict[str, list[int]] = {}
        for row, sentence in enumerate(sentences):
            for word in dict.fromkeys(sentence):
                _add(self._words.setdefault(word, []), row)
            for pair in dict.fromkeys(pairwise(sentence)):
                if pair in self._pairs:
                    _add(self._pairs[pair], row)

    def _is_fixed(self, pair: tuple[str, str], times: int) -> bool:
        if times < _MIN_TIMES:
            return False
        return times * self._num_rows >= _MIN_RATIO * self._counts[pair[0]] * self._counts[pair[1]]

    def count(self, word: str) -> int:
        """How many of the sentences hold a normalised word."""
        return self._counts.get(word, 0)  # a counter makes up its zeros slowly

    @property
    def vocabulary(self) -> list[str]:
        """All words, in the order of the alphabet."""
        return sorted(self._words)

    def rows(self, word: str) -> Sequence[int]:
        """Some rows that hold a normalised word, at most 8, however many sentences do."""
        return self._words.get(word, ())

    def with_word(self, word: str) -> Sequence[int]:
        """Some rows that hold a normalised word, at most 8; none for a word that many sentences hold."""
        if self.count(word) > max(_MAX_ROWS, _MAX_SHARE * self._num_rows):
            return ()
        return self._words.get(word, ())

    def with_pair(self, first: str, second: str) -> Sequence[int]:
        """Some rows that hold a fixed pair of words, at most 8; none where the pair is not fixed."""
        return self._pairs.get((first, second), ())


def _add(rows: list[int], row: int) -> None:
    if len(rows) < _MAX_ROWS:
        rows.append(row)
