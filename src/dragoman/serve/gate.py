"""Who may work with the model now: places for all, places and a rate for each key, and a short queue."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import ExitStack

from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ApiKey
from dragoman.serve.metrics import Metrics

__all__ = ["Gate", "Place"]

_WINDOW_S = 60.0


class Place:
    """A place at the model; give it back with `leave`, once or more often."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def leave(self) -> None:
        """Gives the place back."""
        self._stack.close()


class Gate:
    """Hands out places. Use it in one event loop.

    Args:
        places: for all keys together.
        queue_s: how long to wait for one.
        metrics: where working and waiting requests are counted.
        clock: seconds, monotonic.
    """

    def __init__(
        self, places: int, queue_s: float, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = asyncio.Semaphore(places)
        self._queue_s = queue_s
        self._metrics = metrics
        self._clock = clock
        self._of_key: dict[str, asyncio.Semaphore] = {}
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    async def enter(self, key: ApiKey) -> Place:
        """A place for a request of this key.

        Raises:
            ServeError: 429, at once when the key's rate is used up, after the queue's time when no place came free.
        """
        self._check_rate(key)
        stack = ExitStack()
        try:
            async with asyncio.timeout(self._queue_s):
                with self._metrics.waiting():
                    for semaphore in self._semaphores(key):
                        await semaphore.acquire()
                        stack.callback(semaphore.release)
        except TimeoutError:
            stack.close()
            raise _busy(f"no place came free within {self._queue_s:g} seconds", self._queue_s) from None
        except BaseException:
            stack.close()
            raise
        stack.enter_context(self._metrics.working())
        return Place(stack)

    def _semaphores(self, key: ApiKey) -> list[asyncio.Semaphore]:
        if key.concurrent is None:
            return [self._places]
        return [self._of_key.setdefault(key.name, asyncio.Semaphore(key.concurrent)), self._places]

    def _check_rate(self, key: ApiKey) -> None:
        if key.per_minute is None:
            return
        recent, now = self._recent[key.name], self._clock()
        while recent and recent[0] <= now - _WINDOW_S:
            recent.popleft()
        if len(recent) >= key.per_minute:
            raise _busy(f"key {key.name} may ask {key.per_minute} times a minute", recent[0] + _WINDOW_S - now)
        recent.append(now)


def _busy(reason: str, wait_s: float) -> ServeError:
    milliseconds = max(1, round(wait_s * 1000))
    headers = {"retry-after-ms": str(milliseconds), "retry-after": str(-(-milliseconds // 1000))}
    return ServeError(429, f"{reason}: ask again later", code="rate_limit_exceeded", headers=headers)
