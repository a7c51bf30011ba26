"""Training never ends, nor passes through, a policy that chooses nothing where context pays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dragoman.policies import make_policy
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.scorer_table import FloatArray
from dragoman.training.evaluate import score_policy
from dragoman.training.rollouts import Collector, Rollout
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy

SMALL = TrainSettings(
    log_pages=24, num_slates=8, updates=10, pages_per_update=4, eval_every=2, num_heads=0, learning_rate=0.05
)
RECIPES = {
    "leave-one-out": SMALL,
    "leave-one-out, cold": replace(SMALL, warm_start=False, learning_rate=0.1),
    "reg": replace(SMALL, estimator="reg", learning_rate=0.01, inner_steps=4),
    "reg, cold": replace(SMALL, estimator="reg", warm_start=False, learning_rate=0.02, inner_steps=4),
    "grpo, cold": replace(SMALL, estimator="grpo", warm_start=False, learning_rate=0.1),
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("price", [0.15, pytest.param(2.0, marks=pytest.mark.slow)])
async def test_something_is_chosen_where_context_pays(recipe: str, price: float) -> None:
    mix = tuple(SimTerms(known=known, budget_tokens=800, price_per_100_tokens=price) for known in (0.0, 0.9))
    train, develop = (mixed_tasks(split, 4, pages=2, mix=mix, seed=2) for split in ("train", "dev"))
    entropies = []

    async def watch(weights: FloatArray, rollouts: Sequence[Rollout], update: int) -> FloatArray:
        p = np.concatenate([rollout.draws.probability_G_N.ravel() for rollout in rollouts])
        entropies.append(float(np.mean(-p * np.log(p) - (1 - p) * np.log(1 - p))))
        return np.zeros_like(weights)

    run = await train_policy(train, develop, RECIPES[recipe], auxiliaries=[watch])
    fixed = await score_policy(make_policy("top-k"), develop, Collector())
    paying = [task for task, score in zip(develop, fixed, strict=True) if score.parts.net > 0]
    assert len(paying) >= 4
    policy = LearnedPolicy(run.checkpoint)
    assert all(policy.choose(task.observation, seed=0).chosen for task in paying)
    assert min(point.tokens for point in run.curve[1:]) > 20
    assert min(entropies) > 0.056 * 0.9  # what the exploration floor alone leaves: p = .01 or .99
