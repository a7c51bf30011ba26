"""The last stage: when one call of the English pivot is worth its price, learned on top of a trained scorer.

Slates are drawn by the exploring scorer; some are forced to call, some forced not to, the others decide by the head of
now. The contrast of the forced arms, pooled by language and difficulty, starts the head and masks its bonus
(`pivot_head`). Only free decisions take a gradient.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.pivot_features import PIVOT_COLUMNS, pivot_row
from dragoman.policies.scorer import ScorerSettings, sigmoid
from dragoman.policies.scorer_table import FloatArray
from dragoman.training.adam import AdamState, adam_step
from dragoman.training.pivot_head import (
    ArmGain,
    PivotGroup,
    PivotSettings,
    PooledGains,
    arm_gain,
    assign_arms,
    fit_pivot_weights,
    mask,
    pivot_gradient,
)
from dragoman.training.rollouts import Collector
from dragoman.training.tasks import PageTask

__all__ = ["PivotTraining", "train_pivot"]

_LEVEL_POINTS = 34.0  # three levels of difficulty by chrF without context: below 34, below 68, above


@dataclass(frozen=True, slots=True)
class PivotTraining:
    """How the head is trained.

    Attributes:
        num_slates: of one page; a quarter is forced to call, a quarter forced not to.
        updates: passes over the pages after the warm start.
        learning_rate: of Adam, points per step.
        temperature: of free decisions, points.
        settings: of mask and gradient.
        seed: of every draw.
    """

    num_slates: int = 8
    updates: int = 3
    learning_rate: float = 0.2
    temperature: float = 1.0
    settings: PivotSettings = PivotSettings()
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """One page in one pass: its columns, its decisions, and the gain of a call drawn to its bin."""

    row: FloatArray
    calls_G: np.ndarray[tuple[int], np.dtype[np.bool_]]
    is_forced_G: np.ndarray[tuple[int], np.dtype[np.bool_]]
    rewards_G: FloatArray
    probability: float
    price: float
    pool: tuple[str, int]


async def train_pivot(
    tasks: Sequence[PageTask], checkpoint: Checkpoint, collector: Collector, training: PivotTraining
) -> Checkpoint:
    """The checkpoint with a pivot head.

    Args:
        tasks: pages on which the pivot is allowed.
        checkpoint: a trained scorer; its own weights stay.
        collector: asks for translations.
        training: see `PivotTraining`.

    Raises:
        ConfigurationError: no page allows the pivot.
    """
    if not any(task.observation.pivot_allowed for task in tasks):
        raise ConfigurationError("no page allows the pivot: train with --pivot on sources other than English")
    head = np.zeros(len(PIVOT_COLUMNS))
    pages = await _draw(tasks, checkpoint, head, collector, training, 0)
    pooled, gains = _pool(pages, PooledGains(memory=training.settings.memory))
    head = fit_pivot_weights(np.stack([page.row for page in pages]), gains)
    state = AdamState.like(head)
    for update in range(1, training.updates + 1):
        pages = await _draw(tasks, checkpoint, head, collector, training, update)
        pooled, gains = _pool(pages, pooled)
        ascent = sum((_ascent(page, gain, head, training) for page, gain in zip(pages, gains, strict=True)), 0 * head)
        head, state = adam_step(head, ascent / len(pages), state, training.learning_rate)
    return replace(checkpoint, pivot=head, training={**checkpoint.training, "pivot_pages": len(tasks)})


def _pool(pages: Sequence[_Page], pooled: PooledGains) -> tuple[PooledGains, list[ArmGain]]:
    measured = [arm_gain(_group(page, 0.0, page.price)) for page in pages]
    for page, gain in zip(pages, measured, strict=True):
        pooled = pooled.with_page(page.pool, gain)
    return pooled, [pooled.shrunk(page.pool, gain) for page, gain in zip(pages, measured, strict=True)]


def _ascent(page: _Page, gain: ArmGain, head: FloatArray, training: PivotTraining) -> FloatArray:
    logit = (float(head @ page.row) - page.price) / training.temperature
    sign = mask(gain, price=page.price, z=training.settings.z)
    gradient = pivot_gradient(_group(page, logit, page.price), sign, training.settings)
    return gradient.ascent * page.row / training.temperature


def _group(page: _Page, logit: float, price: float) -> PivotGroup:
    propensities = np.full(len(page.calls_G), page.probability)
    return PivotGroup(page.calls_G, page.is_forced_G, page.rewards_G, propensities, logit, price)


async def _draw(
    tasks: Sequence[PageTask],
    checkpoint: Checkpoint,
    head: FloatArray,
    collector: Collector,
    training: PivotTraining,
    update: int,
) -> list[_Page]:
    allowed = [task for task in tasks if task.observation.pivot_allowed]
    jobs = (
        _page(task, checkpoint, head, collector, training, np.random.default_rng((training.seed, update, number)))
        for number, task in enumerate(allowed)
    )
    return list(await asyncio.gather(*jobs))


async def _page(
    task: PageTask,
    checkpoint: Checkpoint,
    head: FloatArray,
    collector: Collector,
    training: PivotTraining,
    generator: np.random.Generator,
) -> _Page:
    observation = task.observation
    chosen = LearnedPolicy(checkpoint).choose(observation, seed=0).chosen
    row = pivot_row(observation, tuple(c for c in observation.candidates if c.id in set(chosen)))
    probability = float(sigmoid(np.array((head @ row - observation.pivot_price) / training.temperature)))
    arms = assign_arms(training.num_slates)
    free = generator.random(training.num_slates) < probability
    calls = np.where(arms.is_forced_G, arms.calls_G, free)
    rollout = await collector.rollout(
        task,
        checkpoint.weights,
        ScorerSettings(checkpoint.temperature),
        num_slates=training.num_slates,
        seed=int(generator.integers(2**31)),
        pivot=[bool(call) for call in calls],
    )
    rewards = np.array([parts.net - parts.pivot for parts in rollout.parts_G])
    nothing = await collector.value(task, ())
    pool = (task.language, int(nothing.quality // _LEVEL_POINTS))
    return _Page(row, calls, arms.is_forced_G, rewards, probability, observation.pivot_price, pool)
