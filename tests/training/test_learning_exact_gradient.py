"""The policy gradient of rollouts is exact on average, also where the hard budget drops what was drawn."""

from itertools import product

import numpy as np
import pytest

from dragoman.core.context import Candidate, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.records import Kind, MemoryRecord
from dragoman.policies.scorer import Draws, ScorerSettings, draw, sigmoid, spread
from dragoman.policies.scorer_table import page_table
from dragoman.training.estimators import estimator
from dragoman.training.estimators.group import EstimatorSettings
from dragoman.training.rewards import RewardParts
from dragoman.training.rollouts import Rollout, rollout_group
from dragoman.training.tasks import PageTask
from dragoman.training.warm_start import zero_weights

KINDS = (Kind.ENTITY, Kind.ENTRY, Kind.RULE)  # a logit of its own for each, by the column "always"
WORTH = np.array([2.0, 3.0, -1.0])
CANDIDATES = tuple(Candidate(MemoryRecord(kind, f"w{kind}", "x"), Features(), 10) for kind in KINDS)


async def unused(_chosen: tuple[str, ...], _pivot: bool) -> tuple[str, ...]:
    raise AssertionError("rewards are given here")


def page_task(budget_tokens: int) -> PageTask:
    page = Page(0, (Segment("s1", "w"),))
    seen = Observation("d", page, 1, CANDIDATES, budget_tokens, price_per_100_tokens=0.0)
    return PageTask("d/p0", "qaa", seen, ("x",), unused)


def slates(task: PageTask, weights: np.ndarray, settings: ScorerSettings, drawn: np.ndarray) -> Rollout:
    """These slates, with the reward of what the budget left of each."""
    table = page_table(task.observation)
    draws: Draws = draw(weights, table, settings, uniforms_G_N=np.where(drawn, 0.0, 1.0))
    rewards = draws.included_G_N @ WORTH + 4.0 * draws.included_G_N[:, :2].all(axis=1)
    return Rollout(task, table, settings, draws, tuple(RewardParts(r, r) for r in rewards.tolist()))


@pytest.mark.parametrize("budget_tokens", [10, 20, 30])
def test_leave_one_out_is_the_derivative_of_the_expected_reward(budget_tokens: int) -> None:
    """Against enumeration of all pairs of slates. Masking dropped draws missed it by a third at 10 tokens."""
    task, settings = page_task(budget_tokens), ScorerSettings(temperature=1.0, within_budget=True)
    weights = zero_weights()
    table = page_table(task.observation)
    weights[table.group_N, 0] = [0.4, -0.3, 0.8]
    every = np.array(list(product([False, True], repeat=3)))
    rewards = slates(task, weights, settings, every).rewards_G
    p_N = sigmoid(weights[table.group_N, 0])
    chance_S = np.where(every, p_N, 1 - p_N).prod(axis=1)
    exact_N = (chance_S * rewards) @ (every - p_N)  # the score-function identity, all slates counted
    found = np.zeros_like(weights)
    for first, second in product(range(len(every)), repeat=2):
        rollout = slates(task, weights, settings, every[[first, second]])
        gradient = estimator("leave-one-out")(rollout_group(rollout, weights), EstimatorSettings())
        found += chance_S[first] * chance_S[second] * spread(table, rollout.draws.state_G_N_D, gradient.ascent_G_N)
    assert found[table.group_N, 0] == pytest.approx(exact_N, abs=1e-9)
