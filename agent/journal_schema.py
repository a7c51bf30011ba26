"""The tables of the journal: one schema for SQLite and PostgreSQL.

Rows are only ever added; a run that is started over is marked as archived, its pages stay. Texts may hold what a
database does not take (NUL, lone surrogates): `AnyText` keeps them all the same.
"""

import json
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

__all__ = [
    "METADATA",
    "SCHEMA_VERSION",
    "AnyText",
    "Json",
    "choices",
    "lines",
    "memory_deltas",
    "pages",
    "probes",
    "records",
    "runs",
    "schema_version",
    "usage",
    "withdrawals",
]

SCHEMA_VERSION = 1

_ESCAPED = "\\json:"
_COMPACT = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))  # trees hold no circles


class AnyText(TypeDecorator[str]):
    """Any Python string; plain in the database unless it cannot be."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The string itself, or its JSON spelling behind a mark."""
        if value is None or (_is_storable(value) and not value.startswith(_ESCAPED)):
            return value
        return _ESCAPED + json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The string that was stored."""
        if value is None or not value.startswith(_ESCAPED):
            return value
        text: str = json.loads(value[len(_ESCAPED) :])
        return text


class Json(TypeDecorator[Any]):  # Any: JSON
    """A JSON value with real characters, so that a person can read the table."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's signature; Any: JSON
        """Compact JSON."""
        return _COMPACT.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature; Any: JSON
        """The value."""
        return None if value is None else json.loads(value)


def _is_storable(value: str) -> bool:
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


METADATA = MetaData()

schema_version = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

runs = Table(
    "runs",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("run_name", AnyText, nullable=False),
    Column("document_hash", String(64), nullable=False),
    Column("document_name", AnyText, nullable=False),
    Column("generation", Integer, nullable=False),  # grows by one with each --fresh
    Column("archived", Integer, nullable=False),  # 1: replaced by a later generation, kept for the record
    Column("config_hash", String(64), nullable=False),
    Column("config", Json, nullable=False),
    Column("layout_hash", String(64), nullable=False),  # how the document was cut into pages
    Column("num_pages", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("owner", AnyText),
    Column("heartbeat", Float, nullable=False),
    UniqueConstraint("run_name", "document_hash", "generation"),
)


def _page_key() -> list[Column[Any]]:  # Any: columns of several types
    return [
        Column("run_id", String(64), primary_key=True),
        Column("page_index", Integer, primary_key=True, autoincrement=False),
    ]


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


def _of_page() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["run_id", "page_index"], ["pages.run_id", "pages.page_index"])


pages = Table(
    "pages",
    METADATA,
    Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True),
    Column("page_index", Integer, primary_key=True, autoincrement=False),
    Column("document_hash", String(64), nullable=False),
    Column("config_hash", String(64), nullable=False),
    Column("segments", Json, nullable=False),
    Column("pivot_lines", Json, nullable=False),
    Column("notes", Json, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("committed_at", Float, nullable=False),
)

lines = Table(
    "lines",
    METADATA,
    *_page_key(),
    _position(),
    Column("segment_id", AnyText, nullable=False),
    Column("source", AnyText, nullable=False),
    Column("translation", AnyText, nullable=False),
    Column("issues", Json, nullable=False),
    Column("repairs", Integer, nullable=False),
    _of_page(),
)

# Every record once, whether the agent remembered it or it was only offered as a candidate.
records = Table(
    "records",
    METADATA,
    Column("key", String(64), primary_key=True),  # hash of the whole record, confidence and version included
    Column("kind", String(32), nullable=False),
    Column("body", Json, nullable=False),
)

memory_deltas = Table(
    "memory_deltas",
    METADATA,
    *_page_key(),
    _position(),
    Column("record_key", String(64), ForeignKey("records.key"), nullable=False),
    _of_page(),
)

withdrawals = Table(
    "withdrawals",
    METADATA,
    *_page_key(),
    _position(),
    Column("record_id", AnyText, nullable=False),
    Column("reason", AnyText, nullable=False),
    _of_page(),
)

# With the first page of a document that was probed.
probes = Table("probes", METADATA, *_page_key(), Column("body", Json, nullable=False), _of_page())

choices = Table(
    "choices",
    METADATA,
    *_page_key(),
    Column("policy", AnyText, nullable=False),
    Column("status", String(32), nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("feature_version", Integer, nullable=False),
    Column("observation", Json, nullable=False),  # without page and candidates
    Column("candidates", Json, nullable=False),  # [record key, feature vector, tokens, lines, reason]
    Column("choice", Json, nullable=False),
    _of_page(),
)

usage = Table(
    "usage",
    METADATA,
    *_page_key(),
    Column("purpose", String(32), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("saved_calls", Integer, nullable=False),
    _of_page(),
)
