"""What the server keeps, in the same database as the journal: sessions, traces, files, jobs, batches.

Every row belongs to a key; a question names its owner, so nothing of another key can be found. One call is one
transaction, made in a thread so that the event loop never waits for a disk.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from dragoman.agent.database import database_errors
from dragoman.agent.journal_schema import AnyText, Json
from dragoman.agent.run_rows import lock_runs

__all__ = ["Row", "Store"]

_Result = TypeVar("_Result")
Row = Mapping[str, Any]  # Any: values of several column types

_METADATA = MetaData()
_SESSIONS = Table(
    "served_sessions",
    _METADATA,
    Column("owner", String(64), primary_key=True),
    Column("session", String(512), primary_key=True),
    Column("pair", String(256), primary_key=True),
    Column("page_index", Integer, primary_key=True),
    Column("delta", Json, nullable=False),
    Column("created", Float, nullable=False),
)


def _things(name: str, *columns: Column[Any]) -> Table:  # Any: of several column types
    """A table of things with an id and an owner."""
    return Table(
        name,
        _METADATA,
        Column("id", String(64), primary_key=True),
        Column("owner", String(64), nullable=False, index=True),
        Column("created", Float, nullable=False, index=True),
        *columns,
    )


_TABLES: Mapping[str, Table] = {
    "traces": _things("served_traces", Column("body", LargeBinary, nullable=False)),
    "files": _things(
        "served_files",
        Column("name", AnyText, nullable=False),
        Column("purpose", String(64), nullable=False),
        Column("size", Integer, nullable=False),
        Column("data", LargeBinary, nullable=False),
    ),
    "jobs": _things(
        "served_jobs",
        Column("state", String(16), nullable=False),
        Column("body", Json, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("error", Json),
        Column("ended", Float),
    ),
    "glossaries": _things("served_glossaries", Column("name", AnyText, nullable=False), Column("body", Json)),
    "batches": _things(
        "served_batches",
        Column("state", String(16), nullable=False),
        Column("body", Json, nullable=False),
        Column("error", Json),
        Column("ended", Float),
    ),
}
_BATCH_LINES = Table(
    "served_batch_lines",
    _METADATA,
    Column("batch", String(64), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("body", Json, nullable=False),
)
_BULKY = ("data",)


class Store:
    """Tables of the server.

    Args:
        engine: of the journal.

    Raises:
        JournalError: the tables cannot be made.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now(_prepare)

    async def add(self, kind: str, row: Row) -> None:
        """Adds a thing; `created` is now unless it is given."""
        table, full = _TABLES[kind], {"created": time.time(), **row}
        await self._run(lambda connection: connection.execute(insert(table), full))

    async def get(self, kind: str, owner: str, id: str, *, bulky: bool = False) -> Row | None:
        """One thing of this owner, or None; its data only when asked for."""
        table = _TABLES[kind]
        query = select(*_columns(table, bulky)).where(table.c.id == id, table.c.owner == owner)
        return await self._run(lambda connection: next(iter(_rows(connection, query)), None))

    async def list(self, kind: str, owner: str, *, after: str | None = None, limit: int = 20) -> Sequence[Row]:
        """Things of this owner, newest first, from behind the one with the id `after`."""
        table = _TABLES[kind]
        query = select(*_columns(table, False)).where(table.c.owner == owner)
        if after is not None:
            border = select(table.c.created).where(table.c.id == after, table.c.owner == owner).scalar_subquery()
            query = query.where(table.c.created < border)
        query = query.order_by(table.c.created.desc(), table.c.id).limit(limit)
        return await self._run(lambda connection: _rows(connection, query))

    async def in_states(self, kind: str, states: Iterable[str]) -> Sequence[Row]:
        """Things of all owners in one of these states, oldest first."""
        table = _TABLES[kind]
        query = select(*_columns(table, False)).where(table.c.state.in_(list(states))).order_by(table.c.created)
        return await self._run(lambda connection: _rows(connection, query))

    async def change(self, kind: str, id: str, *, only_in: Sequence[str] = (), **values: Any) -> bool:  # Any: see Row
        """Changes a thing, if it is in one of these states (empty: any); whether it did."""
        table = _TABLES[kind]
        query = update(table).where(table.c.id == id).values(values)
        if only_in:
            query = query.where(table.c.state.in_(list(only_in)))
        return await self._run(lambda connection: connection.execute(query).rowcount > 0)

    async def remove(self, kind: str, owner: str, id: str) -> bool:
        """Deletes a thing of this owner; whether there was one."""
        table = _TABLES[kind]
        query = delete(table).where(table.c.id == id, table.c.owner == owner)
        return await self._run(lambda connection: connection.execute(query).rowcount > 0)

    async def add_traces(self, rows: Sequence[Row], *, keep: int) -> None:
        """Adds traces and deletes the oldest beyond `keep`."""
        await self._run(lambda connection: _add_traces(connection, rows, keep))

    async def session_pages(self, owner: str, session: str, pair: str) -> Sequence[Row]:
        """Pages of a session's memory in order."""
        query = select(_SESSIONS).where(*_of_session(owner, session, pair)).order_by(_SESSIONS.c.page_index)
        return await self._run(lambda connection: _rows(connection, query))

    async def add_session_page(self, owner: str, session: str, pair: str, page_index: int, delta: Any) -> None:
        """Adds what one page left in a session's memory; `delta` is JSON."""
        row = {"owner": owner, "session": session, "pair": pair, "page_index": page_index, "delta": delta}
        await self._run(lambda connection: connection.execute(insert(_SESSIONS), {**row, "created": time.time()}))

    async def session_pairs(self, owner: str, session: str) -> Sequence[Row]:
        """Language pairs of a session with the number of their pages; empty when there is no such session."""
        pages = func.count().label("pages")
        query = select(_SESSIONS.c.pair, pages).where(*_of_session(owner, session)).group_by(_SESSIONS.c.pair)
        return await self._run(lambda connection: _rows(connection, query))

    async def remove_session(self, owner: str, session: str) -> bool:
        """Deletes a session's memory; whether there was one."""
        query = delete(_SESSIONS).where(*_of_session(owner, session))
        return await self._run(lambda connection: connection.execute(query).rowcount > 0)

    async def add_batch_line(self, batch: str, line: int, body: Any, *, failed: bool) -> None:
        """Adds the answer to one line of a batch; `body` is JSON."""
        row = {"batch": batch, "line": line, "body": body, "failed": int(failed)}
        await self._run(lambda connection: connection.execute(insert(_BATCH_LINES), row))

    async def batch_lines(self, batch: str) -> Sequence[Row]:
        """Answers of a batch so far, in order."""
        query = select(_BATCH_LINES).where(_BATCH_LINES.c.batch == batch).order_by(_BATCH_LINES.c.line)
        return await self._run(lambda connection: _rows(connection, query))

    async def check_writable(self) -> None:
        """Nothing, when the database takes a row.

        Raises:
            JournalError: it does not.
        """
        await self._run(_write_and_undo)

    async def _run(self, work: Callable[[Connection], _Result]) -> _Result:
        return await asyncio.to_thread(self._now, work)

    def _now(self, work: Callable[[Connection], _Result]) -> _Result:
        with database_errors(self._engine), self._engine.begin() as connection:
            return work(connection)


def _prepare(connection: Connection) -> None:
    lock_runs(connection)
    _METADATA.create_all(connection)


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:  # Any: of several column types
    return [dict(row._mapping) for row in connection.execute(query)]


def _columns(table: Table, bulky: bool) -> list[Column[Any]]:  # Any: of several column types
    return [column for column in table.c if bulky or column.name not in _BULKY]


def _of_session(owner: str, session: str, pair: str | None = None) -> list[Any]:  # Any: SQL conditions
    conditions: list[Any] = [_SESSIONS.c.owner == owner, _SESSIONS.c.session == session]
    return conditions if pair is None else [*conditions, _SESSIONS.c.pair == pair]


def _add_traces(connection: Connection, rows: Sequence[Row], keep: int) -> None:
    table = _TABLES["traces"]
    connection.execute(insert(table), list(rows))
    border = select(table.c.created).order_by(table.c.created.desc()).offset(keep).limit(1).scalar_subquery()
    connection.execute(delete(table).where(table.c.created <= border))


def _write_and_undo(connection: Connection) -> None:
    with connection.begin_nested() as attempt:
        row = {"batch": "", "line": 0, "failed": 0, "body": None}
        connection.execute(insert(_BATCH_LINES), row)
        attempt.rollback()
