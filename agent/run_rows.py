"""Rows of the table `runs`: which run a document and a name mean, whether it may go on, and who owns it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from dragoman.agent.codec import decode, encode
from dragoman.agent.journal_schema import METADATA, SCHEMA_VERSION, pages, runs, schema_version
from dragoman.agent.run_config import RunConfig
from dragoman.agent.run_owner import Owner
from dragoman.core.document import Document, Page
from dragoman.core.errors import ChangedRunError, JournalError
from dragoman.core.hashing import content_hash

__all__ = [
    "RunInfo",
    "add_run",
    "archive_other_languages",
    "changed_document_notice",
    "check_owner",
    "committed_pages",
    "continues",
    "give_up",
    "lock_runs",
    "newest_run",
    "prepare_schema",
    "renew",
    "select_runs",
    "take",
]

_LOCKS = {
    "sqlite": "BEGIN IMMEDIATE",  # the driver opens no transaction before the first change
    "postgresql": "SELECT pg_advisory_xact_lock(6837)",  # any number that is nobody else's
}


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as the journal lists it.

    Attributes:
        id: of the run.
        run_name: output path or the id the caller gave.
        document_name: of the document.
        document_hash: of the document.
        generation: 0, and one more each time the run was started over.
        archived: whether it was started over since.
        config: what it was made with.
        layout_hash: how the document was cut into pages.
        num_pages: pages of the document.
        created_at: seconds since the epoch.
    """

    id: str
    run_name: str
    document_name: str
    document_hash: str
    generation: int
    archived: bool
    config: RunConfig
    layout_hash: str
    num_pages: int
    created_at: float


def prepare_schema(connection: Connection) -> None:
    """Makes the tables in an empty database.

    Raises:
        JournalError: the database was made by a newer version.
    """
    lock_runs(connection)
    METADATA.create_all(connection)
    found = connection.scalar(select(func.max(schema_version.c.version)))
    if found is None:
        connection.execute(schema_version.insert().values(version=SCHEMA_VERSION))
    elif found > SCHEMA_VERSION:
        raise JournalError(
            f"journal has schema {found}, this version of dragoman knows {SCHEMA_VERSION}: "
            "upgrade dragoman, or give another path with --journal"
        )


def lock_runs(connection: Connection) -> None:
    """Lets nobody else make tables or open a run until the transaction ends; must be its first statement."""
    connection.execute(text(_LOCKS[connection.dialect.name]))


def newest_run(connection: Connection, run_name: str, document_hash: str) -> RunInfo | None:
    """The run that is not archived, if there is one."""
    found = select_runs(connection, runs.c.run_name == run_name, runs.c.document_hash == document_hash)
    return next((info for info in found if not info.archived), None)


def select_runs(connection: Connection, *conditions: Any) -> list[RunInfo]:  # Any: SQL conditions
    """Runs that meet the conditions, oldest first."""
    statement = select(runs).where(*conditions).order_by(runs.c.created_at, runs.c.generation)
    return [
        RunInfo(
            id=row.id,
            run_name=row.run_name,
            document_name=row.document_name,
            document_hash=row.document_hash,
            generation=row.generation,
            archived=bool(row.archived),
            config=decode(RunConfig, row.config),
            layout_hash=row.layout_hash,
            num_pages=row.num_pages,
            created_at=row.created_at,
        )
        for row in connection.execute(statement)
    ]


def continues(connection: Connection, saved: RunInfo, layout: Sequence[Page], config: RunConfig) -> bool:
    """Whether the saved run goes on; false when it may be replaced because nothing was committed in it.

    Raises:
        ChangedRunError: it holds pages that were made with another configuration.
    """
    changes = list(config.changes(saved.config))
    if not changes and saved.layout_hash != layout_hash(layout):
        changes = [f"pages: {saved.num_pages} -> {len(layout)} (another token counter or version cut the document)"]
    if not changes:
        return True
    done = len(committed_pages(connection, saved.id))
    if done == 0:
        return False
    raise ChangedRunError(
        f"{saved.document_name}: {done} of {saved.num_pages} pages were saved with other settings "
        f"({'; '.join(changes)}): restore them to resume, or start over with --fresh"
    )


def check_owner(connection: Connection, saved: RunInfo) -> None:
    """Refuses a run that a living process works on.

    Raises:
        JournalError: it names the process.
    """
    row = connection.execute(select(runs.c.owner, runs.c.heartbeat).where(runs.c.id == saved.id)).one()
    if row.owner is None:
        return
    owner = Owner.parse(row.owner)
    if owner.is_alive(heartbeat=row.heartbeat, now=time.time()):
        raise JournalError(
            f"{saved.document_name} is being translated to {saved.run_name} by {owner}: "
            "wait for it or stop it, then run the same command again"
        )


def changed_document_notice(
    connection: Connection, saved: RunInfo | None, document: Document, run_name: str
) -> tuple[str, ...]:
    """Says so when a run of this name exists for another content."""
    others = [] if saved else select_runs(connection, runs.c.run_name == run_name, runs.c.archived == 0)
    if not others:
        return ()
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(others[-1].created_at))
    return (
        f"{document.name} is not the document that was translated to {run_name} on {when}: "
        "it is translated from the start, the earlier run stays in the journal",
    )


def archive_other_languages(
    connection: Connection, document: Document, run_name: str, *, config: RunConfig, fresh: bool
) -> None:
    """Keeps a translation from taking the place of one into (or out of) another language under the same name.

    Languages are part of a document's hash, so such a run is never found as the one to resume, and the files of both
    would be the same file.

    Args:
        connection: inside the transaction that opens the run.
        document: to be translated.
        run_name: output path or id.
        config: its parts "from" and "to" name the languages, as "tag:name".
        fresh: archive such runs, so that they are not gone on with either.

    Raises:
        ChangedRunError: there is such a run with saved pages, and it was not asked to start over.
    """
    pair = _languages(config)
    for other in select_runs(connection, runs.c.run_name == run_name, runs.c.archived == 0):
        earlier = _languages(other.config)
        if None in (pair, earlier) or pair == earlier or other.document_hash == document.hash:
            continue
        if fresh:
            check_owner(connection, other)
            connection.execute(update(runs).where(runs.c.id == other.id).values(archived=1))
        elif committed_pages(connection, other.id):
            raise ChangedRunError(
                f"{document.name}: {run_name} holds a translation with other languages (languages: "
                f"{_in_words(config)} was {_in_words(other.config)}): give another place with -o, "
                "or start over with --fresh"
            )


def _languages(config: RunConfig) -> tuple[str, str] | None:
    """The tags of source and target; None in runs whose configuration does not name them."""
    given = [config.settings.get(end) for end in ("from", "to")]
    source, target = (None if each is None else each.partition(":")[0] for each in given)
    return None if source is None or target is None else (source, target)


def _in_words(config: RunConfig) -> str:
    return " -> ".join(config.settings[end].partition(":")[2] for end in ("from", "to"))


def add_run(
    connection: Connection,
    saved: RunInfo | None,
    document: Document,
    layout: Sequence[Page],
    *,
    run_name: str,
    config: RunConfig,
) -> RunInfo:
    """Adds the next generation of a run; an earlier one is archived, never deleted."""
    generation = _next_generation(connection, run_name, document.hash)
    if saved is not None:
        connection.execute(update(runs).where(runs.c.id == saved.id).values(archived=1))
    row = {
        "id": content_hash(document.hash, run_name, config.hash, str(generation), length=32),
        "run_name": run_name,
        "document_hash": document.hash,
        "document_name": document.name,
        "generation": generation,
        "archived": 0,
        "config_hash": config.hash,
        "config": encode(config),
        "layout_hash": layout_hash(layout),
        "num_pages": len(layout),
        "created_at": time.time(),
        "owner": None,
        "heartbeat": 0.0,
    }
    connection.execute(runs.insert().values(row))
    (info,) = select_runs(connection, runs.c.id == row["id"])
    return info


def _next_generation(connection: Connection, run_name: str, document_hash: str) -> int:
    condition = (runs.c.run_name == run_name) & (runs.c.document_hash == document_hash)
    newest = connection.scalar(select(func.max(runs.c.generation)).where(condition))
    return 0 if newest is None else newest + 1


def layout_hash(layout: Sequence[Page]) -> str:
    """Identifies how a document was cut into pages."""
    return content_hash(*("\n".join(segment.id for segment in page.segments) for page in layout))


def committed_pages(connection: Connection, run_id: str) -> frozenset[int]:
    """Indices of the pages in the journal."""
    return frozenset(connection.scalars(select(pages.c.page_index).where(pages.c.run_id == run_id)))


def take(connection: Connection, run_id: str, owner: Owner) -> None:
    """Makes `owner` the owner, whoever was before."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(owner=owner.as_text(), heartbeat=time.time()))


def renew(connection: Connection, run_id: str, owner: Owner) -> None:
    """Moves the heartbeat of a run that is still owned.

    Raises:
        JournalError: another process took it over.
    """
    mine = (runs.c.id == run_id) & (runs.c.owner == owner.as_text())
    if connection.execute(update(runs).where(mine).values(heartbeat=time.time())).rowcount == 0:
        raise JournalError(f"run {run_id} was taken over by another process: this one stops; nothing saved is lost")


def give_up(connection: Connection, run_id: str, owner: Owner) -> None:
    """Leaves the run without an owner; does nothing if another process has it."""
    mine = (runs.c.id == run_id) & (runs.c.owner == owner.as_text())
    connection.execute(update(runs).where(mine).values(owner=None))
