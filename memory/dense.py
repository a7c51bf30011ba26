"""Nearest vectors with faiss: exact for small collections, inverted lists above.

The only file that imports faiss, and only when the first index is built. Lists are drawn around vectors of the
collection itself, evenly spaced, and not trained with k-means: training depends on the machine's floating point, this
does not. Lexical search is the main way to a sentence here (see `dragoman.memory.recall`), so a missed neighbour
costs little.

Source: Johnson, Douze, Jegou 2017, "Billion-scale similarity search with GPUs" (arXiv:1702.08734).
"""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.core.protocols import Embedder
from dragoman.memory.embed import SCALE, quantise

__all__ = ["DenseIndex"]

_PROBES = 8


class DenseIndex:
    """Vectors of texts, built once.

    Args:
        texts: row i is texts[i].
        embedder: gives unit rows.
        max_flat: above this number of texts inverted lists are used.
    """

    def __init__(self, texts: Sequence[str], embedder: Embedder, *, max_flat: int = 20_000) -> None:
        self.num_rows = len(texts)
        vectors = quantise(_embed_in_parts(texts, embedder))
        self._index = _inverted_lists(vectors) if len(texts) > max_flat else _flat(vectors)

    def search(self, vectors_N_D: NDArray[np.float32], num_hits: int) -> list[list[int]]:
        """Numbers of the nearest rows for each query vector, at most `num_hits`, best first."""
        if not self.num_rows or not len(vectors_N_D):
            return [[] for _ in vectors_N_D]
        _, rows = self._index.search(quantise(vectors_N_D), min(num_hits, self.num_rows))
        return [[row for row in line if row >= 0] for line in rows.tolist()]

    def cosines(
        self, vectors_N_D: NDArray[np.float32], queries: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Cosines of query vectors, by their numbers, with rows, pair by pair; all of shape (M,)."""
        if not rows.size:
            return np.zeros(0)
        distinct, places = np.unique(rows, return_inverse=True)
        stored = self._index.reconstruct_batch(distinct)
        products = np.clip((quantise(vectors_N_D) @ stored.T).astype(np.float64) / SCALE**2, -1.0, 1.0)
        cosines: NDArray[np.float64] = products[queries, places]
        return cosines


def _embed_in_parts(texts: Sequence[str], embedder: Embedder, size: int = 4096) -> NDArray[np.float32]:
    parts = [embedder.embed(texts[start : start + size]) for start in range(0, max(len(texts), 1), size)]
    return np.concatenate(parts)


def _flat(vectors: NDArray[np.float32]) -> Any:  # Any: faiss has no type information
    faiss = importlib.import_module("faiss")
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _inverted_lists(vectors: NDArray[np.float32]) -> Any:  # Any: faiss has no type information
    faiss = importlib.import_module("faiss")
    num_lists = int(4 * len(vectors) ** 0.5)
    centres = vectors[:: max(1, len(vectors) // num_lists)][:num_lists]
    quantizer = _flat(np.ascontiguousarray(centres))
    index = faiss.IndexIVFFlat(quantizer, vectors.shape[1], len(centres), faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    index.add(vectors)
    index.nprobe = _PROBES
    index.make_direct_map()  # so that single rows can be read back
    return index
