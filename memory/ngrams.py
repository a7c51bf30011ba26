"""BM25 over character n-grams: an inverted index in plain numpy arrays.

N-grams are hashed with integer arithmetic into a fixed number of buckets, so the index is the same on every machine.
Four characters in scripts with spaces, two where one character is a word (Chinese, Japanese). To keep a query within
microseconds per thousand texts, n-grams are taken rarest first until a budget of postings is spent.

Sources: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond". Character n-grams as
the unit for low-resource retrieval: McNamee and Mayfield 2004, "Character N-Gram Tokenization for European Language
Text Retrieval". Left out: weighting by n-gram counts in the query; lines are short.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["NgramHits", "NgramIndex", "NgramQuery", "ngram_buckets", "ngram_query"]

NUM_BUCKETS = 1 << 20
_K1, _B = 1.2, 0.5
_SIZE = 4
_PART = 8  # of large indexes every eighth row is looked at to see how high the best totals are
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(44)  # keeps the 20 best-mixed bits of 64


@dataclass(frozen=True, slots=True)
class NgramHits:
    """Rows that share n-grams with a query, best first.

    Attributes:
        rows: row numbers, shape (M,).
        scores: share of the weight of the query's looked-up n-grams that the row covers, 0 to 1, shape (M,).
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NgramQuery:
    """The distinct n-grams of some texts, cut once for all indexes that are asked.

    Attributes:
        num_texts: number of texts.
        texts: number of the text that holds the n-gram, ascending, shape (M,).
        buckets: the n-gram's bucket, ascending within a text, shape (M,).
    """

    num_texts: int
    texts: NDArray[np.int64]
    buckets: NDArray[np.int64]


def ngram_query(texts: Sequence[str]) -> NgramQuery:
    """The query for normalised texts."""
    owners, buckets = ngram_buckets(texts)
    owners, buckets = np.divmod(np.unique(owners * NUM_BUCKETS + buckets), NUM_BUCKETS)
    return NgramQuery(len(texts), owners, buckets)


def ngram_buckets(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row number and bucket of every n-gram of every text, in order of the texts.

    Args:
        texts: normalised; a border is set around each.
    """
    joined = " ".join(f" {text} " for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if codes.size < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    lengths = np.fromiter((len(text) + 3 for text in texts), np.int64, len(texts))
    owner = np.repeat(np.arange(len(texts)), lengths)[: codes.size]
    dense = _is_ideograph(codes)
    rows, buckets = [], []
    for size in (2, _SIZE):
        window = _windows(codes, size)
        ideographs = np.ones(window.size, bool) if size == 2 else np.zeros(window.size, bool)
        for offset in range(size):
            part = dense[offset : codes.size - size + 1 + offset]
            ideographs = ideographs & part if size == 2 else ideographs | part
        inside = owner[: window.size] == owner[size - 1 :]
        keep = inside & (ideographs if size == 2 else ~ideographs) & ~_is_blank(codes, size)
        rows.append(owner[: window.size][keep])
        buckets.append(window[keep])
    return np.concatenate(rows), np.concatenate(buckets)


def _is_ideograph(codes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    kana = (codes >= 0x3040) & (codes <= 0x30FF)
    han = ((codes >= 0x3400) & (codes <= 0x9FFF)) | ((codes >= 0xF900) & (codes <= 0xFAFF)) | (codes >= 0x20000)
    return kana | han


def _is_blank(codes: NDArray[np.uint64], size: int) -> NDArray[np.bool_]:
    """Windows with two spaces in a row: they say nothing about the text."""
    space = codes == 0x20
    double = space[:-1] & space[1:]
    blank = np.zeros(max(codes.size - size + 1, 0), bool)
    for offset in range(size - 1):
        blank |= double[offset : offset + blank.size]
    return blank


def _windows(codes: NDArray[np.uint64], size: int) -> NDArray[np.int64]:
    """Hash of every run of `size` characters, 0 to NUM_BUCKETS - 1."""
    num = max(codes.size - size + 1, 0)
    value = np.full(num, size, np.uint64)
    for offset in range(size):
        value = (value ^ codes[offset : offset + num]) * _MULTIPLIER
        value ^= value >> np.uint64(29)
    return ((value * _MULTIPLIER) >> _SHIFT).astype(np.int64)


class NgramIndex:
    """An inverted index over texts, built once.

    Args:
        texts: normalised texts; row i is texts[i].
        max_postings: postings read per query at most, rarest n-grams first; for a small index, five for each row.
    """

    def __init__(self, texts: Sequence[str], *, max_postings: int = 6_000) -> None:
        self.num_rows = len(texts)
        self._max_postings = min(max_postings, max(500, 5 * self.num_rows))
        rows, buckets = ngram_buckets(texts)
        keys, counts = np.unique(buckets * max(self.num_rows, 1) + rows, return_counts=True)
        posting_buckets, self._rows = np.divmod(keys, max(self.num_rows, 1))
        self._buckets, starts = np.unique(posting_buckets, return_index=True)
        self._starts = np.append(starts, keys.size)
        frequency = np.diff(self._starts)
        self._idf = np.log1p((self.num_rows - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        self._unseen = float(np.log1p((self.num_rows + 0.5) / 0.5))
        lengths = np.bincount(self._rows, weights=counts, minlength=self.num_rows)
        norm = _K1 * (1 - _B + _B * lengths / max(lengths.mean(), 1.0)) if self.num_rows else lengths
        saturation = counts * (_K1 + 1) / (counts + norm[self._rows]) if keys.size else counts.astype(float)
        self._weights = np.repeat(self._idf, frequency) * saturation

    def search(self, query: NgramQuery, num_hits: int) -> list[NgramHits]:
        """The best rows for each text of the query, at most `num_hits`; ties go to the lower row number."""
        num_queries, queries, grams = query.num_texts, query.texts, query.buckets
        if not self._buckets.size:
            return [NgramHits(np.zeros(0, np.int64), np.zeros(0)) for _ in range(num_queries)]
        places = np.minimum(np.searchsorted(self._buckets, grams), self._buckets.size - 1)
        known = self._buckets[places] == grams
        weights = self._unseen * np.bincount(queries[~known], minlength=num_queries)
        queries, places = self._affordable(queries[known], places[known])
        weights += np.bincount(queries, weights=self._idf[places], minlength=num_queries)
        totals = self._totals(queries, places, num_queries)
        return [
            _best_rows(of_query, weight, num_hits) for of_query, weight in zip(totals, weights.tolist(), strict=True)
        ]

    def _affordable(self, queries: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """For each query its rarest n-grams whose postings fit the budget together; at least one."""
        sizes = self._starts[places + 1] - self._starts[places]
        order = np.lexsort((places, sizes, queries))
        queries, places, sizes = queries[order], places[order], sizes[order]
        spent = np.cumsum(sizes)
        first = np.append(True, queries[1:] != queries[:-1]) if queries.size else np.zeros(0, bool)
        before = np.maximum.accumulate(np.where(first, spent - sizes, 0)) if queries.size else spent
        within = first | (spent - before <= self._max_postings)
        return queries[within], places[within]

    def _totals(
        self, queries: NDArray[np.int64], places: NDArray[np.int64], num_queries: int
    ) -> Iterator[NDArray[np.float64]]:
        """For each query the sum of weights of every row, shape (num_rows,); one at a time, for the cache's sake."""
        sizes = self._starts[places + 1] - self._starts[places]
        ends = np.cumsum(sizes)
        spans = np.arange(ends[-1] if ends.size else 0) + np.repeat(self._starts[places] - ends + sizes, sizes)
        rows, weights = self._rows[spans], self._weights[spans]
        borders = np.append(0, ends)[np.searchsorted(queries, np.arange(num_queries + 1))].tolist()
        for start, end in pairwise(borders):
            totals = np.bincount(rows[start:end], weights=weights[start:end], minlength=self.num_rows)
            yield totals.astype(np.float64, copy=False)


def _best_rows(totals: NDArray[np.float64], weight: float, num_hits: int) -> NgramHits:
    """Rows with the highest positive totals, best first; ties go to the lower row."""
    floor = _floor(totals, num_hits)
    rows = np.flatnonzero(totals >= floor if floor > 0 else totals > 0)  # booleans: four times faster than floats
    scores = totals[rows]
    if rows.size > 4 * num_hits:
        near = scores >= np.partition(scores, -num_hits)[-num_hits]
        rows, scores = rows[near], scores[near]
    order = np.lexsort((rows, -scores))[:num_hits]
    return NgramHits(rows[order], np.minimum(scores[order] / weight, 1.0))


def _floor(totals: NDArray[np.float64], num_hits: int) -> float:
    """A total that at least `num_hits` rows reach, seen in a part of the rows; 0 where rows are few."""
    part = totals[::_PART]
    return float(np.sort(part)[-num_hits]) if part.size > _PART * num_hits else 0.0
