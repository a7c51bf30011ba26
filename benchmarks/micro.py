"""How well does the small neural model read its prompts, in languages and typologies it has never seen?

Unit: chrF of sacrebleu over all lines of a condition, 95 % interval from resampling languages. Two pages of ten lines
of each held-out language, --lines 5 or 10 of them in a prompt; it holds the items the page needs among as many drawn
distractors:

    into_english    with the automatic gloss           words_only      dictionary and rules, no gloss
    out_of_english  resources turned round, gloss      between         into another unseen language, gloss
    no_dictionary   neither dictionary nor gloss

"by phenomenon" takes one kind of item out of the very same prompts and scores the sentences that need it, and the
others, with the paired difference. The built-in gloss answers the same prompts of the main conditions. tokens_per_s
counts output tokens of the glossed pages, all asked at once; loading the model and making the prompts are outside the
clock. With --policies the same pages are asked with the context of each fixed policy. Skipped where torch is not
installed or no weights are.

    .venv/bin/python benchmarks/micro.py [--quick] [--seed N] [--out FILE] [--model SPEC] [--lines N] [--policies]
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from itertools import product

from common import add_common_arguments, finish, measure_with, with_backend

from dragoman.agent.backends import make_backend
from dragoman.core.protocols import Backend
from dragoman.training.micro.evaluate import (
    MAIN_CONDITIONS,
    PHENOMENA,
    POLICY_NAMES,
    REDUCED_CONDITIONS,
    Asked,
    EvaluateConfig,
    Scored,
    answer_pages,
    asked_pages,
    evaluate,
)
from dragoman.training.micro.scores import condition_chrf, needing, phenomenon_table

PAGES = 2


def main() -> int:
    """Measures, prints the tables, then the JSON line; 77 where the model cannot run."""
    options = _options()
    started = time.perf_counter()
    return measure_with(options.model, lambda backend: _measure_all(options, backend, started))


def _measure_all(options: argparse.Namespace, backend: Backend, started: float) -> None:
    config = EvaluateConfig(
        languages=1 if options.quick else options.languages,
        start=options.seed,
        split=options.split,
        pages=1 if options.quick else PAGES,
        lines=options.lines,
    )
    evaluate(backend, EvaluateConfig(languages=1, split="dev", page=0), ["no_dictionary"])  # loads the model
    asked = asked_pages(config, backend, _conditions(options))
    scored, tokens_per_s = _measure(backend, config, asked)
    result: dict[str, object] = {"tokens_per_s": round(tokens_per_s, 1), **_conditions_result(scored, options)}
    if options.model != "gloss":
        main_pages = [page for page in asked if page.condition in MAIN_CONDITIONS]
        result["gloss_backend"] = _beside(answer_pages(make_backend("gloss"), main_pages, config))
    if not options.quick:
        by_phenomenon = {condition: _phenomena(scored, condition) for condition in REDUCED_CONDITIONS}
        result |= {"by_phenomenon": by_phenomenon, "lines_needing": _lines_needing(scored)}
    print(f"\n{tokens_per_s:,.0f} output tokens a second on {len(os.sched_getaffinity(0))} cores")
    finish("micro", with_backend(options, backend.name), result, started, options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", default="micro", help="what is measured, as in make_backend (default micro)")
    parser.add_argument("--languages", type=int, default=20, help="held-out languages (default 20)")
    parser.add_argument("--lines", type=int, default=10, help="most lines of a prompt, 5 or 10 (default 10)")
    parser.add_argument("--split", default="test", help="test, or dev while something is tuned (default test)")
    parser.add_argument("--policies", action="store_true", help="also the fixed policies under a budget of 400 tokens")
    return parser.parse_args()


def _conditions(options: argparse.Namespace) -> list[str]:
    pairs = [] if options.quick else product(REDUCED_CONDITIONS, PHENOMENA)
    phenomena = [f"{condition} without {name}" for condition, name in pairs]
    return [*MAIN_CONDITIONS, *phenomena, *([f"policy {name}" for name in POLICY_NAMES] if options.policies else [])]


def _measure(backend: Backend, config: EvaluateConfig, asked: Sequence[Asked]) -> tuple[list[Scored], float]:
    """All answers, and output tokens a second of the first condition."""
    timed = [page for page in asked if page.condition == MAIN_CONDITIONS[0]]
    started = time.perf_counter()
    first = answer_pages(backend, timed, config)
    seconds = time.perf_counter() - started
    rest = answer_pages(backend, asked[len(timed) :], config)
    return [*first, *rest], sum(page.output_tokens for page in first) / seconds


def _conditions_result(scored: Sequence[Scored], options: argparse.Namespace) -> dict[str, object]:
    result: dict[str, object] = {}
    print(f"{'condition':<32} {'chrF, 95 %':<22} {'lines':>5}")
    for condition in _conditions(options):
        row = condition_chrf(scored, condition)
        print(f"{condition:<32} {row!s:<22} {row.lines:>5}")
        name = condition.replace(" ", "_")
        result |= {name: round(row.value, 2), f"{name}_ci": [round(row.low, 2), round(row.high, 2)]}
    return result


def _beside(scored: Sequence[Scored]) -> dict[str, list[float]]:
    """The built-in gloss on the same prompts."""
    print("\ngloss backend, same prompts")
    rows = {condition: condition_chrf(scored, condition) for condition in MAIN_CONDITIONS}
    for condition, row in rows.items():
        print(f"{condition:<20} {row!s}")
    return {condition: row.rounded() for condition, row in rows.items()}


def _phenomena(scored: Sequence[Scored], condition: str) -> dict[str, dict[str, list[float]]]:
    table = phenomenon_table(scored, condition)
    columns = ("needing_with", "needing_without", "needing_loss", "others_with", "others_without", "others_loss")
    print(
        f"\n{condition}, items left out\n{'phenomenon':<11}{'lines':>6} " + " ".join(f"{name:<22}" for name in columns)
    )
    for name, row in table.items():
        print(f"{name:<11}{row['needing_with'].lines:>6} " + " ".join(f"{row[key]!s:<22}" for key in columns))
    return {
        name: {**{key: row[key].rounded() for key in columns}, "lines": [row["needing_with"].lines]}
        for name, row in table.items()
    }


def _lines_needing(scored: Sequence[Scored]) -> dict[str, dict[str, list[float]]]:
    """Each main condition on the sentences that need each phenomenon."""
    print("\nsentences that need" + "".join(f" {name:<22}" for name in PHENOMENA))
    table = {}
    for condition in MAIN_CONDITIONS:
        rows = {name: condition_chrf(scored, condition, needing(name)) for name in PHENOMENA}
        print(f"{condition:<19}" + "".join(f" {row!s:<22}" for row in rows.values()))
        table[condition] = {name: row.rounded() for name, row in rows.items()}
    return table


if __name__ == "__main__":
    sys.exit(main())
