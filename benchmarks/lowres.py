"""How well can a language that no model knows be translated from its dictionary, glossed texts and grammar alone?

Texts are held out whole. From the other texts resource files are written as a user would bring them, loaded by
Dragoman, and each held-out text is translated into English line by line through the whole agent with the `gloss`
backend. Floors: `copy` (the source) and `nearest` (the translation of the most similar line of the other texts).
chrf is chrF (beta 2, character 6-grams), chrf2 is chrF++ (with word bigrams), bleu is BLEU; sacrebleu, one reference.
Lines that the grammar quotes are left out. With --direction out the same files and texts serve the other way: the
English reference is the document, the text in the language is the reference. The gloss costs nothing, so it gets all
context that is recalled. With --model another model (micro, hf:FOLDER, ...) stands beside it, with the same files and
the context that --model-policy chooses from them under --model-budget; --model-kinds names the only kinds of notes
that it gets. Times cover writing and loading resources, translating and scoring. For developing there are the languages
of the training data as well (mauwake, pichi, ulwa, palula); the report never names them.

    .venv/bin/python benchmarks/lowres.py [--quick] [--seed N] [--out FILE] [--keep FOLDER] [--model SPEC]

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
from lowres_data import LANGUAGES, LowResourceLanguage, Split, read_texts, split_texts
from lowres_files import WrittenDocument, WrittenLanguage, turned, write_language
from lowres_scores import Nearest, bootstrap, paired_bootstrap, score, signatures
from lowres_train import TRAINING_SIDE, read_split

from dragoman import Translator
from dragoman.agent.settings import DEFAULT_K
from dragoman.core.environment import data_folder
from dragoman.core.hashing import content_hash
from dragoman.core.records import Kind

_ALL = {**LANGUAGES, **TRAINING_SIDE}
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
    hashes = {key: content_hash((data / "lowres" / _ALL[key].path).read_bytes()) for key in options.languages}
    finish("lowres", {**settings, "signatures": signatures(), "data": hashes}, results, started, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write resources, documents and outputs here")
    parser.add_argument("--languages", nargs="+", choices=list(_ALL), default=list(LANGUAGES))
    parser.add_argument("--direction", choices=("in", "out"), default="in", help="into English or out (default in)")
    parser.add_argument("--part", choices=("test", "dev"), default="test", help="dev: for tuning (default test)")
    parser.add_argument("--policy", default="full", help="context policy (default full)")
    parser.add_argument("--budget", type=int, default=8000, help="context tokens a page (default 8000)")
    parser.add_argument("--model", metavar="SPEC", help="a model to put beside the gloss, as in make_backend")
    parser.add_argument("--model-policy", default="top-k", help="its context policy (default top-k)")
    parser.add_argument("--model-budget", type=int, default=700, help="its context tokens a page (default 700)")
    parser.add_argument("--model-lines", type=int, default=6, help="its lines a page (default 6)")
    parser.add_argument("--model-kinds", nargs="+", choices=[kind.value for kind in Kind], help="default: all")
    return parser.parse_args()


def _folder(keep: Path | None) -> "nullcontext[str] | tempfile.TemporaryDirectory[str]":
    return nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory()


def _language(key: str, options: argparse.Namespace, data: Path, folder: Path) -> dict[str, dict[str, object]]:
    """Scores of every system on one language; prints its rows of the table."""
    language = _ALL[key]
    split = _split(key, options.part, data)
    written = write_language(language, split, folder, data=data, max_lines=_QUICK_LINES if options.quick else None)
    documents = written.documents[: _QUICK_TEXTS if options.quick else None]
    pairs = [(line.source, line.translation) for text in split.pool for line in text.lines]
    if options.direction == "out":
        documents = tuple(map(turned, documents))
        pairs = [(english, line) for line, english in pairs]
    references = {document.id: document.references for document in documents}
    outputs = _outputs(language, written, documents, pairs, options)
    results: dict[str, dict[str, object]] = {
        name: _scores(lines, references, options.seed) for name, lines in outputs.items()
    }
    interval = paired_bootstrap(outputs["gloss"], outputs["nearest"], references, seed=options.seed)
    results["gloss"]["chrf_minus_nearest_ci"] = list(interval)
    if "model" in outputs:
        for other in ("nearest", "gloss"):
            interval = paired_bootstrap(outputs["model"], outputs[other], references, seed=options.seed)
            results["model"][f"chrf_minus_{other}_ci"] = list(interval)
    _print_table(key, results)
    return results


def _split(key: str, part: str, data: Path) -> Split:
    if key in TRAINING_SIDE:
        return read_split(data, key)
    return split_texts(read_texts(data, LANGUAGES[key]), LANGUAGES[key].num_test, part=part)


def _outputs(
    language: LowResourceLanguage,
    written: WrittenLanguage,
    documents: Sequence[WrittenDocument],
    pairs: Sequence[tuple[str, str]],
    options: argparse.Namespace,
) -> dict[str, Lines]:
    sources = {document.id: document.path.read_text(encoding="utf-8").splitlines() for document in documents}
    nearest = Nearest(pairs)
    gloss = {"model": "gloss", "policy": options.policy, "budget_tokens": options.budget, "seed": options.seed}
    outputs = {
        "copy": sources,
        "nearest": {key: nearest.translate(lines) for key, lines in sources.items()},
        "gloss": _translate(_languages(language, options), written, documents, "gloss", gloss),
    }
    if options.model:
        outputs["model"] = _translate(
            _languages(language, options), written, documents, "model", _model_keywords(options)
        )
    return outputs


def _languages(language: LowResourceLanguage, options: argparse.Namespace) -> tuple[str, str]:
    """Source and target, as the translator takes them."""
    named = f"{language.tag}:{language.name}"
    return (named, "English") if options.direction == "in" else ("English", named)


def _model_keywords(options: argparse.Namespace) -> dict[str, object]:
    """How the compared model is asked: small pages, and no memory calls, because the gloss makes none either."""
    kinds = options.model_kinds
    return {
        "model": options.model,
        "policy": options.model_policy,
        "budget_tokens": options.model_budget,
        "page_lines": options.model_lines,
        "remember": "never",
        "seed": options.seed,
        **({"k": {kind: n for kind, n in DEFAULT_K.items() if kind.value in kinds}} if kinds else {}),
    }


def _translate(
    languages: tuple[str, str],
    written: WrittenLanguage,
    documents: Sequence[WrittenDocument],
    system: str,
    keywords: Mapping[str, object],
) -> Lines:
    """Every document through the agent, as a user would have it."""
    outputs = {}
    resources = {kind: str(path) for kind, path in written.resources.items()}
    source, target = languages
    with Translator(
        source,
        target,
        **resources,  # type: ignore[arg-type]  # the kinds are keywords of the translator
        **keywords,  # type: ignore[arg-type]
    ) as translator:
        for document in documents:
            result = translator.translate_file(document.path, document.path.with_suffix(f".{system}.txt"))
            outputs[document.id] = result.text.splitlines()
    return outputs


def _scores(lines: Lines, references: Lines, seed: int) -> dict[str, object]:
    hypotheses = [line for key in references for line in lines[key]]
    scores = asdict(score(hypotheses, [line for key in references for line in references[key]]))
    intervals = {
        f"{name}_ci": list(bootstrap(lines, references, seed=seed, word_order=words))
        for name, words in (("chrf", 0), ("chrf2", 2))
    }
    return {**scores, **intervals}


def _print_table(key: str, results: Mapping[str, Mapping[str, object]]) -> None:
    print(f"{key:<10}{'system':<10}{'chrF':>8}{'chrF++':>8}{'BLEU':>8}{'lines':>8}")
    for system, row in results.items():
        gaps = {name: row[f"chrf_minus_{name}_ci"] for name in results if f"chrf_minus_{name}_ci" in row}
        extra = "".join(f"   minus {name} {gap} (95 %)" for name, gap in gaps.items())
        print(f"{'':<10}{system:<10}{row['chrf']:>8}{row['chrf2']:>8}{row['bleu']:>8}{row['num_sentences']:>8}{extra}")


if __name__ == "__main__":
    sys.exit(main())
