"""One call of the document loop while it runs: what is in flight, what is committed, why it stops.

The public face is `dragoman.agent.loop`.
"""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dragoman.agent.document_work import DocumentWork
from dragoman.agent.events import (
    DocumentFinished,
    DocumentStarted,
    Event,
    Notice,
    PageFailed,
    PageFinished,
    PageProgress,
    PageStarted,
    Resumed,
    RunFinished,
    RunStarted,
    Stopping,
)
from dragoman.agent.job import PageJob
from dragoman.agent.loop_options import LoopOptions, PageRunner
from dragoman.agent.run_owner import HEARTBEAT_S
from dragoman.agent.schedule import PageSlot, Schedule, memory_version
from dragoman.agent.settings import RunSettings
from dragoman.agent.stopping import StopSignal, StopStage
from dragoman.core.errors import (
    AuthenticationError,
    BackendError,
    BackendUnreachableError,
    ConfigurationError,
    DragomanError,
    InterruptedRunError,
    JournalError,
    LimitReachedError,
    RateLimitError,
)
from dragoman.core.exchange import Usage
from dragoman.core.trajectory import PageResult

if TYPE_CHECKING:  # brings SQLAlchemy, which a plain import of the loop does not need
    from dragoman.agent.journal import Journal

__all__ = ["LoopRun", "close_runs"]

# These would meet every other document too, so going on only costs time.
_STOPS_THE_RUN = (
    AuthenticationError,
    BackendUnreachableError,
    ConfigurationError,
    JournalError,
    LimitReachedError,
    RateLimitError,
)


def close_runs(works: Iterable[DocumentWork], journal: "Journal") -> None:
    """Gives up the runs of documents, so that any process may open them."""
    for work in works:
        with suppress(JournalError):  # a lost journal was reported where it was met; the owner is seen to be dead later
            journal.close_run(work.run)


class LoopRun:
    """State of one call of `translate_documents`."""

    def __init__(
        self, agent: PageRunner, settings: RunSettings, journal: "Journal", options: LoopOptions, stop: StopSignal
    ) -> None:
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._agent = agent
        self._settings = settings
        self._journal = journal
        self._options = options
        self._stop = stop
        self._writing = asyncio.Lock()  # one writer of ours at a time; SQLite would make them wait by sleeping
        self._works: list[DocumentWork] = []
        self._schedule = Schedule((), wave=settings.wave)
        self._running: dict[asyncio.Task[None], PageSlot] = {}
        self._error: DragomanError | None = None
        self._spent = Usage()

    async def run(self, works: list[DocumentWork]) -> None:
        """Everything from `RunStarted` to `RunFinished`."""
        began = time.monotonic()
        self._works = works
        self._schedule = Schedule(((len(w.task.pages), w.run.done) for w in works), wave=self._settings.wave)
        helpers = [asyncio.create_task(part) for part in (self._beat(), self._watch_stop())]
        try:
            await self._start()
            await self._translate()
            for work in works:
                await self._finish(work)
        finally:
            await _cancel([*helpers, *self._running])
            await asyncio.to_thread(close_runs, [w for w in works if not w.is_finished], self._journal)
        summaries = tuple(work.summary() for work in works)
        self._emit(RunFinished(summaries, self._spent, time.monotonic() - began, self._final_error()))

    async def _start(self) -> None:
        num_pages = sum(len(work.task.pages) for work in self._works)
        done = sum(work.done_pages for work in self._works)
        self._emit(RunStarted(len(self._works), num_pages, done, self._options.workers))
        for work in self._works:
            for message in work.run.notices:
                self._emit(Notice(work.task.document.name, message))
        for index, work in enumerate(self._works):
            if self._schedule.is_over(index):
                await self._finish(work)

    async def _translate(self) -> None:
        while True:
            while (slot := self._next()) is not None:
                if await self._opened(self._works[slot.document]) and self._error is None:
                    task = asyncio.create_task(self._page(slot))
                    self._running[task] = slot
                else:
                    self._schedule.fail(slot)
            if not self._running:
                return
            done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await self._ended(task)

    def _next(self) -> PageSlot | None:
        """The next page if one may start, now in flight."""
        if self._error is not None or len(self._running) >= self._options.workers:
            return None
        slot = self._schedule.take()
        if slot is None:
            return None
        try:
            self._options.may_start()
        except LimitReachedError as error:
            self._schedule.fail(slot)
            self._halt(error, str(error))
            return None
        return slot

    async def _opened(self, work: DocumentWork) -> bool:
        """Whether a document is ready for its pages; reads what earlier runs committed."""
        if work.is_open:
            return True
        name, num_pages = work.task.document.name, len(work.task.pages)
        if work.run.done:
            self._emit(Resumed(work.id, name, work.done_pages, num_pages))
        try:
            await asyncio.to_thread(work.resume, self._journal)
        except Exception as error:  # recorded and shown: one bad document must not end the batch
            self._failed(work, min(work.run.done, default=0), error)
            return False
        self._emit(DocumentStarted(work.id, name, work.run.id, num_pages, len(work.task.document.segments)))
        return True

    async def _page(self, slot: PageSlot) -> None:
        work, wave = self._works[slot.document], self._settings.wave
        place = (work.id, work.task.document.name, slot.page)
        num_pages = len(work.task.pages)
        self._emit(PageStarted(*place, num_pages, memory_version(slot.page, wave)))
        job = PageJob(
            document=work.task.document,
            page=work.task.pages[slot.page],
            num_pages=num_pages,
            view=work.view(slot.page, wave),
            seed=self._settings.seed,
            first_pages=work.first_pages,
            probe=work.probe(self._settings.probe),
        )
        result = await self._agent.run_page(
            job, on_event=lambda detail: self._emit(PageProgress(*place, detail)), approve=self._options.approve
        )
        await _unbroken(self._commit(slot, result))

    async def _commit(self, slot: PageSlot, result: PageResult) -> None:
        work = self._works[slot.document]
        async with self._writing:
            await asyncio.to_thread(self._journal.commit, work.run, result)
        work.add(result)
        self._schedule.commit(slot)
        self._spent += result.total_usage
        name, num_pages = work.task.document.name, len(work.task.pages)
        self._emit(PageFinished(work.id, name, slot.page, num_pages, work.done_pages, result))

    async def _ended(self, task: asyncio.Task[None]) -> None:
        slot = self._running.pop(task)
        work = self._works[slot.document]
        if task.cancelled():
            self._schedule.fail(slot)
            if self._stop.stage is not StopStage.NOW:
                self._failed(work, slot.page, BackendError("the page was cancelled by its own backend"))
        elif (error := task.exception()) is not None:
            self._schedule.fail(slot)
            self._failed(work, slot.page, error)
        if self._schedule.is_over(slot.document) and self._error is None:
            await self._finish(work)

    def _failed(self, work: DocumentWork, page_index: int, error: BaseException) -> None:
        if isinstance(error, _STOPS_THE_RUN):
            self._halt(error, str(error))
        elif isinstance(error, Exception):  # recorded and shown: one bad document must not end the batch
            work.error = work.error or error
            self._emit(PageFailed(work.id, work.task.document.name, page_index, error))
        else:
            raise error

    async def _finish(self, work: DocumentWork) -> None:
        if work.is_finished:
            return
        if work.run.done and not isinstance(self._error, JournalError):
            await self._opened(work)  # so that the summary counts the pages of earlier runs
        work.is_finished = True
        async with self._writing:
            await asyncio.to_thread(close_runs, [work], self._journal)
        self._emit(DocumentFinished(work.summary()))
        work.release()

    def _final_error(self) -> DragomanError | None:
        """What stopped the run; nothing when every page was saved all the same."""
        done, total = sum(w.done_pages for w in self._works), sum(len(w.task.pages) for w in self._works)
        if isinstance(self._error, LimitReachedError | InterruptedRunError) and done == total:
            return None
        if isinstance(self._error, InterruptedRunError):
            return InterruptedRunError(
                f"interrupted: {done} of {total} pages are saved, run the same command again to go on"
            )
        return self._error

    async def _watch_stop(self) -> None:
        await self._stop.reached(StopStage.FINISHING)
        self._halt(InterruptedRunError("interrupted"), "interrupted: finishing and saving the pages in flight")
        await self._stop.reached(StopStage.NOW)
        self._emit(Stopping("interrupted again: stopping now, finished pages are saved", at_once=True))
        for task in self._running:
            task.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                async with self._writing:  # a run that is being closed must not look as if it was taken over
                    alive = [work.run for work in self._works if not work.is_finished]
                    await asyncio.to_thread(self._journal.renew_runs, alive)
            except JournalError as error:
                self._halt(error, str(error))
                return

    def _halt(self, error: DragomanError, reason: str) -> None:
        """No more pages start; the first error counts."""
        if self._error is None:
            self._error = error
            self._emit(Stopping(reason))

    def _emit(self, event: Event) -> None:
        self.events.put_nowait(event)


async def _unbroken(work: Coroutine[Any, Any, None]) -> None:  # Any: the types of send and yield
    """Awaits to the end even when cancelled meanwhile: a commit that began is either seen or not there."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
