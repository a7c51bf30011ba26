"""Runs translation jobs: the same journal, loop and session as the command line, so a job goes on after a restart."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dragoman.agent.events import PageFinished, RunFinished, RunStarted
from dragoman.agent.journal import RunInfo
from dragoman.agent.output import assemble
from dragoman.agent.page import Approve
from dragoman.agent.stopping import StopSignal
from dragoman.core.document import Document
from dragoman.core.errors import InterruptedRunError
from dragoman.core.formats import document_from_bytes
from dragoman.core.hashing import content_hash, stable_json
from dragoman.core.languages import parse_language
from dragoman.core.records import Resource
from dragoman.core.trajectory import PageResult
from dragoman.equipment import Equipment, Shelf
from dragoman.options import TranslatorOptions
from dragoman.serve.approvals import Approvals
from dragoman.serve.job_reuse import take_over_pages
from dragoman.serve.modes import Pair
from dragoman.serve.resources import brought_resources
from dragoman.serve.state import Serving
from dragoman.serve.store import Row
from dragoman.serve.translate_mode import brought_records
from dragoman.serve.work_queue import WorkQueue
from dragoman.session import Errand, Session

__all__ = ["JobRunner", "Progress"]

Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in pages; `num_pages` is 0 before it was cut into pages."""

    done_pages: int = 0
    num_pages: int = 0


class JobRunner:
    """All jobs of a server.

    Args:
        serving: the server's state.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._progress: dict[str, Progress] = {}
        self.approvals = Approvals()
        self.queue = WorkQueue(serving.store, "jobs", self._run, places=serving.settings.num_jobs)

    def progress(self, job_id: str) -> Progress | None:
        """How far a job is; None when this process has not worked on it."""
        return self._progress.get(job_id)

    def document(self, row: Row) -> Document:
        """The document of a job, from a row with its data.

        Raises:
            InputError: it cannot be read.
        """
        pair, body = _pair(row["body"]), row["body"]
        return document_from_bytes(
            row["data"],
            name=body["name"],
            source_language=pair.source,
            target_language=pair.target,
            format=body["format"],
        )

    def run_of(self, job_id: str) -> RunInfo | None:
        """The job's run in the journal; None before it began."""
        runs = self._serving.journal.runs(job_id)
        return runs[-1] if runs else None

    def result(self, row: Row) -> bytes:
        """The translated file as far as it is, from a row with its data; other pages keep their source."""
        document, info = self.document(row), self.run_of(row["id"])
        pages: Sequence[PageResult] = self._serving.journal.results(info.id) if info else ()
        return document.join(assemble(document, pages))

    async def _run(self, row: Row, stop: StopSignal) -> None:
        """Translates one job to its end.

        Raises:
            InterruptedRunError: the server ends first.
            DragomanError: the job cannot be finished.
        """
        full = await self._serving.store.get("jobs", row["owner"], row["id"], bulky=True)
        assert full is not None, "a queued job is in the table"
        document = await asyncio.to_thread(self.document, full)
        session = await self._session(full, document)
        try:
            await self._take_over(session, document, full)
            finished = await self._follow(session, Errand(document, row["id"]), stop)
        finally:
            await session.close()
        (summary,) = finished.documents
        failed = len(summary.failed_segments)
        body = {**full["body"], "failed_segments": failed, "issues": summary.num_issues}
        body |= {"done_pages": summary.done_pages, "num_pages": summary.num_pages}
        await self._serving.store.change("jobs", row["id"], body=body)
        self._progress.pop(row["id"], None)
        error = finished.error or summary.error
        if error is not None:
            raise error

    async def _take_over(self, session: Session, document: Document, row: Row) -> None:
        """Pages of the job that this one does again, as far as its corrections do not reach them."""
        earlier = row["body"].get("redoes")
        if earlier is not None:
            await asyncio.to_thread(
                take_over_pages,
                self._serving.journal,
                document,
                session.config,
                job_id=row["id"],
                earlier_id=earlier,
                names=row["body"]["corrected"],
            )

    async def _follow(self, session: Session, errand: Errand, stop: StopSignal) -> RunFinished:
        finished: RunFinished | None = None
        id = errand.run_name
        async for event in session.stream([errand], stop):
            if isinstance(event, RunStarted):
                self._progress[id] = Progress(event.done_pages, event.num_pages)
            elif isinstance(event, PageFinished):
                self._progress[id] = Progress(event.done_pages, event.num_pages)
                self._serving.metrics.pages([event.result])
            elif isinstance(event, RunFinished):
                finished = event
        if finished is None:
            raise InterruptedRunError("the run ended without its last event")
        return finished

    async def _session(self, row: Row, document: Document) -> Session:
        body = row["body"]
        pair = _pair(body)
        options = self._serving.settings.options(pair.source, pair.target, **body["overrides"])
        brought = await brought_resources(self._serving, row["owner"], body.get("resources", ()))
        if brought or body["terms"] or body["examples"]:
            shelf = Shelf((*self._serving.brought.resources, *brought, *_terms(body)), options)
            memory = await asyncio.to_thread(shelf.memory_for, document)
        else:
            memory = await self._serving.brought.memory_for(document, options)
        equipment = Equipment(memory.resources, memory, self._serving.policy(options.policy))
        approve = self.approvals.hook(row["id"], self.queue.aside)
        return await asyncio.to_thread(_open, options, equipment, self._serving, approve)


def _open(options: TranslatorOptions, equipment: Equipment, serving: Serving, approve: Approve) -> Session:
    return Session(replace(options, fresh=False), equipment, backend=serving.backend, approve=approve)


def _pair(body: Json) -> Pair:
    return Pair(parse_language(body["source"]), parse_language(body["target"]))


def _terms(body: Json) -> tuple[Resource, ...]:
    """The terms and examples of a job, in its own direction as memories are; none when it brings none."""
    records = brought_records([tuple(pair) for pair in body["terms"]], [tuple(pair) for pair in body["examples"]])
    name = content_hash(stable_json([body["terms"], body["examples"]]))
    return (Resource("memory", "terms of the job", name, records),) if records else ()
