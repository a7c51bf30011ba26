"""Long work in the background: a few things at a time, each found again after a restart."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from dragoman.agent.stopping import StopSignal
from dragoman.core.errors import DragomanError, InterruptedRunError
from dragoman.serve.errors import ServeError
from dragoman.serve.store import Row, Store

__all__ = ["OPEN", "WorkQueue"]

_log = logging.getLogger("dragoman.serve")
OPEN = ("queued", "running")
"""States of things that are not over."""

Handler = Callable[[Row, StopSignal], Awaitable[None]]


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
        self._stops: dict[str, StopSignal] = {}
        self._cancelled: set[str] = set()
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
        """Ends a thing; what it did so far stays."""
        self._cancelled.add(id)
        await self._store.change(self._kind, id, only_in=OPEN, state="cancelled", ended=time.time())
        if id in self._stops:
            _stop_now(self._stops[id])

    def begin_drain(self) -> None:
        """Takes nothing new; what runs finishes its pages in flight."""
        self._is_closing = True
        for stop in self._stops.values():
            stop.request()

    async def close(self, timeout_s: float) -> None:
        """Ends the work, kindly for `timeout_s` seconds; unfinished things stay in the table for the next process."""
        self.begin_drain()
        busy = [worker for worker in self._workers if not worker.done()]
        if self._stops and busy:
            await asyncio.wait(busy, timeout=timeout_s)
        for stop in self._stops.values():
            _stop_now(stop)
        for worker in busy:
            worker.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _work(self) -> None:
        while not self._is_closing:
            row = await self._waiting.get()
            if self._is_closing:
                return
            if row["id"] not in self._cancelled:
                await self._do(row)
            self._cancelled.discard(row["id"])

    async def _do(self, row: Row) -> None:
        id = row["id"]
        if not await self._store.change(self._kind, id, only_in=OPEN, state="running"):
            return
        stop = self._stops[id] = StopSignal()
        try:
            await self._handle(row, stop)
            await self._store.change(self._kind, id, only_in=OPEN, state="completed", ended=time.time())
        except InterruptedRunError:
            await self._store.change(self._kind, id, only_in=OPEN, state="queued")
        except (DragomanError, ServeError) as error:
            await self._fail(id, error, " ".join(str(getattr(error, "message", error)).split()))
        except Exception as error:  # recorded and shown: one bad job must not end the others
            _log.exception("fault")
            await self._fail(id, error, "a fault of the server: its log has the details")
        finally:
            del self._stops[id]

    async def _fail(self, id: str, error: Exception, message: str) -> None:
        told = {"code": type(error).__name__, "message": message}
        await self._store.change(self._kind, id, only_in=OPEN, state="failed", error=told, ended=time.time())


def _stop_now(stop: StopSignal) -> None:
    stop.request()
    stop.request()
