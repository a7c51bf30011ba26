"""The third stage: policy gradient on slates that the policy itself draws, with any estimator and any auxiliaries."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from dragoman.policies.scorer import ScorerSettings, spread
from dragoman.policies.scorer_table import FloatArray, PageTable
from dragoman.training.adam import AdamState, adam_step
from dragoman.training.estimators import estimator
from dragoman.training.rollouts import Collector, Hint, Rollout, rollout_group
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.warm_start import stage_seed

__all__ = [
    "Auxiliary",
    "GiveHint",
    "PickPages",
    "draw_rollouts",
    "gradient_update",
    "learning_rate",
    "no_hint",
    "uniform_pages",
]

Auxiliary = Callable[[FloatArray, Sequence[Rollout], int], Awaitable[FloatArray]]
"""From the weights, the slates of an update and its number to a further ascent, in the shape of the weights."""

GiveHint = Callable[[PageTask, PageTable, int], Hint | None]
"""Decisions to impose on a page in an update."""

PickPages = Callable[[Sequence[PageTask], TrainSettings, int], Sequence[PageTask]]
"""The pages of an update, by its number."""


def uniform_pages(tasks: Sequence[PageTask], settings: TrainSettings, update: int) -> Sequence[PageTask]:
    """Pages drawn with equal chances."""
    generator = np.random.default_rng(stage_seed(settings, "pages", update))
    return [tasks[int(place)] for place in generator.integers(len(tasks), size=settings.pages_per_update)]


def no_hint(_task: PageTask, _table: PageTable, _update: int) -> Hint | None:
    """Imposes nothing."""
    return None


async def draw_rollouts(
    weights: FloatArray,
    pages: Sequence[PageTask],
    settings: TrainSettings,
    collector: Collector,
    update: int,
    *,
    give_hint: GiveHint = no_hint,
) -> tuple[Rollout, ...]:
    """Slates of the pages of one update, drawn by the policy of now, side by side."""
    draws = ScorerSettings(settings.temperature, settings.epsilon, within_budget=settings.within_budget)
    jobs = (
        collector.rollout(
            task,
            weights,
            draws,
            num_slates=settings.num_slates,
            seed=stage_seed(settings, "draw", update, number),
            as_tree=settings.estimator == "tree",
            hint=give_hint(task, collector.table(task), update),
        )
        for number, task in enumerate(pages)
    )
    return tuple(await asyncio.gather(*jobs))


def gradient_update(
    weights: FloatArray,
    state: AdamState,
    rollouts: Sequence[Rollout],
    settings: TrainSettings,
    *,
    update: int,
    reference: FloatArray | None = None,
    extra: FloatArray | None = None,
) -> tuple[FloatArray, AdamState]:
    """The weights after the optimizer steps of one update.

    Args:
        weights: they drew the slates.
        state: of the optimizer.
        rollouts: of this update.
        settings: see `TrainSettings`.
        update: its number, from 0; the learning rate falls with it.
        reference: weights that estimators with a stay-close term stay near; those of now when None.
        extra: ascent of the auxiliaries, in the shape of the weights.
    """
    climb = estimator(settings.estimator)
    for _ in range(settings.inner_steps):
        ascent = np.zeros_like(weights) if extra is None else extra.copy()
        for rollout in rollouts:
            gradient = climb(rollout_group(rollout, weights, reference), settings.estimator_settings)
            ascent += spread(rollout.table, rollout.draws.state_G_N_D, gradient.ascent_G_N) / len(rollouts)
        weights, state = adam_step(weights, ascent, state, learning_rate(settings, update))
    return weights, state


def learning_rate(settings: TrainSettings, update: int) -> float:
    """Half a cosine from the full rate to zero."""
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * update / max(1, settings.updates)))
