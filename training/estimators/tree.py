"""Step-level groups: slates that share the decisions of earlier steps are compared at the step where they part.

Two ways to draw such a tree: every node has N children (27 slates for three steps of three), or the "vine": one slate,
and at each of its steps a few alternatives, each finished once by the policy (7 slates for three steps).
The splits of the paper are token spans; ours are the decisions themselves. Its re-scaling of advantages for values
that are not binary is not published and left out. Slates are taken as fresh: after the policy has moved, only the
ratio of the step at hand is corrected, not that of the steps that finished a slate.

Source: TreeRPO (arXiv id not verified, withdrawn from review); the vine from Kazemnejad et al. 2024, "VinePPO"
(arXiv:2410.01679).
"""

from dataclasses import dataclass

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Bools, Floats, Ints, check_shape
from dragoman.training.estimators.group import EstimatorSettings, Gradient, Group
from dragoman.training.estimators.slates import item_log_ratios, penalise_distance, scores

__all__ = ["StepNodes", "step_nodes", "tree_steps"]


@dataclass(frozen=True, slots=True, eq=False)
class StepNodes:
    """The nodes at one depth of a tree; M nodes.

    Attributes:
        slates_M: a slate that lies in each node.
        values_M: mean of the values of its children; of its slates at the last depth.
        advantages_M: value minus the mean value of its siblings; 0 for an only child.
        weights_M: 1 / (siblings * sibling groups at this depth); 0 for an only child or a left-out group.
    """

    slates_M: Ints
    values_M: Floats
    advantages_M: Floats
    weights_M: Floats


def tree_steps(group: Group, settings: EstimatorSettings) -> Gradient:
    """Leave-one-out among siblings at every step: the exact gradient on average.

    Raises:
        ConfigurationError: the group has no nodes, or a step beyond their depth.
    """
    depth = group.nodes_G_D.shape[1]
    if depth == 0 or group.steps_N.max(initial=0) >= depth:
        raise ConfigurationError(
            f"slates drawn in {group.steps_N.max(initial=0) + 1} steps with nodes for {depth}: "
            "the tree estimator needs the node of every slate after every step"
        )
    ascent = np.zeros(group.draws_G_N.shape)
    scores_G_N, ratios_G_N = scores(group), item_log_ratios(group)
    objective, num_terms = 0.0, 0
    for step, nodes in enumerate(step_nodes(group.nodes_G_D, group.rewards_G, settings.min_spread)):
        of_step = group.steps_N == step
        ratios = np.exp((ratios_G_N[nodes.slates_M] * of_step).sum(axis=1))
        pull = nodes.weights_M * nodes.advantages_M * np.minimum(ratios, settings.max_weight)
        np.add.at(ascent, nodes.slates_M, pull[:, None] * scores_G_N[nodes.slates_M] * of_step)
        objective += float(pull.sum())
        num_terms += int(np.count_nonzero(nodes.weights_M * nodes.advantages_M))
    return penalise_distance(group, Gradient(ascent, objective, num_terms), settings.kl_weight)


def step_nodes(nodes_G_D: Ints, rewards_G: Floats, min_spread: float = 0.0) -> tuple[StepNodes, ...]:
    """Values and advantages of the nodes at each depth, the first step first.

    Args:
        nodes_G_D: id of the node in which each slate lies after each step; ids differ within a depth, and slates in
            one node lie in one node at every depth above.
        rewards_G: of the slates.
        min_spread: sibling groups with a smaller standard deviation of values are left out.

    Raises:
        ShapeError: wrong shapes.
        ConfigurationError: a node with two parents.
    """
    check_shape("nodes_G_D", nodes_G_D, (rewards_G.size, None))
    depth = nodes_G_D.shape[1]
    found = [np.unique(nodes_G_D[:, d], return_index=True, return_inverse=True) for d in range(depth)]
    levels: list[StepNodes] = []
    below, parents_below = rewards_G, found[-1][2] if found else np.zeros(0, np.int64)
    for d in reversed(range(depth)):
        _, slates_M, inside_G = found[d]
        parents_M = np.zeros(len(slates_M), np.int64) if d == 0 else found[d - 1][2][slates_M]
        if d > 0 and not np.array_equal(parents_M[inside_G], found[d - 1][2]):
            raise ConfigurationError(f"a node of depth {d + 1} has two parents: node ids must tell branches apart")
        values_M = np.bincount(parents_below, below) / np.bincount(parents_below)
        levels.append(_compare_siblings(slates_M, values_M, parents_M, min_spread))
        below, parents_below = values_M, parents_M
    return tuple(reversed(levels))


def _compare_siblings(slates_M: Ints, values_M: Floats, parents_M: Ints, min_spread: float) -> StepNodes:
    siblings = np.bincount(parents_M)
    means = np.bincount(parents_M, values_M) / siblings
    spread = np.sqrt(np.bincount(parents_M, (values_M - means[parents_M]) ** 2) / siblings)
    used: Bools = (siblings > 1) & (spread >= min_spread)
    count_M, used_M = siblings[parents_M], used[parents_M]
    advantages = (values_M - means[parents_M]) * count_M / np.maximum(count_M - 1, 1)
    weights = used_M / (count_M * max(1, int((siblings > 1).sum())))
    return StepNodes(slates_M, values_M, np.where(count_M > 1, advantages, 0.0), weights)
