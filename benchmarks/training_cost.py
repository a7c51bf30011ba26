"""What does a full training on generated languages cost, in time and memory, and how fast are its rollouts?

SIMULATION: the translator is the simulated law of `dragoman.training.simulated`. `training` runs the command a user
would run, `dragoman policy train -o FILE`, with all its defaults, in a process of its own: wall and processor seconds
with start-up and writing, peak resident memory in MiB. Wall time is that of this machine with whatever else it does;
`cores` tells how many were usable. `rollouts` are pages a minute of processor time on one core: slates drawn by a
scorer, translated and scored with chrF, every one of them new to the collector. A page is ten sentences or so.
Excluded from rollouts: the making of the languages and their offers, which happens once a document.

    .venv/bin/python benchmarks/training_cost.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import add_common_arguments, finish

from dragoman.policies.checkpoint import default_checkpoint
from dragoman.policies.scorer import ScorerSettings
from dragoman.training.learning_job import SIM_SETTINGS
from dragoman.training.rollouts import Collector
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks
from dragoman.training.tasks import PageTask

GATES = {"wall_s": 180.0, "peak_mib": 2048.0, "pages_per_min": 10_000.0}


def main() -> None:
    """Measures, prints, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    started = time.perf_counter()
    updates = 10 if options.quick else SIM_SETTINGS.updates
    result: dict[str, object] = {"training": training(options.seed, updates), "gates": GATES}
    for name, recalled in (("drawn", False), ("recalled", True)):
        mix = tuple(SimTerms(budget_tokens=budget, recalled=recalled) for budget in (400, 1600))
        tasks = mixed_tasks("train", 4, pages=4, mix=mix, seed=options.seed)
        result[f"rollouts_{name}"] = asyncio.run(rollouts(tasks, 4 if options.quick else 32))
    for name, figures in result.items():
        print(name, figures)
    settings = {"updates": updates, "seed": options.seed, "simulation": True, "quick": options.quick}
    finish("training_cost", settings, result, started, options.out)


def training(seed: int, updates: int) -> dict[str, float]:
    """The command, run to its end."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "policy.json"
        command = [sys.executable, "-m", "dragoman", "policy", "train", "-o", str(output)]
        command += ["--seed", str(seed), "--updates", str(updates)]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall_s": round(wall, 1),
        "processor_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024, 1),
        "cores": len(os.sched_getaffinity(0)),
    }


async def rollouts(tasks: tuple[PageTask, ...], rounds: int) -> dict[str, float]:
    """Slates of the shipped scorer, with draws wide enough that few are equal."""
    weights, settings = default_checkpoint().weights, ScorerSettings(temperature=2.0, epsilon=0.5, within_budget=False)
    collector = Collector()
    for task in tasks:
        collector.table(task)
    began = time.process_time()
    for number in range(rounds):
        for task in tasks:
            await collector.rollout(task, weights, settings, num_slates=8, seed=number)
    seconds = time.process_time() - began
    return {
        "pages_per_min": round(60 * collector.num_translations / seconds),
        "translations": collector.num_translations,
        "processor_s": round(seconds, 2),
    }


if __name__ == "__main__":
    main()
