"""A simple model of rewards for the direct and doubly robust estimates, never shown the documents it predicts.

`q(x, a) = page + sum_i a_i * gain_i`: gains by uplift regression, cross-fitted by document; the page's own level from
the *other* slates of the page, drawn towards the level of other documents. So no prediction depends on the reward it is
compared with, which the doubly robust estimate needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragoman.training.arrays import Floats
from dragoman.training.estimators.group import Group
from dragoman.training.estimators.uplift import UpliftFit

__all__ = ["Predictions", "predict_rewards"]

_PRIOR_SLATES = 1.0  # other documents weigh as much as one other slate of the page


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Rewards a model expects, net points, for E logged slates in the order of the groups.

    Attributes:
        logged_E: of the slate that was drawn.
        target_E: mean over the slates the other policy would draw.
    """

    logged_E: Floats
    target_E: Floats


def predict_rewards(groups: Sequence[Group], targets: Sequence[Floats], fit: UpliftFit) -> Predictions:
    """Predictions for every logged slate.

    For policies whose later steps depend on earlier draws, `target_E` takes those steps as they were after the logged
    draws, which is an approximation.

    Args:
        groups: the log; their documents must be those of the fit.
        targets: (G, N) for each group, see `draw_ratios`.
        fit: of the same log, with gains before prices.
    """
    net = [_net_gains(group, fit) for group in groups]
    logged = [(group.draws_G_N * gains).sum(axis=1) for group, gains in zip(groups, net, strict=True)]
    wanted = [(target * gains).sum(axis=1) for target, gains in zip(targets, net, strict=True)]
    left = [group.rewards_G - expected for group, expected in zip(groups, logged, strict=True)]
    levels = _page_levels(groups, left, fit)
    return Predictions(
        np.concatenate([level + expected for level, expected in zip(levels, logged, strict=True)]),
        np.concatenate([level + expected for level, expected in zip(levels, wanted, strict=True)]),
    )


def _net_gains(group: Group, fit: UpliftFit) -> Floats:
    """(G, N): predicted gain minus what an item costs, at the price the group paid."""
    gains = fit.gains(group.features_G_N_F, group.document)
    tokens_G = group.draws_G_N @ group.tokens_N
    total = float(tokens_G.sum())
    price = float(group.paid_G.sum()) / total if total > 0.0 else 0.0
    result: Floats = gains - price * group.tokens_N
    return result


def _page_levels(groups: Sequence[Group], left: Sequence[Floats], fit: UpliftFit) -> list[Floats]:
    """For each slate, the mean of what items do not explain, over other slates of its page and other documents."""
    fold_of = [fit.folds[group.document] for group in groups]
    num_folds = max(fold_of) + 1
    sums = np.bincount(fold_of, [float(rest.sum()) for rest in left], num_folds)
    sizes = np.bincount(fold_of, [len(rest) for rest in left], num_folds)
    outside = (sums.sum() - sums) / np.maximum(sizes.sum() - sizes, 1)
    levels = []
    for rest, fold in zip(left, fold_of, strict=True):
        others = rest.sum() - rest
        levels.append((others + _PRIOR_SLATES * outside[fold]) / (len(rest) - 1 + _PRIOR_SLATES))
    return levels
