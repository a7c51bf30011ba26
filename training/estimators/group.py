"""What every estimator takes and gives: the slates drawn for one page, and a gradient with respect to their logits.

A slate is a draw of every candidate in or out. Candidates are drawn in steps (kinds); given what earlier steps drew,
the draws within a step are independent. Features and logits may therefore differ between the slates of a page, and
all arrays carry the axis G. Nothing here knows translators, prompts or weights: a trainer multiplies the gradient with
its own features (`Gradient.to_weights`) or passes it back through whatever made the logits.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.training.arrays import Bools, Floats, Ints, check_shape
from dragoman.training.estimators.bernoulli import inclusion

__all__ = ["Estimator", "EstimatorSettings", "Gradient", "Group", "make_group"]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """G slates drawn for one page and what they were worth; built by `make_group`.

    Attributes:
        features_G_N_F: of each candidate, as the policy saw it in that slate; F may be 0 when the trainer has its own.
        tokens_N: cost of each candidate.
        draws_G_N: what was drawn, before any budget dropped something.
        logits_G_N: of the policy now; an item is drawn with probability
            `epsilon / 2 + (1 - epsilon) * sigmoid(logit / temperature)`. Read as net gains in points, the temperature
            is in points too.
        propensities_G_N: probability that the item was drawn *in*, under the policy that made the draw.
        rewards_G: net, in points: quality above no context, minus prices.
        reference_logits_G_N: of the policy to stay near.
        steps_N: step in which each candidate is drawn, from 0.
        trainable_G_N: false where the decision was forced or hinted, so that it takes no gradient.
        noise_G: standard error of each reward, points; 0 when it is exact.
        paid_G: the prices within the reward, points, so that `rewards_G + paid_G` is quality alone.
        nodes_G_D: for tree sampling, id of the node in which the slate lies after each of D steps; else (G, 0).
        epsilon: share of uniform exploration, 0 to below 1.
        temperature: above 0.
        document: of the page; folds and resamples keep documents whole.
    """

    features_G_N_F: Floats
    tokens_N: Floats
    draws_G_N: Bools
    logits_G_N: Floats
    propensities_G_N: Floats
    rewards_G: Floats
    reference_logits_G_N: Floats
    steps_N: Ints
    trainable_G_N: Bools
    noise_G: Floats
    paid_G: Floats
    nodes_G_D: Ints
    epsilon: float = 0.0
    temperature: float = 1.0
    document: str = ""

    def __post_init__(self) -> None:
        check_shape("draws_G_N", self.draws_G_N, (None, None))
        num_slates, num_candidates = self.draws_G_N.shape
        by_axes = {"G": num_slates, "N": num_candidates, "F": None, "D": None}
        for name in (field.name for field in fields(self) if "_" in field.name):
            axes = tuple(by_axes[letter] for letter in name.split("_") if letter in by_axes)
            check_shape(name, getattr(self, name), axes)
        _check_numbers(self)

    @property
    def num_slates(self) -> int:
        """G."""
        return len(self.draws_G_N)

    @property
    def num_candidates(self) -> int:
        """N."""
        return len(self.tokens_N)

    def with_logits(self, logits: ArrayLike) -> "Group":
        """The same draws and rewards under a policy that has moved; (N,) or (G, N)."""
        return replace(self, logits_G_N=_spread("logits", logits, self.draws_G_N.shape))


def _check_numbers(group: Group) -> None:
    _check_exploration(group.epsilon, group.temperature)
    if not (np.isfinite(group.rewards_G).all() and np.isfinite(group.logits_G_N).all()):
        raise ConfigurationError("a reward or logit is not finite: leave failed slates out of the group")
    drawn_probability = np.where(group.draws_G_N, group.propensities_G_N, 1.0 - group.propensities_G_N)
    if not (drawn_probability[group.trainable_G_N] > 0.0).all():
        raise ConfigurationError(
            "a draw has probability 0 under its own propensities: mark forced decisions in `trainable`, or fix the log"
        )


def _check_exploration(epsilon: float, temperature: float) -> None:
    if not 0.0 <= epsilon < 1.0 or temperature <= 0.0:
        raise ConfigurationError(
            f"epsilon {epsilon} and temperature {temperature}: epsilon must be from 0 to below 1, temperature above 0"
        )


def make_group(
    *,
    features: ArrayLike,
    tokens: ArrayLike,
    draws: ArrayLike,
    logits: ArrayLike,
    rewards: ArrayLike,
    propensities: ArrayLike | None = None,
    reference_logits: ArrayLike | None = None,
    steps: ArrayLike | None = None,
    trainable: ArrayLike | None = None,
    noise: ArrayLike = 0.0,
    paid: ArrayLike = 0.0,
    nodes: ArrayLike | None = None,
    epsilon: float = 0.0,
    temperature: float = 1.0,
    document: str = "",
) -> Group:
    """A group from what is at hand; arrays that all slates share may be given once, without the axis G.

    Args:
        features: (N, F) or (G, N, F).
        tokens: (N,).
        draws: (G, N), 0 and 1 or booleans.
        logits, reference_logits: (N,) or (G, N); the reference is the current policy when left out.
        rewards: (G,) net points.
        propensities: (N,) or (G, N); when left out, the draws were made by the current policy.
        steps: (N,); when left out, all are drawn at once.
        trainable: (N,) or (G, N); when left out, every decision was free.
        noise, paid: a number or (G,).
        nodes: (G, D); this, epsilon, temperature and document: see `Group`.

    Raises:
        ShapeError: shapes that do not fit each other.
        ConfigurationError: epsilon, temperature, rewards, logits or propensities out of range.
    """
    draws_G_N = np.asarray(draws, dtype=np.bool_)
    check_shape("draws", draws_G_N, (None, None))
    shape = num_slates, num_candidates = draws_G_N.shape
    logits_G_N = _spread("logits", logits, shape)
    logged = _propensities(logits_G_N, epsilon, temperature) if propensities is None else propensities
    return Group(
        features_G_N_F=_spread("features", features, (*shape, *np.shape(features)[-1:])),
        tokens_N=_spread("tokens", tokens, (num_candidates,)),
        draws_G_N=draws_G_N,
        logits_G_N=logits_G_N,
        propensities_G_N=_spread("propensities", logged, shape),
        rewards_G=np.asarray(rewards, dtype=np.float64),
        reference_logits_G_N=_spread("reference_logits", _given(reference_logits, logits_G_N), shape),
        steps_N=_spread("steps", _given(steps, 0), (num_candidates,)).astype(np.int64),
        trainable_G_N=_spread("trainable", _given(trainable, 1), shape).astype(np.bool_),
        noise_G=_spread("noise", noise, (num_slates,)),
        paid_G=_spread("paid", paid, (num_slates,)),
        nodes_G_D=np.asarray(_given(nodes, np.zeros((num_slates, 0))), dtype=np.int64),
        epsilon=epsilon,
        temperature=temperature,
        document=document,
    )


def _propensities(logits_G_N: Floats, epsilon: float, temperature: float) -> Floats:
    _check_exploration(epsilon, temperature)
    return inclusion(logits_G_N, epsilon, temperature)


def _given(value: ArrayLike | None, default: ArrayLike) -> ArrayLike:
    return default if value is None else value


def _spread(name: str, given: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """The array broadcast over the slates of a page."""
    array = np.asarray(given, dtype=np.float64)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ShapeError(f"{name} has shape {array.shape}: expected {shape}, or without its first axis") from None


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """Which way the logits of a group should go.

    Attributes:
        ascent_G_N: derivative of the objective with respect to each slate's logits, with the mean over slates already
            taken: sum over G where slates share their logits.
        objective: what rises along `ascent_G_N`, at the current logits; comparable only within one estimator.
        num_terms: slates, sibling groups or pairs that carried a signal; 0 when the group teaches nothing.
    """

    ascent_G_N: Floats
    objective: float
    num_terms: int

    def to_weights(self, group: Group) -> Floats:
        """Derivative with respect to weights of shape (F,), for logits that are `features @ weights`."""
        result: Floats = np.einsum("gn,gnf->f", self.ascent_G_N, group.features_G_N_F)
        return result


@dataclass(frozen=True, slots=True)
class EstimatorSettings:
    """Numbers the estimators share; each uses what its docstring names.

    Attributes:
        kl_weight: weight of KL(reference || current), exact, in every estimator but `dpo`, `expo` and `best-worst`.
        clip_low, clip_high: GRPO keeps the ratio of an item between 1 - clip_low and 1 + clip_high.
        max_weight: cap of importance weights for slates that another policy drew.
        spread_floor: GRPO and Reg-GRPO divide by the standard deviation of rewards, at least by this, points.
        sigma_floor: Reg-GRPO divides by the standard deviation of log-ratios, at least by this.
        reward_scale: points of reward that REBEL asks to be one nat of log-ratio.
        min_spread: a sibling group of a tree whose values lie closer together than this, in points, is left out.
        dpo_beta: inverse strength of DPO's stay-close term.
        expo_beta: weight of EXPO's explicit stay-close term.
        min_margin: a preference pair needs a larger difference of rewards, points.
        min_z: and a difference larger than this many standard errors of it.
    """

    kl_weight: float = 0.0
    clip_low: float = 0.2
    clip_high: float = 0.2
    max_weight: float = 10.0
    spread_floor: float = 1e-4
    sigma_floor: float = 1e-2
    reward_scale: float = 1.0
    min_spread: float = 0.0
    dpo_beta: float = 0.1
    expo_beta: float = 0.1
    min_margin: float = 0.0
    min_z: float = 2.0

    def __post_init__(self) -> None:
        positive = ("max_weight", "spread_floor", "sigma_floor", "reward_scale", "dpo_beta")
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if not (value > 0.0 if name in positive else value >= 0.0):
                wanted = "above 0" if name in positive else "0 or more"
                raise ConfigurationError(f"{name} is {value}: expected {wanted}")


Estimator: TypeAlias = Callable[[Group, EstimatorSettings], Gradient]
