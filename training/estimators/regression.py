"""Policy updates that fit log-ratios to rewards by least squares instead of following a clipped ratio."""

import numpy as np

from dragoman.training.arrays import Floats
from dragoman.training.estimators.advantages import centred_advantages, standardised_advantages
from dragoman.training.estimators.group import EstimatorSettings, Gradient, Group
from dragoman.training.estimators.slates import item_log_ratios, penalise_distance, scores

__all__ = ["rebel", "reg_grpo"]


def reg_grpo(group: Group, settings: EstimatorSettings) -> Gradient:
    """Standardised log-ratios to the drawing policy are fitted to standardised rewards.

    `loss = mean_G (A - B)^2 + kl_weight * KL`, A and B the rewards and log-ratios of the group, each centred and
    divided by its standard deviation, but at least by `spread_floor` and `sigma_floor`. Without the second floor the
    first step divides 0 by 0, and nothing bounds the step: take several small inner steps with `with_logits`.

    Source: Park et al. 2025, "DeepVideo-R1" (arXiv:2506.07464); the floors are ours.
    """
    target_G = standardised_advantages(group.rewards_G, settings.spread_floor)
    ratios_G = item_log_ratios(group).sum(axis=1)
    centred_G, sigma = centred_advantages(ratios_G), float(np.std(ratios_G))
    fitted_G = centred_G / max(sigma, settings.sigma_floor)
    residual_G = target_G - fitted_G
    # d loss / d ratio; the mean and, above the floor, the standard deviation move with the ratios
    slope_G = -2.0 / max(sigma, settings.sigma_floor) * (residual_G - residual_G.mean()) / group.num_slates
    if sigma > settings.sigma_floor:
        slope_G += 2.0 / sigma * fitted_G * float(residual_G @ fitted_G) / group.num_slates**2
    return _descend(group, settings, slope_G, residual_G)


def rebel(group: Group, settings: EstimatorSettings) -> Gradient:
    """Differences of log-ratios are fitted to differences of rewards, without any normalisation.

    `loss = mean over pairs of slates ((ratio_i - ratio_j) * reward_scale - (r_i - r_j))^2 / 2 + kl_weight * KL`, which
    is the variance of `reward_scale * ratio - r` within the group; `reward_scale` is the paper's 1 / eta.

    Source: Gao et al. 2024, "REBEL: Reinforcement Learning via Regressing Relative Rewards" (arXiv:2404.16767).
    """
    ratios_G = item_log_ratios(group).sum(axis=1)
    residual_G = centred_advantages(group.rewards_G - settings.reward_scale * ratios_G)
    slope_G = -2.0 * settings.reward_scale * residual_G / group.num_slates
    return _descend(group, settings, slope_G, residual_G)


def _descend(group: Group, settings: EstimatorSettings, slope_G: Floats, residual_G: Floats) -> Gradient:
    """From the derivative of the loss with respect to each slate's log-ratio."""
    spread = float(np.ptp(group.rewards_G)) > 0.0
    gradient = Gradient(
        -slope_G[:, None] * scores(group), -float(residual_G @ residual_G) / group.num_slates, group.num_slates * spread
    )
    return penalise_distance(group, gradient, settings.kl_weight)
