"""Does a policy that is trained on the small neural model's own translations choose better for it than the shipped one?

The shipped policy was trained with a simulated translator. Here the same command's stages (log, warm start, policy
gradient) run on pages that micro translates: generated languages of the development split, which neither micro nor the
shipped policy was trained on; judged on the held-out test languages of `micro_policies.py`. Units: net reward (chrF by
sentence above no context, minus 0.15 points per 100 context tokens) and chrF by sentence, points a page; 95 % intervals
are paired bootstraps by language. One training a seed; the translator is frozen. Excluded: memory calls and repairs.

With `--keep FOLDER` scores are kept there, and a run that was cut goes on from them.

    .venv/bin/python benchmarks/micro_learned.py [--quick] [--seed N] [--out FILE] [--keep FOLDER] [--model SPEC]
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common import add_common_arguments, finish, measure_with, with_backend

from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.agent.settings import DEFAULT_K
from dragoman.core.context import Observation
from dragoman.core.languages import ENGLISH
from dragoman.core.protocols import Backend
from dragoman.policies import make_policy
from dragoman.policies.checkpoint import save_checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.training.evaluate import score_policy
from dragoman.training.learning_job import DOCUMENT_SETTINGS
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, answer_page
from dragoman.training.micro.world import World
from dragoman.training.policy_table import Row, compare
from dragoman.training.rollouts import Collector, ScoreFile
from dragoman.training.simlang import SimSentence
from dragoman.training.tasks import PageTask
from dragoman.training.train_state import CurvePoint
from dragoman.training.trainer import train_policy

BUDGETS = (1600, 400)
CONCURRENCY = 32


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates one page of a generated document with the model, under any slate."""

    backend: Backend
    gate: asyncio.Semaphore
    world: World
    sentences: Sequence[SimSentence]
    observation: Observation

    async def translate(self, chosen: tuple[str, ...], pivot: bool) -> tuple[str, ...]:
        """One line for each sentence; empty where none came."""
        del pivot
        by_id = {candidate.id: candidate for candidate in self.observation.candidates}
        lines = {n: sentence.source for n, sentence in enumerate(self.sentences, 1)}
        references = {n: sentence.reference for n, sentence in enumerate(self.sentences, 1)}
        context = tuple(by_id[id] for id in chosen)
        messages = translate_messages(PromptPage(self.world.language.language, ENGLISH, lines, context))
        asked = Asked("slate", self.world.seed, messages, references, self.sentences)
        async with self.gate:
            scored = await answer_page(self.backend, asked, EvaluateConfig())
        return tuple(scored.answers.get(number, "") for number in lines)


def main() -> int:
    """Trains, judges, prints a table a budget, then the JSON line; 77 where the model cannot run."""
    options = _options()
    if options.quick:
        options.languages, options.log_pages, options.updates, options.test_languages, options.pages = 3, 6, 1, 2, 2
    started = time.perf_counter()
    return measure_with(options.model, lambda backend: _measure_all(options, backend, started))


def _measure_all(options: argparse.Namespace, backend: Backend, started: float) -> None:
    result = asyncio.run(measure(options, backend))
    finish("micro_learned", with_backend(options, backend.name), result, started, options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", default="micro", help="the frozen translator, as in make_backend (default micro)")
    parser.add_argument(
        "--keep", type=Path, default=None, metavar="FOLDER", help="keeps scores and policy; default: no"
    )
    parser.add_argument("--languages", type=int, default=24, help="to learn from, four pages each (default 24)")
    parser.add_argument("--log-pages", type=int, default=96, help="of the warm start (default 96)")
    parser.add_argument("--updates", type=int, default=8, help="of the policy gradient, 64 slates each (default 8)")
    parser.add_argument("--test-languages", type=int, default=8, help="to judge by (default 8)")
    parser.add_argument("--pages", type=int, default=12, help="of each document to judge by (default 12)")
    return parser.parse_args()


async def measure(options: argparse.Namespace, backend: Backend) -> dict[str, object]:
    """Trains one policy and judges it beside top-k and the shipped one."""
    gate = asyncio.Semaphore(CONCURRENCY)
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    collector = Collector(ScoreFile(None if options.keep is None else options.keep / f"scores-{options.seed}.jsonl"))
    start = 1000 * (options.seed + 1)
    train = [t for n in range(options.languages) for t in tasks(backend, gate, "dev", start + n, 4, BUDGETS)]
    develop = [t for n in range(4) for t in tasks(backend, gate, "dev", start + 500 + n, 4, BUDGETS[:1])]
    settings = replace(
        DOCUMENT_SETTINGS,
        log_pages=options.log_pages,
        updates=options.updates,
        pages_per_update=8,
        eval_every=4,
        num_heads=0,
        seed=options.seed,
    )
    run = await train_policy(train, develop, settings, collector=collector, eval_collector=collector, on_point=show)
    if options.keep is not None:
        save_checkpoint(run.checkpoint, options.keep / f"policy-{options.seed}.json")
    trained = LearnedPolicy(run.checkpoint)
    result: dict[str, object] = {"translations": run.curve[-1].num_translations}
    for budget in BUDGETS:
        test = [
            t for n in range(options.test_languages) for t in tasks(backend, gate, "test", n, options.pages, (budget,))
        ]
        policies = {"top-k": make_policy("top-k"), "shipped": make_policy("learned"), "trained": trained}
        scores = {name: await score_policy(policy, test, collector) for name, policy in policies.items()}
        result[str(budget)] = {
            baseline: table(compare(scores, baseline=baseline, seed=options.seed), budget, baseline)
            for baseline in ("top-k", "shipped")
        }
    return result


def tasks(
    backend: Backend, gate: asyncio.Semaphore, split: str, number: int, pages: int, budgets: Sequence[int]
) -> Iterator[PageTask]:
    """The pages of one generated document, the budgets taken in turn, memory as perfect memory calls leave it."""
    world = World(number, split=split, pages=pages, counter=backend)
    tag = world.language.tag
    for index, sentences in enumerate(world.document.pages):
        page, budget = world.page(sentences, out=False), budgets[(number + index) % len(budgets)]
        seen = world.observation(page, out=False, k=dict(DEFAULT_K), budget=budget)
        translate = Translator(backend, gate, world, sentences, seen).translate
        references = tuple(sentence.reference for sentence in sentences)
        yield PageTask(f"{tag}/p{index}", tag, seen, references, translate, translator=backend.name)


def show(point: CurvePoint) -> None:
    """One line of the learning curve."""
    print(
        f"{point.stage:<16} {point.update:>4} {point.num_translations:>7,} net {point.net:.2f} chrF {point.quality:.2f}"
        f" tokens {point.tokens:.0f} {point.seconds:.0f} s",
        flush=True,
    )


def table(rows: Sequence[Row], budget: int, baseline: str) -> dict[str, object]:
    """Prints one budget against one policy and gives the figures."""
    print(
        f"\nbudget {budget} tokens\n{'policy':<10} {'net':>7} {'chrF':>7} {'tokens':>7}  net against {baseline} (95 %)"
    )
    found: dict[str, object] = {}
    for row in rows:
        interval = None if row.against is None else [row.against.value, row.against.low, row.against.high]
        shown = "" if interval is None else "{:+.2f} [{:+.2f}, {:+.2f}]".format(*interval)
        print(f"{row.name:<10} {row.score.net:>7.2f} {row.score.quality:>7.2f} {row.score.tokens:>7.0f}  {shown}")
        against = None if interval is None else [round(value, 3) for value in interval]
        score = row.score
        found[row.name] = {
            "net": round(score.net, 3),
            "chrf": round(score.quality, 3),
            "tokens": round(score.tokens, 1),
            "against": against,
        }
    return found


if __name__ == "__main__":
    sys.exit(main())
