"""Documents, released outputs and released scores of WMT, as the data folder has them."""

import csv
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Document", "Scores", "only", "read_documents", "read_released", "short"]

Scores = dict[tuple[str, int], float]
"""By system and line of the test set."""


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


def only(document: Document, systems: set[str]) -> Document:
    """With the outputs of some systems."""
    return replace(document, outputs={name: row for name, row in document.outputs.items() if short(name) in systems})


def short(system: str) -> str:
    """A system's name as both years write it."""
    return system.lower().removesuffix("mt")


def read_released(folder: Path, year: str) -> dict[str, Scores]:
    """COMET, 0 to 100, and MQM of the outputs of a year."""
    metrics = read_scores(folder / f"{year}.metric-seg-scores.tsv.xz", "COMET-refA")
    human = read_scores(folder / f"{year}.human-seg-scores.tsv.xz", "mqm")
    return {"comet": {place: 100 * score for place, score in metrics.items()}, "mqm": human}


def read_scores(path: Path, kind: str) -> Scores:
    """Scores of one kind by system and line."""
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row[1], int(row[2])): float(row[3]) for row in rows if row[0] == kind and row[3] != "None"}
