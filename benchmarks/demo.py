"""The demo: a language no model knows is made up and a document in it translated under each fixed policy.

Writes `demo/`: the language's document, dictionary, grammar, parallel and glossed text, the translation of each policy
and an HTML report of the default policy that shows, sentence by sentence, what was offered, what was chosen and why.
Quality is measured against the generated reference with sacrebleu. The model is the small neural one that ships with
the package, or the one that is named; it knows no language, so the table shows what choosing context brings, not what
a large model would write. A neural model has the weight-free gloss beside it, on the same document.

    make demo    or    .venv/bin/python benchmarks/demo.py [--quick] [--seed N] [--pages N] [--model SPEC]
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sacrebleu
from common import add_common_arguments, finish

from dragoman import Translator
from dragoman.policies import DEFAULT_POLICY, POLICIES
from dragoman.results import TranslationResult
from dragoman.training.simlang import SimFolder, write_folder

PAGES, QUICK_PAGES = 12, 3
GLOSS_ROW = "(gloss)"
# Policies that ask the model need one that can answer; the gloss cannot.
SHOWN = tuple(policy for policy in POLICIES if policy not in ("prompted", "hybrid"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; scores in points, cost for the whole document."""

    chrf: float
    chrf2: float
    bleu: float
    prompt_tokens: int
    calls: int
    seconds: float


def main() -> int:
    """Makes the language, translates under each policy, prints the table."""
    options = parse()
    started = time.perf_counter()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    pages = QUICK_PAGES if options.quick else options.pages
    land = write_folder(options.seed, pages=pages, folder=folder / "language")
    name = land.language.partition(":")[2]
    print(f"made up {name}: {pages} pages with dictionary, grammar and examples, in {folder}/")
    reference = land.reference.read_text(encoding="utf-8").splitlines()
    table: dict[str, Row] = {}
    for policy in SHOWN:
        result, seconds = translate(land, policy, folder / f"translation.{policy}.txt", options, options.model)
        table[policy] = score(result, reference, seconds)
        if policy == DEFAULT_POLICY:
            report = result.save_report(folder / "report.html")
    if options.model != "gloss":
        result, seconds = translate(land, DEFAULT_POLICY, folder / "translation.gloss.txt", options, "gloss")
        table[GLOSS_ROW] = score(result, reference, seconds)
    print_table(table)
    print(f"translations: {folder}/translation.*.txt   report: {report}")
    settings = {"seed": options.seed, "pages": pages, "budget_tokens": options.budget, "model": options.model}
    finish("demo", settings, {policy: vars_of(row) for policy, row in table.items()}, started, options.out)
    return 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.set_defaults(seed=7)
    parser.add_argument("--pages", type=int, default=PAGES, help=f"of the document (default {PAGES})")
    parser.add_argument("--model", default="micro", help="as for translate (default micro, which ships with us)")
    parser.add_argument("--budget", default="auto", help="context tokens a page (default auto)")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where everything is written (default demo)")
    return parser.parse_args()


def translate(
    land: SimFolder, policy: str, output: Path, options: argparse.Namespace, model: str
) -> tuple[TranslationResult, float]:
    """The document translated under one policy, and the seconds it took."""
    began = time.perf_counter()
    with Translator(
        land.language,
        "English",
        policy=policy,
        dictionary=land.dictionary,
        grammar=land.grammar,
        parallel=land.parallel,
        glossed=land.glossed,
        glossary=land.glossary,
        budget_tokens=options.budget,
        model=model,
    ) as translator:
        result = translator.translate_file(land.document, output)
    return result, time.perf_counter() - began


def score(result: TranslationResult, reference: Sequence[str], seconds: float) -> Row:
    """The table's line of one translation; empty lines of the document are left out on both sides."""
    pairs = [(h, r) for h, r in zip(result.text.splitlines(), reference, strict=True) if r]
    hypotheses, references = [h for h, _ in pairs], [[r for _, r in pairs]]
    return Row(
        chrf=sacrebleu.corpus_chrf(hypotheses, references).score,
        chrf2=sacrebleu.corpus_chrf(hypotheses, references, word_order=2).score,
        bleu=sacrebleu.corpus_bleu(hypotheses, references).score,
        prompt_tokens=result.usage.prompt_tokens,
        calls=result.usage.calls,
        seconds=seconds,
    )


def vars_of(row: Row) -> dict[str, float]:
    """The line as JSON takes it."""
    names = ("chrf", "chrf2", "bleu", "prompt_tokens", "calls", "seconds")
    return {name: round(getattr(row, name), 2) for name in names}


def print_table(table: dict[str, Row]) -> None:
    """For people."""
    print(f"\n{'policy':<10} {'chrF':>6} {'chrF++':>7} {'BLEU':>6} {'prompt tokens':>14} {'calls':>6} {'seconds':>8}")
    for policy, row in table.items():
        cost = f"{row.prompt_tokens:>14,} {row.calls:>6} {row.seconds:>8.1f}"
        print(f"{policy:<10} {row.chrf:>6.1f} {row.chrf2:>7.1f} {row.bleu:>6.1f} {cost}")
    for metric in (sacrebleu.CHRF(), sacrebleu.CHRF(word_order=2), sacrebleu.BLEU()):
        metric.corpus_score(["a"], [["a"]])
        print(f"{metric.get_signature()}")
    print()


if __name__ == "__main__":
    sys.exit(main())
