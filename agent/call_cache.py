"""Answers that were paid once are kept, addressed by the whole rendered request and the backend's name.

So a page that was killed between the answer and its commit is not paid again. The table lives in any SQLAlchemy
database, normally the journal's. Several processes may share it; within one process identical requests wait for
each other (`single_flight`).
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from weakref import WeakValueDictionary

from sqlalchemy import Column, Connection, Engine, Float, Integer, MetaData, String, Table, Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from dragoman.agent.database import database_errors, hasty_write, open_engine
from dragoman.core.exchange import FinishReason, Reply, Usage

__all__ = ["CallCache"]

_CREATION_LOCK = 4711  # any number that nothing else in the database uses
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
_FIND = select(_CALLS).where(_CALLS.c.hash == bindparam("key"))
_KEEP: Mapping[str, sqlite.Insert | postgresql.Insert] = MappingProxyType(
    {
        "sqlite": sqlite.insert(_CALLS).on_conflict_do_nothing(),
        "postgresql": postgresql.insert(_CALLS).on_conflict_do_nothing(),
    }
)


class CallCache:
    """Content-addressed store of answers.

    Args:
        database: an SQLAlchemy engine (left open by `close`), the path of a SQLite file, or a database URL.

    Raises:
        JournalError: the database cannot be opened.
    """

    def __init__(self, database: Engine | str | Path) -> None:
        self._owned = not isinstance(database, Engine)
        self._engine = database if isinstance(database, Engine) else open_engine(database)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        with database_errors(self._engine), self._engine.begin() as connection:
            _create(connection)

    async def get(self, key: str) -> Reply | None:
        """The kept answer as it was, or None.

        Raises:
            JournalError: the database cannot be read.
        """
        if self._engine.dialect.name == "sqlite":  # nothing to wait for: a thread would take longer
            return self._read_now(key)
        return await asyncio.to_thread(self._read_now, key)

    async def put(self, key: str, backend: str, reply: Reply) -> None:
        """Keeps a whole answer; one that is there already stays, one that was cut is not kept.

        Raises:
            JournalError: the database cannot be written.
        """
        if reply.finish_reason is FinishReason.STOP:
            await asyncio.to_thread(self._write_now, key, backend, reply)

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

    def _read_now(self, key: str) -> Reply | None:
        with database_errors(self._engine), self._engine.connect() as connection:
            return _read(connection, key)

    def _write_now(self, key: str, backend: str, reply: Reply) -> None:
        with database_errors(self._engine), hasty_write(self._engine) as connection:
            _write(connection, key, backend, reply)


def _create(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # it fails one of two processes that create a table at once
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CREATION_LOCK})")
    connection.execute(CreateTable(_CALLS, if_not_exists=True))


def _read(connection: Connection, key: str) -> Reply | None:
    row = connection.execute(_FIND, {"key": key}).one_or_none()
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
    connection.execute(_KEEP[connection.dialect.name], row)
