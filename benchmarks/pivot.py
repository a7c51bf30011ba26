"""When is an English pivot worth a call: never, always, by the coverage rule, or as a trained head says?

SIMULATION: translator and pivot are the simulated law of `dragoman.training.simulated`: an English rendering tells the
structure of a sentence and the senses of its words. It helps where the user brought no grammar and the translator does
not know the language's, and hardly where it does. Units: chrF in points, and the share of pages with a call. The head
is trained on generated training languages and judged on held-out ones; `helps` and `does not` are the pages where a
call gains more, or less, than its price under the same chosen context. Rules share the chosen context (learned scorer).

    .venv/bin/python benchmarks/pivot.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from common import add_common_arguments, finish

from dragoman.core.records import Kind
from dragoman.policies.checkpoint import Checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.pivot import coverage_verdict
from dragoman.training.pivot_stage import PivotTraining, train_pivot
from dragoman.training.rollouts import Collector
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy

PRICE = 3.0  # points a call must bring
GRAMMARLESS = frozenset((Kind.RULE, Kind.TRACE))
MIX = (
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE),
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE, without=GRAMMARLESS),
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE, known=0.3),
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE, known=0.3, without=GRAMMARLESS),
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE, known=0.5),
    SimTerms(recalled=True, pivot_allowed=True, pivot_price=PRICE, known=0.7),
)
Decide = Callable[[PageTask], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """A held-out page: chrF without and with a call, and whether the learned head calls."""

    task: PageTask
    without: float
    with_call: float

    @property
    def helps(self) -> bool:
        """Whether a call gains more than its price."""
        return self.with_call - self.without > PRICE


def main() -> None:
    """Trains, measures, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + 5))
    found = [asyncio.run(measure(seed, options.quick)) for seed in seeds]
    result = {rule: average([run[rule] for run in found]) for rule in found[0]}
    for rule, row in result.items():
        print(f"{rule:<10}" + "".join(f"  {name} {value:7.3f}" for name, value in row.items()))
    settings = {"seeds": seeds, "price": PRICE, "simulation": True, "quick": options.quick}
    finish("pivot", settings, result, started, options.out)


async def measure(seed: int, quick: bool) -> dict[str, dict[str, float]]:
    """One training seed: every rule on the same pages."""
    size = 12 if quick else 24
    train = mixed_tasks("train", size, pages=3, mix=MIX, seed=seed, start=100 * seed)
    develop = mixed_tasks("dev", 6, pages=2, mix=MIX, seed=seed + 7)
    settings = TrainSettings(log_pages=96, updates=20 if quick else 40, seed=seed, learning_rate=0.03)
    run = await train_policy(train, develop, settings)
    checkpoint = await train_pivot(train, run.checkpoint, Collector(), PivotTraining(seed=seed))
    pages = await held_out(checkpoint, mixed_tasks("test", 12, pages=3, mix=MIX, seed=60))
    policy = LearnedPolicy(checkpoint)
    rules: dict[str, Decide] = {
        "never": lambda _: False,
        "always": lambda _: True,
        "coverage": lambda task: coverage_verdict(task.observation).call,
        "learned": lambda task: policy.choose(task.observation, seed=0).pivot.call,
    }
    return {name: row_of(pages, decide) for name, decide in rules.items()}


async def held_out(checkpoint: Checkpoint, tasks: Sequence[PageTask]) -> list[Page]:
    """Both arms of every page under the scorer's own choice."""
    collector, policy = Collector(), LearnedPolicy(replace(checkpoint, pivot=None))
    pages = []
    for task in tasks:
        chosen = policy.choose(task.observation, seed=0).chosen
        arms = [(await collector.value(task, chosen, call)).quality for call in (False, True)]
        pages.append(Page(task, *arms))
    return pages


def row_of(pages: Sequence[Page], decide: Decide) -> dict[str, float]:
    """chrF, share of calls, net of the price, and the shares where calls help and where they do not."""
    called = [decide(page.task) for page in pages]
    chrf = [page.with_call if call else page.without for page, call in zip(pages, called, strict=True)]
    helps = [call for page, call in zip(pages, called, strict=True) if page.helps]
    idle = [call for page, call in zip(pages, called, strict=True) if not page.helps]
    return {
        "chrf": statistics.fmean(chrf),
        "call_rate": statistics.fmean(called),
        "net": statistics.fmean(chrf) - PRICE * statistics.fmean(called),
        "calls_where_it_helps": statistics.fmean(helps) if helps else 0.0,
        "calls_where_it_does_not": statistics.fmean(idle) if idle else 0.0,
    }


def average(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean over training seeds."""
    return {name: round(statistics.fmean(row[name] for row in rows), 4) for name in rows[0]}


if __name__ == "__main__":
    main()
