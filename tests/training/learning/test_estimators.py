"""Estimators: closed forms, limits, and what they refuse."""

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError, UnknownNameError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Floats
from dragoman.training.estimators import ESTIMATORS, EstimatorSettings, Group, estimator, make_group
from dragoman.training.estimators.advantages import (
    centred_advantages,
    leave_one_out_advantages,
    standardised_advantages,
)
from dragoman.training.estimators.preferences import preference_pairs

PLAIN = EstimatorSettings()


def small_group(rewards: list[float], logits: object = (0.0, 0.0), **more: object) -> Group:
    draws = [[1, 0], [0, 1], [1, 1], [0, 0]][: len(rewards)]
    return make_group(features=np.eye(2), tokens=[10, 20], draws=draws, logits=logits, rewards=rewards, **more)  # type: ignore[arg-type] # a table of keyword arguments


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (centred_advantages, [-2.0, 1.0, 1.0]),
        (leave_one_out_advantages, [-3.0, 1.5, 1.5]),
        (lambda r: standardised_advantages(r, 1e-4), [-np.sqrt(2), np.sqrt(0.5), np.sqrt(0.5)]),
    ],
)
def test_advantages_by_hand(function: object, expected: list[float]) -> None:
    np.testing.assert_allclose(function(np.array([1.0, 4.0, 4.0])), expected)  # type: ignore[operator] # a table


def test_two_slates_leave_one_out_to_their_difference() -> None:
    assert leave_one_out_advantages(np.array([5.0, 2.0])).tolist() == [3.0, -3.0]


def test_grpo_on_fresh_slates_is_its_closed_form() -> None:
    """Advantages are (1, -1); at probability .5 the score of a draw is a - .5; mean over 2 items and 2 slates."""
    gradient = ESTIMATORS["grpo"](small_group([3.0, 1.0]), PLAIN)
    np.testing.assert_allclose(gradient.ascent_G_N, np.array([[0.5, -0.5], [0.5, -0.5]]) / 4)


def test_grpo_takes_no_gradient_where_the_clip_binds() -> None:
    moved = small_group([3.0, 1.0], logits=(2.0, 0.0), propensities=(0.5, 0.5))
    ascent = ESTIMATORS["grpo"](moved, PLAIN).ascent_G_N
    assert ascent[0, 0] == 0.0  # ratio 1.76, reward above the mean
    assert ascent[1, 0] == 0.0  # ratio 0.24, reward below the mean
    assert np.all(ascent[:, 1] != 0.0)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name != "tree"])
def test_equal_rewards_on_fresh_slates_give_a_finite_zero(name: str) -> None:
    gradient = ESTIMATORS[name](small_group([2.0, 2.0, 2.0, 2.0]), PLAIN)
    np.testing.assert_array_equal(gradient.ascent_G_N, np.zeros((4, 2)))
    assert np.isfinite(gradient.objective)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_forced_decisions_take_no_gradient_and_need_no_propensity(name: str) -> None:
    group = small_group(
        [1.0, 0.0, 4.0, 2.0],
        propensities=np.array([[1, 0.5], [1, 0.5], [0.5, 0.5], [0.5, 0.5]]),
        trainable=np.array([[0, 1], [0, 1], [1, 1], [1, 1]]),
        nodes=np.arange(4)[:, None],
    )
    ascent = ESTIMATORS[name](group, PLAIN).ascent_G_N
    assert ascent[:2, 0].tolist() == [0.0, 0.0]
    assert np.isfinite(ascent).all()
    assert np.any(ascent[2:, 0] != 0.0)


def test_reg_first_step_is_finite_and_inner_steps_approach_the_rewards() -> None:
    group = small_group([1.5, -0.5, 1.0, 0.0])  # additive: gains 1.5 and -0.5
    first = ESTIMATORS["reg"](group, PLAIN).objective
    logits = np.zeros(2)
    for _ in range(200):
        logits = logits + 1e-4 * ESTIMATORS["reg"](group.with_logits(logits), PLAIN).ascent_G_N.sum(axis=0)
    last = ESTIMATORS["reg"](group.with_logits(logits), PLAIN).objective
    assert first == pytest.approx(-1.0)
    assert last > -0.01


def test_rebel_has_its_optimum_where_log_ratios_differ_as_rewards_do() -> None:
    """Rewards that independent draws can express: reward_scale * logit = gain."""
    group = small_group([1.5, -0.5, 1.0, 0.0])
    optimum = group.with_logits(np.array([1.5, -0.5]) / 2.0)
    settings = EstimatorSettings(reward_scale=2.0)
    moved = make_group(
        features=np.eye(2), tokens=[1, 1], draws=group.draws_G_N, logits=optimum.logits_G_N, rewards=group.rewards_G,
        propensities=(0.5, 0.5),
    )  # fmt: skip
    gradient = ESTIMATORS["rebel"](moved, settings)
    np.testing.assert_allclose(gradient.ascent_G_N, 0.0, atol=1e-12)
    assert gradient.objective == pytest.approx(0.0, abs=1e-12)


def test_dpo_on_one_pair_is_its_closed_form() -> None:
    """At the reference both margins are 0: half of beta times the difference of scores."""
    gradient = ESTIMATORS["dpo"](small_group([2.0, 1.0]), EstimatorSettings(dpo_beta=0.4))
    np.testing.assert_allclose(gradient.ascent_G_N.sum(axis=0), 0.5 * 0.4 * np.array([1.0, -1.0]))
    assert gradient.objective == pytest.approx(-np.log(2.0))


def test_pairs_keep_to_margin_and_noise() -> None:
    rewards, noise = np.array([3.0, 2.0, 0.0]), np.array([0.3, 0.4, 0.0])
    assert preference_pairs(rewards, noise, 0.0, 0.0).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert preference_pairs(rewards, noise, 1.0, 0.0).tolist() == [[0, 2], [1, 2]]  # 1.0 does not exceed 1.0
    assert preference_pairs(rewards, noise, 0.0, 2.0).tolist() == [[0, 2], [1, 2]]  # 1.0 = 2 * sqrt(.09 + .16)
    assert ESTIMATORS["best-worst"](small_group([3.0, 2.9, 0.0]), PLAIN).num_terms == 1
    assert ESTIMATORS["dpo"](small_group([3.0, 2.9, 0.0], noise=0.5), PLAIN).num_terms == 2


ALL = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool)
REFERENCE = np.array([2.0, 2.0])


def fit(name: str, settings: EstimatorSettings, rewards: list[float], rate: float) -> Floats:
    """Gradient ascent on every subset of two items, from the reference."""
    logits = REFERENCE.copy()
    for _ in range(2000):
        group = make_group(
            features=np.eye(2), tokens=[1, 1], draws=ALL, logits=logits, rewards=rewards, propensities=(0.5, 0.5),
            reference_logits=REFERENCE,
        )  # fmt: skip
        logits = logits + rate * ESTIMATORS[name](group, settings).ascent_G_N.sum(axis=0)
    return sigmoid(logits)


def test_expo_has_the_right_limits() -> None:
    """The reference draws both items; the first helps, the second harms."""
    rewards = [0.0, -1.0, 1.0, 0.5]
    near = fit("expo", EstimatorSettings(expo_beta=100.0), rewards, 0.01)
    np.testing.assert_allclose(near, sigmoid(REFERENCE), atol=0.01)
    free = fit("expo", EstimatorSettings(expo_beta=1e-5), rewards, 0.3)
    assert free[0] > 0.99
    assert free[1] < 0.02


def test_expo_leaves_alone_what_the_reference_does_well_and_dpo_does_not() -> None:
    """Both items help, and the reference draws them: a preference already met hardly pulls on EXPO."""
    group = make_group(
        features=np.eye(2), tokens=[1, 1], draws=ALL, logits=REFERENCE * 2, rewards=[0.0, 1.0, 1.0, 2.0],
        propensities=(0.5, 0.5),
    )  # fmt: skip
    pull = {
        name: float(np.abs(ESTIMATORS[name](group, EstimatorSettings(dpo_beta=1.0)).ascent_G_N.sum(axis=0)).sum())
        for name in ("dpo", "expo")
    }
    assert pull["expo"] < 0.2 * pull["dpo"]


def test_unknown_names_and_wrong_shapes_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="leave-one-out"):
        estimator("leave-one-in")
    assert estimator("tree") is ESTIMATORS["tree"]
    with pytest.raises(ShapeError, match="one slate"):
        ESTIMATORS["leave-one-out"](small_group([1.0]), PLAIN)
    with pytest.raises(ShapeError, match="logits"):
        small_group([1.0, 2.0], logits=(0.0, 0.0, 0.0))
    with pytest.raises(ShapeError, match="rewards_G"):
        make_group(features=np.eye(2), tokens=[1, 1], draws=[[1, 0]], logits=[0, 0], rewards=[1, 2])
    with pytest.raises(ShapeError, match="draws"):
        make_group(features=np.eye(2), tokens=[1, 1], draws=[1, 0], logits=[0, 0], rewards=[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"epsilon": 1.0},
        {"temperature": 0.0},
        {"rewards": [float("nan"), 0.0]},
        {"propensities": (0.0, 0.5)},
    ],
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    arguments = {
        "features": np.eye(2),
        "tokens": [1, 1],
        "draws": [[1, 0], [0, 1]],
        "logits": [0, 0],
        "rewards": [0, 1],
    }
    with pytest.raises(ConfigurationError):
        make_group(**(arguments | wrong))  # type: ignore[arg-type] # a table of keyword arguments


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="sigma_floor"):
        EstimatorSettings(sigma_floor=0.0)
