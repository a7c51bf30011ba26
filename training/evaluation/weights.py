"""How much a logged slate counts for another policy.

`ratio_i = pi(a_i) / mu(a_i)` for every draw, in or out. The product of the ratios is right for any reward and varies
wildly; `1 + sum (ratio_i - 1)` is right when the reward adds up over items drawn independently, and varies far less:
with 12 items, logged at .5 and wanted at .9 or .1, the product keeps .26 % of the sample and the sum 11 %.
"""

from dataclasses import dataclass

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape
from dragoman.training.estimators.bernoulli import inclusion
from dragoman.training.estimators.group import Group

__all__ = [
    "ClippedWeights",
    "additive_weights",
    "clip_weights",
    "current_probabilities",
    "draw_ratios",
    "effective_sample",
    "greedy_probabilities",
    "product_weights",
]


@dataclass(frozen=True, slots=True, eq=False)
class ClippedWeights:
    """Weights kept within a cap, and the share of them that the cap changed."""

    weights_E: Floats
    clip_share: float


def current_probabilities(group: Group) -> Floats:
    """(G, N): probability of drawing each candidate in under the group's present logits."""
    return inclusion(group.logits_G_N, group.epsilon, group.temperature)


def greedy_probabilities(group: Group) -> Floats:
    """(G, N): 1 where the present logit is above 0, else 0: the scorer without exploration."""
    return (group.logits_G_N > 0.0).astype(np.float64)


def draw_ratios(group: Group, target_G_N: Floats) -> Floats:
    """(G, N): `pi(a_i) / mu(a_i)`; 1 where the decision was forced.

    Args:
        group: with the propensities of its draws.
        target_G_N: probability of drawing each candidate in, under the policy to judge, given what the slate drew
            in earlier steps.

    Raises:
        ShapeError: wrong shape.
    """
    check_shape("target_G_N", target_G_N, group.draws_G_N.shape)
    wanted = np.where(group.draws_G_N, target_G_N, 1.0 - target_G_N)
    logged = np.where(group.draws_G_N, group.propensities_G_N, 1.0 - group.propensities_G_N)
    safe = np.where(group.trainable_G_N, logged, 1.0)
    return np.where(group.trainable_G_N, wanted / safe, 1.0)


def product_weights(ratios_G_N: Floats) -> Floats:
    """(G,): product of the ratios of a slate, 0 or more; 1 on average."""
    result: Floats = ratios_G_N.prod(axis=1)
    return result


def additive_weights(ratios_G_N: Floats) -> Floats:
    """(G,): `1 + sum (ratio - 1)`; 1 on average, may be negative.

    Source: Swaminathan et al. 2017, "Off-policy evaluation for slate recommendation" (arXiv:1605.04812), for slots that
    are drawn independently.
    """
    result: Floats = 1.0 + (ratios_G_N - 1.0).sum(axis=1)
    return result


def clip_weights(weights_E: Floats, max_weight: float) -> ClippedWeights:
    """Weights kept between -max_weight and max_weight.

    Raises:
        ShapeError: not one-dimensional.
        ConfigurationError: a cap below 1, or no weights.
    """
    check_shape("weights_E", weights_E, (None,))
    if max_weight < 1.0 or not weights_E.size:
        raise ConfigurationError(f"cap {max_weight} on {weights_E.size} weights: the cap must be 1 or more, on some")
    clipped = np.clip(weights_E, -max_weight, max_weight)
    return ClippedWeights(clipped, float(np.mean(clipped != weights_E)))


def effective_sample(weights_D: Floats) -> float:
    """`(sum w)^2 / sum w^2`: how many equally weighted documents would tell as much; 0 when all weights are 0.

    Source: Kish 1965, "Survey Sampling".
    """
    squares = float(weights_D @ weights_D)
    return float(weights_D.sum()) ** 2 / squares if squares > 0.0 else 0.0
