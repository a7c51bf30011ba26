"""Dictionaries: headword, part of speech, glosses and variants, one entry a row."""

import re
from pathlib import Path
from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.resources.tables import Columns, Row, Table, read_table

__all__ = ["read_dictionary"]

_COLUMNS = Columns(
    aliases=MappingProxyType(
        {
            "source": ("headword", "word", "lemma", "form", "source", "entry", "lexeme", "lexical unit", "term"),
            "pos": ("pos", "part of speech", "ps", "word class", "category"),
            "target": (
                *("gloss", "glosses", "translation", "translations", "english", "meaning", "meanings", "target"),
                *("definition", "definitions", "sense", "senses", "gloss en"),
            ),
            "variants": ("variants", "variant", "forms", "variant forms", "inflections", "alternatives"),
            "note": ("note", "notes", "example", "examples", "comment", "usage"),
        }
    ),
    by_count=MappingProxyType(
        {
            1: ("source",),
            2: ("source", "target"),
            3: ("source", "pos", "target"),
            4: ("source", "pos", "target", "variants"),
            5: ("source", "pos", "target", "variants", "note"),
        }
    ),
)


def read_dictionary(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """One ENTRY record a row, all its glosses in the target joined by "; ", and the problems."""
    table: Table = read_table(path, _COLUMNS)
    return [_entry(row, path.name) for row in table.rows], table.problems


def _entry(row: Row, origin: str) -> MemoryRecord:
    values = {"pos": row.cells.get("pos", ""), "variants": _parts(row.cells.get("variants", ""))}
    return MemoryRecord(
        kind=Kind.ENTRY,
        source=row.cells["source"],
        target=_parts(row.cells["target"]),
        note=row.cells.get("note", ""),
        attributes=tuple((name, value) for name, value in sorted(values.items()) if value),
        provenance=Provenance(origin, f"line {row.line}"),
    )


def _parts(cell: str) -> str:
    """Glosses or variants of a cell, each once, joined by "; "."""
    parts = (part.strip() for part in re.split(r"[;|]", cell))
    return "; ".join(dict.fromkeys(part for part in parts if part))
