"""One page result as rows of the journal, and back: what is written is exactly what is read.

Everything a policy saw and decided is kept (features, propensities, tokens), so that training and reports need
nothing but the journal.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from dragoman.agent import journal_schema as schema
from dragoman.agent.codec import decode, encode
from dragoman.core.context import FEATURE_VERSION, Candidate, ContextChoice, Features, Observation
from dragoman.core.document import Page, Segment
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.hashing import content_hash
from dragoman.core.probe import Probe
from dragoman.core.records import MemoryRecord
from dragoman.core.trajectory import Issue, LineResult, PageResult

__all__ = ["load_page", "load_pages", "run_usage", "write_page"]

Row = dict[str, Any]  # Any: values of several column types

_USAGE = tuple(field.name for field in fields(Usage))
_TABLES_BY_PAGE = (schema.lines, schema.memory_deltas, schema.withdrawals, schema.usage)


def write_page(
    connection: Connection, run: Mapping[str, str], result: PageResult, *, on_step: Callable[[str], None]
) -> bool:
    """Writes all rows of a page unless it is there; whether it was written.

    Args:
        connection: inside the transaction that commits the page; it has locked the run.
        run: columns `run_id`, `document_hash` and `config_hash`.
        result: the page.
        on_step: called with the name of each table before its rows are written.
    """
    key = {"run_id": run["run_id"], "page_index": result.page_index}
    page = {
        "segments": encode(result.observation.page.segments),
        "pivot_lines": encode(result.pivot_lines),
        "notes": result.notes,
        "seconds": result.seconds,
        "committed_at": time.time(),
    }
    if _read(connection, schema.pages, run["run_id"], result.page_index):
        return False
    connection.execute(schema.pages.insert(), {**run, **key, **page})
    on_step("records")
    stored = _store_records(connection, result)
    for table, rows in _rows(result, stored):
        on_step(table.name)
        if rows:
            connection.execute(table.insert(), [{**key, **row} for row in rows])
    return True


def _store_records(connection: Connection, result: PageResult) -> dict[int, str]:
    """Keys of all records of the page by object identity; rows are added for those the journal does not hold."""
    used = (*result.records, *(candidate.record for candidate in result.observation.candidates))
    keys = {id(record): _key(record) for record in used}
    by_key = {keys[id(record)]: record for record in used}
    known = set(connection.scalars(select(schema.records.c.key).where(schema.records.c.key.in_(list(by_key)))))
    missing = sorted(by_key.keys() - known)  # sorted: two processes lock in the same order
    new = [{"key": key, "kind": by_key[key].kind.value, "body": encode(by_key[key])} for key in missing]
    if new:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(schema.records).on_conflict_do_nothing(), new)
    return keys


def _key(record: MemoryRecord) -> str:
    """Identifies the whole record: what its id leaves out is added."""
    segments = record.provenance.segment_ids
    return content_hash(record.id, repr(record.confidence), str(record.version), *segments, length=32)


def _rows(result: PageResult, keys: Mapping[int, str]) -> Iterator[tuple[Table, list[Row]]]:
    yield schema.lines, _numbered([_line_row(line) for line in result.lines])
    yield schema.memory_deltas, _numbered([{"record_key": keys[id(record)]} for record in result.records])
    yield schema.withdrawals, _numbered([{"record_id": name, "reason": why} for name, why in result.withdrawn])
    yield schema.usage, [{"purpose": purpose.value, **asdict(usage)} for purpose, usage in result.usage.items()]
    yield schema.choices, [_choice_row(result, keys)]
    yield schema.probes, [] if result.probe is None else [{"body": encode(result.probe)}]


def _numbered(rows: Iterable[Row]) -> list[Row]:
    return [{"position": position, **row} for position, row in enumerate(rows)]


def _line_row(line: LineResult) -> Row:
    row = {name: getattr(line, name) for name in ("segment_id", "source", "translation", "repairs")}
    return row | {"issues": encode(line.issues)}


def _choice_row(result: PageResult, keys: Mapping[int, str]) -> Row:
    observation, choice = result.observation, result.choice
    candidates = [
        [keys[id(item.record)], item.features.vector(), item.tokens, item.lines, item.reason]
        for item in observation.candidates
    ]
    bare = replace(observation, candidates=(), page=Page(observation.page.index, ()))
    return {
        "policy": choice.policy,
        "status": choice.status.value,
        "tokens": choice.tokens,
        "feature_version": FEATURE_VERSION,
        "observation": encode(bare),
        "candidates": candidates,
        "choice": encode(choice),
    }


def load_pages(connection: Connection, run_id: str) -> Iterator[PageResult]:
    """The committed pages of a run, by page index, each read when it is asked for."""
    table = schema.pages
    indices = connection.scalars(
        select(table.c.page_index).where(table.c.run_id == run_id).order_by(table.c.page_index)
    ).all()
    for page_index in indices:
        yield load_page(connection, run_id, page_index)


def load_page(connection: Connection, run_id: str, page_index: int) -> PageResult:
    """One committed page, equal to the result that was committed.

    Raises:
        KeyError, TypeError, ValueError: if the rows were damaged.
    """
    (page,) = _read(connection, schema.pages, run_id, page_index)
    (choice,) = _read(connection, schema.choices, run_id, page_index)
    lines, deltas, withdrawals, usage = (_read(connection, table, run_id, page_index) for table in _TABLES_BY_PAGE)
    keys = {row["record_key"] for row in deltas} | {candidate[0] for candidate in choice["candidates"]}
    known = _load_records(connection, keys)
    pivot_lines = page["pivot_lines"]
    return PageResult(
        page_index,
        tuple(_line(row) for row in lines),
        _observation(choice, page["segments"], known),
        decode(ContextChoice, choice["choice"]),
        pivot_lines=None if pivot_lines is None else tuple(pivot_lines),
        records=tuple(known[row["record_key"]] for row in deltas),
        withdrawn=tuple((row["record_id"], row["reason"]) for row in withdrawals),
        usage=_usage(usage),
        seconds=page["seconds"],
        notes=tuple(page["notes"]),
        probe=_probe(_read(connection, schema.probes, run_id, page_index)),
    )


def _read(connection: Connection, table: Table, run_id: str, page_index: int) -> Sequence[RowMapping]:
    statement = select(table).where(table.c.run_id == run_id, table.c.page_index == page_index)
    if "position" in table.c:
        statement = statement.order_by(table.c.position)
    return connection.execute(statement).mappings().all()


def _load_records(connection: Connection, keys: Iterable[str]) -> dict[str, MemoryRecord]:
    table = schema.records
    found = connection.execute(select(table.c.key, table.c.body).where(table.c.key.in_(list(keys))))
    return {key: decode(MemoryRecord, body) for key, body in found}


def _line(row: RowMapping) -> LineResult:
    issues = decode(tuple[Issue, ...], row["issues"])
    return LineResult(row["segment_id"], row["source"], row["translation"], issues, row["repairs"])


def _probe(rows: Sequence[RowMapping]) -> Probe | None:
    return decode(Probe, rows[0]["body"]) if rows else None


def _observation(row: RowMapping, segments: Any, records: Mapping[str, MemoryRecord]) -> Observation:  # Any: JSON
    bare = decode(Observation, {"withheld": [], **row["observation"]})  # journals from before there were probes
    candidates = tuple(
        Candidate(records[key], Features(*vector), tokens, tuple(lines), reason)
        for key, vector, tokens, lines, reason in row["candidates"]
    )
    page = Page(bare.page.index, decode(tuple[Segment, ...], segments))
    return replace(bare, candidates=candidates, page=page)


def run_usage(connection: Connection, run_id: str) -> Mapping[Purpose, Usage]:
    """Usage of all committed pages of a run, by purpose."""
    table = schema.usage
    sums = [func.sum(table.c[name]).label(name) for name in _USAGE]
    statement = select(table.c.purpose, *sums).where(table.c.run_id == run_id).group_by(table.c.purpose)
    return _usage(connection.execute(statement).mappings())


def _usage(rows: Iterable[RowMapping]) -> Mapping[Purpose, Usage]:
    return MappingProxyType({Purpose(row["purpose"]): Usage(*(row[name] for name in _USAGE)) for row in rows})
