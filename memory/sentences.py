"""Search for sentences like the lines of a page: n-grams and vectors find them, the common subsequence ranks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dragoman.core.protocols import Embedder
from dragoman.memory.dense import DenseIndex
from dragoman.memory.fusion import fuse
from dragoman.memory.ngrams import NgramIndex, NgramQuery, ngram_query
from dragoman.memory.settings import MemorySettings
from dragoman.memory.subsequence import lcs_shares

__all__ = ["BlockScores", "LineQuery", "SentenceHit", "SentenceIndex", "search_sentences"]


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence that resembles a line.

    Attributes:
        block: position of the index among those searched.
        row: in that index.
        similarity: fused score, 0 to 1.
        lexical: BM25 over character n-grams, as the share of the line's weight that is covered, 0 to 1.
        lcs: common subsequence, share of the longer text, 0 to 1.
        dense: cosine, -1 to 1.
    """

    block: int
    row: int
    similarity: float
    lexical: float
    lcs: float
    dense: float


@dataclass(frozen=True, slots=True)
class BlockScores:
    """What one index found for the lines of a page, before ranking: arrays of shape (M,), by line, then by row."""

    lines: NDArray[np.int64]
    rows: NDArray[np.int64]
    lexical: NDArray[np.float64]
    dense: NDArray[np.float64]


class SentenceIndex:
    """Sentences of one block, built once.

    Args:
        texts: normalised; row i is texts[i].
        embedder: gives unit rows.
        settings: see `MemorySettings`.
    """

    def __init__(self, texts: Sequence[str], embedder: Embedder, settings: MemorySettings) -> None:
        self.texts = tuple(texts)
        self._hits_per_line = settings.hits_per_line
        self._ngrams = NgramIndex(texts, max_postings=settings.max_postings)
        self._dense = DenseIndex(texts, embedder, max_flat=settings.max_flat)

    def scores(self, query: NgramQuery, vectors_N_D: NDArray[np.float32]) -> BlockScores:
        """The rows found for each line, with their lexical and dense scores."""
        hits = self._ngrams.search(query, self._hits_per_line)
        nearest = self._dense.search(vectors_N_D, self._hits_per_line // 2)
        size = max(1, len(self.texts))  # a pair of line and row is one number
        scored = np.concatenate([np.zeros(0, np.int64), *(of.rows + line * size for line, of in enumerate(hits))])
        near = [row + line * size for line, rows in enumerate(nearest) for row in rows]
        pairs = np.unique(np.concatenate([scored, np.array(near, np.int64)]))
        lexical = np.zeros(pairs.size)
        lexical[np.searchsorted(pairs, scored)] = np.concatenate([np.zeros(0), *(of.scores for of in hits)])
        lines, rows = np.divmod(pairs, size)
        return BlockScores(lines, rows, lexical, self._dense.cosines(vectors_N_D, lines, rows))


class LineQuery:
    """The lines of a page as sentences are looked for; prepared when the first index is asked, for many have none.

    Args:
        lines: normalised.
        embedder: of the memory.
    """

    def __init__(self, lines: tuple[str, ...], embedder: Embedder) -> None:
        self.lines = lines
        self._embedder = embedder

    @cached_property
    def ngrams(self) -> NgramQuery:
        """Their character n-grams."""
        return ngram_query(self.lines)

    @cached_property
    def vectors_N_D(self) -> NDArray[np.float32]:
        """Unit rows, one for each line."""
        return self._embedder.embed(self.lines)


def search_sentences(
    blocks: Sequence[SentenceIndex], query: LineQuery, settings: MemorySettings
) -> list[list[SentenceHit]]:
    """For each line the `hits_per_line` sentences most like it in all blocks; ties go to the earlier sentence."""
    found = [block.scores(query.ngrams, query.vectors_N_D) for block in blocks]
    lines = np.concatenate([np.zeros(0, np.int64), *(of.lines for of in found)])
    order = np.argsort(lines, kind="stable")  # by line, then by block, then by row
    lexical = np.concatenate([np.zeros(0), *(of.lexical for of in found)])[order]
    dense = np.concatenate([np.zeros(0), *(of.dense for of in found)])[order]
    places = [(place, row) for place, of in enumerate(found) for row in of.rows.tolist()]
    places = [places[number] for number in order.tolist()]
    borders = list(pairwise(np.searchsorted(lines[order], np.arange(len(query.lines) + 1)).tolist()))
    texts = [blocks[place].texts[row] for place, row in places]
    shares = [lcs_shares(line, texts[slice(*of)]) for line, of in zip(query.lines, borders, strict=True)]
    lcs = np.concatenate([np.zeros(0), *shares])
    fused = fuse(settings, lcs=lcs, lexical=lexical, dense=dense)
    numbers = np.stack([fused, lexical, lcs, dense], axis=1).tolist()
    ranked = [start + np.argsort(-fused[start:end], kind="stable")[: settings.hits_per_line] for start, end in borders]
    return [[SentenceHit(*places[number], *numbers[number]) for number in best.tolist()] for best in ranked]
