"""Does a selector trained on two real low-resource languages choose context better in a third?

Real texts (Komnzo, Muyu, Tsez) with resources made from other texts of the same language, the `gloss` backend, and
the agent's own pages and memory. Unit: net reward and chrF in points, context tokens per page. `learned` is trained on
development texts of two languages and judged on test texts of the third; `shipped` is the default checkpoint, trained
on generated languages only. Random spends the tokens of `learned`. Intervals: paired bootstrap by document against
top-k. Needs the data folder.

    .venv/bin/python benchmarks/policies_lowres.py [--quick] [--seed N] [--budget TOKENS] [--out FILE]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from common import add_common_arguments, finish, skip
from lowres_data import LANGUAGES, read_texts, split_texts
from lowres_files import write_language

from dragoman.core.environment import data_folder
from dragoman.options import make_options
from dragoman.policies.checkpoint import default_checkpoint
from dragoman.policies.learned import LearnedPolicy
from dragoman.training.learning_job import document_tasks, open_model
from dragoman.training.policy_table import compare, score_all
from dragoman.training.rollouts import Collector
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.trainer import train_policy


def main() -> int:
    """Trains three times, prints three tables, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--budget", type=int, default=800, help="context tokens a page (default 800)")
    parser.add_argument("--lines", type=int, default=60, help="of each document, at most (default 60)")
    options = parser.parse_args()
    data = data_folder().resolve()
    if not (data / "lowres").is_dir():
        return skip(f"no folder {data / 'lowres'}: set DRAGOMAN_DATA to the data folder")
    started = time.perf_counter()
    result = asyncio.run(measure(data, options))
    settings = {"budget": options.budget, "lines": options.lines, "seed": options.seed, "quick": options.quick}
    finish("policies_lowres", settings, result, started, options.out)
    return 0


async def measure(data: Path, options: argparse.Namespace) -> dict[str, object]:
    """One table per held-out language."""
    with tempfile.TemporaryDirectory() as name:
        pages = {
            (key, part): await pages_of(data, Path(name) / part / key, key, part, options)
            for key in LANGUAGES
            for part in ("dev", "test")
        }
    result: dict[str, object] = {}
    for held_out in list(LANGUAGES)[: 1 if options.quick else None]:
        train = [task for key in LANGUAGES if key != held_out for task in pages[key, "dev"]]
        result[held_out] = await judge(train, pages[held_out, "dev"], pages[held_out, "test"], options)
        print_table(held_out, result[held_out])
    return result


async def pages_of(data: Path, folder: Path, key: str, part: str, options: argparse.Namespace) -> tuple[PageTask, ...]:
    """Pages of the texts of a part; resources hold none of these texts, nor of the test texts."""
    language = LANGUAGES[key]
    split = split_texts(read_texts(data, language), language.num_test, part=part)
    written = write_language(language, split, folder, data=data, max_lines=20 if options.quick else options.lines)
    documents = written.documents[: 2 if options.quick else None]
    keywords = {"budget_tokens": options.budget, "remember": "never", "max_repairs": 0, "model": "gloss"}
    resources = {kind: str(path) for kind, path in written.resources.items()}
    order = make_options(f"{language.tag}:{language.name}", "English", {**keywords, **resources})
    sources = [document.path for document in documents]
    references = [document.path.with_name(f"{document.id}.en.txt") for document in documents]
    async with open_model(order, None) as (backend, _):
        return await document_tasks(sources, references, order, backend)


async def judge(
    train: Sequence[PageTask], develop: Sequence[PageTask], test: Sequence[PageTask], options: argparse.Namespace
) -> dict[str, dict[str, object]]:
    """Trains on two languages, with no look at the third, and compares on its test texts.

    The checkpoint kept is the last of the curve on the training languages themselves, as `develop` would be a look.
    """
    del develop
    quick = options.quick
    settings = TrainSettings(
        log_pages=24 if quick else 96,
        num_slates=4 if quick else 8,
        updates=2 if quick else 20,
        pages_per_update=4 if quick else 8,
        eval_every=2 if quick else 5,
        learning_rate=0.02,
        seed=options.seed,
    )
    report = sys.stderr.write
    run = await train_policy(train, train[::4], settings, on_point=lambda point: report(f"{point}\n"))
    shipped = LearnedPolicy(default_checkpoint())
    scores = await score_all(test, LearnedPolicy(run.checkpoint), Collector(), others={"shipped": shipped})
    return {
        row.name: {
            "net": round(row.score.net, 3),
            "chrf": round(row.score.quality, 3),
            "tokens_per_page": round(row.score.tokens, 1),
            "against_top_k": None
            if row.against is None
            else [round(value, 3) for value in (row.against.value, row.against.low, row.against.high)],
        }
        for row in compare(scores)
    }


def print_table(language: str, rows: object) -> None:
    """One language for people."""
    assert isinstance(rows, dict)
    print(f"{language:<10}{'policy':<10}{'net':>8}{'chrF':>8}{'tokens':>8}   against top-k")
    for name, row in rows.items():
        numbers = f"{row['net']:>8.2f}{row['chrf']:>8.2f}{row['tokens_per_page']:>8.0f}"
        print(f"{'':<10}{name:<10}{numbers}   {row['against_top_k']}")


if __name__ == "__main__":
    sys.exit(main())
