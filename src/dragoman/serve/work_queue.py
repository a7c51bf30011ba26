"""Long work in the background: a few things at a time, each found again after a restart."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
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

Handler = Callable[[Row, StopSignal], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    """A thing that is being worked on."""

    stop: StopSignal = field(default_factory=StopSignal)
    over: asyncio.Event = field(default_factory=asyncio.Event)


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
        self._places = places
        self._waiting: asyncio.Queue[Row] = asyncio.Queue()
        self._running: dict[str, _Running] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._is_closing = False

    async def open(self) -> None:
        """Starts working, first on what an earlier process left."""
        for row in await self._store.in_states(self._kind, OPEN):
            self.submit(row)
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._places)]

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

    def begin_drain(self) -> None:
        """Takes nothing new; what runs finishes its pages in flight."""
        self._is_closing = True
        for running in self._running.values():
            running.stop.request()

    async def close(self, timeout_s: float) -> None:
        """Ends the work, kindly for `timeout_s` seconds; unfinished things stay in the table for the next process."""
        self.begin_drain()
        busy = [worker for worker in self._workers if not worker.done()]
        if self._running and busy:
            await asyncio.wait([asyncio.create_task(r.over.wait()) for r in self._running.values()], timeout=timeout_s)
        for running in self._running.values():
            _stop_now(running.stop)
        for worker in busy:
            worker.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _work(self) -> None:
        while not self._is_closing:
            row = await self._waiting.get()
            if self._is_closing:
                return
            if row["id"] not in self._running:  # resumed while it was still in the queue: it is there twice
                await self._do(row)

    async def _do(self, row: Row) -> None:
        id = row["id"]
        running = self._running[id] = _Running()
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
            running.over.set()

    async def _fail(self, id: str, error: Exception, message: str) -> None:
        told = {"code": type(error).__name__, "message": message}
        await self._store.change(self._kind, id, only_in=OPEN, state="failed", error=told, ended=time.time())


def _stop_now(stop: StopSignal) -> None:
    stop.request()
    stop.request()
