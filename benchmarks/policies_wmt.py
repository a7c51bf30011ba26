"""Released outputs of WMT systems as candidate translations: does a selector learned on 2022 choose better in 2023?

NOT a test of context selection: the data holds finished translations and no notes, and no model here could translate
with them. What it tests is the rest of the idea, on real text with real references: a linear scorer over features that
need no reference, trained on one year and judged on the next, and whether features of the *document* add to those of
the segment. English to German is trained on WMT22 and judged on WMT23; German to English is judged on Chinese to
English, another source language. One output is chosen per segment. Unit: sentence chrF (the reward of training), and
from the released scores of the same outputs COMET (0 to 100) and the human MQM where a line has it for all systems
(0 is best). Intervals: paired bootstrap by document.

`first`: the first system by name; `random`: the mean of all; `majority`: the system that was best in the training year
among those of both years; `consensus`: the output nearest to all others (cosine of character n-grams), as in minimum
Bayes risk decoding; `segment`: the scorer without the document's features; `learned`: with them; `best system`: the
best of the test year in hindsight; `oracle`: the best output of each segment. All but first, random and majority read
the outputs of every system, so they cost as many translations as there are systems.
Needs the data folder.

    .venv/bin/python benchmarks/policies_wmt.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import csv
import json
import lzma
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import add_common_arguments, finish, skip

from dragoman.core.environment import data_folder
from dragoman.memory.embed import HashedNgramEmbedder
from dragoman.training.arrays import Floats
from dragoman.training.chrf import sentence_chrf
from dragoman.training.evaluation.bootstrap import paired_bootstrap
from dragoman.training.ridge import moments, ridge_weights

PAIRS = (("en-de", "wmt22.en-de", "wmt23.en-de"), ("x-en", "wmt22.de-en", "wmt23.zh-en"))
SEGMENT = ("consensus", "consensus squared", "longer", "shorter", "copied", "numbers", "repeats", "system before")
DOCUMENT = ("consensus in document", "words of document")
COMPARED = ("consensus", "majority")
RIDGE = 10.0
_NUMBER = re.compile(r"\d+")
_EMBEDDER = HashedNgramEmbedder(2048)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One segment with K candidate outputs.

    Attributes:
        document: its id.
        line: in the test set, from 1; 0 when unknown.
        systems: K names.
        chrf_K: of the outputs.
        rows_K_F: features, centred within the segment, those of `SEGMENT` and then of `DOCUMENT`.
    """

    document: str
    line: int
    systems: tuple[str, ...]
    chrf_K: Floats
    rows_K_F: Floats


def main() -> int:
    """Trains and judges twice, prints two tables, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    options = parser.parse_args()
    folder = data_folder().resolve() / "wmt"
    if not folder.is_dir():
        return skip(f"no folder {folder}: set DRAGOMAN_DATA to the data folder")
    started = time.perf_counter()
    result = {}
    for name, train, test in PAIRS[: 1 if options.quick else None]:
        result[name] = measure(folder, train, test, options)
        show(name, result[name])
    settings = {"ridge": RIDGE, "seed": options.seed, "quick": options.quick}
    finish("policies_wmt", settings, result, started, options.out)
    return 0


def measure(folder: Path, train: str, test: str, options: argparse.Namespace) -> dict[str, object]:
    """One pair of years."""
    limit = 25 if options.quick else 180
    before = read_documents(folder / f"{train}.docs.jsonl.xz", limit)
    prior = system_means(before)
    learn = [choice for document in before for choice in choices(document, prior)]
    judge = [choice for d in read_documents(folder / f"{test}.docs.jsonl.xz", limit) for choice in choices(d, prior)]
    places = {name: pick(name, judge, learn, prior) for name in POLICIES}
    scores = {"chrf": [choice.chrf_K for choice in judge], **released(folder, test, judge)}
    names = [choice.document for choice in judge]
    rows: dict[str, object] = {
        name: {metric: figure(values, name, places, names, options.seed) for metric, values in scores.items()}
        for name in places
    }
    gain = [
        (choice.chrf_K @ one, choice.chrf_K @ two)
        for choice, one, two in zip(judge, places["learned"], places["segment"], strict=True)
    ]
    mine, without = np.array(gain).T
    found = paired_bootstrap(mine, without, names, seed=options.seed)
    rows["document_features"] = {
        "chrf_gain": round(found.value, 3),
        "interval": [round(found.low, 3), round(found.high, 3)],
    }
    rows["size"] = {
        "train": len(learn),
        "test": len(judge),
        "documents": len(set(names)),
        "systems": len(judge[0].systems),
    }
    return rows


@dataclass(frozen=True, slots=True)
class Document:
    """As released: parallel lists."""

    id: str
    first_line: int
    sources: tuple[str, ...]
    references: tuple[str, ...]
    outputs: Mapping[str, tuple[str, ...]]


def read_documents(path: Path, limit: int) -> list[Document]:
    """The first documents of a file; systems by name, references the first given."""
    found = []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            outputs = {name: tuple(row["systems"][name]) for name in sorted(row["systems"], key=str.lower)}
            references = tuple(row["refs"][next(iter(row["refs"]))])
            found.append(Document(row["id"], row.get("first_line") or 0, tuple(row["src"]), references, outputs))
    return found[:limit]


def system_means(documents: Sequence[Document]) -> dict[str, float]:
    """How far each system of a year is above the mean of all, points of chrF, by a name that both years share."""
    scores: dict[str, list[float]] = {}
    for document in documents:
        for name, outputs in document.outputs.items():
            pairs = zip(outputs, document.references, strict=True)
            scores.setdefault(short(name), []).extend(sentence_chrf(*pair) for pair in pairs)
    overall = statistics.fmean(value for values in scores.values() for value in values)
    return {name: statistics.fmean(values) - overall for name, values in scores.items()}


def short(system: str) -> str:
    """A system's name as both years write it."""
    return system.lower().removesuffix("mt")


def choices(document: Document, prior: Mapping[str, float]) -> Iterator[Choice]:
    """The segments of a document with the features of their outputs."""
    systems = tuple(document.outputs)
    texts = [[document.outputs[name][line] for name in systems] for line in range(len(document.sources))]
    nearness = np.array([consensus(outputs) for outputs in texts])
    spoken = [words(outputs[int(np.argmax(near_K))]) for outputs, near_K in zip(texts, nearness, strict=True)]
    for line, outputs in enumerate(texts):
        source, reference = document.sources[line], document.references[line]
        elsewhere = frozenset().union(*(found for other, found in enumerate(spoken) if other != line))
        others = np.delete(nearness, line, axis=0)
        inside = others.mean(axis=0) if len(others) else np.zeros(len(systems))
        known = np.array([prior.get(short(name), 0.0) for name in systems])
        common = [share(words(text), elsewhere) for text in outputs]
        rows = np.column_stack([segment_rows(source, outputs, nearness[line]), known, inside, common])
        scores = np.array([sentence_chrf(text, reference) for text in outputs])
        number = document.first_line + line if document.first_line else 0
        yield Choice(document.id, number, systems, scores, rows - rows.mean(axis=0))


def consensus(outputs: Sequence[str]) -> Floats:
    """(K,): mean cosine of each output with the others."""
    vectors = _EMBEDDER.embed(outputs).astype(np.float64)
    result: Floats = ((vectors @ vectors.T).sum(axis=1) - 1.0) / max(1, len(outputs) - 1)
    return result


def segment_rows(source: str, outputs: Sequence[str], near_K: Floats) -> Floats:
    """(K, F): what the segment alone shows of each output."""
    lengths = np.array([len(text) for text in outputs], dtype=np.float64)
    ratio = lengths / max(1.0, float(np.median(lengths))) - 1.0
    numbers = set(_NUMBER.findall(source))
    vectors = _EMBEDDER.embed([source, *outputs]).astype(np.float64)
    return np.column_stack(
        [
            near_K,
            near_K**2,
            np.maximum(0.0, ratio),
            np.maximum(0.0, -ratio),
            vectors[1:] @ vectors[0],
            [share(numbers, set(_NUMBER.findall(text))) for text in outputs],
            [1.0 - len(set(text.split())) / max(1, len(text.split())) for text in outputs],
        ]
    )


def words(text: str) -> frozenset[str]:
    """Words of five letters and more."""
    return frozenset(word for word in re.findall(r"\w+", text.lower()) if len(word) >= 5)


def share(part: Sequence[str] | frozenset[str] | set[str], whole: frozenset[str] | set[str]) -> float:
    """Part of the members that are in the whole; 1 for none."""
    return sum(member in whole for member in part) / len(part) if part else 1.0


POLICIES = ("first", "random", "majority", "consensus", "segment", "learned", "best system", "oracle")


def pick(name: str, judge: Sequence[Choice], learn: Sequence[Choice], prior: Mapping[str, float]) -> list[Floats]:
    """Chances of each output, one row per segment."""
    systems = judge[0].systems
    if name == "random":
        return [np.full(len(systems), 1.0 / len(systems)) for _ in judge]
    if name in ("first", "majority", "best system"):
        means = np.mean([choice.chrf_K for choice in judge], axis=0)
        known = [prior.get(short(system), -np.inf) for system in systems]
        worth = {"first": -np.arange(len(systems)), "majority": np.array(known), "best system": means}[name]
        return [one_hot(worth) for _ in judge]
    if name == "oracle":
        return [one_hot(choice.chrf_K) for choice in judge]
    if name == "consensus":
        return [one_hot(choice.rows_K_F[:, 0]) for choice in judge]
    width = len(SEGMENT) if name == "segment" else len(SEGMENT) + len(DOCUMENT)
    rows = np.concatenate([choice.rows_K_F[:, :width] for choice in learn])
    target = np.concatenate([choice.chrf_K - choice.chrf_K.mean() for choice in learn])
    weights = ridge_weights(moments(rows, target), RIDGE)
    return [one_hot(choice.rows_K_F[:, :width] @ weights) for choice in judge]


def one_hot(worth_K: Floats) -> Floats:
    """All on the highest, the first of equal ones."""
    row = np.zeros(len(worth_K))
    row[int(np.argmax(worth_K))] = 1.0
    return row


def released(folder: Path, test: str, judge: Sequence[Choice]) -> dict[str, list[Floats]]:
    """COMET and MQM of every output of every segment, NaN where a score is missing."""
    metrics = read_scores(folder / f"{test}.metric-seg-scores.tsv.xz", "COMET-refA")
    human = read_scores(folder / f"{test}.human-seg-scores.tsv.xz", "mqm")
    nothing = float("nan")
    return {
        "comet": [np.array([100 * metrics.get((s, c.line), nothing) for s in c.systems]) for c in judge],
        "mqm": [np.array([human.get((s, c.line), nothing) for s in c.systems]) for c in judge],
    }


def read_scores(path: Path, kind: str) -> dict[tuple[str, int], float]:
    """Scores of one kind by system and line."""
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row[1], int(row[2])): float(row[3]) for row in rows if row[0] == kind and row[3] != "None"}


def figure(
    values: Sequence[Floats], name: str, places: Mapping[str, Sequence[Floats]], names: Sequence[str], seed: int
) -> dict[str, object] | None:
    """Mean of a policy and its paired differences, on segments where every output has the score."""
    whole = [place for place, row in enumerate(values) if np.isfinite(row).all()]
    if not whole:
        return None
    mine, *rivals = (
        np.array([values[place] @ places[policy][place] for place in whole]) for policy in (name, *COMPARED)
    )
    documents = [names[place] for place in whole]
    row: dict[str, object] = {"mean": round(float(mine.mean()), 3), "segments": len(whole)}
    for rival, theirs in zip(COMPARED, rivals, strict=True):
        found = paired_bootstrap(mine, theirs, documents, seed=seed)
        row[f"against_{rival}"] = [round(value, 3) for value in (found.value, found.low, found.high)]
    return row


def show(name: str, rows: Mapping[str, object]) -> None:
    """One table for people."""
    print(f"\n{name} {rows['size']}, document features {rows['document_features']}")
    print(f"{'policy':<12}{'chrF':>8}{'COMET':>8}{'MQM':>8}   chrF against consensus, majority")
    for policy in POLICIES:
        row = rows[policy]
        assert isinstance(row, dict)
        means = "".join(f"{'' if row[m] is None else row[m]['mean']:>8}" for m in ("chrf", "comet", "mqm"))
        print(f"{policy:<12}{means}   {row['chrf']['against_consensus']}   {row['chrf']['against_majority']}")


if __name__ == "__main__":
    sys.exit(main())
