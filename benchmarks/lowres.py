"""How well can a language that no model knows be translated from its dictionary, glossed texts and grammar alone?

Texts are held out whole. From the other texts resource files are written as a user would bring them, loaded by
Dragoman, and each held-out text is translated into English line by line through the whole agent with the `gloss`
backend. Floors: `copy` (the source) and `nearest` (the translation of the most similar line of the other texts).
chrf is chrF (beta 2, character 6-grams), chrf2 is chrF++ (with word bigrams), bleu is BLEU; sacrebleu, one reference.
Lines that the grammar quotes are left out. The gloss costs nothing, so it gets all context that is recalled. Times
cover writing and loading resources, translating and scoring.

    .venv/bin/python benchmarks/lowres.py [--quick] [--seed N] [--out FILE] [--keep FOLDER]

Needs the data folder (DRAGOMAN_DATA). With --keep the files stay, for example for

    dragoman translate FOLDER/tsez/tsez-3.txt -o out.txt --from Tsez --to English
        --dictionary FOLDER/tsez/dictionary.tsv --glossed FOLDER/tsez/glossed.txt --parallel FOLDER/tsez/parallel.tsv
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from common import add_common_arguments, finish, skip
from lowres_data import LANGUAGES, LowResourceLanguage, read_texts, split_texts
from lowres_files import WrittenDocument, WrittenLanguage, write_language
from lowres_scores import Nearest, paired_bootstrap, score, signatures

from dragoman import Translator
from dragoman.core.environment import data_folder
from dragoman.core.hashing import content_hash

_QUICK_TEXTS, _QUICK_LINES = 2, 40

Lines = Mapping[str, Sequence[str]]  # text id to its lines


def main() -> int:
    """Runs the benchmark; the exit code is 0, or 77 where the data folder is absent."""
    options = _options()
    data = data_folder().resolve()
    if not (data / "lowres").is_dir():
        return skip(f"no folder {data / 'lowres'}: set DRAGOMAN_DATA to the data folder")
    started = time.perf_counter()
    with _folder(options.keep) as name:
        results = {key: _language(key, options, data, Path(name) / key) for key in options.languages}
    for figure, signature in signatures().items():
        print(f"{figure}: {signature}")
    settings = {key: value for key, value in vars(options).items() if key not in ("out", "keep")}
    hashes = {key: content_hash((data / "lowres" / LANGUAGES[key].path).read_bytes()) for key in options.languages}
    finish("lowres", {**settings, "signatures": signatures(), "data": hashes}, results, started, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write resources, documents and outputs here")
    parser.add_argument("--languages", nargs="+", choices=list(LANGUAGES), default=list(LANGUAGES))
    parser.add_argument("--part", choices=("test", "dev"), default="test", help="dev: for tuning (default test)")
    parser.add_argument("--policy", default="full", help="context policy (default full)")
    parser.add_argument("--budget", type=int, default=8000, help="context tokens a page (default 8000)")
    return parser.parse_args()


def _folder(keep: Path | None) -> "nullcontext[str] | tempfile.TemporaryDirectory[str]":
    return nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory()


def _language(key: str, options: argparse.Namespace, data: Path, folder: Path) -> dict[str, dict[str, object]]:
    """Scores of every system on one language; prints its rows of the table."""
    language = LANGUAGES[key]
    split = split_texts(read_texts(data, language), language.num_test, part=options.part)
    written = write_language(language, split, folder, data=data, max_lines=_QUICK_LINES if options.quick else None)
    documents = written.documents[: _QUICK_TEXTS if options.quick else None]
    references = {document.id: document.references for document in documents}
    pairs = [(line.source, line.translation) for text in split.pool for line in text.lines]
    outputs = _outputs(language, written, documents, pairs, options)
    results: dict[str, dict[str, object]] = {name: _scores(lines, references) for name, lines in outputs.items()}
    interval = paired_bootstrap(outputs["gloss"], outputs["nearest"], references, seed=options.seed)
    results["gloss"]["chrf_minus_nearest_ci"] = list(interval)
    _print_table(key, results)
    return results


def _outputs(
    language: LowResourceLanguage,
    written: WrittenLanguage,
    documents: Sequence[WrittenDocument],
    pairs: Sequence[tuple[str, str]],
    options: argparse.Namespace,
) -> dict[str, Lines]:
    sources = {document.id: document.path.read_text(encoding="utf-8").splitlines() for document in documents}
    nearest = Nearest(pairs)
    return {
        "copy": sources,
        "nearest": {key: nearest.translate(lines) for key, lines in sources.items()},
        "gloss": _translate(language, written, documents, options),
    }


def _translate(
    language: LowResourceLanguage,
    written: WrittenLanguage,
    documents: Sequence[WrittenDocument],
    options: argparse.Namespace,
) -> Lines:
    """Every document through the agent, as a user would have it."""
    outputs = {}
    resources = {kind: str(path) for kind, path in written.resources.items()}
    with Translator(
        f"{language.tag}:{language.name}",
        "English",
        policy=options.policy,
        seed=options.seed,
        budget_tokens=options.budget,
        **resources,  # type: ignore[arg-type]  # the kinds are keywords of the translator
    ) as translator:
        for document in documents:
            result = translator.translate_file(document.path, document.path.with_suffix(".gloss.txt"))
            outputs[document.id] = result.text.splitlines()
    return outputs


def _scores(lines: Lines, references: Lines) -> dict[str, object]:
    hypotheses = [line for key in references for line in lines[key]]
    return asdict(score(hypotheses, [line for key in references for line in references[key]]))


def _print_table(key: str, results: Mapping[str, Mapping[str, object]]) -> None:
    print(f"{key:<10}{'system':<10}{'chrF':>8}{'chrF++':>8}{'BLEU':>8}{'lines':>8}")
    for system, row in results.items():
        extra = f"   minus nearest {row['chrf_minus_nearest_ci']} (95 %)" if "chrf_minus_nearest_ci" in row else ""
        print(f"{'':<10}{system:<10}{row['chrf']:>8}{row['chrf2']:>8}{row['bleu']:>8}{row['num_sentences']:>8}{extra}")


if __name__ == "__main__":
    sys.exit(main())
