"""Trains a context policy: log, uplift warm start, policy gradient, and the best evaluated weights as a checkpoint.

The translator is frozen; only the selector learns. State is saved after every stage and every evaluation, and each
draw has a seed of its own, so a run that was cut goes on as if nothing had happened. Rewards come from a `Collector`.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.core.hashing import content_hash, stable_json
from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.scorer_table import COLUMNS
from dragoman.training.adam import AdamState
from dragoman.training.curve import line_plot
from dragoman.training.evaluate import score_policy, summarise
from dragoman.training.gradient_stage import (
    Auxiliary,
    GiveHint,
    PickPages,
    draw_rollouts,
    gradient_update,
    no_hint,
    uniform_pages,
)
from dragoman.training.rollouts import Collector, Rollout
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.train_state import CurvePoint, TrainState, load_state, save_state
from dragoman.training.warm_start import WarmStart, log_rollouts, warm_start, zero_weights

__all__ = ["STATE_FILE", "CurvePoint", "TrainingRun", "checkpoint_from_log", "pages_hash", "train_policy"]

STATE_FILE = "training_state.json"

OnPoint = Callable[[CurvePoint], object]


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A finished training: the checkpoint and how it came about."""

    checkpoint: Checkpoint
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class _Bench:
    """What stays the same during a training."""

    train: Sequence[PageTask]
    develop: Sequence[PageTask]
    settings: TrainSettings
    collector: Collector
    eval_collector: Collector = field(default_factory=Collector)
    folder: Path | None = None
    on_point: OnPoint | None = None
    started: float = field(default_factory=time.perf_counter)

    @property
    def signature(self) -> str:
        """Of settings, columns and pages: a state made under another one is refused."""
        pages = [task.id for task in (*self.train, *self.develop)]
        return content_hash(stable_json(self.settings.as_dict()), stable_json(list(COLUMNS)), *pages)


async def train_policy(
    train: Sequence[PageTask],
    develop: Sequence[PageTask],
    settings: TrainSettings,
    *,
    collector: Collector | None = None,
    eval_collector: Collector | None = None,
    folder: Path | None = None,
    pick_pages: PickPages = uniform_pages,
    auxiliaries: Sequence[Auxiliary] = (),
    give_hint: GiveHint = no_hint,
    on_point: OnPoint | None = None,
) -> TrainingRun:
    """The stages in order.

    Args:
        train: pages to learn from, of two documents at least.
        develop: other pages, for the learning curve; they teach nothing.
        settings: see `TrainSettings`.
        collector: asks for translations of `train`; a new one in memory when None.
        eval_collector: the same for `develop`, counted apart.
        folder: where state and curve are saved, and where a cut run goes on from; None saves nothing.
        pick_pages: the curriculum of the policy gradient.
        auxiliaries: further ascents of the policy gradient; what they remember is not saved with the state.
        give_hint: decisions imposed on slates.
        on_point: told of every evaluation.

    Raises:
        ConfigurationError: no pages.
        ChangedRunError: `folder` holds the state of another training.
    """
    if not train or not develop:
        raise ConfigurationError(f"{len(train)} training and {len(develop)} development pages: give some of both")
    bench = _Bench(train, develop, settings, collector or Collector(), eval_collector or Collector(), folder, on_point)
    state = _load(bench) or _save(bench, await _first_stages(bench))
    while state.update < settings.updates:
        state = await _advance(bench, state, pick_pages, auxiliaries, give_hint)
    return TrainingRun(_checkpoint(bench, state), state.curve)


def checkpoint_from_log(rollouts: Sequence[Rollout], settings: TrainSettings) -> Checkpoint:
    """The warm start alone, from logged slates and without any translation.

    Raises:
        ConfigurationError: no slates, or of fewer than two documents.
    """
    start = warm_start(rollouts, settings)
    training = {
        "settings": settings.as_dict(),
        "pages": len(rollouts),
        "languages": sorted({rollout.task.language for rollout in rollouts}),
        "translators": sorted({rollout.task.translator for rollout in rollouts}),
        "num_translations": sum(len(rollout.parts_G) for rollout in rollouts),
        "unexplained": round(start.unexplained, 4),
        "ridge": start.ridge,
    }
    return Checkpoint(
        start.weights, heads=start.heads, temperature=settings.temperature, training=MappingProxyType(training)
    )


def pages_hash(tasks: Sequence[PageTask]) -> str:
    """Of what a policy sees of some pages; with equal settings and translator, equal hashes train equal weights."""
    seen = [
        [candidate.id, candidate.tokens, candidate.lines, [round(value, 6) for value in candidate.features.vector()]]
        for task in tasks
        for candidate in task.observation.candidates
    ]
    return content_hash(stable_json(list(COLUMNS)), stable_json(seen), *(task.id for task in tasks))


async def _first_stages(bench: _Bench) -> TrainState:
    weights, settings = zero_weights(), bench.settings
    state = TrainState(weights, weights, weights, np.zeros((0, *weights.shape)), AdamState.like(weights))
    state = await _measure(bench, state, "start")
    if not settings.warm_start:
        return state
    logged = await log_rollouts(bench.train, settings, bench.collector)
    start: WarmStart = warm_start(logged, settings)
    facts = {"unexplained": round(start.unexplained, 4), "ridge": start.ridge}
    state = replace(state, weights=start.weights, reference=start.weights, heads=start.heads, facts=facts)
    return await _measure(bench, state, "warm start")


async def _advance(
    bench: _Bench, state: TrainState, pick_pages: PickPages, auxiliaries: Sequence[Auxiliary], give_hint: GiveHint
) -> TrainState:
    """Updates up to the next evaluation, which is saved."""
    settings, weights, optimizer, update = bench.settings, state.weights, state.optimizer, state.update
    last = min(settings.updates, (update // settings.eval_every + 1) * settings.eval_every)
    while update < last:
        pages = pick_pages(bench.train, settings, update)
        rollouts = await draw_rollouts(weights, pages, settings, bench.collector, update, give_hint=give_hint)
        extra = np.zeros_like(weights)
        for auxiliary in auxiliaries:
            extra += await auxiliary(weights, rollouts, update)
        weights, optimizer = gradient_update(
            weights,
            optimizer,
            rollouts,
            settings,
            update=update,
            reference=state.reference,
            extra=extra,
        )
        update += 1
    state = replace(state, weights=weights, optimizer=optimizer, update=update)
    return _save(bench, await _measure(bench, state, "policy gradient"))


async def _measure(bench: _Bench, state: TrainState, stage: str) -> TrainState:
    """The state with one more point of the curve."""
    policy = LearnedPolicy(Checkpoint(state.weights))
    found = summarise(await score_policy(policy, bench.develop, bench.eval_collector))
    point = CurvePoint(
        stage=stage,
        update=state.update,
        num_translations=bench.collector.num_translations,
        net=round(found.net, 4),
        quality=round(found.quality, 4),
        tokens=round(found.tokens, 1),
        seconds=round(time.perf_counter() - bench.started, 2),
    )
    if bench.on_point is not None:
        bench.on_point(point)
    is_best = all(earlier.net < point.net for earlier in state.curve)
    return replace(state, curve=(*state.curve, point), best=state.weights if is_best else state.best)


def _checkpoint(bench: _Bench, state: TrainState) -> Checkpoint:
    last = max(state.curve, key=lambda point: point.net)
    training = {
        "settings": bench.settings.as_dict(),
        "pages": len(bench.train),
        "pages_hash": pages_hash(bench.train),
        "languages": sorted({task.language for task in bench.train}),
        "translators": sorted({task.translator for task in bench.train}),
        "num_translations": state.curve[-1].num_translations,
        "development": {"net": last.net, "quality": last.quality, "tokens": last.tokens},
        **(state.facts or {}),
    }
    return Checkpoint(
        state.best, heads=state.heads, temperature=bench.settings.temperature, training=MappingProxyType(training)
    )


def _load(bench: _Bench) -> TrainState | None:
    if bench.folder is None or not (bench.folder / STATE_FILE).exists():
        return None
    state = load_state(bench.folder / STATE_FILE, bench.signature)
    bench.collector.num_translations = state.curve[-1].num_translations
    return state


def _save(bench: _Bench, state: TrainState) -> TrainState:
    """The state, saved with its curve as JSON lines and as a picture."""
    if bench.folder is not None:
        bench.folder.mkdir(parents=True, exist_ok=True)
        rows = "".join(json.dumps(asdict(point)) + "\n" for point in state.curve)
        (bench.folder / "curve.jsonl").write_text(rows, encoding="utf-8")
        points = [(float(point.num_translations), point.net) for point in state.curve]
        picture = line_plot(
            "Learning curve", {"net reward": points}, x_label="page translations", y_label="net points, development"
        )
        (bench.folder / "curve.svg").write_text(picture, encoding="utf-8")
        save_state(state, bench.folder / STATE_FILE, bench.signature)
    return state
