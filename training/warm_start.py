"""The first two stages: a log with known propensities, and the uplift regression that turns it into a policy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dragoman.core.hashing import content_hash
from dragoman.policies.scorer import ScorerSettings, logits
from dragoman.policies.scorer_table import COLUMNS, GROUPS, NUM_STATIC, FloatArray
from dragoman.training.estimators import Group, bootstrap_heads, fit_uplift, make_group
from dragoman.training.rollouts import Collector, Rollout
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import LOG_RATES, TrainSettings

__all__ = ["WarmStart", "log_rollouts", "stage_seed", "uplift_group", "warm_start", "zero_weights"]

_ROOM = 1.3  # under a tight budget the log draws about as much as the budget allows


@dataclass(frozen=True, slots=True, eq=False)
class WarmStart:
    """What the uplift regression gave.

    Attributes:
        weights: of the scorer.
        heads: of the bootstrap resamples, (H, groups, columns).
        unexplained: share of the variance within pages that it does not explain on unseen documents.
        ridge: the penalty it took.
    """

    weights: FloatArray
    heads: FloatArray
    unexplained: float
    ridge: float


async def log_rollouts(tasks: Sequence[PageTask], settings: TrainSettings, collector: Collector) -> tuple[Rollout, ...]:
    """Slates drawn without regard to any feature, page after page, at the rates of `LOG_RATES` in turn."""
    order = np.random.default_rng(stage_seed(settings, "log")).permutation(settings.log_pages)
    jobs = (
        _log_page(tasks[int(place) % len(tasks)], LOG_RATES[number % len(LOG_RATES)], number, settings, collector)
        for number, place in enumerate(order)
    )
    return tuple(await asyncio.gather(*jobs))


async def _log_page(task: PageTask, rate: float, number: int, settings: TrainSettings, collector: Collector) -> Rollout:
    offered = sum(candidate.tokens for candidate in task.observation.candidates)
    rate *= min(1.0, _ROOM * task.observation.budget_tokens / max(1, offered))
    weights = zero_weights()
    weights[:, 0] = np.log(rate / (1 - rate))  # the column "always"
    free = replace(task, observation=replace(task.observation, price_per_100_tokens=0.0))
    drawn = await collector.rollout(
        free,
        weights,
        ScorerSettings(temperature=1.0, within_budget=False),
        num_slates=settings.num_slates,
        seed=stage_seed(settings, "log", number),
    )
    return replace(drawn, task=task)


def warm_start(rollouts: Sequence[Rollout], settings: TrainSettings) -> WarmStart:
    """The uplift regression on logged slates, cross-fitted by document."""
    fit = fit_uplift(map(uplift_group, rollouts), ridges=settings.ridges, seed=settings.seed)
    shape = (len(GROUPS), len(COLUMNS))
    heads = np.zeros((0, *shape))
    if settings.num_heads:
        groups = map(uplift_group, rollouts)  # made anew: all of them at once are a gigabyte
        flat = bootstrap_heads(groups, ridge=fit.ridge, num_heads=settings.num_heads, seed=settings.seed)
        heads = flat.reshape(-1, *shape)
    return WarmStart(fit.weights_F.reshape(shape), heads, fit.unexplained, fit.ridge)


def uplift_group(rollout: Rollout) -> Group:
    """A rollout with the features of every candidate written out, one block of columns per group of kinds."""
    table, draws = rollout.table, rollout.draws
    num_slates, num = draws.drawn_G_N.shape
    features = np.zeros((num_slates, num, len(GROUPS), len(COLUMNS)))
    places = np.arange(num)
    features[:, places, table.group_N, :NUM_STATIC] = table.static_N_S
    features[:, places, table.group_N, NUM_STATIC:] = draws.state_G_N_D
    return make_group(
        features=features.reshape(num_slates, num, -1),
        tokens=table.tokens_N,
        draws=draws.drawn_G_N,
        logits=logits(zero_weights(), table, draws.state_G_N_D),
        rewards=[parts.gain + parts.rubric for parts in rollout.parts_G],
        propensities=draws.probability_G_N,
        document=rollout.task.document_id,
    )


def zero_weights() -> FloatArray:
    """Weights that predict no gain for anything."""
    return np.zeros((len(GROUPS), len(COLUMNS)))


def stage_seed(settings: TrainSettings, *parts: str | int) -> int:
    """A seed for one draw of one stage."""
    return int(content_hash(str(settings.seed), *(str(part) for part in parts)), 16) % 2**63
