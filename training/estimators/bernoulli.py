"""Independent draws with exploration: probabilities, log-probabilities, their slopes, divergence and entropy.

`p = epsilon / 2 + (1 - epsilon) * sigmoid(logit / temperature)`; all functions are elementwise and exact.
"""

import numpy as np

from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Bools, Floats

__all__ = ["entropy", "entropy_slope", "forward_kl", "forward_kl_slope", "inclusion", "log_probability", "score"]


def inclusion(logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Probability that each item is drawn in."""
    result: Floats = 0.5 * epsilon + (1.0 - epsilon) * sigmoid(logits / temperature)
    return result


def log_probability(draws: Bools, logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Logarithm of the probability of each draw, in or out; finite for every finite logit."""
    signed = np.where(draws, logits, -logits) / temperature
    if epsilon == 0.0:
        result: Floats = -np.logaddexp(0.0, -signed)
    else:
        result = np.log(0.5 * epsilon + (1.0 - epsilon) * sigmoid(signed))
    return result


def score(draws: Bools, logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Derivative of `log_probability` with respect to the logit."""
    if epsilon == 0.0:
        return (draws - sigmoid(logits / temperature)) / temperature
    drawn = np.where(draws, 1.0, -1.0)
    result: Floats = (
        drawn * _slope(logits, epsilon, temperature) / np.exp(log_probability(draws, logits, epsilon, temperature))
    )
    return result


def forward_kl(reference: Floats, logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Divergence KL(reference || current) of each item's draw, from 0."""
    inside = inclusion(reference, epsilon, temperature)
    total = np.zeros(np.broadcast_shapes(reference.shape, logits.shape))
    for drawn, share in ((True, inside), (False, inclusion(-reference, epsilon, temperature))):
        was = log_probability(np.full(reference.shape, drawn), reference, epsilon, temperature)
        now = log_probability(np.full(logits.shape, drawn), logits, epsilon, temperature)
        total += share * (was - now)
    return total


def forward_kl_slope(reference: Floats, logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Derivative of `forward_kl` with respect to the current logit."""
    result: Floats = np.zeros(np.broadcast_shapes(reference.shape, logits.shape))
    for drawn, share in ((True, reference), (False, -reference)):
        draws = np.full(logits.shape, drawn)
        result = result - inclusion(share, epsilon, temperature) * score(draws, logits, epsilon, temperature)
    return result


def entropy(logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Of each item's draw, in nats, 0 to log 2."""
    result: Floats = np.zeros(logits.shape)
    for drawn, share in ((True, logits), (False, -logits)):
        now = log_probability(np.full(logits.shape, drawn), logits, epsilon, temperature)
        result = result - inclusion(share, epsilon, temperature) * now
    return result


def entropy_slope(logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Derivative of `entropy` with respect to the logit."""
    inside = np.ones(logits.shape, np.bool_)
    odds = log_probability(inside, logits, epsilon, temperature) - log_probability(
        ~inside, logits, epsilon, temperature
    )
    result: Floats = -odds * _slope(logits, epsilon, temperature)
    return result


def _slope(logits: Floats, epsilon: float, temperature: float) -> Floats:
    """Derivative of `inclusion`."""
    result: Floats = (1.0 - epsilon) / temperature * sigmoid(logits / temperature) * sigmoid(-logits / temperature)
    return result
