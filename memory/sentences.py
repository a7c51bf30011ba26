"""Search for sentences like the lines of a page: n-grams and vectors find them, the common subsequence ranks them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman.core.protocols import Embedder
from dragoman.memory.dense import DenseIndex
from dragoman.memory.fusion import fuse
from dragoman.memory.ngrams import NgramIndex
from dragoman.memory.settings import MemorySettings
from dragoman.memory.subsequence import lcs_shares

__all__ = ["SentenceHit", "SentenceIndex", "search_sentences"]


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

    def scores(self, lines: Sequence[str], vectors_N_D: NDArray[np.float32]) -> list[dict[int, tuple[float, float]]]:
        """For each line the rows found, each with its lexical and dense score."""
        lexical = self._ngrams.search(lines, self._hits_per_line)
        nearest = self._dense.search(vectors_N_D, self._hits_per_line // 2)
        found = [dict(zip(hits.rows.tolist(), hits.scores.tolist(), strict=True)) for hits in lexical]
        rows = [sorted({*by_ngrams, *near}) for by_ngrams, near in zip(found, nearest, strict=True)]
        cosines = self._dense.cosines(vectors_N_D, rows)
        return [
            {row: (by_ngrams.get(row, 0.0), cosine) for row, cosine in by_row.items()}
            for by_ngrams, by_row in zip(found, cosines, strict=True)
        ]


def search_sentences(
    blocks: Sequence[SentenceIndex], lines: Sequence[str], vectors_N_D: NDArray[np.float32], settings: MemorySettings
) -> list[list[SentenceHit]]:
    """For each line what resembles it in any of the blocks, best first; ties go to the earlier sentence."""
    by_block = [block.scores(lines, vectors_N_D) for block in blocks]
    results = []
    for number, line in enumerate(lines):
        keys = [(place, row) for place, scores in enumerate(by_block) for row in scores[number]]
        shares = lcs_shares(line, [blocks[place].texts[row] for place, row in keys])
        hits = []
        for (place, row), lcs in zip(keys, shares, strict=True):
            lexical, dense = by_block[place][number][row]
            similarity = fuse(settings, lcs=lcs, lexical=lexical, dense=dense)
            hits.append(SentenceHit(place, row, similarity, lexical, lcs, dense))
        results.append(sorted(hits, key=lambda hit: (-hit.similarity, hit.block, hit.row)))
    return results
