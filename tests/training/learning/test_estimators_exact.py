"""Estimators against exact answers: every subset of a tiny slate and every group of them is enumerated."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from dragoman.training.arrays import Bools, Floats
from dragoman.training.estimators import ESTIMATORS, EstimatorSettings, Gradient, Group, make_group
from dragoman.training.estimators.bernoulli import inclusion
from dragoman.training.estimators.slates import entropy_bonus, penalise_distance

N = 3
LOGITS = np.array([0.4, -1.1, 0.2])
TOKENS = np.array([30.0, 12.0, 55.0])
FEATURES = np.array([[1.0, 0.2], [1.0, -0.7], [1.0, 1.5]])
SLATES: Bools = np.array(list(itertools.product((False, True), repeat=N)))
REWARDS = np.array([0.0, 1.3, -0.4, 2.0, 0.7, 0.1, 3.1, -1.0])  # of `SLATES`; not additive
EPSILON, TEMPERATURE = 0.1, 0.8
PLAIN = EstimatorSettings()


def chances(logits: Floats) -> Floats:
    p = inclusion(logits, EPSILON, TEMPERATURE)
    return np.where(SLATES, p, 1.0 - p).prod(axis=1)


def expected_reward(logits: Floats) -> float:
    return float(chances(logits) @ REWARDS)


def slope(function: Callable[[Floats], float], at: Floats, step: float = 1e-5) -> Floats:
    """Central differences."""
    units = np.eye(at.size).reshape(at.size, *at.shape) * step
    return np.array([(function(at + u) - function(at - u)) / (2 * step) for u in units]).reshape(at.shape)


def every_group(
    size: int, propensities: Floats | None = None, logits: Floats = LOGITS
) -> Iterator[tuple[float, Group]]:
    """Every group that could be drawn, with its probability."""
    drawn = LOGITS if propensities is None else propensities
    chance = chances(drawn)
    logged = inclusion(drawn, EPSILON, TEMPERATURE)
    for places in itertools.product(range(len(SLATES)), repeat=size):
        at = list(places)
        yield float(chance[at].prod()), group_of(at, logits=logits, propensities=logged)


def group_of(places: list[int], **changes: object) -> Group:
    settings = {
        "features": FEATURES,
        "tokens": TOKENS,
        "draws": SLATES[places],
        "logits": LOGITS,
        "rewards": REWARDS[places],
        "epsilon": EPSILON,
        "temperature": TEMPERATURE,
        "document": "d",
    }
    return make_group(**(settings | changes))  # type: ignore[arg-type] # a table of keyword arguments


def expected_gradient(name: str, groups: Iterator[tuple[float, Group]], settings: EstimatorSettings = PLAIN) -> Floats:
    return sum((c * ESTIMATORS[name](g, settings).ascent_G_N.sum(axis=0) for c, g in groups), np.zeros(N))


@pytest.mark.parametrize(
    ("name", "size", "factor"),
    [
        ("leave-one-out", 2, 1.0),
        ("leave-one-out", 3, 1.0),
        ("dr-grpo", 2, 1 / 2),
        ("dr-grpo", 3, 2 / 3),
        ("rebel", 2, 2 * 1 / 2),  # its first step is twice that of Dr.GRPO
    ],
)
def test_gradient_is_the_exact_one_on_average(name: str, size: int, factor: float) -> None:
    exact = slope(expected_reward, LOGITS)
    np.testing.assert_allclose(expected_gradient(name, every_group(size)), factor * exact, atol=1e-8)


def test_leave_one_out_stays_exact_on_slates_of_another_policy() -> None:
    """Importance weights are not capped here."""
    behaviour = np.array([0.0, 0.0, 0.5])
    got = expected_gradient("leave-one-out", every_group(2, behaviour), EstimatorSettings(max_weight=1e9))
    np.testing.assert_allclose(got, slope(expected_reward, LOGITS), atol=1e-8)


def test_weights_get_the_gradient_of_the_expected_reward_too() -> None:
    weights = np.array([0.3, -0.2])

    def value(at: Floats) -> float:
        return expected_reward(FEATURES @ at)

    logits = FEATURES @ weights
    groups = every_group(2, logits, logits)
    got = sum((c * ESTIMATORS["leave-one-out"](g, PLAIN).to_weights(g) for c, g in groups), np.zeros(2))
    np.testing.assert_allclose(got, slope(value, weights), atol=1e-8)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in ("tree", "leave-one-out")])
def test_gradient_is_the_slope_of_the_objective(name: str) -> None:
    """Off the drawing policy, with a reference, noise and a price; leave-one-out is not the slope of its objective."""
    settings = EstimatorSettings(kl_weight=0.3, clip_low=0.35, clip_high=0.5, min_z=1.0, reward_scale=2.5)
    at = np.random.default_rng(1).normal(size=(5, N))
    group = group_of(
        [0, 3, 6, 1, 4],
        logits=at,
        propensities=inclusion(LOGITS, EPSILON, TEMPERATURE),
        reference_logits=np.array([1.0, 0.0, -0.5]),
        noise=0.2,
        trainable=np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [1, 1, 0], [0, 1, 1]]),
    )

    def objective(logits: Floats) -> float:
        return ESTIMATORS[name](group.with_logits(logits), settings).objective

    gradient = ESTIMATORS[name](group, settings)
    assert gradient.num_terms > 0
    np.testing.assert_allclose(gradient.ascent_G_N, slope(objective, at), atol=1e-7)


def test_kl_slope_is_the_mean_slope_of_the_sampled_k3() -> None:
    """k3 = q/p - log(q/p) - 1 at the drawn value; its slope is (1 - q/p) times the score."""
    reference = np.array([1.2, 0.3, -0.8])
    now, before = chances(LOGITS), chances(reference)
    eye = np.arange(len(SLATES))

    def log_chance(at: Floats) -> Floats:
        return np.log(chances(at))

    sampled = np.zeros(N)
    for i in eye:
        score = slope(lambda at, i=i: float(log_chance(at)[i]), LOGITS)
        sampled += now[i] * (1.0 - before[i] / now[i]) * score
    group = group_of(list(eye), reference_logits=reference)
    nothing = Gradient(np.zeros(group.draws_G_N.shape), 0.0, 0)
    penalty = penalise_distance(group, nothing, 1.0)
    np.testing.assert_allclose(-penalty.ascent_G_N.sum(axis=0), sampled, atol=1e-8)
    assert -penalty.objective == pytest.approx(float(before @ np.log(before / now)), abs=1e-12)


def test_entropy_is_that_of_all_slates() -> None:
    def value(at: Floats) -> float:
        return float(-(chances(at) @ np.log(chances(at))))

    bonus = entropy_bonus(group_of([0, 5]))
    assert bonus.objective == pytest.approx(value(LOGITS))
    np.testing.assert_allclose(bonus.ascent_G_N.sum(axis=0), slope(value, LOGITS), atol=1e-8)


def test_uplift_objective_on_average_is_best_at_the_true_gains() -> None:
    """For an additive reward, the regression's mean gradient is zero at the gains and only there."""
    gains = np.array([1.5, -0.7, 0.3])
    rewards = SLATES @ gains + 4.0

    def mean_gradient(at: Floats) -> Floats:
        total = np.zeros(N)
        for chance, places in zip(
            np.outer(chances(LOGITS), chances(LOGITS)).ravel(), itertools.product(range(8), repeat=2), strict=True
        ):
            at_places = list(places)
            group = group_of(
                at_places,
                logits=at,
                rewards=rewards[at_places],
                propensities=inclusion(LOGITS, EPSILON, TEMPERATURE),
            )
            total += chance * ESTIMATORS["uplift"](group, PLAIN).ascent_G_N.sum(axis=0)
        return total

    np.testing.assert_allclose(mean_gradient(gains), 0.0, atol=1e-12)
    assert np.all(np.sign(mean_gradient(gains + 0.5)) == -1)
