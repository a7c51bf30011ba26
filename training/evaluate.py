"""What policies are worth on given pages: the same pages, the same translator, rewards with their prices.

The evaluation knows policies only as `ContextPolicy`, so fixed, learned and oracle policies go through one door.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

from dragoman.core.context import Observation
from dragoman.core.protocols import ContextPolicy
from dragoman.policies.budget import fit_budget
from dragoman.policies.fixed import RandomPolicy
from dragoman.policies.probing import choosable
from dragoman.training.rewards import RewardParts
from dragoman.training.rollouts import Collector
from dragoman.training.tasks import PageTask

__all__ = ["PageScore", "PolicyScore", "random_at_equal_tokens", "score_policy", "summarise"]


@dataclass(frozen=True, slots=True)
class PageScore:
    """What a policy got on one page.

    Attributes:
        task_id: of the page.
        document_id: for resampling.
        language: of the page.
        parts: of the reward.
        tokens: context tokens chosen, and the page's share of those of a probe.
        pivot: whether the pivot was called.
        probe: the page's share of the call of a probe.
    """

    task_id: str
    document_id: str
    language: str
    parts: RewardParts
    tokens: int
    pivot: bool
    probe: float = 0.0


@dataclass(frozen=True, slots=True)
class PolicyScore:
    """Means over pages: net reward and quality in points, context tokens and calls per page."""

    net: float
    quality: float
    tokens: float
    calls: float


async def score_policy(
    policy: ContextPolicy, tasks: Sequence[PageTask], collector: Collector, *, seed: int = 0
) -> tuple[PageScore, ...]:
    """One score per page, in their order; a deterministic policy needs one seed.

    The tokens of a probe are charged at the page's price.
    """
    return tuple(await asyncio.gather(*(_score(policy, task, collector, seed) for task in tasks)))


async def _score(policy: ContextPolicy, task: PageTask, collector: Collector, seed: int) -> PageScore:
    choice = policy.choose(choosable(task.observation), seed=seed)
    parts = await collector.value(task, choice.chosen, choice.pivot.call)
    parts = replace(parts, probe=-task.observation.price_per_100_tokens * task.probe_tokens / 100)
    tokens = choice.tokens + ceil(task.probe_tokens)
    return PageScore(task.id, task.document_id, task.language, parts, tokens, choice.pivot.call, task.probe_calls)


async def random_at_equal_tokens(
    tasks: Sequence[PageTask], tokens: Mapping[str, int], collector: Collector, *, seed: int = 0
) -> tuple[PageScore, ...]:
    """Candidates in random order until a page's tokens are spent: the fair random baseline.

    Args:
        tasks: pages.
        tokens: to spend, by task id, as the policy spent that it is compared with.
        collector: scores.
        seed: of the order.
    """
    return tuple(await asyncio.gather(*(_random(task, tokens[task.id], collector, seed) for task in tasks)))


async def _random(task: PageTask, tokens: int, collector: Collector, seed: int) -> PageScore:
    unlimited: Observation = replace(task.observation, budget_tokens=10**9)
    order = RandomPolicy(1.0).choose(unlimited, seed=seed).chosen
    by_id = {candidate.id: candidate for candidate in task.observation.candidates}
    chosen = fit_budget([by_id[id] for id in order], min(tokens, task.observation.budget_tokens))
    parts = await collector.value(task, [candidate.id for candidate in chosen])
    spent = sum(candidate.tokens for candidate in chosen)
    return PageScore(task.id, task.document_id, task.language, parts, spent, False)


def summarise(scores: Sequence[PageScore]) -> PolicyScore:
    """Means over pages."""
    return PolicyScore(
        net=fmean(score.parts.net for score in scores),
        quality=fmean(score.parts.quality for score in scores),
        tokens=fmean(score.tokens for score in scores),
        calls=fmean(1.0 + score.pivot + score.probe for score in scores),
    )
