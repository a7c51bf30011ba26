"""Memory as a file: one record a line, JSON, so that people can read it, correct it and bring it to the next run."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dragoman.core.errors import ResourceError
from dragoman.core.hashing import content_hash, stable_json
from dragoman.core.records import Kind, MemoryRecord, Provenance, Resource
from dragoman.core.whole_file import write_output
from dragoman.memory.resources.tables import read_text

__all__ = ["EXPORT_MARK", "export_records", "import_records", "record_from_json", "record_to_json"]

EXPORT_MARK = b'"provenance":'  # stands in every line of an exported memory


def record_to_json(record: MemoryRecord) -> str:
    """The record as one line of JSON, nothing left out."""
    origin = record.provenance
    return stable_json(
        {
            "kind": record.kind.value,
            "source": record.source,
            "target": record.target,
            "note": record.note,
            "attributes": dict(record.attributes),
            "provenance": [origin.origin, origin.place, origin.page, list(origin.segment_ids)],
            "confidence": record.confidence,
            "version": record.version,
        }
    )


def record_from_json(line: str) -> MemoryRecord:
    """The record of one line.

    Raises:
        ResourceError: the line is not a record; the message says what is wrong with it.
    """
    try:
        return _record(json.loads(line))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResourceError(f"not a memory record ({error}); expected a line of an exported memory") from error


def _record(value: dict[str, Any]) -> MemoryRecord:  # Any: JSON
    origin, place, page, segment_ids = value.get("provenance", ["user", "", None, []])
    return MemoryRecord(
        kind=Kind(value["kind"]),
        source=str(value.get("source", "")),
        target=str(value["target"]),
        note=str(value.get("note", "")),
        attributes=tuple(sorted((str(name), str(text)) for name, text in value.get("attributes", {}).items())),
        provenance=Provenance(str(origin), str(place), page, tuple(segment_ids)),
        confidence=float(value.get("confidence", 1.0)),
        version=int(value.get("version", 0)),
    )


def export_records(records: Iterable[MemoryRecord], path: str | Path) -> int:
    """Writes the records and returns how many; the file appears whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    lines = [record_to_json(record) for record in records]
    write_output(Path(path), "".join(f"{line}\n" for line in lines).encode("utf-8"))
    return len(lines)


def import_records(path: str | Path) -> Resource:
    """An exported memory as a resource; lines that are no records are its problems.

    Raises:
        ResourceError: the file cannot be read or holds only lines that are no records; an empty export is fine.
        EncodingError: it is not UTF-8 text.
    """
    file = Path(path)
    records, problems = [], []
    for number, line in enumerate(_text(file).split("\n"), 1):
        if line.strip():
            try:
                records.append(record_from_json(line))
            except ResourceError as error:
                problems.append(f"line {number}: {error}")
    if not records and problems:
        raise ResourceError(f"{file} holds no memory record; expected the output of `dragoman memory export`")
    return Resource("memory", file.name, content_hash("memory", file.read_bytes()), tuple(records), tuple(problems))


def _text(file: Path) -> str:
    """The file; an export without records is empty, which every other resource may not be."""
    return "" if file.is_file() and file.stat().st_size == 0 else read_text(file)
