"""Answers that were paid once are kept, addressed by the whole rendered request and the backend's name.

So a page that was killed between the answer and its commit is not paid again. The table lives in any SQLAlchemy
database, normally the journal's. Several processes may share it; within one process identical requests wait for
each other (`single_flight`).
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Column, Connection, Engine, Float, Integer, MetaData, String, Table, Text, create_engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from dragoman.core.errors import JournalError
from dragoman.core.exchange import FinishReason, Reply, Usage

__all__ = ["CallCache"]

_Result = TypeVar("_Result")

_BUSY_TIMEOUT_S = 30.0  # SQLite: how long to wait for another writer
_INSERT: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = MappingProxyType(
    {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
)
_CALLS = Table(
    "model_calls",
    MetaData(),
    Column("hash", String(64), primary_key=True),
    Column("backend", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("logprobs", Text, nullable=True),
    Column("latency_s", Float, nullable=False),
    Column("created", Float, nullable=False),
)


class CallCache:
    """Content-addressed store of answers.

    Args:
        database: an SQLAlchemy engine (left open by `close`) or a URL such as "sqlite:///run.sqlite".

    Raises:
        JournalError: the database cannot be opened.
    """

    def __init__(self, database: Engine | str) -> None:
        self._owned = isinstance(database, str)
        self._engine = _open(database) if isinstance(database, str) else database
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._run_now(_create)

    async def get(self, key: str) -> Reply | None:
        """The kept answer as it was, or None.

        Raises:
            JournalError: the database cannot be read.
        """
        return await self._run(lambda connection: _read(connection, key))

    async def put(self, key: str, backend: str, reply: Reply) -> None:
        """Keeps a whole answer; one that is there already stays, one that was cut is not kept.

        Raises:
            JournalError: the database cannot be written.
        """
        if reply.finish_reason is FinishReason.STOP:
            await self._run(lambda connection: _write(connection, key, backend, reply))

    @asynccontextmanager
    async def single_flight(self, key: str) -> AsyncIterator[None]:
        """Lets one task of this process at a time work on `key`."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield

    def close(self) -> None:
        """Closes the database if this cache opened it."""
        if self._owned:
            self._engine.dispose()

    async def _run(self, work: Callable[[Connection], _Result]) -> _Result:
        if self._engine.url.database in (None, "", ":memory:"):
            return self._run_now(work)  # a database in memory belongs to the thread that opened it
        return await asyncio.to_thread(self._run_now, work)

    def _run_now(self, work: Callable[[Connection], _Result]) -> _Result:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _failure(self._engine.url.render_as_string(hide_password=True), error) from error


def _failure(where: str, error: SQLAlchemyError) -> JournalError:
    reason = str(error).splitlines()[0]  # the lines below it hold the SQL with whole prompts
    return JournalError(f"call cache in {where} failed ({reason}): check the path, the rights and the server")


def _open(url: str) -> Engine:
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise JournalError(
            f"{url.partition('://')[0]!r} is no usable database: give sqlite:///FILE or postgresql+psycopg://..."
        ) from error
    if engine.dialect.name not in _INSERT:
        raise JournalError(f"database {engine.dialect.name!r} is not supported: give one of {', '.join(_INSERT)}")
    return engine


def _create(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_BUSY_TIMEOUT_S * 1000)}")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    else:  # two processes that create the same table at once: PostgreSQL fails one of them, so they take turns
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4711)")
    connection.execute(CreateTable(_CALLS, if_not_exists=True))


def _read(connection: Connection, key: str) -> Reply | None:
    row = connection.execute(select(_CALLS).where(_CALLS.c.hash == key)).one_or_none()
    if row is None:
        return None
    usage = Usage(
        calls=1, prompt_tokens=row.prompt_tokens, cached_tokens=row.cached_tokens, output_tokens=row.output_tokens
    )
    logprobs = None if row.logprobs is None else tuple(json.loads(row.logprobs))
    return Reply(row.text, FinishReason.STOP, usage, row.model, logprobs, row.latency_s)


def _write(connection: Connection, key: str, backend: str, reply: Reply) -> None:
    row = {
        "hash": key,
        "backend": backend,
        "model": reply.model,
        "text": reply.text,
        "prompt_tokens": reply.usage.prompt_tokens,
        "cached_tokens": reply.usage.cached_tokens,
        "output_tokens": reply.usage.output_tokens,
        "logprobs": None if reply.logprobs is None else json.dumps(reply.logprobs),
        "latency_s": reply.latency_s,
        "created": time.time(),
    }
    connection.execute(_INSERT[connection.dialect.name](_CALLS).values(row).on_conflict_do_nothing())
