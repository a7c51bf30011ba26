"""Parallel sentences: two columns, and an id and a gloss where the user has them."""

from pathlib import Path
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.resources.tables import Columns, Row, read_table

__all__ = ["read_parallel"]

_COLUMNS = Columns(
    aliases=MappingProxyType(
        {
            "source": ("source", "src", "text", "sentence", "original", "vernacular", "source text"),
            "target": ("target", "tgt", "translation", "english", "reference", "ref", "target text"),
            "id": ("id", "key", "line", "number", "sentence id"),
            "gloss": ("gloss", "glosses", "interlinear"),
            "segmented": ("segmented", "segments", "morphemes", "segmentation"),
            "note": ("note", "notes", "comment"),
        }
    ),
    by_count=MappingProxyType(
        {1: ("source",), 2: ("source", "target"), 3: ("source", "target", "id"), 4: ("source", "target", "id", "gloss")}
    ),
)


def read_parallel(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """One EXEMPLAR record a row, and the problems."""
    table = read_table(path, _COLUMNS)
    return [_exemplar(row, path.name) for row in table.rows], table.problems


def _exemplar(row: Row, origin: str) -> MemoryRecord:
    names = ("gloss", "id", "segmented")
    return MemoryRecord(
        kind=Kind.EXEMPLAR,
        source=row.cells["source"],
        target=row.cells["target"],
        note=row.cells.get("note", ""),
        attributes=tuple((name, row.cells[name]) for name in names if row.cells.get(name)),
        provenance=Provenance(origin, f"line {row.line}"),
    )
