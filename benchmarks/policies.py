"""Which context policy earns most on languages it was never trained on, with the same frozen translator?

SIMULATION: the translator is the simulated law of `dragoman.training.simulated`; nothing here is about a real model.
Units: net reward and chrF in points per page, context tokens and model calls per page. `learned` is trained on
generated training languages, once per training seed, and judged with all others on the same pages of held-out test
languages; intervals are paired bootstraps by document, per language. `oracle` is a search from the learned choice of
the first training seed, a lower bound of the best. Offers are `drawn` (features drawn, see `simulated_offers`) or
`recalled` (the real memory and its features). With recalled offers `learned` gets a probe of each document (a bare
translation of its first lines, perhaps of its first page), a call or two more whose tokens, prompt and answer, are
paid at the price of context by the pages in equal shares; `--no-probe` leaves it out. Drawn features do not say which
word is meant, so there is none. Excluded from `choose_ms`: recall.

With `--keep FOLDER` trained policies and judged languages are kept there, and a run that was cut goes on from them.

    .venv/bin/python benchmarks/policies.py [--quick] [--seed N] [--offers drawn|recalled] [--no-probe] [--keep DIR]
        [--out FILE]
"""

import argparse
import asyncio
import json
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from common import add_common_arguments, finish
from policy_tables import BEATEN, gap_closed, lower_bound, show, table, tokens_share

from dragoman.policies.checkpoint import load_checkpoint, save_checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.policies.probing import choosable
from dragoman.training.chrf import sentence_chrf
from dragoman.training.evaluate import summarise
from dragoman.training.learning_job import SIM_LANGUAGES, SIM_MIX, SIM_SETTINGS
from dragoman.training.policy_table import oracle_scores, score_all
from dragoman.training.probed import probed
from dragoman.training.rollouts import Collector
from dragoman.training.simlang import pack
from dragoman.training.simlang_tasks import SimTerms, mixed_tasks, simlang_tasks
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    offers: str
    seeds: tuple[int, ...]
    num_languages: int
    num_documents: int
    budgets: tuple[int, ...]
    updates: int
    train_languages: int
    keep: Path | None = None
    probe: bool = False

    @property
    def knowns(self) -> tuple[float, ...]:
        """Share of words and rules the translator knows by itself; real features cannot show it, so it is narrower."""
        return (0.0, 0.3) if self.offers == "recalled" else (0.0, 0.5, 0.9)

    def terms(self, known: float, budget: int) -> SimTerms:
        """Of a page."""
        return SimTerms(known=known, budget_tokens=budget, recalled=self.offers == "recalled")

    @property
    def mix(self) -> tuple[SimTerms, ...]:
        """Of the training pages: with real features what the command takes, else some pages need next to nothing."""
        if self.offers == "recalled":
            return SIM_MIX
        return tuple(self.terms(known, budget) for known in (*self.knowns, 1.0) for budget in (400, 800, 1600))


def main() -> None:
    """Trains, measures, prints the table, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--offers", choices=("drawn", "recalled"), default="drawn", help="default: drawn")
    parser.add_argument("--no-probe", action="store_true", help="recalled offers without the probe")
    parser.add_argument(
        "--keep", type=Path, default=None, metavar="DIR", help="keeps what is finished; default: nothing"
    )
    options = parser.parse_args()
    started = time.perf_counter()
    plan = make_plan(options.offers, options.seed, quick=options.quick, keep=options.keep)
    plan = replace(plan, probe=plan.offers == "recalled" and not options.no_probe)
    result = asyncio.run(measure(plan))
    settings = {
        "offers": plan.offers,
        "probe": plan.probe,
        "seeds": list(plan.seeds),
        "budgets": list(plan.budgets),
        "updates": plan.updates,
        "train_languages": plan.train_languages,
        "documents_per_language": plan.num_documents,
        "simulation": True,
        "quick": options.quick,
    }
    finish("policies", settings, result, started, options.out)


def make_plan(offers: str, seed: int, *, quick: bool = False, keep: Path | None = None) -> Plan:
    """Five seeds, eight languages and two budgets; or the quick part of that."""
    if quick:
        return Plan(offers, (seed,), 3, 4, (1600,), 40, 12, keep)
    seeds = tuple(range(seed, seed + 5))
    updates, languages = (SIM_SETTINGS.updates, SIM_LANGUAGES) if offers == "recalled" else (120, 24)
    return Plan(offers, seeds, 8, 6, (1600, 400), updates, languages, keep)


async def measure(plan: Plan) -> dict[str, object]:
    """All figures."""
    policies, seconds = [], []
    for seed in plan.seeds:
        began = time.perf_counter()
        policies.append(await trained(plan, seed))
        seconds.append(time.perf_counter() - began)
        print(f"trained seed {seed} in {seconds[-1]:.0f} s", flush=True)
    by_budget = {budget: await judge(plan, policies, budget) for budget in plan.budgets}
    main_budget = by_budget[plan.budgets[0]]
    for budget, found in by_budget.items():
        show(budget, found)
    result: dict[str, object] = dict(main_budget["languages"])
    result["summary"] = main_budget["summary"]
    result["other_budgets"] = {str(budget): by_budget[budget] for budget in plan.budgets[1:]}
    result["training_seconds"] = [round(value, 1) for value in seconds]
    result["choose_ms"] = choose_ms(policies[0])
    result["no_context_sentences"] = await without_need(plan, policies)
    result["seen"] = await seen_languages(plan, policies, plan.budgets[0])
    print({name: result[name] for name in ("choose_ms", "no_context_sentences", "seen", "training_seconds")})
    return result


async def trained(plan: Plan, seed: int) -> LearnedPolicy:
    """The policy of one training seed, with training languages of its own."""
    kept = None if plan.keep is None else plan.keep / f"{plan.offers}-policy-{seed}.json"
    if kept is not None and kept.exists():
        return LearnedPolicy(load_checkpoint(kept))
    start = 100 * seed
    pages = mixed_tasks("train", plan.train_languages, pages=4, mix=plan.mix, seed=seed, start=start)
    develop = mixed_tasks("dev", len(plan.mix), pages=3, mix=plan.mix, seed=seed + 7)
    if plan.offers == "recalled":  # as the command trains
        settings = replace(SIM_SETTINGS, updates=plan.updates, seed=seed)
    else:
        settings = TrainSettings(updates=plan.updates, seed=seed, learning_rate=0.05, within_budget=True)
    run = await train_policy(pages, develop, settings)
    if kept is not None:
        save_checkpoint(run.checkpoint, kept)
    return LearnedPolicy(run.checkpoint)


def documents(plan: Plan, split: str, number: int, budget: int, *, seed: int) -> tuple[PageTask, ...]:
    """Pages of several documents of one language, the translator's knowledge taken in turn."""
    pages = _pages(plan, split, number, seed)
    return tuple(replace(task, observation=replace(task.observation, budget_tokens=budget)) for task in pages)


@lru_cache(maxsize=1)  # the budgets share what is offered
def _pages(plan: Plan, split: str, number: int, seed: int) -> tuple[PageTask, ...]:
    language = list(pack(split, 1, start=number))
    found: list[PageTask] = []
    for document in range(plan.num_documents):
        known = plan.knowns[document % len(plan.knowns)]
        found += simlang_tasks(language, pages=3, terms=plan.terms(known, 1600), seed=seed + document)
    return tuple(found)


async def seen_by_learned(plan: Plan, tasks: Sequence[PageTask]) -> tuple[PageTask, ...]:
    """The same pages, after a probe of each document where the plan has one."""
    if not plan.probe:
        return tuple(tasks)
    by_document: dict[str, list[PageTask]] = {}
    for task in tasks:
        by_document.setdefault(task.id.rpartition("/")[0], []).append(task)
    return tuple([task for pages in by_document.values() for task in await probed(pages)])


async def judge(plan: Plan, policies: Sequence[LearnedPolicy], budget: int) -> dict[str, dict[str, object]]:
    """The table of one budget and its summary."""
    languages: dict[str, object] = {}
    gaps: list[float] = []
    seed_wins: list[list[bool]] = []
    for number in range(plan.num_languages):
        found = await judge_language(plan, policies, budget, number)
        languages[found["language"]] = found["rows"]
        gaps += found["gaps"]
        seed_wins.append(found["beaten"])
    summary: dict[str, object] = {
        "wins": sum(all(beaten) for beaten in seed_wins),
        "languages": plan.num_languages,
        "wins_by_seed": np.array(seed_wins).sum(axis=0).tolist(),
        "gap_closed_min": round(min(gaps), 3),
        "gap_closed_mean": round(statistics.fmean(gaps), 3),
        "tokens_share_of_top_k": round(tokens_share(languages), 3),
    }
    return {"languages": languages, "summary": summary}


async def judge_language(
    plan: Plan, policies: Sequence[LearnedPolicy], budget: int, number: int
) -> dict[str, Any]:  # Any: JSON
    """One language under one budget: its rows, the gap closed and whether all rivals are beaten, by training seed."""
    kept = None if plan.keep is None else plan.keep / f"{plan.offers}{'-probe' * plan.probe}-{budget}-{number}.json"
    if kept is not None and kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    tasks = documents(plan, "test", number, budget, seed=50)
    collector = Collector()
    after = await seen_by_learned(plan, tasks)
    by_seed = [await score_all(tasks, mine, collector, probed=after, seed=seed) for seed, mine in enumerate(policies)]
    starts = {task.id: policies[0].choose(choosable(task.observation), seed=0).chosen for task in after}
    best = await oracle_scores(tasks[::3], starts, collector)
    names = [task.id for task in tasks[::3]]
    found = {
        "language": tasks[0].language,
        "rows": table(by_seed, best),
        "gaps": [gap_closed(scores, best, names) for scores in by_seed],
        "beaten": [all(lower_bound(scores, rival) > 0 for rival in BEATEN) for scores in by_seed],
    }
    if kept is not None:
        kept.write_text(json.dumps(found), encoding="utf-8")
    return found


async def without_need(plan: Plan, policies: Sequence[LearnedPolicy]) -> dict[str, float]:
    """chrF of sentences that need no context, learned minus none: where the translator knows all words and rules."""
    language = list(pack("test", 4))
    offered = simlang_tasks(language, pages=4, terms=plan.terms(1.0, plan.budgets[0]), seed=90)
    tasks = await seen_by_learned(plan, offered)
    differences = []
    for policy in policies:
        lost = []
        for task in tasks:
            without = await task.translate((), False)
            chosen = policy.choose(choosable(task.observation), seed=0).chosen
            given = await task.translate(chosen, False)
            rows = zip(without, given, task.references, strict=True)
            lost += [sentence_chrf(b, r) - 100.0 for a, b, r in rows if a == r]
        differences.append(statistics.fmean(lost))
    return {"worst_seed": round(min(differences), 4), "mean": round(statistics.fmean(differences), 4)}


async def seen_languages(plan: Plan, policies: Sequence[LearnedPolicy], budget: int) -> dict[str, float | None]:
    """Gain over top-k on new documents of training languages, and on held-out languages, per training seed."""
    seen: list[float] = []
    held: list[float] = []
    for seed, policy in zip(plan.seeds, policies, strict=True):
        for split, start, found in (("train", 100 * seed, seen), ("test", 0, held)):
            tasks = [t for n in range(3) for t in documents(plan, split, start + n, budget, seed=70)]
            scores = await score_all(tasks, policy, Collector(), probed=await seen_by_learned(plan, tasks))
            found.append(summarise(scores["learned"]).net - summarise(scores["top-k"]).net)
    gained = statistics.fmean(seen)
    share = statistics.fmean(held) / gained if gained > 0 else float("nan")  # a share of no gain says nothing
    return {
        "gain_seen": round(statistics.fmean(seen), 3),
        "gain_held_out": round(statistics.fmean(held), 3),
        "share": None if math.isnan(share) else round(share, 3),
    }


def choose_ms(policy: LearnedPolicy) -> float:
    """Best of 30 runs: milliseconds for one page of 64 candidates."""
    (task, *_) = simlang_tasks(pack("test", 1), pages=1, terms=SimTerms(), seed=1)
    seen = replace(task.observation, candidates=task.observation.candidates[:64])
    times = []
    for _ in range(30):
        began = time.process_time()
        for _ in range(10):
            policy.choose(seen, seed=0)
        times.append((time.process_time() - began) / 10)
    return round(1000 * min(times), 3)


if __name__ == "__main__":
    main()
