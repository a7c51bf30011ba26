"""Dynamic batching: jobs that arrive while a batch runs, or within a few milliseconds, make the next batch.

One worker thread owns whatever the batch function needs (a model is not safe to share), so it also loads it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from dragoman.core.errors import BackendError

__all__ = ["Batcher"]

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


class Batcher(Generic[_Job, _Result]):
    """Runs jobs in batches in one thread, in order of arrival.

    Args:
        run: one result per job, in order; an exception fails the whole batch.
        max_batch: jobs in one batch at most.
        gather_s: how long the first job of an idle batcher waits for others.
    """

    def __init__(
        self, run: Callable[[Sequence[_Job]], Sequence[_Result]], *, max_batch: int = 16, gather_s: float = 0.005
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._gather_s = gather_s
        self._waiting: deque[tuple[_Job, Future[_Result]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    async def submit(self, job: _Job) -> _Result:
        """The job's result; a cancelled job that has not started never runs.

        Raises:
            BackendError: the batcher is closed.
            Exception: what the batch function raised.
        """
        future: Future[_Result] = Future()
        with self._changed:
            if self._closed:
                raise BackendError("the model is closed: make a new backend")
            self._waiting.append((job, future))
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="dragoman-batches", daemon=True)
                self._thread.start()
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Lets the running batch finish, fails the waiting jobs and ends the thread; a second call does nothing."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
            self._changed.notify()
        for _, future in waiting:
            future.set_exception(BackendError("the model was closed before this call started"))
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while batch := self._next_batch():
            started = [(job, future) for job, future in batch if future.set_running_or_notify_cancel()]
            if not started:
                continue
            try:
                results = self._run([job for job, _ in started])
            except Exception as error:  # whatever it was, the callers get it
                for _, future in started:
                    future.set_exception(error)
                continue
            for (_, future), result in zip(started, results, strict=True):
                future.set_result(result)

    def _next_batch(self) -> list[tuple[_Job, Future[_Result]]]:
        """Waits for work; empty only when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            full = self._changed.wait_for(lambda: len(self._waiting) >= self._max_batch or self._closed, self._gather_s)
            size = self._max_batch if full else len(self._waiting)
            return [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]
