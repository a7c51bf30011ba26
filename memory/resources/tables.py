"""Rows of a table a user brought: TSV, CSV or JSON Lines, with or without a header.

A row that cannot be read becomes a problem with its line number, and the rest is loaded. Knows nothing of what the
columns mean beyond the names it is given.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dragoman.core.errors import EncodingError, ResourceError

__all__ = ["Columns", "Row", "Table", "read_table", "read_text", "text_of"]

_DELIMITERS = ("\t", ",", ";", "|")
_SNIFFED_LINES = 50
_MAX_QUOTED_LINES = 20  # a quote that stays open longer than this was never meant as one
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a kind of table are called.

    Attributes:
        aliases: field name to the header names it goes by, lower case.
        by_count: fields in order for a table without a header, by its number of columns; the largest also serves
            wider tables.
        required: fields that every row must have.
    """

    aliases: Mapping[str, tuple[str, ...]]
    by_count: Mapping[int, tuple[str, ...]]
    required: tuple[str, ...] = ("source", "target")

    def field_of(self, header: str) -> str | None:
        """The field a header names, or None."""
        plain = header.strip().strip('"').lower().replace("_", " ").replace("-", " ")
        return next((name for name, known in self.aliases.items() if plain in known), None)


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row: its 1-based line number and the texts of its fields (a list of glosses is one text)."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Table:
    """All readable rows, and one problem for each row that was skipped."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_text(path: Path) -> str:
    """The file as text with plain line ends, without a byte-order mark.

    Raises:
        ResourceError: the file is not there, cannot be opened or is empty.
        EncodingError: the bytes are not UTF-8 (or UTF-16 with a byte-order mark).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror}; give the path of a readable file") from error
    mark, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise EncodingError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not {encoding} text; save the file as UTF-8"
        ) from error
    if not text.strip():
        raise ResourceError(f"{path} is empty; expected at least one line of text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_table(path: Path, columns: Columns) -> Table:
    """The rows of the file.

    Raises:
        ResourceError: the file cannot be read or holds no usable row.
        EncodingError: the file is not text in a known encoding.
    """
    text = read_text(path)
    first = text.lstrip()
    is_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json") or first.startswith("{")
    table = _read_json_lines(text, columns) if is_json else _read_delimited(text, columns)
    if not table.rows:
        shown = f" ({table.problems[0]})" if table.problems else ""
        wanted = " and ".join(columns.required)
        raise ResourceError(f"{path} has no usable row{shown}; expected columns for {wanted}, one row a line")
    return table


def text_of(value: Any) -> str:  # Any: whatever JSON can hold
    """A cell as text: parts of a list joined by "; ", null as empty."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(part for part in map(text_of, value) if part)
    return " ".join(str(value).split())


def _read_json_lines(text: str, columns: Columns) -> Table:
    table = Table()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            table.problems.append(f"line {number}: not JSON ({error.msg})")
            continue
        if not isinstance(value, dict):
            table.problems.append(f"line {number}: expected a JSON object, found {type(value).__name__}")
            continue
        _add(table, number, _named_cells(value, columns), columns)
    return table


def _named_cells(value: Mapping[str, Any], columns: Columns) -> dict[str, str]:  # Any: JSON values
    cells: dict[str, str] = {}
    for key, content in value.items():
        name = columns.field_of(key)
        if name and not cells.get(name):
            cells[name] = text_of(content)
    return cells


def _add(table: Table, number: int, cells: Mapping[str, str], columns: Columns) -> None:
    missing = [name for name in columns.required if not cells.get(name)]
    if missing:
        table.problems.append(f"line {number}: no {' and no '.join(missing)}")
    else:
        table.rows.append(Row(number, MappingProxyType(dict(cells))))


def _read_delimited(text: str, columns: Columns) -> Table:
    table = Table()
    lines = text.split("\n")
    delimiter = _sniff(lines)
    records = _tab_records(lines) if delimiter == "\t" else _quoted_records(lines, delimiter, table)
    names: Sequence[str | None] | None = None
    for number, cells in records:
        if names is None:
            header = _header(cells, columns)
            names = header or _by_count(len(cells), columns)
            if header:
                continue
        row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        _add(table, number, row, columns)
    table.problems.sort(key=_line_number)
    return table


def _line_number(problem: str) -> int:
    return int(problem.partition(":")[0].removeprefix("line "))


def _sniff(lines: Sequence[str]) -> str:
    """The delimiter that the most lines hold; tabs win ties, then commas."""
    sample = [line for line in lines if _is_content(line)][:_SNIFFED_LINES]
    held = {mark: sum(mark in line for line in sample) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: (held[mark], -_DELIMITERS.index(mark)))


def _is_content(line: str) -> bool:
    """Whether the line is neither blank nor a comment (`# ...`)."""
    return bool(line.strip()) and not line.startswith("# ")


def _tab_records(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        if _is_content(line):
            yield number, [_unquoted(cell.strip()) for cell in line.split("\t")]


def _unquoted(cell: str) -> str:
    """A cell without the quotes that spreadsheets put around it; other quotes are text."""
    inner = cell[1:-1].replace('""', "")
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner:
        return cell[1:-1].replace('""', '"')
    return cell


def _quoted_records(lines: Sequence[str], delimiter: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Records of a CSV; one may span lines inside quotes. A quote that never closes spoils its own line only."""
    index = 0
    while index < len(lines):
        if not _is_content(lines[index]):
            index += 1
            continue
        end = _closing_line(lines, index)
        if end is None:
            table.problems.append(f"line {index + 1}: a quote is never closed")
            index += 1
            continue
        record = next(csv.reader(["\n".join(lines[index:end])], delimiter=delimiter, skipinitialspace=True))
        yield index + 1, [text_of(cell) for cell in record]
        index = end


def _closing_line(lines: Sequence[str], start: int) -> int | None:
    quotes = 0
    for end in range(start, min(start + _MAX_QUOTED_LINES, len(lines))):
        quotes += lines[end].count('"')
        if quotes % 2 == 0:
            return end + 1
    return None


def _header(cells: Sequence[str], columns: Columns) -> list[str | None] | None:
    """The fields of the columns when the row is a header, else None."""
    names: list[str | None] = []
    for cell in cells:
        name = columns.field_of(cell)
        names.append(name if name not in names else None)
    return names if all(name in names for name in columns.required) else None


def _by_count(num_cells: int, columns: Columns) -> tuple[str, ...]:
    known = [count for count in columns.by_count if count <= num_cells]
    return columns.by_count[max(known, default=min(columns.by_count))]
