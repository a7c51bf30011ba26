"""How many translations does the learned policy need, and does it ever learn to choose nothing where context pays?

SIMULATION: the translator is the simulated law of `dragoman.training.simulated`. Unit: net reward (points a page above
no context) of the deterministic policy on pages of held-out development languages, against the page translations spent
in training; the evaluation's own are not counted. `warm` is the default recipe, an uplift regression on a log and then
the policy gradient, with `drawn` or `recalled` offers (the real memory's features) and a log of 128 or of 32 pages;
`cold` is the same gradient from zero weights. `needed` is the first evaluation with 90 % of the final net reward from
which the curve does not fall below it again; `needed_over_top_k` asks for 90 % of what is gained over top-k, which is
stricter. Collapse: `empty_share` is the part of the development pages where top-k earns something and the finished
policy chooses nothing; `least_tokens` the smallest mean size of a choice at any evaluation after the first; `entropy`
the smallest entropy of the draws of any update, nats a candidate.

    .venv/bin/python benchmarks/sample_efficiency.py [--quick] [--seed N] [--out FILE] [--plot FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from common import add_common_arguments, finish

from dragoman.policies import make_policy
from dragoman.policies.learned import LearnedPolicy
from dragoman.training.curve import line_plot
from dragoman.training.evaluate import score_policy, summarise
from dragoman.training.gradient_stage import Auxiliary
from dragoman.training.learning_job import DOCUMENT_SETTINGS, SIM_MIX
from dragoman.training.rollouts import Collector, Rollout
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.train_state import CurvePoint
from dragoman.training.trainer import train_policy

DRAWN = tuple(SimTerms(known=known, budget_tokens=budget) for known in (0.0, 0.5, 0.9) for budget in (400, 1600))
GATE = 2048
SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to train."""

    name: str
    mix: tuple[SimTerms, ...]
    settings: TrainSettings


@dataclass(slots=True)
class Watch:
    """Follows the draws of a training; adds nothing to them.

    Attributes:
        entropies: nats a candidate, one per update.
    """

    entropies: list[float] = field(default_factory=list)

    async def __call__(self, weights: np.ndarray, rollouts: Sequence[Rollout], update: int) -> np.ndarray:
        """No ascent."""
        del update
        p = np.concatenate([rollout.draws.probability_G_N.ravel() for rollout in rollouts]).clip(1e-12, 1 - 1e-12)
        self.entropies.append(float(np.mean(-p * np.log(p) - (1 - p) * np.log(1 - p))))
        return np.zeros_like(weights)


def recipes(*, quick: bool) -> tuple[Recipe, ...]:
    """What is compared."""
    drawn = TrainSettings(num_heads=0, eval_every=2 if quick else 4, updates=12 if quick else 120)
    recalled = replace(DOCUMENT_SETTINGS, num_heads=0, eval_every=drawn.eval_every, updates=drawn.updates)
    found = (
        Recipe("drawn warm 128", DRAWN, drawn),
        Recipe("drawn warm 32", DRAWN, replace(drawn, log_pages=32)),
        Recipe("drawn cold", DRAWN, replace(drawn, warm_start=False)),
        Recipe("recalled warm 128", SIM_MIX, recalled),
        Recipe("recalled warm 32", SIM_MIX, replace(recalled, log_pages=32)),
        Recipe("recalled cold", SIM_MIX, replace(recalled, warm_start=False)),
    )
    return found[1:3] if quick else found


def main() -> None:
    """Trains, prints a table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument(
        "--only", action="append", metavar="RECIPE", help="measure this recipe; repeatable; default: all"
    )
    parser.add_argument("--plot", type=Path, default=None, metavar="FILE", help="learning curves as SVG; default: none")
    options = parser.parse_args()
    started = time.perf_counter()
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + 5))
    curves: dict[str, list[tuple[float, float]]] = {}
    result: dict[str, object] = {}
    chosen = [r for r in recipes(quick=options.quick) if options.only is None or r.name in options.only]
    for recipe in chosen:
        runs = [asyncio.run(measure(recipe, seed, quick=options.quick)) for seed in seeds]
        curves[recipe.name] = mean_curve([run.curve for run in runs])
        result[recipe.name] = figures(runs)
        print(f"{recipe.name:<18}", result[recipe.name], flush=True)
    if options.plot is not None:
        labels = {"x_label": "page translations", "y_label": "net points, held out"}
        options.plot.write_text(line_plot("Sample efficiency (simulation)", curves, **labels), encoding="utf-8")
    plan = {recipe.name: recipe.settings.as_dict() for recipe in chosen}
    settings = {"seeds": seeds, "gate": GATE, "recipes": plan, "simulation": True, "quick": options.quick}
    finish("sample_efficiency", settings, result, started, options.out)


@dataclass(frozen=True, slots=True)
class Run:
    """One training and what is needed to judge it."""

    curve: tuple[CurvePoint, ...]
    top_k: float
    empty_share: float
    entropies: tuple[float, ...]


async def measure(recipe: Recipe, seed: int, *, quick: bool) -> Run:
    """One training seed, with training languages of its own and the same development languages for all."""
    train = mixed_tasks("train", 6 if quick else 24, pages=4, mix=recipe.mix, seed=seed, start=100 * seed)
    develop = mixed_tasks("dev", 6 if quick else 12, pages=3, mix=recipe.mix, seed=7)
    judge, watch = Collector(), Watch()
    watched: Sequence[Auxiliary] = (watch,)
    run = await train_policy(
        train, develop, replace(recipe.settings, seed=seed), eval_collector=judge, auxiliaries=watched
    )
    top_k = await score_policy(make_policy("top-k"), develop, judge)
    paying = [task for task, score in zip(develop, top_k, strict=True) if score.parts.net > 0]
    empty = empty_pages(LearnedPolicy(run.checkpoint), paying)
    return Run(run.curve, summarise(top_k).net, empty / max(1, len(paying)), tuple(watch.entropies))


def empty_pages(policy: LearnedPolicy, tasks: Sequence[PageTask]) -> int:
    """Pages for which nothing is chosen."""
    return sum(not policy.choose(task.observation, seed=0).chosen for task in tasks)


def figures(runs: Sequence[Run]) -> dict[str, object]:
    """Over seeds: means, and every seed where the gate is about each of them."""
    needed = [translations_needed(run.curve, SHARE * run.curve[-1].net) for run in runs]
    over = [translations_needed(run.curve, run.top_k + SHARE * (run.curve[-1].net - run.top_k)) for run in runs]
    finals = [run.curve[-1].net for run in runs]
    return {
        "final_net": round(statistics.fmean(finals), 2),
        "spread": round(statistics.stdev(finals), 2) if len(finals) > 1 else None,
        "top_k": round(runs[0].top_k, 2),
        "translations": round(statistics.fmean(run.curve[-1].num_translations for run in runs)),
        "needed": needed,
        "within_gate": sum(number <= GATE for number in needed),
        "needed_over_top_k": over if all(run.curve[-1].net > run.top_k for run in runs) else None,
        "share_at_gate": [round(net_at(run.curve, GATE) / run.curve[-1].net, 3) for run in runs],
        "empty_share": round(max(run.empty_share for run in runs), 3),
        "least_tokens": min(point.tokens for run in runs for point in run.curve[1:]),
        "entropy": [round(min(run.entropies), 4) for run in runs],
    }


def translations_needed(curve: Sequence[CurvePoint], target: float) -> int:
    """Translations at the first evaluation from which the curve stays at the target or above."""
    below = [place for place, point in enumerate(curve) if point.net < target - 1e-9]
    return curve[below[-1] + 1].num_translations if below else curve[0].num_translations


def net_at(curve: Sequence[CurvePoint], limit: int) -> float:
    """Net reward at the last evaluation within a number of translations."""
    return [point.net for point in curve if point.num_translations <= limit][-1]


def mean_curve(curves: Sequence[Sequence[CurvePoint]]) -> list[tuple[float, float]]:
    """Mean translations and net reward at each evaluation."""
    rows = zip(*curves, strict=True)
    return [(statistics.fmean(p.num_translations for p in row), statistics.fmean(p.net for p in row)) for row in rows]


if __name__ == "__main__":
    main()
