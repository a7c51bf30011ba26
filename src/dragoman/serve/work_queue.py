"""Long work in the background: a few things at a time, each found again after a restart."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dragoman.agent.stopping import StopSignal
from dragoman.core.errors import DragomanError, InterruptedRunError
from dragoman.serve.errors import ServeError
from dragoman.serve.store import Row, Store

__all__ = ["OPEN", "WorkQueue"]

_log = logging.getLogger("dragoman.serve")
OPEN = ("queued", "running")
"""States of things that are not over."""
_CANCEL_S = 10.0
_MAX_ASIDE = 100  # things that wait for a person hold a memory each

Handler = Callable[[Row, StopSignal], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    """A thing that is being worked on; `asking` counts its open questions to people."""

    stop: StopSignal = field(default_factory=StopSignal)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    asking: int = 0
    has_place: bool = True


class WorkQueue:
    """Works off the things of one table.

    Args:
        store: holds them.
        kind: the table.
        handle: does one; it stops soon after the signal and raises `InterruptedRunError` when things are left to do.
        places: things at a time.
    """

    def __init__(self, store: Store, kind: str, handle: Handler, *, places: int) -> None:
        self._store, self._kind, self._handle = store, kind, handle
        self._places = asyncio.Semaphore(places)
        self._waiting: asyncio.Queue[Row] = asyncio.Queue()
        self._running: dict[str, _Running] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._dispatcher: asyncio.Task[None] | None = None
        self._is_closing = False

    async def open(self) -> None:
        """Starts working, first on what an earlier process left."""
        for row in await self._store.in_states(self._kind, OPEN):
            self.submit(row)
        self._dispatcher = asyncio.create_task(self._dispatch())

    def submit(self, row: Row) -> None:
        """Puts a thing at the end of the queue; its row is in the table, in state "queued"."""
        self._waiting.put_nowait(row)

    async def cancel(self, id: str) -> None:
        """Ends a thing and waits for its end, so that it may be resumed at once; what it did so far stays."""
        await self._store.change(self._kind, id, only_in=OPEN, state="cancelled", ended=time.time())
        running = self._running.get(id)
        if running is not None:
            _stop_now(running.stop)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CANCEL_S):
                    await running.over.wait()

    @asynccontextmanager
    async def aside(self, id: str) -> AsyncIterator[None]:
        """Lets another thing have the place of this one while the block waits for a person."""
        running = self._running[id]
        running.asking += 1
        if running.has_place and sum(not each.has_place for each in self._running.values()) < _MAX_ASIDE:
            self._leave_place(running)
        try:
            yield
        finally:
            running.asking -= 1
        if not running.asking and not running.has_place:  # not when it is cancelled: it will need no place
            await self._places.acquire()
            if running.has_place:  # two questions ended together
                self._places.release()
            running.has_place = True

    def begin_drain(self) -> None:
        """Takes nothing new; what runs finishes its pages in flight."""
        self._is_closing = True
        for running in self._running.values():
            running.stop.request()

    async def close(self, timeout_s: float) -> None:
        """Ends the work, kindly for `timeout_s` seconds; unfinished things stay in the table for the next process."""
        self.begin_drain()
        busy = [*self._workers, *([self._dispatcher] if self._dispatcher is not None else [])]
        if self._workers:
            await asyncio.wait(set(self._workers), timeout=timeout_s)
        for running in self._running.values():
            _stop_now(running.stop)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _dispatch(self) -> None:
        while not self._is_closing:
            row = await self._waiting.get()
            await self._places.acquire()
            if self._is_closing:
                return
            if row["id"] in self._running:  # resumed while it was still in the queue: it is there twice
                self._places.release()
                continue
            self._running[row["id"]] = _Running()
            worker = asyncio.create_task(self._do(row))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _do(self, row: Row) -> None:
        id = row["id"]
        running = self._running[id]
        try:
            if not await self._store.change(self._kind, id, only_in=OPEN, state="running"):
                return
            await self._handle(row, running.stop)
            await self._store.change(self._kind, id, only_in=OPEN, state="completed", ended=time.time())
        except InterruptedRunError:
            await self._store.change(self._kind, id, only_in=OPEN, state="queued")
        except (DragomanError, ServeError) as error:
            await self._fail(id, error, " ".join(str(getattr(error, "message", error)).split()))
        except Exception as error:  # recorded and shown: one bad job must not end the others
            _log.exception("fault")
            await self._fail(id, error, "a fault of the server: its log has the details")
        finally:
            del self._running[id]
            self._leave_place(running)
            running.over.set()

    def _leave_place(self, running: _Running) -> None:
        if running.has_place:
            running.has_place = False
            self._places.release()

    async def _fail(self, id: str, error: Exception, message: str) -> None:
        told = {"code": type(error).__name__, "message": message}
        await self._store.change(self._kind, id, only_in=OPEN, state="failed", error=told, ended=time.time())


def _stop_now(stop: StopSignal) -> None:
    stop.request()
    stop.request()
