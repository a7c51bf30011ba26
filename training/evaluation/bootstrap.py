"""Intervals by drawing whole documents with replacement, because pages of one document are not independent.

Source: Koehn 2004, "Statistical significance tests for machine translation evaluation" (paired bootstrap), with
documents in the place of sentences; Efron 1979 for the method. Intervals are those between percentiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["Interval", "bootstrap_ratio", "paired_bootstrap", "sum_by_document"]

_CHUNK = 2_000_000  # numbers of a count matrix held at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its interval.

    Attributes:
        value: from all documents.
        low, high: ends of the interval.
        num_documents: that were resampled.
    """

    value: float
    low: float
    high: float
    num_documents: int

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def paired_bootstrap(
    ours_S: Floats,
    theirs_S: Floats,
    documents: Sequence[str],
    *,
    seed: int,
    num_resamples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Mean of `ours - theirs` over S pages or sentences; the gain is significant when `low` is above zero.

    Args:
        ours_S, theirs_S: scores of the same pages, in the same order.
        documents: of each page.
        seed: of the draws.
        num_resamples: of documents.
        level: of the interval.

    Raises:
        ShapeError: lengths differ.
        ConfigurationError: fewer than two documents, or level or num_resamples out of range.
    """
    check_shape("ours_S", ours_S, (len(documents),))
    check_shape("theirs_S", theirs_S, (len(documents),))
    sums_D = sum_by_document(ours_S - theirs_S, documents)
    sizes_D = sum_by_document(np.ones(len(documents)), documents)
    return bootstrap_ratio(sums_D, sizes_D, seed=seed, num_resamples=num_resamples, level=level)


def bootstrap_ratio(
    numerators_D: Floats, denominators_D: Floats, *, seed: int, num_resamples: int = 2000, level: float = 0.95
) -> Interval:
    """`sum numerators / sum denominators` over documents, with its interval; a mean when denominators are sizes.

    Raises:
        ShapeError: not one-dimensional, or lengths differ.
        ConfigurationError: fewer than two documents, level or num_resamples out of range, or denominators of zero.
    """
    check_shape("numerators_D", numerators_D, (None,))
    check_shape("denominators_D", denominators_D, numerators_D.shape)
    _check(len(numerators_D), num_resamples, level, float(denominators_D.sum()))
    ratios = _resampled_ratios(numerators_D, denominators_D, np.random.default_rng(seed), num_resamples)
    low, high = np.quantile(ratios, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    value = float(numerators_D.sum() / denominators_D.sum())
    return Interval(value, float(low), float(high), len(numerators_D))


def sum_by_document(values_S: Floats, documents: Sequence[str]) -> Floats:
    """(D,): sums of the values of each document, documents in the order of their names.

    Raises:
        ShapeError: lengths differ.
    """
    check_shape("values_S", values_S, (len(documents),))
    _, place_S = np.unique(np.asarray(documents, dtype=np.str_), return_inverse=True)
    result: Floats = np.bincount(place_S, values_S).astype(np.float64)
    return result


def _check(num_documents: int, num_resamples: int, level: float, denominator: float) -> None:
    if num_documents < 2 or num_resamples < 100 or not 0.0 < level < 1.0:
        raise ConfigurationError(
            f"{num_documents} documents, {num_resamples} resamples, level {level}: "
            "an interval needs 2 documents, 100 resamples and a level between 0 and 1"
        )
    if denominator == 0.0:
        raise ConfigurationError("weights sum to zero: the ratio has no value")


def _resampled_ratios(
    numerators_D: Floats, denominators_D: Floats, generator: np.random.Generator, num_resamples: int
) -> Floats:
    """Resamples whose denominator is zero are left out."""
    num_documents = len(numerators_D)
    shares = np.full(num_documents, 1.0 / num_documents)
    rows = max(1, _CHUNK // num_documents)
    tops, bottoms = [], []
    for start in range(0, num_resamples, rows):
        counts = generator.multinomial(num_documents, shares, size=min(rows, num_resamples - start))
        tops.append(counts @ numerators_D)
        bottoms.append(counts @ denominators_D)
    top, bottom = np.concatenate(tops), np.concatenate(bottoms)
    result: Floats = top[bottom != 0.0] / bottom[bottom != 0.0]
    return result
