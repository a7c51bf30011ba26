"""When to call the English pivot: learned from forced arms, paid only where it helps by more than it costs.

Some slates of a page are forced to call and some forced not to. The difference of their rewards says whether the pivot
helps; pooled over pages of the same language and difficulty it is reliable enough to reward or punish the calls that
the policy made freely. Forced decisions take no gradient. The price mu of a call is apart from that.

Source: GCPO in "GeometryZero" (arXiv:2506.07160): mask +1, -1 or 0 from the contrast of the two arms, reconstructed
from its abstract and reviews because the printed equation was not verified; its length reward is left out. It stands
in for Kang, Kim, Lee 2026 ("Luar", arXiv:2606.02465), whose reward is not public. Pooling, shrinkage and a threshold
taken from the noise are ours: with four slates an arm and noise of 3 points, an unpooled mask with threshold 1 fires on
64 % of the pages where the pivot does nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Bools, Floats, check_shape
from dragoman.training.ridge import moments, ridge_weights

__all__ = [
    "ArmGain",
    "Arms",
    "PivotGradient",
    "PivotGroup",
    "PivotSettings",
    "PooledGains",
    "arm_gain",
    "assign_arms",
    "fit_pivot_weights",
    "mask",
    "pivot_gradient",
]

Stratum = tuple[str, int]
"""Language tag and difficulty level of a page."""


@dataclass(frozen=True, slots=True)
class PivotSettings:
    """Of the head's training.

    Attributes:
        bonus: points that the mask adds to or takes from a free call.
        z: the mask needs a gain of so many standard errors; 1.64 fires by chance on one page in ten.
        memory: weight of the past in the pooled gain of a stratum, 0 to below 1.
        max_weight: cap of importance weights of calls drawn by an older head.
    """

    bonus: float = 1.0
    z: float = 1.64
    memory: float = 0.95
    max_weight: float = 10.0

    def __post_init__(self) -> None:
        if self.bonus < 0.0 or self.z < 0.0 or not 0.0 <= self.memory < 1.0 or self.max_weight <= 0.0:
            raise ConfigurationError(f"{self}: bonus and z must be 0 or more, memory 0 to below 1, max_weight above 0")


@dataclass(frozen=True, slots=True, eq=False)
class PivotGroup:
    """G slates of one page with their pivot decisions.

    Attributes:
        calls_G: whether the pivot was called.
        is_forced_G: whether that was imposed.
        rewards_G: points, before the price of the call.
        propensities_G: probability of a call when the decision was drawn; not read where it was forced.
        logit: of a call under the head of now, that is (predicted gain - mu) / temperature.
        price: mu, points for one call.
    """

    calls_G: Bools
    is_forced_G: Bools
    rewards_G: Floats
    propensities_G: Floats
    logit: float
    price: float = 0.0

    def __post_init__(self) -> None:
        check_shape("calls_G", self.calls_G, (None,))
        for name in ("is_forced_G", "rewards_G", "propensities_G"):
            check_shape(name, getattr(self, name), self.calls_G.shape)


@dataclass(frozen=True, slots=True)
class ArmGain:
    """What forcing a call changed on one page: points before the price, with the standard error of the difference."""

    gain: float
    error: float


@dataclass(frozen=True, slots=True)
class PooledGains:
    """Moving averages of the gain by language and difficulty, and of how pages of a stratum differ.

    Attributes:
        means: gain of a call, points.
        squares: mean squared distance of a page's gain from its stratum, net of its noise, points squared.
        counts: pages seen.
        memory: see `PivotSettings`.
    """

    means: Mapping[Stratum, float] = field(default_factory=lambda: MappingProxyType({}))
    squares: Mapping[Stratum, float] = field(default_factory=lambda: MappingProxyType({}))
    counts: Mapping[Stratum, int] = field(default_factory=lambda: MappingProxyType({}))
    memory: float = 0.95

    def with_page(self, stratum: Stratum, page: ArmGain) -> "PooledGains":
        """The averages after one more page of the stratum; the first pages weigh alike."""
        count = self.counts.get(stratum, 0)
        keep = min(self.memory, count / (count + 1))
        before = self.means.get(stratum, page.gain)
        mean = keep * before + (1.0 - keep) * page.gain
        apart = (page.gain - before) * (page.gain - mean) - page.error**2
        return PooledGains(
            MappingProxyType({**self.means, stratum: mean}),
            MappingProxyType({**self.squares, stratum: keep * self.squares.get(stratum, 0.0) + (1.0 - keep) * apart}),
            MappingProxyType({**self.counts, stratum: count + 1}),
            self.memory,
        )

    def shrunk(self, stratum: Stratum, page: ArmGain) -> ArmGain:
        """The page's gain drawn towards the mean of its stratum, the more so the noisier it is.

        `w * page + (1 - w) * mean` with `w = between / (between + error^2)`; a new stratum leaves the page as it is.
        """
        if stratum not in self.means:
            return page
        between = max(0.0, self.squares[stratum])
        total = between + page.error**2
        weight = between / total if total > 0.0 else 1.0
        num_pages = min(
            self.counts[stratum], (1.0 + self.memory) / (1.0 - self.memory)
        )  # that many pages the average holds
        variance = weight * page.error**2 + (1.0 - weight) ** 2 * total / num_pages
        return ArmGain(weight * page.gain + (1.0 - weight) * self.means[stratum], math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class PivotGradient:
    """Which way the logit of one page should go.

    Attributes:
        ascent: derivative of the objective with respect to the logit.
        objective: mean reward of the free slates, price and bonus included.
        num_free: slates that decided freely.
    """

    ascent: float
    objective: float
    num_free: int


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """Which slates of a group are forced, and which way; free slates have yet to decide."""

    is_forced_G: Bools
    calls_G: Bools


def assign_arms(num_slates: int, forced_share: float = 0.5) -> Arms:
    """Half of the forced slates call and half do not; the last slates of the group are free.

    Raises:
        ConfigurationError: fewer than one slate in each arm, or a share out of range.
    """
    per_arm = int(num_slates * forced_share / 2)
    if not 0.0 < forced_share <= 1.0 or per_arm < 1:
        raise ConfigurationError(
            f"{forced_share} of {num_slates} slates forced: each arm needs one slate or more, the share at most 1"
        )
    place = np.arange(num_slates)
    return Arms(place < 2 * per_arm, place < per_arm)


def arm_gain(group: PivotGroup, noise: float | None = None) -> ArmGain:
    """Mean reward of the slates forced to call minus that of the slates forced not to, before the price.

    Args:
        group: with forced slates in both arms.
        noise: standard deviation of one slate's reward, points; measured within the arms when None.

    Raises:
        ShapeError: an arm is empty, or has one slate and the noise is to be measured.
    """
    arms = [group.rewards_G[group.is_forced_G & (group.calls_G == called)] for called in (True, False)]
    least = 1 if noise is not None else 2
    if min(len(arm) for arm in arms) < least:
        raise ShapeError(f"arms of {len(arms[0])} and {len(arms[1])} slates: each needs {least} or more; force more")
    variances = [noise**2 if noise is not None else float(np.var(arm, ddof=1)) for arm in arms]
    error = math.sqrt(sum(variance / len(arm) for variance, arm in zip(variances, arms, strict=True)))
    return ArmGain(float(arms[0].mean() - arms[1].mean()), error)


def mask(gain: ArmGain, *, price: float, z: float) -> int:
    """+1 when a call gains more than its price by z standard errors, -1 when it gains as much less, else 0.

    The price belongs in here too: a bonus for a gain that is smaller than the price would buy a loss.
    """
    net = gain.gain - price
    return int(np.sign(net)) if abs(net) > z * gain.error else 0


def pivot_gradient(group: PivotGroup, sign: int, settings: PivotSettings) -> PivotGradient:
    """Policy gradient of the free decisions; `reward - price * call + sign * bonus * call`.

    The baseline of a slate is the mean of all others, forced ones too: none of them depends on its decision. On average
    the ascent is `p (1 - p) (gain - price + sign * bonus)`.

    Args:
        group: the page.
        sign: of `mask`, from the forced arms only.
        settings: bonus and cap of weights.

    Raises:
        ShapeError: fewer than two slates.
    """
    num_slates = len(group.calls_G)
    if num_slates < 2:
        raise ShapeError("a pivot group of one slate: comparing needs two or more")
    net_G = group.rewards_G + (sign * settings.bonus - group.price) * group.calls_G
    advantages_G = (net_G - net_G.mean()) * num_slates / (num_slates - 1)
    free_G = ~group.is_forced_G
    num_free = int(free_G.sum())
    if num_free == 0:
        return PivotGradient(0.0, 0.0, 0)
    calls, advantages = group.calls_G[free_G], advantages_G[free_G]
    probability = float(sigmoid(np.array(group.logit)))
    logged = np.where(calls, group.propensities_G[free_G], 1.0 - group.propensities_G[free_G])
    now = np.where(calls, probability, 1.0 - probability)
    weights = np.minimum(now / logged, settings.max_weight)
    ascent = float((weights * advantages * (calls - probability)).mean())
    return PivotGradient(ascent, float(net_G[free_G].mean()), num_free)


def fit_pivot_weights(rows_P_C: Floats, gains: Sequence[ArmGain], *, ridge: float = 10.0) -> Floats:
    """(C,): weights that predict the gain of a call from a page's columns, points before the price: the warm start.

    Pages count by the inverse of their squared error, at most four times the median page.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("rows_P_C", rows_P_C, (len(gains), None))
    precision_P = np.array([1.0 / max(gain.error, 1e-9) ** 2 for gain in gains])
    weight_P = np.minimum(precision_P, 4.0 * np.median(precision_P))
    target_P = np.array([gain.gain for gain in gains])
    return ridge_weights(moments(rows_P_C, target_P, weight_P / weight_P.mean()), ridge)
