"""The pivot head: masks from noisy arms, gradients against enumeration, and calls where they help."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Floats
from dragoman.training.pivot_head import (
    ArmGain,
    PivotGroup,
    PivotSettings,
    PooledGains,
    arm_gain,
    assign_arms,
    fit_pivot_weights,
    mask,
    pivot_gradient,
)

SETTINGS = PivotSettings()


def test_arms_are_even_and_the_rest_is_free() -> None:
    arms = assign_arms(8)
    assert arms.is_forced_G.tolist() == [True] * 4 + [False] * 4
    assert arms.calls_G.tolist() == [True] * 2 + [False] * 6
    with pytest.raises(ConfigurationError, match="each arm"):
        assign_arms(3)


def test_arm_gain_by_hand() -> None:
    group = PivotGroup(
        calls_G=np.array([True, True, False, False, True]),
        is_forced_G=np.array([True, True, True, True, False]),
        rewards_G=np.array([4.0, 6.0, 1.0, 3.0, 100.0]),
        propensities_G=np.full(5, 0.5),
        logit=0.0,
    )
    assert arm_gain(group) == ArmGain(3.0, pytest.approx(math.sqrt(2 / 2 + 2 / 2)))
    assert arm_gain(group, noise=3.0).error == pytest.approx(3.0 * math.sqrt(2 / 2))
    with pytest.raises(ShapeError, match="0 slates"):
        arm_gain(PivotGroup(group.calls_G, np.zeros(5, bool), group.rewards_G, group.propensities_G, 0.0))


@pytest.mark.parametrize(
    ("gain", "price", "expected"),
    [
        (ArmGain(3.0, 1.0), 0.5, 1),
        (ArmGain(2.0, 1.0), 0.5, 0),
        (ArmGain(-3.0, 1.0), 0.5, -1),
        (ArmGain(0.2, 0.0), 0.5, -1),
    ],
)
def test_the_mask_judges_the_gain_net_of_its_price(gain: ArmGain, price: float, expected: int) -> None:
    assert mask(gain, price=price, z=1.64) == expected


@pytest.mark.parametrize(("true_gain", "fires"), [(0.0, 0.10), (2.0, 0.24), (5.0, 0.76)])
def test_the_mask_fires_as_often_as_the_noise_says(true_gain: float, fires: float) -> None:
    """Noise of 3 points, four slates an arm; the shares are those of the normal law."""
    error = 3.0 * math.sqrt(2 / 4)
    normal = NormalDist(true_gain, error)
    assert 1 - normal.cdf(1.64 * error) + normal.cdf(-1.64 * error) == pytest.approx(fires, abs=0.02)
    gains = np.random.default_rng(0).normal(true_gain, error, size=4000)
    assert np.mean([mask(ArmGain(g, error), price=0.0, z=1.64) != 0 for g in gains]) == pytest.approx(fires, abs=0.03)


def test_pooling_makes_the_mask_right_where_single_pages_are_not() -> None:
    """Pages of a stratum gain 2 on average and differ by 0.5; the wrong sign vanishes and the right one is found."""
    generator = np.random.default_rng(1)
    error, stratum = 3.0 * math.sqrt(2 / 4), ("qaa", 1)
    pooled, signs = PooledGains(), []
    for true in generator.normal(2.0, 0.5, size=600):
        page = ArmGain(float(generator.normal(true, error)), error)
        pooled = pooled.with_page(stratum, page)
        signs.append(mask(pooled.shrunk(stratum, page), price=0.0, z=1.64))
    late = signs[200:]
    assert np.mean([sign == 1 for sign in late]) > 0.8
    assert np.mean([sign == -1 for sign in late]) == 0.0


def test_pooled_averages_by_hand_and_an_unseen_stratum_leaves_the_page_as_it_is() -> None:
    pooled, page = PooledGains(), ArmGain(4.0, 1.0)
    assert pooled.shrunk(("x", 0), page) == page
    for gain in (1.0, 3.0, 8.0):
        pooled = pooled.with_page(("x", 0), ArmGain(gain, 1.0))
    assert pooled.means["x", 0] == pytest.approx(4.0)
    assert pooled.squares["x", 0] == pytest.approx(26 / 3 - 1.0)  # population variance of 1, 3, 8, less the noise
    shrunk = pooled.shrunk(("x", 0), ArmGain(10.0, 1.0))
    assert shrunk.gain == pytest.approx(4.0 + 6.0 * (23 / 3) / (26 / 3))
    assert shrunk.error < 1.0


def test_gradient_is_exact_on_average_and_forced_slates_take_none() -> None:
    """Two free and two forced slates, every outcome of the free ones; calls gain 2, price 0.5, bonus 1."""
    logit, gain, price = -0.4, 2.0, 0.5
    p = float(sigmoid(np.array(logit)))
    forced = np.array([True, True, False, False])
    for sign in (-1, 0, 1):
        total = 0.0
        for free in itertools.product((False, True), repeat=2):
            calls = np.array([True, False, *free])
            group = PivotGroup(calls, forced, 10.0 + gain * calls, np.full(4, p), logit, price)
            chance = math.prod(p if call else 1 - p for call in free)
            gradient = pivot_gradient(group, sign, SETTINGS)
            assert gradient.num_free == 2
            total += chance * gradient.ascent
        assert total == pytest.approx(p * (1 - p) * (gain - price + sign * 1.0))


def test_gradient_corrects_for_an_older_head_and_is_zero_when_all_is_forced() -> None:
    logit, logged = 0.7, 0.3
    p = float(sigmoid(np.array(logit)))
    total = 0.0
    for calls in itertools.product((False, True), repeat=3):
        group = PivotGroup(np.array(calls), np.zeros(3, bool), 2.0 * np.array(calls), np.full(3, logged), logit)
        total += math.prod(logged if c else 1 - logged for c in calls) * pivot_gradient(group, 0, SETTINGS).ascent
    assert total == pytest.approx(p * (1 - p) * 2.0)
    forced = PivotGroup(np.array([True, False]), np.ones(2, bool), np.array([1.0, 0.0]), np.zeros(2), 0.0)
    assert pivot_gradient(forced, 1, SETTINGS).ascent == 0.0


def call_rates(rule: str, seed: int) -> Floats:
    """Trained call rates in a language where the pivot gains 3 points and one where it loses 1; price 0.5."""
    generator = np.random.default_rng(seed)
    gains, logits, pooled = np.array([3.0, -1.0]), np.zeros(2), PooledGains()
    settings = PivotSettings(bonus=3.0)
    for _ in range(400):
        for language in range(2):
            arms = assign_arms(8)
            p = float(sigmoid(logits[language : language + 1])[0])
            calls = np.where(arms.is_forced_G, arms.calls_G, generator.random(8) < p)
            rewards = gains[language] * calls + 3.0 * generator.normal(size=8)
            group = PivotGroup(calls, arms.is_forced_G, rewards, np.full(8, p), float(logits[language]), 0.5)
            page, stratum = arm_gain(group, noise=3.0), (str(language), 0)
            pooled = pooled.with_page(stratum, page)
            masked = mask(pooled.shrunk(stratum, page), price=0.5, z=1.64)
            sign = {"mask": masked, "always": 1, "penalty": -1}[rule]
            logits[language] += 0.2 * pivot_gradient(group, sign, settings).ascent
            logits = np.clip(logits, -5.0, 5.0)
    return sigmoid(logits)


def test_masked_calls_are_right_where_an_unconditional_bonus_or_penalty_is_not() -> None:
    """Precision and recall of calls, over three seeds."""
    masked, bonus, penalty = (
        np.mean([call_rates(rule, s) for s in range(3)], axis=0) for rule in ("mask", "always", "penalty")
    )
    assert masked[0] >= 0.85
    assert masked[0] / masked.sum() >= 0.85
    assert masked[1] <= 0.1
    assert bonus.min() > 0.9
    assert penalty.max() < 0.5


def test_the_warm_start_finds_the_gain_and_trusts_precise_pages_more() -> None:
    generator = np.random.default_rng(0)
    rows = np.stack([np.ones(800), generator.random(800)], axis=1)
    errors = generator.choice([0.5, 4.0], size=800)
    gains = [
        ArmGain(float(row @ [-1.0, 6.0] + e * generator.normal()), float(e))
        for row, e in zip(rows, errors, strict=True)
    ]
    np.testing.assert_allclose(fit_pivot_weights(rows, gains, ridge=0.1), [-1.0, 6.0], atol=0.5)
    with pytest.raises(ShapeError):
        fit_pivot_weights(rows, gains[:3])
