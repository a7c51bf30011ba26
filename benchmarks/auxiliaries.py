"""What does each auxiliary of training bring at equal translations, beside its control?

SIMULATION: the translator is the simulated law of `dragoman.training.simulated`. Unit: net reward, points a page, of
the deterministic policy on held-out languages when a number of page translations is spent, mean over training seeds.
`on` has the auxiliary, `off` is the same training without it, `control` its sham: permanent hints, the same pairs as
supervised targets, hard pages first. Translations that an auxiliary asks for itself count, and it gets fewer updates
for them, so that its learning rate falls to zero within the same translations; the oracle's choices for hints and
demonstrations do not count. Rows named `cold` start from zero weights, as does their `off`. What `share`, `difference`
and `passed` mean stands in `auxiliary_rows.py`.

    .venv/bin/python benchmarks/auxiliaries.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from auxiliary_rows import TESTS, distractor_row, row
from common import add_common_arguments, finish

from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.scorer import ScorerSettings
from dragoman.training.auxiliaries.contrast import ContrastSettings, one_item_pairs, pair_accuracy, single_flips
from dragoman.training.auxiliaries.curriculum import CurriculumSettings, difficulty_levels
from dragoman.training.oracle import find_oracle
from dragoman.training.rollouts import Collector, rollout_group
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.switches import Contrast, Curriculum, Difficulty, OracleHints, Replay, StepCredit, StuckPages
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.train_state import CurvePoint
from dragoman.training.trainer import TrainingRun, train_policy

MIX = tuple(SimTerms(known=known, budget_tokens=budget) for known in (0.0, 0.5, 0.9) for budget in (400, 1600))
SETTINGS = TrainSettings(
    log_pages=32, num_heads=0, updates=24, pages_per_update=8, eval_every=2, learning_rate=0.05, temperature=0.3
)
Extra = dict[str, object]


@dataclass(frozen=True, slots=True)
class World:
    """What one training seed has in common."""

    settings: TrainSettings
    train: tuple[PageTask, ...]
    held_out: tuple[PageTask, ...]
    choices: Mapping[str, frozenset[str]]
    levels: np.ndarray[tuple[int], np.dtype[np.int64]]
    judge: Collector = field(default_factory=Collector)


Variant = Callable[[World, Collector], Extra]


def main() -> None:
    """Trains all variants, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + 5))
    settings = replace(SETTINGS, updates=8) if options.quick else SETTINGS
    result = asyncio.run(measure(seeds, settings))
    for name, figures in result.items():
        print(f"{name:<12} " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    plan = {"seeds": seeds, "settings": settings.as_dict(), "simulation": True, "quick": options.quick}
    finish("auxiliaries", plan, result, started, options.out)


async def measure(seeds: Sequence[int], settings: TrainSettings) -> dict[str, Extra]:
    """One row per auxiliary."""
    curves: dict[str, list[tuple[CurvePoint, ...]]] = {}
    accuracy, picks = [], []
    for seed in seeds:
        world = await make_world(seed, settings)
        for name, variant in VARIANTS.items():
            collector = Collector()
            run = await train(world_of(world, name), collector, variant)
            curves.setdefault(name, []).append(run.curve)
            print(f"seed {seed} {name:<18} {run.curve[-1].net:7.2f}", flush=True)
            if name == "contrast":
                accuracy.append(await held_out_accuracy(world, run))
        picks.append(await false_picks(world, await finished_policy(world)))
    rows = {name: row(name, curves) for name in TESTS}
    rows["contrast"]["pair_accuracy"] = round(statistics.fmean(accuracy), 3)
    rows["contrast"]["passed"] = bool(rows["contrast"]["passed"]) and statistics.fmean(accuracy) >= 0.9
    rows["distractors"] = distractor_row(picks)
    return rows


async def make_world(seed: int, settings: TrainSettings) -> World:
    """Pages, the oracle's choices on those of training, and their levels of difficulty."""
    pages = mixed_tasks("train", 18, pages=3, mix=MIX, seed=seed, start=100 * seed)
    held_out = mixed_tasks("test", 12, pages=2, mix=MIX, seed=40)
    collector = Collector()
    choices, gaps = {}, []
    for task in pages:

        async def net(chosen: tuple[str, ...], task: PageTask = task) -> float:
            return (await collector.value(task, chosen)).net

        best = await find_oracle(task.observation, net)
        choices[task.id] = frozenset(best.chosen)
        gaps.append(np.log(max(1e-3, best.value)))
    levels = difficulty_levels(np.array(gaps), 3)
    return World(replace(settings, seed=seed), pages, held_out, choices, levels)


def world_of(world: World, name: str) -> World:
    """With the settings of a variant: cold or warm, and as many updates as its translations allow."""
    updates = round(world.settings.updates * UPDATES_LEFT.get(name, 1.0))
    settings = replace(world.settings, updates=updates, warm_start=not name.startswith("cold"))
    return replace(world, settings=settings)


async def train(world: World, collector: Collector, variant: Variant) -> TrainingRun:
    """One variant."""
    extra = variant(world, collector)
    given: dict[str, object] = {"collector": collector, "eval_collector": world.judge, **extra}
    run: Awaitable[TrainingRun] = train_policy(world.train, world.held_out, world.settings, **given)  # type: ignore[arg-type]  # keywords by name
    return await run


def plain(_world: World, _collector: Collector) -> Extra:
    """Nothing besides the policy gradient."""
    return {}


def contrast(world: World, collector: Collector, *, as_targets: bool = False) -> Extra:
    """Pairs that differ in one item; as supervised targets: the control."""
    return {"auxiliaries": [Contrast(collector, world.settings, weight=1.0, as_targets=as_targets)]}


def hints(world: World, _collector: Collector, *, permanent: bool = False) -> Extra:
    """The oracle's first decisions; for good: the control."""
    return {"give_hint": OracleHints(world.choices, world.settings, is_permanent=permanent)}


def curriculum(world: World, _collector: Collector, *, backwards: bool = False) -> Extra:
    """Easy pages first; hard ones first: the control."""
    levels = world.levels.max() - world.levels if backwards else world.levels
    return {"pick_pages": Curriculum(levels, CurriculumSettings(3, "gaussian"))}


def difficulty(_world: World, _collector: Collector) -> Extra:
    """Pages whose slates differ."""
    picker = Difficulty()
    return {"pick_pages": picker.pick, "auxiliaries": [picker]}


def replay(world: World, _collector: Collector) -> Extra:
    """Groups used again."""
    return {"auxiliaries": [Replay(world.settings)]}


def both(world: World, collector: Collector) -> Extra:
    """Difficulty-targeted pages and replay together."""
    picked, again = difficulty(world, collector), replay(world, collector)
    return {
        "pick_pages": picked["pick_pages"],
        "auxiliaries": [*_list(picked["auxiliaries"]), *_list(again["auxiliaries"])],
    }


def step_credit(world: World, collector: Collector) -> Extra:
    """Reward after every step, one page an update."""
    return {"auxiliaries": [StepCredit(collector, world.settings)]}


def stuck(world: World, collector: Collector) -> Extra:
    """A supervised pass over stuck pages."""
    return {"auxiliaries": [StuckPages(collector, world.settings, world.choices)]}


def rubric(_world: World, collector: Collector) -> Extra:
    """The rubric scales the quality of pages that are above no context."""
    collector.with_rubric = True
    return {}


def _list(given: object) -> list[object]:
    assert isinstance(given, list)
    return given


VARIANTS: Mapping[str, Variant] = {
    "off": plain,
    "contrast": contrast,
    "contrast control": lambda w, c: contrast(w, c, as_targets=True),
    "hints": hints,
    "hints control": lambda w, c: hints(w, c, permanent=True),
    "curriculum": curriculum,
    "curriculum control": lambda w, c: curriculum(w, c, backwards=True),
    "difficulty": difficulty,
    "replay": replay,
    "both": both,
    "step credit": step_credit,
    "stuck": stuck,
    "rubric": rubric,
    "cold off": plain,
    "cold hints": hints,
    "cold hints control": lambda w, c: hints(w, c, permanent=True),
    "cold stuck": stuck,
}
# Contrast asks for 7 flips beside the 64 slates of an update, step credit for a slate cut after each of its steps.
UPDATES_LEFT: Mapping[str, float] = {"contrast": 0.9, "contrast control": 0.9, "step credit": 0.6}


async def held_out_accuracy(world: World, run: TrainingRun) -> float:
    """Share of held-out pairs that the scorer orders as their rewards do."""
    found = []
    generator = np.random.default_rng(5)
    for task in world.held_out[:12]:
        start = generator.random((1, len(task.observation.candidates))) < 0.5
        slates = np.concatenate([start, single_flips(start[0], 12, generator)])
        rollout = await world.judge.given_slates(task, slates, run.checkpoint.weights, ScorerSettings(0.3))
        group = rollout_group(rollout, run.checkpoint.weights)
        pairs = one_item_pairs(group, ContrastSettings(min_margin=0.1))
        if len(pairs):
            found.append(pair_accuracy(group, pairs))
    return statistics.fmean(found)


async def finished_policy(world: World) -> LearnedPolicy:
    """Trained to the end by the recommended settings: what false picks are judged by."""
    length = 5 * world.settings.updates
    settings = TrainSettings(updates=length, learning_rate=0.05, seed=world.settings.seed, num_heads=0)
    run = await train_policy(world.train, world.held_out[::4], settings)
    return LearnedPolicy(run.checkpoint)


async def false_picks(world: World, policy: LearnedPolicy) -> tuple[float, float]:
    """Shares, over all pages, of the offered candidates that are in the way and were chosen, and of all that were."""
    picked, useless, chosen, offered = 0, 0, 0, 0
    for task in world.held_out:
        ids = set(policy.choose(task.observation, seed=0).chosen)
        bad = await useless_ids(task, world.judge)
        picked, useless = picked + len(bad & ids), useless + len(bad)
        chosen, offered = chosen + len(ids), offered + len(task.observation.candidates)
    return picked / max(1, useless), chosen / offered


async def useless_ids(task: PageTask, judge: Collector) -> set[str]:
    """Candidates whose loss raises the quality of a page that has everything: retrieved, yet in the way."""
    everything = tuple(candidate.id for candidate in task.observation.candidates)
    whole = (await judge.value(task, everything)).quality
    found = set()
    for id in everything:
        without = (await judge.value(task, tuple(other for other in everything if other != id))).quality
        if without > whole:
            found.add(id)
    return found


if __name__ == "__main__":
    main()
