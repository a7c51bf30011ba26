"""Policy gradients on flat groups of slates of one page."""

import numpy as np

from dragoman.training.arrays import Floats
from dragoman.training.estimators.advantages import (
    centred_advantages,
    leave_one_out_advantages,
    standardised_advantages,
)
from dragoman.training.estimators.group import EstimatorSettings, Gradient, Group
from dragoman.training.estimators.slates import item_log_ratios, penalise_distance, scores

__all__ = ["dr_grpo", "grpo", "leave_one_out"]


def leave_one_out(group: Group, settings: EstimatorSettings) -> Gradient:
    """REINFORCE with the mean of the other slates as baseline: the exact gradient on average.

    Slates drawn by another policy are weighted by `pi / mu` of the whole slate, at most `max_weight`; while no weight
    is capped, the gradient stays unbiased.

    Source: Kool, van Hoof, Welling 2019, "Buy 4 REINFORCE samples, get a baseline for free!".
    """
    advantages_G = leave_one_out_advantages(group.rewards_G)
    weights_G = np.minimum(np.exp(item_log_ratios(group).sum(axis=1)), settings.max_weight)
    pull_G = weights_G * advantages_G
    ascent = pull_G[:, None] * scores(group) / group.num_slates
    gradient = Gradient(ascent, float(pull_G.mean()), int(np.count_nonzero(advantages_G)))
    return penalise_distance(group, gradient, settings.kl_weight)


def grpo(group: Group, settings: EstimatorSettings) -> Gradient:
    """Group-relative advantages over their standard deviation, clipped item ratios, mean over items.

    `objective = mean_G mean_N min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A) - kl_weight * KL / N`.
    Decisions take the part of the paper's tokens. Uses `spread_floor` where the paper adds a small constant.

    Source: Shao et al. 2024, "DeepSeekMath", equation 3 (arXiv:2402.03300).
    """
    advantages_G = standardised_advantages(group.rewards_G, settings.spread_floor)
    num_free_G = np.maximum(group.trainable_G_N.sum(axis=1), 1)
    gradient = _clipped(group, settings, advantages_G, 1.0 / num_free_G)
    return penalise_distance(group, gradient, settings.kl_weight / group.num_candidates)


def dr_grpo(group: Group, settings: EstimatorSettings) -> Gradient:
    """GRPO without the division by the standard deviation and by the number of decisions.

    On fresh slates it is `(G - 1) / G` times the exact gradient on average.

    Source: Liu et al. 2025, "Understanding R1-Zero-Like Training" (arXiv:2503.20783).
    """
    advantages_G = centred_advantages(group.rewards_G)
    gradient = _clipped(group, settings, advantages_G, np.ones(group.num_slates))
    return penalise_distance(group, gradient, settings.kl_weight)


def _clipped(group: Group, settings: EstimatorSettings, advantages_G: Floats, scale_G: Floats) -> Gradient:
    """The clipped surrogate, summed over items with one factor per slate, averaged over slates."""
    ratios = np.exp(item_log_ratios(group))
    advantages = advantages_G[:, None]
    clipped = np.clip(ratios, 1.0 - settings.clip_low, 1.0 + settings.clip_high)
    surrogate = np.minimum(ratios * advantages, clipped * advantages) * group.trainable_G_N
    moving = ratios * advantages <= clipped * advantages  # where the clip binds, the surrogate is flat
    scale = scale_G[:, None] / group.num_slates
    ascent = scale * moving * ratios * advantages * scores(group)
    return Gradient(ascent, float((scale * surrogate).sum()), int(np.count_nonzero(advantages_G)))
