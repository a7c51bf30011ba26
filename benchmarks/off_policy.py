"""Does an estimate from a log agree with the live value of another policy, and is a poor log refused?

SIMULATION: translator and pages are generated. A warm-started scorer logs slates on 120 one-page documents; a scorer
trained further is valued from that log by every method, and live on 480 other documents. Unit: net reward, points a
page. `within` counts trials whose 95 % interval holds the live value; a refused estimate counts as neither. `far` is
the same log seen by a policy that hardly explores, `small` a log of a third of the documents the rule asks for.

    .venv/bin/python benchmarks/off_policy.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from common import add_common_arguments, finish

from dragoman.policies.scorer import ScorerSettings
from dragoman.policies.scorer_table import FloatArray
from dragoman.training.estimators import Group
from dragoman.training.evaluation.off_policy import METHODS, Estimate, estimate_value, read_log
from dragoman.training.rollouts import Collector, Rollout, rollout_group
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy
from dragoman.training.warm_start import uplift_group

MIX = tuple(SimTerms(known=known, budget_tokens=1600) for known in (0.7, 0.9))
EXPLORING = ScorerSettings(temperature=1.0, epsilon=0.3, within_budget=False)
FAR = ScorerSettings(temperature=0.1, epsilon=0.0, within_budget=False)
NUM_DOCUMENTS, SLATES = 120, 8


def main() -> None:
    """Runs the trials, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    trials = 3 if options.quick else 20
    result = asyncio.run(measure(trials, options.seed))
    for name, row in result.items():
        print(f"{name:<24}{row}")
    finish("off_policy", {"trials": trials, "seed": options.seed, "simulation": True}, result, started, options.out)


async def measure(trials: int, seed: int) -> dict[str, object]:
    """Coverage by method, and refusals."""
    logging, target = await two_policies(seed)
    live = await live_value(target, mixed_tasks("test", 480, pages=1, mix=MIX, seed=seed + 5, start=5000))
    found: dict[str, list[Estimate]] = {name: [] for name in METHODS}
    refused: dict[str, list[bool]] = {"far": [], "small": []}
    for trial in range(trials):
        pages = mixed_tasks("test", NUM_DOCUMENTS, pages=1, mix=MIX, seed=seed + trial, start=NUM_DOCUMENTS * trial)
        rollouts = await draw(pages, logging, trial)
        log = read_log([seen_by(rollout, target, EXPLORING) for rollout in rollouts])
        for method in METHODS:
            estimate = estimate_value(log, method)
            if isinstance(estimate, Estimate):
                found[method].append(estimate)
        far = read_log([seen_by(rollout, target, FAR) for rollout in rollouts])
        small = read_log([seen_by(rollout, target, EXPLORING) for rollout in rollouts[: 16 + trial % 2]])
        for name, other in (("far", far), ("small", small)):
            refused[name].append(not isinstance(estimate_value(other, "doubly-robust"), Estimate))
    rows: dict[str, object] = {method: row(estimates, live, trials) for method, estimates in found.items()}
    return {"live": round(live, 3), **rows, "refused": {name: sum(flags) for name, flags in refused.items()}}


def row(estimates: Sequence[Estimate], live: float, trials: int) -> dict[str, float]:
    """How often the interval held the live value, how far the estimate was off, and how wide the interval is."""
    if not estimates:
        return {"within": 0, "given": 0, "trials": trials}
    return {
        "within": sum(e.low <= live <= e.high for e in estimates),
        "given": len(estimates),
        "trials": trials,
        "bias": round(statistics.fmean(e.value for e in estimates) - live, 3),
        "width": round(statistics.fmean(e.high - e.low for e in estimates), 3),
        "effective_documents": round(statistics.fmean(e.effective_documents for e in estimates), 1),
        "clip_share": round(statistics.fmean(e.clip_share for e in estimates), 4),
    }


async def two_policies(seed: int) -> tuple[FloatArray, FloatArray]:
    """Weights of the warm start, and of eight updates more."""
    pages = mixed_tasks("train", 8, pages=3, mix=MIX, seed=seed)
    settings = TrainSettings(log_pages=48, updates=8, num_heads=0, seed=seed)
    found = [
        (await train_policy(pages, pages[:6], replace(settings, updates=updates))).checkpoint.weights
        for updates in (0, 8)
    ]
    return found[0], found[1]


async def draw(pages: Sequence[PageTask], weights: FloatArray, trial: int) -> list[Rollout]:
    """The logged slates."""
    collector = Collector()
    return [
        await collector.rollout(task, weights, EXPLORING, num_slates=SLATES, seed=1000 * trial + number)
        for number, task in enumerate(pages)
    ]


def seen_by(rollout: Rollout, weights: FloatArray, settings: ScorerSettings) -> Group:
    """A logged page with the logits of the policy to judge."""
    return replace(
        uplift_group(rollout),
        logits_G_N=rollout_group(rollout, weights).logits_G_N,
        rewards_G=rollout.rewards_G,
        paid_G=np.array([parts.paid for parts in rollout.parts_G]),
        epsilon=settings.epsilon,
        temperature=settings.temperature,
    )


async def live_value(weights: FloatArray, pages: Sequence[PageTask]) -> float:
    """Mean net reward of the policy's own draws."""
    collector = Collector()
    found = []
    for number, task in enumerate(pages):
        rollout = await collector.rollout(task, weights, EXPLORING, num_slates=SLATES, seed=90_000 + number)
        found.append(float(rollout.rewards_G.mean()))
    return statistics.fmean(found)


if __name__ == "__main__":
    main()
