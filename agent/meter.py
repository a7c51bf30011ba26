"""What a run spends: usage by purpose, prices, limits, calls in flight, and the wrappers that keep the books.

`with_meter` composes the wrappers in the right order: call cache outside, meter inside, so that a saved call
occupies no slot and costs nothing. Limits are asked about before a page starts (`LoopOptions.may_start`), never before
a call: a page that was begun is finished and saved, not paid for and thrown away.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from dragoman.agent.call_cache import CallCache
from dragoman.agent.prices import Limits, Prices
from dragoman.agent.wrapper import BackendWrapper, stream_any
from dragoman.core.errors import ConfigurationError, LimitReachedError
from dragoman.core.exchange import Delta, Purpose, Reply, Request, Usage
from dragoman.core.protocols import Backend

__all__ = ["CachedBackend", "FlightStatistics", "Limits", "Meter", "MeteredBackend", "Prices", "with_meter"]


@dataclass(frozen=True, slots=True)
class FlightStatistics:
    """How many calls were in flight, over the time in which at least one was.

    Attributes:
        mean: time-weighted mean number of calls in flight.
        most: largest number at one moment.
        busy_s: seconds with at least one call in flight.
    """

    mean: float
    most: int
    busy_s: float


class Meter:
    """The books of one run; safe to use from several threads and tasks.

    Args:
        prices: default price table; a wrapper may bring its own. Without one every cost is 0.
        limits: of `check_limits`; None means none.
        spent: what an earlier, interrupted part of the same run spent already; counts towards the limits.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        *,
        prices: Prices | None = None,
        limits: Limits | None = None,
        spent: Usage | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if limits is not None and limits.max_cost_usd is not None and prices is None:
            raise ConfigurationError("a cost limit needs prices: give the prices per million tokens, or a token limit")
        self.prices = prices
        self._limits = limits if limits is not None else Limits()
        self._spent = spent if spent is not None else Usage()
        self._clock = clock
        self._lock = threading.Lock()
        self._by_purpose: dict[Purpose, Usage] = {}
        self._in_flight = 0
        self._most = 0
        self._area = 0.0  # calls in flight integrated over time, call-seconds
        self._busy_s = 0.0
        self._changed = clock()

    @property
    def by_purpose(self) -> Mapping[Purpose, Usage]:
        """Usage of this process by purpose; a copy."""
        with self._lock:
            return MappingProxyType(dict(self._by_purpose))

    @property
    def total(self) -> Usage:
        """Usage of this process over all purposes."""
        return sum(self.by_purpose.values(), Usage())

    def add(self, purpose: Purpose, usage: Usage) -> None:
        """Books `usage`."""
        with self._lock:
            self._by_purpose[purpose] = self._by_purpose.get(purpose, Usage()) + usage

    def add_spent(self, usage: Usage) -> None:
        """Counts what another part of the same work has spent towards the limits; it is no usage of this process."""
        with self._lock:
            self._spent += usage

    def check_limits(self) -> None:
        """Nothing, as long as the run may go on.

        Raises:
            LimitReachedError: a limit is reached; the message names it and how to go on.
        """
        usage = self._spent + self.total
        tokens, most_tokens = usage.prompt_tokens + usage.output_tokens, self._limits.max_total_tokens
        if most_tokens is not None and tokens >= most_tokens:
            raise LimitReachedError(
                f"stopped at {tokens:,} tokens, the limit is {most_tokens:,}: finished pages are saved, "
                "run the same command with a higher --max-tokens to go on"
            )
        most_usd = self._limits.max_cost_usd
        if most_usd is not None and usage.cost_usd >= most_usd:
            raise LimitReachedError(
                f"stopped at {usage.cost_usd:.4f} USD, the limit is {most_usd:.4f} USD: finished pages are saved, "
                "run the same command with a higher --max-cost to go on"
            )

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Counts one call as in flight while the block runs."""
        self._change(+1)
        try:
            yield
        finally:
            self._change(-1)

    @property
    def flight_statistics(self) -> FlightStatistics:
        """Calls in flight so far."""
        self._change(0)
        with self._lock:
            mean = self._area / self._busy_s if self._busy_s else 0.0
            return FlightStatistics(mean, self._most, self._busy_s)

    def _change(self, step: int) -> None:
        with self._lock:
            now = self._clock()
            if self._in_flight:
                self._area += self._in_flight * (now - self._changed)
                self._busy_s += now - self._changed
            self._changed = now
            self._in_flight += step
            self._most = max(self._most, self._in_flight)


class MeteredBackend(BackendWrapper):
    """Books every call and lets at most `workers` calls run at a time.

    Args:
        backend: what answers.
        meter: the books.
        workers: calls in flight at most; later ones wait for a free place.
        prices: of this backend, when they differ from the meter's.
    """

    def __init__(self, backend: Backend, meter: Meter, *, workers: int = 8, prices: Prices | None = None) -> None:
        if workers < 1:
            raise ConfigurationError(f"workers is {workers}: give at least 1")
        super().__init__(backend)
        self._meter = meter
        self._prices = prices if prices is not None else meter.prices
        self._places = asyncio.Semaphore(workers)

    async def generate(self, request: Request) -> Reply:
        """The answer, with its cost filled in.

        Raises:
            BackendError: of the backend inside.
        """
        async with self._place():
            reply = await self._backend.generate(request)
        return self._book(request, reply)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The answer piece by piece; one piece when the backend inside does not stream."""
        async with self._place(), aclosing(stream_any(self._backend, request)) as deltas:
            async for delta in deltas:
                yield delta if delta.reply is None else Delta(delta.text, self._book(request, delta.reply))

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        async with self._places:
            with self._meter.flight():
                yield

    def _book(self, request: Request, reply: Reply) -> Reply:
        cost = self._prices.cost_usd(reply.usage) if self._prices is not None else 0.0
        usage = replace(reply.usage, cost_usd=cost)
        self._meter.add(request.purpose, usage)
        return replace(reply, usage=usage)


class CachedBackend(BackendWrapper):
    """Answers a request that was paid before from the call cache.

    Only whole answers are kept: errors and answers cut by the output limit are asked again. Identical requests at
    the same time wait for the first one.

    Args:
        backend: what answers the others; a `MeteredBackend`, so that real calls are booked there.
        cache: where answers are kept; it stays open when this backend is closed.
        meter: where saved calls are booked.
    """

    def __init__(self, backend: Backend, cache: CallCache, meter: Meter) -> None:
        super().__init__(backend)
        self._cache = cache
        self._meter = meter

    async def generate(self, request: Request) -> Reply:
        """The kept answer, with usage `saved_calls=1`, or a new one, which is kept.

        Raises:
            BackendError: of the backend inside.
            JournalError: the cache cannot be read or written.
        """
        key = request.hash(self.name)
        async with self._cache.single_flight(key):
            saved = await self._cache.get(key)
            if saved is not None:
                return self._book_saved(request, saved)
            reply = await self._backend.generate(request)
            await self._cache.put(key, self.name, reply)
            return reply

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The kept answer in one piece, or a new one as it comes; a stream that ends early keeps nothing."""
        key = request.hash(self.name)
        async with self._cache.single_flight(key):
            saved = await self._cache.get(key)
            if saved is not None:
                yield Delta(saved.text, self._book_saved(request, saved))
                return
            async with aclosing(stream_any(self._backend, request)) as deltas:
                async for delta in deltas:
                    if delta.reply is not None:
                        await self._cache.put(key, self.name, delta.reply)
                    yield delta

    def _book_saved(self, request: Request, saved: Reply) -> Reply:
        usage = Usage(saved_calls=1)
        self._meter.add(request.purpose, usage)
        return replace(saved, usage=usage)


def with_meter(
    backend: Backend, meter: Meter, *, workers: int = 8, prices: Prices | None = None, cache: CallCache | None = None
) -> MeteredBackend | CachedBackend:
    """The backend with its books: metered, limited to `workers` calls, and behind the call cache when one is given."""
    metered = MeteredBackend(backend, meter, workers=workers, prices=prices)
    return metered if cache is None else CachedBackend(metered, cache, meter)
