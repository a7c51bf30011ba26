"""Intervals by document."""

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.training.evaluation import Interval, bootstrap_ratio, effective_sample, paired_bootstrap, sum_by_document


def test_sums_are_by_name_of_the_document() -> None:
    assert sum_by_document(np.array([1.0, 2.0, 4.0]), ["b", "a", "b"]).tolist() == [2.0, 5.0]


def test_a_constant_difference_has_no_width() -> None:
    interval = paired_bootstrap(np.array([3.0, 4.0, 9.0]), np.array([1.0, 2.0, 7.0]), ["a", "a", "b"], seed=0)
    assert interval == Interval(2.0, 2.0, 2.0, 2)
    assert 2.0 in interval
    assert 2.1 not in interval


def test_same_seed_same_interval() -> None:
    ours, names = np.random.default_rng(0).normal(size=40), [f"d{i // 2}" for i in range(40)]
    first, again, other = (paired_bootstrap(ours, np.zeros(40), names, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_documents_are_resampled_whole() -> None:
    """Ten equal pages of a document say no more than one."""
    values = np.random.default_rng(0).normal(size=30)
    wide = paired_bootstrap(np.repeat(values, 10), np.zeros(300), [f"d{i // 10}" for i in range(300)], seed=0)
    once = paired_bootstrap(values, np.zeros(30), [f"d{i:02}" for i in range(30)], seed=0)
    assert wide.high - wide.low == pytest.approx(once.high - once.low, rel=0.1)
    assert once.high - once.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(30), rel=0.1)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """200 samples of 60 documents with their own level, one to five pages each."""
    generator = np.random.default_rng(7)
    held = 0
    for seed in range(200):
        sizes = generator.integers(1, 6, size=60)
        names = np.repeat([f"d{i}" for i in range(60)], sizes)
        gains = np.repeat(generator.normal(0.3, 1.0, size=60), sizes) + generator.normal(size=sizes.sum())
        held += 0.3 in paired_bootstrap(gains, np.zeros(len(gains)), names.tolist(), seed=seed, num_resamples=400)
    assert 0.90 <= held / 200 <= 0.985


def test_a_ratio_is_of_sums() -> None:
    interval = bootstrap_ratio(np.array([1.0, 9.0]), np.array([1.0, 3.0]), seed=0)
    assert interval.value == 2.5
    assert (interval.low, interval.high) == (1.0, 3.0)


def test_effective_sample_by_hand() -> None:
    assert effective_sample(np.array([2.0, 2.0, 2.0])) == pytest.approx(3.0)
    assert effective_sample(np.array([1.0, 0.0, 0.0])) == 1.0
    assert effective_sample(np.zeros(3)) == 0.0


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="1 documents"):
        paired_bootstrap(np.ones(2), np.ones(2), ["a", "a"], seed=0)
    with pytest.raises(ConfigurationError, match="level"):
        bootstrap_ratio(np.ones(2), np.ones(2), seed=0, level=95.0)
    with pytest.raises(ConfigurationError, match="zero"):
        bootstrap_ratio(np.ones(2), np.zeros(2), seed=0)
    with pytest.raises(ShapeError):
        paired_bootstrap(np.ones(2), np.ones(3), ["a", "b"], seed=0)
