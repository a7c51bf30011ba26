"""The table of policies on given pages, with paired intervals by document, and the frontier over prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dragoman.core.protocols import ContextPolicy
from dragoman.policies import make_policy
from dragoman.training.curve import line_plot
from dragoman.training.evaluate import (
    PageScore,
    PolicyScore,
    random_at_equal_tokens,
    score_policy,
    summarise,
)
from dragoman.training.evaluation.bootstrap import Interval, paired_bootstrap
from dragoman.training.oracle import find_oracle
from dragoman.training.rollouts import Collector
from dragoman.training.tasks import PageTask

__all__ = ["PRICES", "Row", "compare", "frontier", "frontier_plot", "oracle_scores", "score_all"]

PRICES = (0.0, 0.15, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Points per 100 tokens for the frontier."""

_FIXED = ("none", "recency", "top-k", "full")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: of the policy.
        score: means over pages.
        against: difference of net reward to the baseline, with its interval; None for the baseline itself and where
            too few documents are there.
    """

    name: str
    score: PolicyScore
    against: Interval | None


async def score_all(
    tasks: Sequence[PageTask],
    learned: ContextPolicy,
    collector: Collector,
    *,
    others: Mapping[str, ContextPolicy] | None = None,
    probed: Sequence[PageTask] | None = None,
    seed: int = 0,
) -> dict[str, tuple[PageScore, ...]]:
    """Scores by policy: the fixed ones, random at the learned one's tokens, others, and the learned one last.

    Args:
        tasks: pages.
        learned: the policy that is judged.
        collector: asks for translations and scores them.
        others: more policies, by name.
        probed: the same pages after a probe, for the learned policy alone; see `dragoman.training.probed`.
        seed: of draws.
    """
    found = {name: await score_policy(make_policy(name), tasks, collector, seed=seed) for name in _FIXED}
    mine = await score_policy(learned, probed or tasks, collector, seed=seed)
    spent = {score.task_id: score.tokens for score in mine}
    found["random"] = await random_at_equal_tokens(tasks, spent, collector, seed=seed)
    for name, policy in (others or {}).items():
        found[name] = await score_policy(policy, tasks, collector, seed=seed)
    return {**found, "learned": mine}


async def oracle_scores(
    tasks: Sequence[PageTask], starts: Mapping[str, Sequence[str]], collector: Collector
) -> tuple[PageScore, ...]:
    """What the best choices found are worth; a lower bound of the best where a page has many candidates.

    Args:
        tasks: pages.
        starts: a good choice for each page, by task id, to search from.
        collector: scores; its translations do not count as training.
    """
    found = []
    for task in tasks:

        async def net(chosen: tuple[str, ...], task: PageTask = task) -> float:
            return (await collector.value(task, chosen)).net

        best = await find_oracle(task.observation, net, starts=[starts[task.id]])
        parts = await collector.value(task, best.chosen)
        cost = {candidate.id: candidate.tokens for candidate in task.observation.candidates}
        tokens = sum(cost[id] for id in best.chosen)
        found.append(PageScore(task.id, task.document_id, task.language, parts, tokens, False))
    return tuple(found)


def compare(scores: Mapping[str, Sequence[PageScore]], *, baseline: str = "top-k", seed: int = 0) -> tuple[Row, ...]:
    """The table, each policy against the baseline on the same pages."""
    theirs = scores[baseline]
    documents = [score.document_id for score in theirs]
    several = len(set(documents)) > 1
    rows = []
    for name, mine in scores.items():
        interval = None
        if name != baseline and several:
            interval = paired_bootstrap(_nets(mine), _nets(theirs), documents, seed=seed)
        rows.append(Row(name, summarise(mine), interval))
    return tuple(rows)


async def frontier(
    tasks: Sequence[PageTask], policy: ContextPolicy, collector: Collector, *, prices: Sequence[float] = PRICES
) -> list[tuple[float, float, float]]:
    """(price, tokens, quality) of one policy as the price of tokens rises; it reads the price from each page."""
    points = []
    for price in prices:
        priced = [replace(task, observation=replace(task.observation, price_per_100_tokens=price)) for task in tasks]
        found = summarise(await score_policy(policy, priced, collector))
        points.append((price, found.tokens, found.quality))
    return points


def frontier_plot(curves: Mapping[str, Sequence[tuple[float, float, float]]]) -> str:
    """Quality against tokens as SVG."""
    series = {name: [(tokens, quality) for _, tokens, quality in points] for name, points in curves.items()}
    return line_plot("Quality against context", series, x_label="context tokens per page", y_label="chrF")


def _nets(scores: Sequence[PageScore]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([score.parts.net for score in scores])
