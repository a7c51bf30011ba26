"""Contrastive context pairs: of two slates that differ in one item, prefer the one that was measured better.

The loss is an auxiliary beside the policy gradient. The paper reports that the same pairs used as supervised targets
destroy the agent; `winners` gives that control.

Source: ContextRL (arXiv:2606.17053): `-log sigmoid(clip(difference, -c, c))`; weight and c are ours, and the summed
log-odds of a slate stands where the paper has the logit of an answer letter.
"""

from dataclasses import dataclass, replace

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Bools, Floats, Ints, check_shape
from dragoman.training.estimators.group import Gradient, Group
from dragoman.training.estimators.preferences import preference_pairs

__all__ = ["ContrastSettings", "contrast", "one_item_pairs", "pair_accuracy", "single_flips", "winners"]


@dataclass(frozen=True, slots=True)
class ContrastSettings:
    """Of the pair loss.

    Attributes:
        clip: differences of log-odds beyond this take no gradient; above 0.
        min_margin: points by which rewards must differ.
        min_z: standard errors by which they must differ.
    """

    clip: float = 5.0
    min_margin: float = 0.0
    min_z: float = 2.0

    def __post_init__(self) -> None:
        if self.clip <= 0.0 or self.min_margin < 0.0 or self.min_z < 0.0:
            raise ConfigurationError(f"{self}: clip must be above 0, min_margin and min_z 0 or more")


def contrast(group: Group, settings: ContrastSettings) -> Gradient:
    """Mean of `log sigmoid(clip(S(better) - S(worse), -c, c))` over pairs; S sums the log-odds of what is drawn."""
    pairs_P_2 = one_item_pairs(group, settings)
    if not len(pairs_P_2):
        return Gradient(np.zeros(group.draws_G_N.shape), 0.0, 0)
    better, worse = pairs_P_2.T
    support_G = _support(group)
    margins_P = support_G[better] - support_G[worse]
    held_P = np.clip(margins_P, -settings.clip, settings.clip)
    pull_P = sigmoid(-held_P) * (np.abs(margins_P) < settings.clip) / len(pairs_P_2)
    size = group.num_slates
    pull_G = np.bincount(better, pull_P, size) - np.bincount(worse, pull_P, size)
    ascent = pull_G[:, None] * group.draws_G_N * group.trainable_G_N / group.temperature
    return Gradient(ascent, -float(np.logaddexp(0.0, -held_P).mean()), len(pairs_P_2))


def one_item_pairs(group: Group, settings: ContrastSettings) -> Ints:
    """(P, 2): better and worse slate of every pair that differs in exactly one item, by more than noise and margin."""
    pairs_P_2 = preference_pairs(group.rewards_G, group.noise_G, settings.min_margin, settings.min_z)
    better, worse = pairs_P_2.T
    distance_P = (group.draws_G_N[better] != group.draws_G_N[worse]).sum(axis=1)
    result: Ints = pairs_P_2[distance_P == 1]
    return result


def pair_accuracy(group: Group, pairs_P_2: Ints) -> float:
    """Share of pairs whose better slate has the higher summed log-odds; ties count half.

    Raises:
        ConfigurationError: no pairs.
    """
    if not len(pairs_P_2):
        raise ConfigurationError("no pairs to judge: draw slates that differ in one item, or lower the margin")
    support = _support(group)
    difference_P = support[pairs_P_2[:, 0]] - support[pairs_P_2[:, 1]]
    return float(0.5 + 0.5 * np.sign(difference_P).mean())


def single_flips(draws_N: Bools, num_flips: int, generator: np.random.Generator) -> Bools:
    """(num_flips, N): slates that each differ from one slate in another item; all N of them when N is smaller."""
    check_shape("draws_N", draws_N, (None,))
    items = generator.permutation(len(draws_N))[:num_flips]
    flipped = np.tile(draws_N, (len(items), 1))
    flipped[np.arange(len(items)), items] ^= True
    return flipped


def winners(group: Group, pairs_P_2: Ints) -> Group:
    """The better slates of the pairs, for `imitate`: the control."""
    better = pairs_P_2[:, 0]
    return replace(
        group,
        features_G_N_F=group.features_G_N_F[better],
        draws_G_N=group.draws_G_N[better],
        logits_G_N=group.logits_G_N[better],
        propensities_G_N=group.propensities_G_N[better],
        rewards_G=group.rewards_G[better],
        reference_logits_G_N=group.reference_logits_G_N[better],
        trainable_G_N=group.trainable_G_N[better],
        noise_G=group.noise_G[better],
        paid_G=group.paid_G[better],
        nodes_G_D=group.nodes_G_D[better],
    )


def _support(group: Group) -> Floats:
    """(G,): summed log-odds of what was drawn."""
    result: Floats = (group.logits_G_N * group.draws_G_N).sum(axis=1) / group.temperature
    return result
