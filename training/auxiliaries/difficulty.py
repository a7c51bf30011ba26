"""Which pages to roll out next: those whose slates are expected to differ in reward, beyond noise.

A group whose slates are all worth the same teaches nothing, and rollouts are the whole cost of training.

Source: Sun et al. 2025, "Improving Data Efficiency for LLM Reinforcement Fine-tuning Through Difficulty-targeted
Online Data Selection and Rollout Replay" (arXiv:2506.05316). There the rewards are 0 or 1, the score is closeness of
the predicted success to one half, and a temperature of 0.001 makes it nearly an arg-min; ours predicts the variance
within the group net of noise, with a temperature of 0.1 or more and uniform exploration.
"""

import numpy as np

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["net_variance", "predict_scores", "selection_probabilities"]


def net_variance(rewards_G: Floats, noise_G: Floats) -> float:
    """Unbiased variance of a group's rewards minus the mean variance of their noise, at least 0; points squared.

    Raises:
        ShapeError: wrong shapes, or fewer than two slates.
    """
    check_shape("rewards_G", rewards_G, (None,))
    check_shape("noise_G", noise_G, rewards_G.shape)
    if rewards_G.size < 2:
        raise ShapeError("a group of one slate has no variance: draw two or more")
    return max(0.0, float(np.var(rewards_G, ddof=1) - np.mean(noise_G**2)))


def predict_scores(keys_P_H: Floats, reference_keys_R_H: Floats, reference_scores_R: Floats) -> Floats:
    """(P,): scores of pages as means of measured ones, weighted by attention `softmax(z_p . z_r / sqrt(H))`.

    Args:
        keys_P_H: an embedding or feature row of each page.
        reference_keys_R_H: of pages with fresh rollouts.
        reference_scores_R: their measured scores.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("keys_P_H", keys_P_H, (None, None))
    check_shape("reference_keys_R_H", reference_keys_R_H, (None, keys_P_H.shape[1]))
    check_shape("reference_scores_R", reference_scores_R, (len(reference_keys_R_H),))
    attention = keys_P_H @ reference_keys_R_H.T / np.sqrt(keys_P_H.shape[1])
    result: Floats = _softmax(attention) @ reference_scores_R
    return result


def selection_probabilities(scores_P: Floats, *, temperature: float = 0.1, uniform_share: float = 0.1) -> Floats:
    """(P,): `(1 - uniform_share) * softmax(score / largest / temperature) + uniform_share / P`.

    Args:
        scores_P: 0 or more, such as predicted net variances; when all are 0, every page is as likely.
        temperature: in shares of the largest score, 0.1 or more, so that selection keeps its variety.
        uniform_share: of pages drawn whatever their score, above 0 and at most 1, so that every page has a propensity.

    Raises:
        ShapeError: not one-dimensional.
        ConfigurationError: a setting or score out of range, or no page.
    """
    check_shape("scores_P", scores_P, (None,))
    if temperature < 0.1 or not 0.0 < uniform_share <= 1.0:
        raise ConfigurationError(
            f"temperature {temperature} and uniform_share {uniform_share}: expected 0.1 or more, and above 0 up to 1"
        )
    if not scores_P.size or scores_P.min() < 0.0:
        raise ConfigurationError("scores of pages must be 0 or more, and at least one page is needed")
    largest = float(scores_P.max())
    relative = scores_P / largest if largest > 0.0 else np.zeros_like(scores_P)
    result: Floats = (1.0 - uniform_share) * _softmax(relative / temperature) + uniform_share / scores_P.size
    return result


def _softmax(values: Floats) -> Floats:
    """Over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    result: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return result
