"""Probabilities of whole slates of a group; forced decisions count for nothing."""

import numpy as np

from dragoman.training.arrays import Floats
from dragoman.training.estimators.bernoulli import (
    entropy,
    entropy_slope,
    forward_kl,
    forward_kl_slope,
    log_probability,
    score,
)
from dragoman.training.estimators.group import Gradient, Group

__all__ = [
    "entropy_bonus",
    "item_log_ratios",
    "log_probabilities",
    "penalise_distance",
    "reference_log_ratios",
    "scores",
]


def scores(group: Group) -> Floats:
    """(G, N): derivative of each slate's log-probability with respect to its logits."""
    free = score(group.draws_G_N, group.logits_G_N, group.epsilon, group.temperature)
    result: Floats = free * group.trainable_G_N
    return result


def log_probabilities(group: Group) -> Floats:
    """(G,): log-probability of each slate's free decisions under the current policy."""
    result: Floats = _item_log_probabilities(group, group.logits_G_N).sum(axis=1)
    return result


def item_log_ratios(group: Group) -> Floats:
    """(G, N): log of current probability over logged probability of each draw."""
    with np.errstate(divide="ignore"):  # a forced draw may have probability 0; it is masked below
        logged = np.log(np.where(group.draws_G_N, group.propensities_G_N, 1.0 - group.propensities_G_N))
    return np.where(group.trainable_G_N, _item_log_probabilities(group, group.logits_G_N) - logged, 0.0)


def reference_log_ratios(group: Group) -> Floats:
    """(G,): log of current probability over the reference's probability of each slate."""
    reference = _item_log_probabilities(group, group.reference_logits_G_N)
    result: Floats = log_probabilities(group) - reference.sum(axis=1)
    return result


def penalise_distance(group: Group, gradient: Gradient, weight: float) -> Gradient:
    """Takes `weight * KL(reference || current)`, averaged over slates, from the objective.

    Exact where slates share their logits; else the mean over the prefixes that were drawn. The sample estimate "k3"
    of GRPO has the gradient of this divergence as its expectation, so the closed form replaces it without variance.

    Source: Shao et al. 2024, "DeepSeekMath", equation 4 (arXiv:2402.03300).
    """
    if weight == 0.0:
        return gradient
    arguments = (group.reference_logits_G_N, group.logits_G_N, group.epsilon, group.temperature)
    scale = weight / group.num_slates
    return Gradient(
        gradient.ascent_G_N - scale * forward_kl_slope(*arguments),
        gradient.objective - scale * float(forward_kl(*arguments).sum()),
        gradient.num_terms,
    )


def entropy_bonus(group: Group) -> Gradient:
    """Entropy of the draws in nats, summed over items, averaged over slates; a trainer adds it times a weight."""
    arguments = (group.logits_G_N, group.epsilon, group.temperature)
    ascent = entropy_slope(*arguments) / group.num_slates
    return Gradient(ascent, float(entropy(*arguments).sum()) / group.num_slates, group.num_slates)


def _item_log_probabilities(group: Group, logits_G_N: Floats) -> Floats:
    drawn = log_probability(group.draws_G_N, logits_G_N, group.epsilon, group.temperature)
    result: Floats = drawn * group.trainable_G_N
    return result
