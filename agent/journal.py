"""The journal: every finished page, in one transaction each, in a SQLite file or a PostgreSQL database.

A run is one document under one run name (its output path or an id). The key of a page is document hash, page index
and configuration hash within its run: committing it twice changes nothing. Nothing is ever deleted; a run that is
started over is archived. The journal, not the graph's checkpointer, is the truth for resume.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine

from dragoman.agent.database import BUSY_TIMEOUT_S, database_errors, open_engine
from dragoman.agent.journal_schema import runs
from dragoman.agent.page_rows import load_page, load_pages, run_usage, write_page
from dragoman.agent.run_config import RunConfig
from dragoman.agent.run_owner import Owner
from dragoman.agent.run_rows import (
    RunInfo,
    add_run,
    archive_other_languages,
    changed_document_notice,
    check_owner,
    committed_pages,
    continues,
    give_up,
    lock_runs,
    newest_run,
    prepare_schema,
    renew,
    select_runs,
    take,
)
from dragoman.core.document import Document, Page
from dragoman.core.errors import JournalError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.trajectory import PageResult

__all__ = ["Journal", "Run", "RunInfo"]

CommitStep = Callable[[str], None]


def _ignore(_: str) -> None:
    """A commit step nobody watches."""


@dataclass(frozen=True, slots=True)
class Run:
    """An open run: this process may commit its pages until it closes it.

    Attributes:
        info: the run.
        owner: who opened it.
        done: indices of the pages that were committed when it was opened.
        notices: what a person should know, such as that the document changed since the last run of this name.
    """

    info: RunInfo
    owner: Owner
    done: frozenset[int]
    notices: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of the run."""
        return self.info.id


class Journal:
    """Runs and their pages. Safe to use from several threads; each call is one transaction.

    Args:
        location: path of a SQLite file (made with its folder if it is not there) or a postgresql:// URL.
        busy_timeout_s: how long to wait for another writer (SQLite).
        on_commit_step: called with the name of each step inside a page commit; for tests of what a crash leaves.

    Raises:
        JournalError: the database cannot be opened or belongs to a newer version.
        MissingExtraError: PostgreSQL is asked for and its driver is not installed.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        on_commit_step: CommitStep = _ignore,
    ) -> None:
        self._engine = open_engine(location, busy_timeout_s=busy_timeout_s)
        self._on_commit_step = on_commit_step
        try:
            self._prepare()
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for other tables in the same database."""
        return self._engine

    def close(self) -> None:
        """Closes all connections; a second call does nothing."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_run(
        self, document: Document, pages: Sequence[Page], *, run_name: str, config: RunConfig, fresh: bool = False
    ) -> Run:
        """Opens the run of this document and name, new or to be resumed, and takes ownership of it.

        Args:
            document: what is translated.
            pages: how it is cut.
            run_name: output path or id.
            config: what it is translated with.
            fresh: archive an earlier run of the same document and name, or of that name with other languages, and
                start over.

        Raises:
            ChangedRunError: an earlier run was made with another configuration, or one of this name with other
                languages; the message names what changed.
            JournalError: another process works on the run.
        """
        with self._write() as connection:
            lock_runs(connection)
            archive_other_languages(connection, document, run_name, config=config, fresh=fresh)
            saved = newest_run(connection, run_name, document.hash)
            if saved is not None:
                check_owner(connection, saved)
                if not fresh and continues(connection, saved, pages, config):
                    return self._taken(connection, saved, ())
            notices = changed_document_notice(connection, saved, document, run_name)
            added = add_run(connection, saved, document, pages, run_name=run_name, config=config)
            return self._taken(connection, added, notices)

    def commit(self, run: Run, result: PageResult) -> bool:
        """Saves a page in one transaction; a page that is there already is left as it is.

        Returns:
            Whether the page was written.

        Raises:
            JournalError: the run was taken over by another process, or the database cannot be written.
        """
        key = {"run_id": run.id, "document_hash": run.info.document_hash, "config_hash": run.info.config.hash}
        with self._write() as connection:
            self._on_commit_step("begin")
            renew(connection, run.id, run.owner)
            self._on_commit_step("owned")
            written = write_page(connection, key, result, on_step=self._on_commit_step)
            self._on_commit_step("written")
        self._on_commit_step("committed")
        return written

    def renew_runs(self, open_runs: Iterable[Run]) -> None:
        """Says that this process still works on the runs; needed every `HEARTBEAT_S` seconds without a commit.

        Raises:
            JournalError: one of them was taken over by another process.
        """
        with self._write() as connection:
            for run in open_runs:
                renew(connection, run.id, run.owner)

    def close_run(self, run: Run) -> None:
        """Gives the run up, so that any process may open it; a second call does nothing."""
        with self._write() as connection:
            give_up(connection, run.id, run.owner)

    def runs(self, run_name: str | None = None, *, archived: bool = False) -> tuple[RunInfo, ...]:
        """Runs, oldest first.

        Args:
            run_name: only runs of this name; None means all.
            archived: whether to list runs that were started over as well.
        """
        with self._read() as connection:
            conditions = () if run_name is None else (runs.c.run_name == run_name,)
            found = select_runs(connection, *conditions)
        return tuple(info for info in found if archived or not info.archived)

    def pages(self, run_id: str) -> Iterator[PageResult]:
        """The committed pages of a run by page index, one at a time (a long document's choices are large).

        Raises:
            JournalError: the database cannot be read or its rows were damaged.
        """
        with self._read() as connection, _undamaged(run_id):
            yield from load_pages(connection, run_id)

    def page(self, run_id: str, page_index: int) -> PageResult | None:
        """One committed page of a run; None when it is not there.

        Raises:
            JournalError: as `pages`.
        """
        with self._read() as connection, _undamaged(run_id):
            is_there = page_index in committed_pages(connection, run_id)
            return load_page(connection, run_id, page_index) if is_there else None

    def results(self, run_id: str) -> tuple[PageResult, ...]:
        """All committed pages of a run, by page index."""
        return tuple(self.pages(run_id))

    def usage(self, run_id: str) -> Mapping[Purpose, Usage]:
        """What the committed pages of a run spent, by purpose; cheap however long the document is."""
        with self._read() as connection:
            return run_usage(connection, run_id)

    def _taken(self, connection: Connection, info: RunInfo, notices: tuple[str, ...]) -> Run:
        owner = Owner.here()
        take(connection, info.id, owner)
        return Run(info, owner, committed_pages(connection, info.id), notices)

    def _prepare(self) -> None:
        with self._write() as connection:
            prepare_schema(connection)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with database_errors(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with database_errors(self._engine), self._engine.connect() as connection:
            yield connection


@contextmanager
def _undamaged(run_id: str) -> Iterator[None]:
    """Lets rows that cannot be read be said in words."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(
            f"run {run_id} has a damaged page ({error}): restore the journal from a backup, or start over with --fresh"
        ) from error
