"""How much reward does each estimator bring per translation?

SIMULATION: the translator is the simulated law of `dragoman.training.simulated`. Unit: net reward, points a page, of
the deterministic policy on pages of held-out languages, against the number of page translations used for training.
Every estimator starts from zero weights, but `uplift`, which learns from a uniform log, and `warm start`, which goes on
from that log with leave-one-out. Same pages, draws per page, optimizer and learning rate for all; the estimators that
need many small steps (reg, rebel) take four of a fifth of the rate. Slates that were translated before cost nothing,
and slates of a tree are often equal, so a tree makes more updates from as many translations. `tests` compares two
estimators seed by seed at the budgets after the first: mean difference, its standard error, seeds won.

    .venv/bin/python benchmarks/estimators.py [--quick] [--seed N] [--out FILE] [--plot FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import add_common_arguments, finish

from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.training.curve import line_plot
from dragoman.training.estimators import ESTIMATORS
from dragoman.training.evaluate import score_policy, summarise
from dragoman.training.rollouts import Collector
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy
from dragoman.training.warm_start import log_rollouts, warm_start

MIX = tuple(SimTerms(known=known, budget_tokens=budget) for known in (0.0, 0.5, 0.9) for budget in (400, 1600))
SLATES, PAGES = 8, 8
PER_UPDATE = {"tree": 46}  # new translations of an update, measured; others ask for about 60 of 64
TESTS = (("tree", "leave-one-out"), ("reg", "leave-one-out"), ("warm start", "leave-one-out"), ("dpo", "best-worst"))
Found = dict[str, dict[str, list[float]]]


def main() -> None:
    """Trains all, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--plot", type=Path, default=None, metavar="FILE", help="also draw the curves as SVG")
    options = parser.parse_args()
    started = time.perf_counter()
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + 5))
    budgets = (512, 1024) if options.quick else (512, 2048, 6144)
    found = asyncio.run(measure(seeds, budgets))
    show(found, budgets)
    if options.plot is not None:
        options.plot.write_text(picture(found), encoding="utf-8")
    settings = {"seeds": seeds, "slates": SLATES, "pages_per_update": PAGES, "simulation": True, "quick": options.quick}
    finish("estimators", settings, {**found, "tests": tests(found, budgets[1:])}, started, options.out)


async def measure(seeds: Sequence[int], budgets: Sequence[int]) -> Found:
    """Net reward by estimator, translations and seed."""
    found: Found = {}
    for seed in seeds:
        train = mixed_tasks("train", 24, pages=4, mix=MIX, seed=seed, start=100 * seed)
        held_out = mixed_tasks("test", 12, pages=2, mix=MIX, seed=40)
        judge = Collector()
        for name in (*ESTIMATORS, "warm start"):
            nets = await climb(name, train, held_out, budgets, seed, judge)
            for budget, net in zip(budgets, nets, strict=True):
                found.setdefault(name, {}).setdefault(str(budget), []).append(round(net, 3))
            print(f"seed {seed} {name:<14}" + "".join(f"{net:>9.2f}" for net in nets), flush=True)
    return found


async def climb(
    name: str,
    train: Sequence[PageTask],
    held_out: Sequence[PageTask],
    budgets: Sequence[int],
    seed: int,
    judge: Collector,
) -> list[float]:
    """Net reward on the held-out pages after each number of translations."""
    if name == "uplift":
        return [await logged(train, held_out, budget, seed, judge) for budget in budgets]
    settings = settings_of(name, seed, budgets)
    run = await train_policy(train, held_out, settings, eval_collector=judge)
    reached = [[p.net for p in run.curve if p.num_translations <= budget * 1.1] for budget in budgets]
    return [nets[-1] for nets in reached]


async def logged(
    train: Sequence[PageTask], held_out: Sequence[PageTask], budget: int, seed: int, judge: Collector
) -> float:
    """Uplift regression on a log of this many translations."""
    settings = TrainSettings(log_pages=budget // SLATES, num_slates=SLATES, num_heads=0, seed=seed)
    start = warm_start(await log_rollouts(train, settings, Collector()), settings)
    scores = await score_policy(LearnedPolicy(Checkpoint(start.weights)), held_out, judge)
    return summarise(scores).net


def settings_of(name: str, seed: int, budgets: Sequence[int]) -> TrainSettings:
    """The same for all, as far as an estimator can bear it."""
    settings = TrainSettings(
        num_slates=SLATES,
        pages_per_update=PAGES,
        updates=budgets[-1] // PER_UPDATE.get(name, 60),
        eval_every=4,
        warm_start=False,
        learning_rate=0.1,
        temperature=0.5,
        seed=seed,
    )
    if name == "warm start":
        return replace(settings, warm_start=True, log_pages=32, num_heads=0, learning_rate=0.05)
    if name in ("reg", "rebel"):
        settings = replace(settings, learning_rate=0.02, inner_steps=4)
    return replace(settings, estimator=name)


def show(found: Found, budgets: Sequence[int]) -> None:
    """Mean and spread over seeds."""
    print(f"\n{'estimator':<15}" + "".join(f"{budget:>18,}" for budget in budgets))
    for name, rows in found.items():
        cells = []
        for budget in budgets:
            nets = rows[str(budget)]
            spread = statistics.stdev(nets) if len(nets) > 1 else 0.0
            cells.append(f"{statistics.fmean(nets):>10.2f} ± {spread:>4.2f} ")
        print(f"{name:<15}" + "".join(cells))


def tests(found: Found, budgets: Sequence[int]) -> dict[str, dict[str, list[float]]]:
    """Difference of two estimators over seeds: mean, standard error, seeds won."""
    rows: dict[str, dict[str, list[float]]] = {}
    for one, other in TESTS:
        for budget in budgets:
            pairs = zip(found[one][str(budget)], found[other][str(budget)], strict=True)
            apart = [mine - theirs for mine, theirs in pairs]
            error = statistics.stdev(apart) / len(apart) ** 0.5 if len(apart) > 1 else 0.0
            row = [round(statistics.fmean(apart), 3), round(error, 3), sum(value > 0 for value in apart)]
            rows.setdefault(f"{one} over {other}", {})[str(budget)] = row
    return rows


def picture(found: Found) -> str:
    """Mean net reward against translations."""
    series = {
        name: [(float(budget), statistics.fmean(nets)) for budget, nets in rows.items()] for name, rows in found.items()
    }
    return line_plot("Estimators (simulation)", series, x_label="page translations", y_label="net points, held out")


if __name__ == "__main__":
    main()
