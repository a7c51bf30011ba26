"""Supervised learning of slates: what ReLIFT does on stuck pages, and the control that contrastive pairs must beat."""

from dragoman.training.estimators.group import Gradient, Group
from dragoman.training.estimators.slates import log_probabilities, scores

__all__ = ["imitate"]


def imitate(group: Group) -> Gradient:
    """Raises the mean log-probability of the slates of the group, whatever their rewards.

    Only the *selection* is learned, never a text that was made with sight of the reference.

    Args:
        group: the demonstrations as draws; logits must be those along the demonstrated draws.

    Source: the supervised pass of Ma et al. 2025, "ReLIFT" (arXiv:2506.07527).
    """
    objective = float(log_probabilities(group).mean())
    return Gradient(scores(group) / group.num_slates, objective, group.num_slates)
