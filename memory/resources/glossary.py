"""What a person decided: a glossary of names and terms, and notes on style."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType

from dragoman.core.errors import ResourceError
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.resources.tables import Columns, Row, read_table, read_text
from dragoman.memory.text import normalise

__all__ = ["note_records", "read_glossary", "read_note"]

_COLUMNS = Columns(
    aliases=MappingProxyType(
        {
            "source": ("source", "term", "name", "src", "word", "source term", "headword"),
            "target": ("target", "translation", "rendering", "tgt", "target term", "english"),
            "gender": ("gender", "sex"),
            "type": ("type", "kind", "category", "class"),
            "note": ("note", "notes", "comment", "definition", "context"),
        }
    ),
    by_count=MappingProxyType(
        {
            1: ("source",),
            2: ("source", "target"),
            3: ("source", "target", "gender"),
            4: ("source", "target", "gender", "type"),
            5: ("source", "target", "gender", "type", "note"),
        }
    ),
)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")


def read_glossary(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """One ENTITY record a row, confidence 1, and the problems, rows that contradict earlier ones among them."""
    table = read_table(path, _COLUMNS)
    return [_entity(row, path.name) for row in table.rows], [*table.problems, *_contradictions(table.rows)]


def _contradictions(rows: Iterable[Row]) -> Iterator[str]:
    """Rows that render a name otherwise than an earlier one; the first row holds."""
    first: dict[str, Row] = {}
    for row in rows:
        earlier = first.setdefault(normalise(row.cells["source"]), row)
        held, said = earlier.cells["target"], row.cells["target"]
        if normalise(held) != normalise(said):
            yield (
                f"line {row.line}: {row.cells['source']!r} is {said!r} here and {held!r} in line {earlier.line}: "
                "the first one holds"
            )


def _entity(row: Row, origin: str) -> MemoryRecord:
    return MemoryRecord(
        kind=Kind.ENTITY,
        source=row.cells["source"],
        target=row.cells["target"],
        note=row.cells.get("note", ""),
        attributes=tuple((name, row.cells[name]) for name in ("gender", "type") if row.cells.get(name)),
        provenance=Provenance("user", f"{origin}, line {row.line}"),
    )


def read_note(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """STYLE records of the file, see `note_records`; there are no problems."""
    return note_records(read_text(path), path.name), []


def note_records(text: str, origin: str = "") -> list[MemoryRecord]:
    """One STYLE record for each paragraph or list item.

    Raises:
        ResourceError: there is no text.
    """
    notes: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        for index, line in enumerate(block.split("\n")):
            plain = " ".join(_BULLET.sub("", line).split())
            if index == 0 or _BULLET.match(line):
                notes.append(plain)
            else:
                notes[-1] = f"{notes[-1]} {plain}"
    kept = [note for note in notes if note]
    if not kept:
        raise ResourceError("a note is empty; give at least one sentence on style or register")
    places = [f"{origin}, note {number}" if origin else f"note {number}" for number in range(1, len(kept) + 1)]
    return [
        MemoryRecord(Kind.STYLE, "", note, provenance=Provenance("user", place))
        for note, place in zip(kept, places, strict=True)
    ]
