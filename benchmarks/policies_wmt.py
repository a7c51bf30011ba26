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
best of the test year in hindsight; `oracle`: the best output of each segment. Once with all systems of each year, once
with those that took part in both: a system that is new has no figure of the year before. All but first, random and
majority read the outputs of every system: they cost as many translations as there are systems. Needs the data folder.

    .venv/bin/python benchmarks/policies_wmt.py [--quick] [--seed N] [--out FILE]
"""

import argparse
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from common import add_common_arguments, finish, skip
from wmt_data import Document, Scores, only, read_documents, read_released, short

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
    for name, *years in PAIRS[: 1 if options.quick else None]:
        limit = 25 if options.quick else 180
        before, after = (read_documents(folder / f"{year}.docs.jsonl.xz", limit) for year in years)
        scores = read_released(folder, years[1])
        result[name] = measure(before, after, scores, options.seed)
        known = {short(system) for system in before[0].outputs} & {short(system) for system in after[0].outputs}
        before, after = ([only(document, known) for document in year] for year in (before, after))
        result[f"{name}, systems of both years"] = measure(before, after, scores, options.seed)
    for name, rows in result.items():
        show(name, rows)
    settings = {"ridge": RIDGE, "seed": options.seed, "quick": options.quick}
    finish("policies_wmt", settings, result, started, options.out)
    return 0


def measure(
    before: Sequence[Document], after: Sequence[Document], scores: Mapping[str, Scores], seed: int
) -> dict[str, object]:
    """Trains on one year, judges on another."""
    prior = system_means(before)
    learn = [choice for document in before for choice in choices(document, prior)]
    judge = [choice for document in after for choice in choices(document, prior)]
    places = {name: pick(name, judge, learn, prior) for name in POLICIES}
    values = {"chrf": [choice.chrf_K for choice in judge]}
    values |= {metric: [look_up(found, choice) for choice in judge] for metric, found in scores.items()}
    names = [choice.document for choice in judge]
    rows: dict[str, object] = {
        name: {metric: figure(of_metric, name, places, names, seed) for metric, of_metric in values.items()}
        for name in places
    }
    mine, without = (
        np.array([choice.chrf_K @ row for choice, row in zip(judge, places[name], strict=True)])
        for name in ("learned", "segment")
    )
    found = paired_bootstrap(mine, without, names, seed=seed)
    rows["document_features"] = [round(value, 3) for value in (found.value, found.low, found.high)]
    weights = trained(learn, len(SEGMENT) + len(DOCUMENT))
    rows["weights"] = dict(zip((*SEGMENT, *DOCUMENT), np.round(weights, 2).tolist(), strict=True))
    rows["size"] = {
        "train": len(learn),
        "test": len(judge),
        "documents": len(set(names)),
        "systems": [len(learn[0].systems), len(judge[0].systems)],
    }
    return rows


def system_means(documents: Sequence[Document]) -> dict[str, float]:
    """How far each system of a year is above the mean of all, points of chrF, by a name that both years share."""
    scores: dict[str, list[float]] = {}
    for document in documents:
        for name, outputs in document.outputs.items():
            pairs = zip(outputs, document.references, strict=True)
            scores.setdefault(short(name), []).extend(sentence_chrf(*pair) for pair in pairs)
    overall = statistics.fmean(value for values in scores.values() for value in values)
    return {name: statistics.fmean(values) - overall for name, values in scores.items()}


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
    weights = trained(learn, width)
    return [one_hot(choice.rows_K_F[:, :width] @ weights) for choice in judge]


def trained(learn: Sequence[Choice], width: int) -> Floats:
    """Points of chrF above the segment's mean, per unit of the first features."""
    rows = np.concatenate([choice.rows_K_F[:, :width] for choice in learn])
    target = np.concatenate([choice.chrf_K - choice.chrf_K.mean() for choice in learn])
    return ridge_weights(moments(rows, target), RIDGE)


def one_hot(worth_K: Floats) -> Floats:
    """All on the highest, the first of equal ones."""
    row = np.zeros(len(worth_K))
    row[int(np.argmax(worth_K))] = 1.0
    return row


def look_up(scores: Scores, choice: Choice) -> Floats:
    """Of every output of a segment; NaN where a score is missing."""
    return np.array([scores.get((system, choice.line), float("nan")) for system in choice.systems])


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
