"""Uplift regression: exact where it can be, honest about unseen documents."""

from dataclasses import replace

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.training.arrays import Floats
from dragoman.training.estimators import Group, bootstrap_heads, fit_uplift, make_group
from dragoman.training.estimators.uplift import _largest_as_good
from dragoman.training.ridge import assign_folds, moments, ridge_weights

TRUE = np.array([2.0, -1.0, 0.5])
PRICE = 0.15


def logs(
    num_documents: int, *, noise: float = 0.0, slates: int = 4, seed: int = 0, truth: Floats = TRUE
) -> list[Group]:
    """Two pages a document; pages differ in difficulty, propensities in every item."""
    generator = np.random.default_rng(seed)
    groups = []
    for place in range(2 * num_documents):
        features = generator.normal(size=(6, len(truth)))
        tokens = generator.integers(5, 60, size=6)
        propensities = generator.uniform(0.2, 0.8, size=6)
        draws = generator.random((slates, 6)) < propensities
        quality = 10 * generator.normal() + draws @ (features @ truth) + noise * generator.normal(size=slates)
        paid = PRICE * draws @ tokens / 100
        groups.append(
            make_group(
                features=features,
                tokens=tokens,
                draws=draws,
                logits=np.zeros(6),
                rewards=quality - paid,
                paid=paid,
                propensities=propensities,
                document=f"d{place // 2}",
            )
        )
    return groups


def test_additive_truth_without_noise_is_found_exactly() -> None:
    fit = fit_uplift(logs(6), ridges=(0.0,))
    np.testing.assert_allclose(fit.weights_F, TRUE, atol=1e-10)
    np.testing.assert_allclose(fit.fold_weights_K_F, np.tile(TRUE, (5, 1)), atol=1e-10)
    assert fit.unexplained < 1e-12
    assert fit.num_slates == 48


def test_start_logits_are_gains_minus_the_price_of_tokens() -> None:
    fit = fit_uplift(logs(6), ridges=(0.0,))
    np.testing.assert_allclose(fit.logits(np.eye(3), np.array([100, 200, 0]), PRICE), TRUE - [0.15, 0.3, 0.0])


def test_noise_averages_out_and_the_interval_of_heads_holds_the_truth() -> None:
    groups = logs(300, noise=3.0)
    fit = fit_uplift(groups)
    np.testing.assert_allclose(fit.weights_F, TRUE, atol=0.3)
    heads = bootstrap_heads(groups, ridge=fit.ridge, num_heads=50, seed=3)
    assert heads.shape == (50, 3)
    assert np.all(np.abs(heads.mean(axis=0) - TRUE) < 4 * heads.std(axis=0))
    assert np.all(heads.std(axis=0) < 0.3)


def test_without_any_effect_little_is_explained_and_the_largest_ridge_mostly_wins() -> None:
    fits = [fit_uplift(logs(30, noise=5.0, truth=np.zeros(3), seed=s), ridges=(1.0, 1e6)) for s in range(20)]
    assert sum(fit.ridge == 1e6 for fit in fits) >= 12
    assert np.mean([fit.unexplained for fit in fits]) == pytest.approx(1.0, abs=0.02)


def test_weights_of_a_fold_have_not_seen_its_documents() -> None:
    groups = logs(10, noise=1.0)
    document = groups[0].document
    changed = [replace(g, rewards_G=g.rewards_G * 100) if g.document == document else g for g in groups]
    fits = [fit_uplift(logged, ridges=(1.0,), seed=4) for logged in (groups, changed)]
    seen = [fit.gains(np.eye(3), document) for fit in fits]
    np.testing.assert_array_equal(*seen)
    assert not np.array_equal(fits[0].weights_F, fits[1].weights_F)
    assert set(fits[0].folds.values()) == set(range(5))


def test_one_slate_a_page_is_enough_for_a_fit() -> None:
    groups = logs(400, slates=1, noise=1.0)
    np.testing.assert_allclose(fit_uplift(groups).weights_F, TRUE, atol=0.8)


def test_scale_of_a_feature_does_not_change_predictions() -> None:
    generator = np.random.default_rng(2)
    rows, target = generator.normal(size=(40, 3)), generator.normal(size=40)
    scales = np.array([1.0, 1e3, 1e-3])
    np.testing.assert_allclose(
        rows @ ridge_weights(moments(rows, target), 5.0),
        (rows * scales) @ ridge_weights(moments(rows * scales, target), 5.0),
    )


@pytest.mark.parametrize(
    ("errors", "taken"),
    [
        ({1.0: [4.0, 4.0, 4.0], 10.0: [5.0, 3.0, 4.0]}, 10.0),  # as good
        ({1.0: [4.0, 4.0, 4.0], 10.0: [6.0, 3.5, 4.0]}, 10.0),  # 1.5 worse; one standard error is 1.32 * sqrt(3) = 2.3
        ({1.0: [4.0, 4.0, 4.0], 10.0: [5.0, 5.1, 4.9]}, 1.0),  # worse in every document
        ({1.0: [4.1, 4.1, 4.1], 10.0: [4.0, 4.0, 4.0], 100.0: [9.0, 9.1, 9.0]}, 10.0),
    ],
)
def test_the_largest_ridge_within_a_standard_error_of_the_best_is_taken(
    errors: dict[float, list[float]], taken: float
) -> None:
    assert _largest_as_good({ridge: np.array(found) for ridge, found in errors.items()}) == taken


def test_ridge_by_hand_and_with_weights_as_repeated_rows() -> None:
    rows, target = np.array([[1.0], [1.0], [1.0]]), np.array([1.0, 2.0, 6.0])
    assert ridge_weights(moments(rows, target), 3.0).tolist() == pytest.approx([9.0 / 6.0])
    doubled = ridge_weights(moments(rows[[0, 0, 1, 2]], target[[0, 0, 1, 2]]), 3.0)
    np.testing.assert_allclose(ridge_weights(moments(rows, target, np.array([2.0, 1.0, 1.0])), 3.0), doubled)
    assert ridge_weights(moments(np.zeros((3, 1)), target), 1.0).tolist() == [0.0]


def test_a_column_that_is_nearly_always_zero_gets_no_huge_weight() -> None:
    rows, target = np.zeros((100, 1)), np.zeros(100)
    rows[0], target[0] = 0.001, 5.0
    assert ridge_weights(moments(rows, target), 1.0)[0] > 100
    assert ridge_weights(moments(rows, target), 1.0, least_scale=0.03)[0] < 10


def test_folds_are_even_and_do_not_depend_on_order() -> None:
    names = [f"d{i}" for i in range(11)]
    folds = assign_folds(names, 4, seed=1)
    assert sorted(np.bincount(list(folds.values())).tolist()) == [2, 3, 3, 3]
    assert assign_folds(names[::-1] * 3, 4, seed=1) == folds
    assert assign_folds(names, 4, seed=2) != folds


def test_too_little_to_fit_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no groups"):
        fit_uplift([])
    with pytest.raises(ConfigurationError, match="1 documents"):
        fit_uplift(logs(1))
    with pytest.raises(ShapeError, match="features"):
        fit_uplift([logs(1)[0], logs(1, truth=np.ones(2))[0]])
