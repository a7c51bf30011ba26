"""Learning from pairs of slates of one page, the better against the worse."""

from collections.abc import Callable

import numpy as np

from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Floats, Ints, check_shape
from dragoman.training.estimators.group import EstimatorSettings, Gradient, Group
from dragoman.training.estimators.slates import log_probabilities, penalise_distance, reference_log_ratios, scores

__all__ = ["best_worst", "dpo", "expo", "preference_pairs"]


def dpo(group: Group, settings: EstimatorSettings) -> Gradient:
    """Direct preference optimisation on every pair that passes the margin filter.

    `loss = mean -log sigmoid(dpo_beta * [(log pi - log ref)(winner) - (log pi - log ref)(loser)])`. Uses `min_margin`
    and `min_z`. Prices count, because the rewards are net.

    Source: Rafailov et al. 2023, "Direct Preference Optimization" (arXiv:2305.18290).
    """
    pairs_P_2 = preference_pairs(group.rewards_G, group.noise_G, settings.min_margin, settings.min_z)
    return _logistic(group, pairs_P_2, reference_log_ratios, settings.dpo_beta)


def expo(group: Group, settings: EstimatorSettings) -> Gradient:
    """Explicit preference optimisation: a margin without reference, and a stay-close term apart from it.

    `loss = mean log(1 + exp(-(log pi(winner) - log pi(loser)))) + expo_beta * KL(reference || current)`; the
    divergence is exact for slates of independent draws. Uses `min_margin` and `min_z`.

    Source: Hu et al. 2025, "Explicit Preference Optimization: No Need for an Implicit Reward Model"
    (arXiv:2506.07492), the released form; its regression variant is left out.
    """
    pairs_P_2 = preference_pairs(group.rewards_G, group.noise_G, settings.min_margin, settings.min_z)
    gradient = _logistic(group, pairs_P_2, log_probabilities, 1.0)
    return penalise_distance(group, gradient, settings.expo_beta)


def best_worst(group: Group, settings: EstimatorSettings) -> Gradient:
    """DPO on the best against the worst slate, with no margin: a baseline, not a recommendation.

    The extremes of a group keep its luckiest and unluckiest slates. A group of equal rewards gives no pair.

    Source: Wang et al., "Loong" (LoongDocMT): best against worst sibling, beta 0.1; written from its description.
    """
    best, worst = int(np.argmax(group.rewards_G)), int(np.argmin(group.rewards_G))
    differs = group.rewards_G[best] > group.rewards_G[worst]
    pairs_P_2 = np.array([(best, worst)] if differs else [], dtype=np.int64).reshape(-1, 2)
    return _logistic(group, pairs_P_2, reference_log_ratios, settings.dpo_beta)


def preference_pairs(rewards_G: Floats, noise_G: Floats, min_margin: float, min_z: float) -> Ints:
    """(P, 2): places of winner and loser of every pair whose difference is large enough to believe.

    Args:
        rewards_G: points.
        noise_G: standard error of each, that is `s / sqrt(n)` for a mean of n translations.
        min_margin: smallest difference, points; the pair must exceed it.
        min_z: smallest difference in standard errors of the difference; the pair must exceed it.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("rewards_G", rewards_G, (None,))
    check_shape("noise_G", noise_G, rewards_G.shape)
    difference = rewards_G[:, None] - rewards_G[None, :]
    error = np.sqrt(noise_G[:, None] ** 2 + noise_G[None, :] ** 2)
    return np.argwhere((difference > min_margin) & (difference > min_z * error)).astype(np.int64)


def _logistic(group: Group, pairs_P_2: Ints, preference: Callable[[Group], Floats], scale: float) -> Gradient:
    """Mean of `log sigmoid(scale * (preference(winner) - preference(loser)))` over the pairs."""
    if not len(pairs_P_2):
        return Gradient(np.zeros(group.draws_G_N.shape), 0.0, 0)
    winners, losers = pairs_P_2.T
    preference_G = preference(group)
    margins_P = scale * (preference_G[winners] - preference_G[losers])
    pull_P = scale * sigmoid(-margins_P) / len(pairs_P_2)
    size = group.num_slates
    pull_G = np.bincount(winners, pull_P, size) - np.bincount(losers, pull_P, size)
    return Gradient(pull_G[:, None] * scores(group), -float(np.logaddexp(0.0, -margins_P).mean()), len(pairs_P_2))
