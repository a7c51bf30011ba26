"""Step-level credit: values by hand, and the mean over every tree that could be drawn against the exact gradient."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from dragoman.core.errors import ConfigurationError, ShapeError
from dragoman.policies.scorer import sigmoid
from dragoman.training.arrays import Floats
from dragoman.training.estimators import ESTIMATORS, EstimatorSettings, Group, make_group
from dragoman.training.estimators.tree import step_nodes

STEPS = np.array([0, 1, 1])
WEIGHTS = np.array([0.3, -0.4, 0.8, 1.1])  # of the three items, and of "an item was drawn in step 0" in step 1
REWARD = dict(zip(itertools.product((0, 1), repeat=3), (0, 2, 1, 2, 1, 5, -3, 0), strict=True))
PLAIN = EstimatorSettings()


def features(draw: tuple[int, ...]) -> Floats:
    rows = np.concatenate([np.eye(3), np.zeros((3, 1))], axis=1)
    rows[1:, 3] = draw[0]
    return rows


def chance(draw: tuple[int, ...], weights: Floats, steps: tuple[int, ...] = (0, 1)) -> float:
    """Of the draws made in these steps."""
    p = sigmoid(features(draw) @ weights)
    kept = [i for i in range(3) if STEPS[i] in steps]
    return float(np.prod([p[i] if draw[i] else 1 - p[i] for i in kept]))


def exact_gradient() -> Floats:
    def value(weights: Floats) -> float:
        return sum(chance(draw, weights) * reward for draw, reward in REWARD.items())

    units = np.eye(4) * 1e-5
    return np.array([(value(WEIGHTS + u) - value(WEIGHTS - u)) / 2e-5 for u in units])


def group_of(draws: list[tuple[int, ...]], nodes: list[tuple[int, int]]) -> Group:
    rows = np.stack([features(draw) for draw in draws])
    return make_group(
        features=rows,
        tokens=np.ones(3),
        draws=draws,
        logits=rows @ WEIGHTS,
        rewards=[REWARD[draw] for draw in draws],
        steps=STEPS,
        nodes=nodes,
    )


def trees(first_of_leaf: list[int], nodes: list[tuple[int, int]]) -> Iterator[tuple[float, Group]]:
    """Every tree of this shape; `first_of_leaf` says which draw of step 0 a leaf stands under."""
    num_first = max(first_of_leaf) + 1
    for first in itertools.product((0, 1), repeat=num_first):
        for rest in itertools.product(itertools.product((0, 1), repeat=2), repeat=len(nodes)):
            draws = [(first[under], *second) for under, second in zip(first_of_leaf, rest, strict=True)]
            likely = np.prod([chance((a, 0, 0), WEIGHTS, (0,)) for a in first])
            yield float(likely * np.prod([chance(draw, WEIGHTS, (1,)) for draw in draws])), group_of(draws, nodes)


@pytest.mark.parametrize(
    ("first_of_leaf", "nodes"),
    [
        ([0, 0, 1, 1], [(0, 0), (0, 1), (1, 2), (1, 3)]),  # two children everywhere
        ([0, 0, 1], [(0, 0), (0, 1), (1, 2)]),  # the vine: an alternative at each step of the first slate
    ],
)
def test_tree_gradient_is_the_exact_one_on_average(first_of_leaf: list[int], nodes: list[tuple[int, int]]) -> None:
    total = np.zeros(4)
    for likely, group in trees(first_of_leaf, nodes):
        total += likely * ESTIMATORS["tree"](group, PLAIN).to_weights(group)
    np.testing.assert_allclose(total, exact_gradient(), atol=1e-8)


def test_values_and_advantages_by_hand() -> None:
    first, second = step_nodes(np.array([[7, 0], [7, 1], [7, 2], [9, 5], [9, 6]]), np.array([1.0, 2.0, 6.0, 0.0, 4.0]))
    np.testing.assert_allclose(first.values_M, [3.0, 2.0])
    np.testing.assert_allclose(first.advantages_M, [1.0, -1.0])
    np.testing.assert_allclose(first.weights_M, [0.5, 0.5])
    np.testing.assert_allclose(second.advantages_M, [1 - 4.0, 2 - 3.5, 6 - 1.5, -4.0, 4.0])
    np.testing.assert_allclose(second.weights_M, [1 / 6, 1 / 6, 1 / 6, 1 / 4, 1 / 4])


def test_node_value_is_the_mean_of_children_not_of_slates() -> None:
    first, _ = step_nodes(np.array([[0, 0], [0, 0], [0, 1], [1, 2]]), np.array([0.0, 2.0, 5.0, 0.0]))
    np.testing.assert_allclose(first.values_M, [(1.0 + 5.0) / 2, 0.0])


def test_an_only_child_and_a_tied_group_teach_nothing() -> None:
    first, second = step_nodes(np.array([[0, 0], [0, 1], [1, 2]]), np.array([1.0, 1.2, 5.0]), min_spread=0.2)
    assert second.weights_M.tolist() == [0.0, 0.0, 0.0]
    assert first.weights_M.tolist() == [0.5, 0.5]


def test_a_flat_tree_is_leave_one_out() -> None:
    draws = np.random.default_rng(0).random((6, 4)) < 0.5
    group = make_group(
        features=np.eye(4),
        tokens=np.ones(4),
        draws=draws,
        logits=[0.1, 0.2, -0.3, 1.0],
        rewards=draws @ [1.0, 2.0, -1.0, 0.5],
        nodes=np.arange(6)[:, None],
    )
    flat, tree = (ESTIMATORS[name](group, PLAIN).ascent_G_N for name in ("leave-one-out", "tree"))
    np.testing.assert_allclose(tree, flat)


def test_trees_without_nodes_or_with_impossible_ones_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="node of every slate"):
        ESTIMATORS["tree"](
            make_group(features=np.eye(1), tokens=[1], draws=[[1], [0]], logits=[0], rewards=[1, 0]), PLAIN
        )
    with pytest.raises(ConfigurationError, match="two parents"):
        step_nodes(np.array([[0, 0], [1, 0]]), np.array([1.0, 0.0]))
    with pytest.raises(ShapeError):
        step_nodes(np.array([[0, 0]]), np.array([1.0, 0.0]))
