"""Search for sentences like the lines of a page: n-grams and vectors find them, the common subsequence ranks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
    """What one index found for one line: rows, ascending, and their scores before ranking, each of shape (M,)."""

    rows: list[int]
    lexical: list[float]
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

    def scores(self, query: NgramQuery, vectors_N_D: NDArray[np.float32]) -> list[BlockScores]:
        """For each line the rows found, with their lexical and dense scores."""
        hits = self._ngrams.search(query, self._hits_per_line)
        nearest = self._dense.search(vectors_N_D, self._hits_per_line // 2)
        found = [dict(zip(line.rows.tolist(), line.scores.tolist(), strict=True)) for line in hits]
        rows = [np.array(sorted({*scored, *near}), np.int64) for scored, near in zip(found, nearest, strict=True)]
        cosines = self._dense.cosines(vectors_N_D, rows)
        return [
            BlockScores(of_line.tolist(), [scored.get(row, 0.0) for row in of_line.tolist()], dense)
            for of_line, scored, dense in zip(rows, found, cosines, strict=True)
        ]


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
    by_block = [block.scores(query.ngrams, query.vectors_N_D) for block in blocks]
    return [
        _rank(blocks, line, [scores[number] for scores in by_block], settings)
        for number, line in enumerate(query.lines)
    ]


def _rank(
    blocks: Sequence[SentenceIndex], line: str, found: Sequence[BlockScores], settings: MemorySettings
) -> list[SentenceHit]:
    keys = [(place, row) for place, scores in enumerate(found) for row in scores.rows]
    if not keys:
        return []
    lcs = lcs_shares(line, [blocks[place].texts[row] for place, row in keys])
    lexical = np.array([score for scores in found for score in scores.lexical])
    dense = np.concatenate([scores.dense for scores in found])
    fused = fuse(settings, lcs=lcs, lexical=lexical, dense=dense)
    best = np.argsort(-fused, kind="stable")[: settings.hits_per_line].tolist()
    numbers = np.stack([fused, lexical, lcs, dense], axis=1)[best].tolist()
    return [SentenceHit(*keys[place], *values) for place, values in zip(best, numbers, strict=True)]
