"""Opening a SQLite file or a PostgreSQL server through SQLAlchemy, with errors that people can act on."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from dragoman.core.errors import JournalError, MissingExtraError

__all__ = ["BUSY_TIMEOUT_S", "database_errors", "hasty_write", "open_engine"]

BUSY_TIMEOUT_S = 30.0

_WAYS_OUT = (
    # (what the driver says, what it means and what to do)
    ("file is not a database", "is not a journal (not a SQLite file): give another path with --journal"),
    ("malformed", "is damaged: restore it from a backup, or give another path with --journal to start over"),
    ("disk image", "is damaged: restore it from a backup, or give another path with --journal to start over"),
    ("database is locked", "is locked by another program: wait for it or close it, then run the same command again"),
    ("unable to open database file", "cannot be opened: check that its folder exists and may be written"),
    ("readonly database", "may not be written: change its permissions or give another path with --journal"),
    ("disk is full", "cannot grow, the disk is full: free some space, then run the same command again"),
)


def open_engine(
    location: str | Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, connect_timeout_s: float | None = None
) -> Engine:
    """An engine for a path (SQLite) or a database URL.

    Args:
        location: path of a SQLite file, or a URL such as `postgresql://user@host/name`.
        busy_timeout_s: how long to wait for another writer.
        connect_timeout_s: how long to wait for a server; None means the driver's own patience.

    Raises:
        MissingExtraError: PostgreSQL is asked for and its driver is not installed.
        JournalError: the URL cannot be understood, or the folder of the file cannot be made.
    """
    url = _url(location)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, busy_timeout_s)
    if url.get_backend_name() != "postgresql":
        raise JournalError(f"journal {location} is no known database: give a file path or a postgresql:// URL")
    if importlib.util.find_spec("psycopg") is None:
        raise MissingExtraError("a journal in PostgreSQL", "postgres")
    patience = {} if connect_timeout_s is None else {"connect_timeout": round(connect_timeout_s)}
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=patience)


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """Turns what a driver raises inside into a `JournalError` of one line with the way out."""
    try:
        yield
    except SQLAlchemyError as error:
        raise JournalError(f"journal {_shown(engine.url)} {_explain(error)}") from error


@contextmanager
def hasty_write(engine: Engine) -> Iterator[Connection]:
    """A transaction that does not wait for the disk: it outlives the process, perhaps not a power cut (SQLite).

    For what can be had again. PostgreSQL commits as always.
    """
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()  # after a commit there is nothing left to undo
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA synchronous=FULL")


def _url(location: str | Path) -> URL:
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(location))
    try:
        return make_url(location.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise JournalError(f"journal {location!r} is no database URL: give a path or postgresql://...") from error


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise JournalError("a journal in memory would not outlive the process: give a file path")
    _make_folder(Path(url.database or "").parent)
    # IMMEDIATE takes the write lock with the first change; a deferred one could fail half-way without waiting.
    engine = create_engine(url, connect_args={"isolation_level": "IMMEDIATE", "timeout": busy_timeout_s})
    event.listen(engine, "connect", _configure_sqlite)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"journal folder {folder} cannot be made ({error.strerror}): give another path with --journal"
        ) from error


def _configure_sqlite(connection: Any, _: object) -> None:  # Any: a driver's connection
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _shown(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string()


def _explain(error: SQLAlchemyError) -> str:
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    for words, meaning in _WAYS_OUT:
        if words in said:
            return meaning
    return f"cannot be used: {said}; check that the database is there and may be written"
