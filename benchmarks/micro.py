"""How well does the small neural model read its prompts, in languages and typologies it has never seen?

Unit: chrF of sacrebleu over all lines of a condition, 95 % interval from resampling languages. One page of ten lines
of each held-out language; the prompt holds the items the page needs among as many drawn distractors:

    into_english    with the automatic gloss           words_only      without the gloss
    out_of_english  resources turned round, gloss      between         into another unseen language, gloss
    no_dictionary   neither dictionary nor gloss

by_phenomenon takes one kind of item away and scores the sentences that need it, and the others. tokens_per_s counts
output tokens of the glossed pages, all asked at once; loading the model and making the prompts are outside the clock.
With --policies the same pages are asked with the context of each fixed policy. Skipped where torch is not installed.

    .venv/bin/python benchmarks/micro.py [--quick] [--seed N] [--out FILE] [--model SPEC] [--policies]
"""

import argparse
import sys
import time
from collections.abc import Sequence

from common import add_common_arguments, finish, skip

from dragoman.agent.backends import make_backend
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.protocols import Backend
from dragoman.training.micro.evaluate import (
    MAIN_CONDITIONS,
    PHENOMENA,
    POLICY_NAMES,
    EvaluateConfig,
    Scored,
    evaluate,
)
from dragoman.training.micro.scores import condition_chrf, phenomenon_table


def main() -> int:
    """Measures, prints the tables, then the JSON line; 77 where the model cannot run."""
    options = _options()
    started = time.perf_counter()
    try:
        backend = make_backend(options.model)
    except (MissingExtraError, ConfigurationError) as error:
        return skip(str(error))
    config = EvaluateConfig(languages=1 if options.quick else options.languages, start=options.seed)
    conditions = [*MAIN_CONDITIONS]
    conditions += [] if options.quick else [f"without {name}" for name in PHENOMENA]
    conditions += [f"policy {name}" for name in POLICY_NAMES] if options.policies else []
    evaluate(backend, EvaluateConfig(languages=1, split="dev", page=0), ["no_dictionary"])  # loads the model
    scored, tokens_per_s = _measure(backend, config, conditions)
    result = _result(scored, conditions, tokens_per_s)
    if not options.quick:
        result["by_phenomenon"] = phenomenon_table(scored)
        _print_phenomena(scored)
    settings = {key: value for key, value in vars(options).items() if key != "out"} | {"backend": backend.name}
    finish("micro", settings, result, started, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", default="micro", help="what is measured, as in make_backend (default micro)")
    parser.add_argument("--languages", type=int, default=20, help="held-out languages (default 20)")
    parser.add_argument("--policies", action="store_true", help="also the fixed policies under a budget of 400 tokens")
    return parser.parse_args()


def _measure(backend: Backend, config: EvaluateConfig, conditions: Sequence[str]) -> tuple[list[Scored], float]:
    """All answers, and output tokens a second of the first condition."""
    started = time.perf_counter()
    first = evaluate(backend, config, conditions[:1])
    seconds = time.perf_counter() - started
    rest = evaluate(backend, config, conditions[1:])
    return [*first, *rest], sum(page.output_tokens for page in first) / seconds


def _result(scored: Sequence[Scored], conditions: Sequence[str], tokens_per_s: float) -> dict[str, object]:
    result: dict[str, object] = {}
    print(f"{'condition':<18}{'chrF':>7}   95 %")
    for condition in conditions:
        row = condition_chrf(scored, condition)
        print(f"{condition:<18}{row.value:7.1f}   [{row.low:.1f}, {row.high:.1f}]")
        name = condition.replace(" ", "_")
        result[name] = round(row.value, 2)
        result[f"{name}_ci"] = [round(row.low, 2), round(row.high, 2)]
    print(f"{tokens_per_s:,.0f} output tokens a second")
    result["tokens_per_s"] = round(tokens_per_s, 1)
    return result


def _print_phenomena(scored: Sequence[Scored]) -> None:
    print(f"{'phenomenon':<12}{'lines':>6}{'with':>8}{'without':>9}{'others with':>13}{'others without':>16}")
    for name, row in phenomenon_table(scored).items():
        needing = f"{row['needing_with']:8.1f}{row['needing_without']:9.1f}"
        print(f"{name:<12}{row['lines']:>6}{needing}{row['others_with']:13.1f}{row['others_without']:16.1f}")


if __name__ == "__main__":
    sys.exit(main())
