"""Stopping a run from outside: the first request finishes the pages in flight, the second stops now."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

__all__ = ["StopSignal", "StopStage", "stop_on_signals"]


class StopStage(IntEnum):
    """How far stopping has come."""

    RUNNING = 0
    FINISHING = 1  # no new pages; those in flight finish and are saved
    NOW = 2  # pages in flight are given up; what they paid is in the call cache


class StopSignal:
    """A stop in two steps.

    Use it in the thread of the event loop; from another thread with `loop.call_soon_threadsafe(stop.request)`.
    """

    def __init__(self) -> None:
        self._stage = StopStage.RUNNING
        self._reached = {stage: asyncio.Event() for stage in (StopStage.FINISHING, StopStage.NOW)}

    @property
    def stage(self) -> StopStage:
        """The stage reached so far."""
        return self._stage

    def request(self) -> None:
        """Goes one stage further; the third and later requests change nothing."""
        self._stage = StopStage(min(self._stage + 1, StopStage.NOW))
        self._reached[self._stage].set()

    async def reached(self, stage: StopStage) -> None:
        """Returns when `stage` (not `RUNNING`) is reached."""
        await self._reached[stage].wait()


@contextmanager
def stop_on_signals(stop: StopSignal) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM call `stop.request`; the handlers of before come back afterwards.

    Does nothing outside the main thread, where signals cannot be handled. Needs a running event loop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, stop.request)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
