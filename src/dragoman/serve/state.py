"""Everything a server holds open: model, database, memory, sessions, traces, counters. One object for all routes."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

from fastapi import Request

from dragoman.agent.journal import Journal
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.page import PageAgent
from dragoman.agent.settings import RunSettings
from dragoman.core.languages import parse_language
from dragoman.core.protocols import Backend, ContextPolicy
from dragoman.policies import make_policy
from dragoman.serve.brought import Brought
from dragoman.serve.detect import Detector, Guess
from dragoman.serve.gate import Gate
from dragoman.serve.metrics import Metrics
from dragoman.serve.modes import UNKNOWN_SOURCE, UNKNOWN_TARGET
from dragoman.serve.sessions import Sessions
from dragoman.serve.settings import ServeSettings
from dragoman.serve.store import Store
from dragoman.serve.telemetry import Telemetry
from dragoman.serve.traces import TraceLog
from dragoman.serve.upstream import make_free_model
from dragoman.session import named_backend

__all__ = ["Serving", "get_serving"]

_MAX_AGENTS = 64
_SHORT = 1000  # characters


class Serving:
    """What routes work with.

    Args:
        settings: of the server.
        backend: takes the place of the one that the settings name; it is not closed.

    Raises:
        ConfigurationError, InputError, JournalError: something cannot be opened.
    """

    def __init__(self, settings: ServeSettings, backend: Backend | None = None) -> None:
        self.settings = settings
        self.default_options = settings.options(
            settings.source_language or UNKNOWN_SOURCE, settings.target_language or UNKNOWN_TARGET
        )
        self.backend = backend if backend is not None else named_backend(self.default_options)
        self._closes_backend = backend is None
        self.free_model = make_free_model(self.backend)
        self.metered = with_meter(self.backend, Meter(), workers=settings.max_concurrent)
        self.metrics = Metrics()
        self.telemetry = Telemetry(settings.telemetry)
        self.gate = Gate(settings.max_concurrent, settings.queue_s, self.metrics)
        self.journal = Journal(settings.location)
        self.store = Store(self.journal.engine)
        self.traces = TraceLog(self.store, self.metrics, keep=settings.max_traces)
        self.sessions = Sessions(self.store, self.metrics)
        self.brought = Brought(self.default_options)
        self._policies: dict[str, ContextPolicy] = {}
        self._agents: OrderedDict[tuple[str, str], PageAgent] = OrderedDict()
        self._has_detected = False
        self._background: set[asyncio.Task[None]] = set()

    @cached_property
    def detector(self) -> Detector:
        """A detector that knows the language which the server's resources describe."""
        settings, options = self.settings, self.default_options
        own = [parse_language(name) for name in (settings.source_language, settings.target_language) if name]
        described = options.target_language if options.flip else options.source_language
        texts = self.brought.texts if described in own else []
        return Detector({described: texts} if texts else {}, own)

    async def detect(self, text: str) -> Guess:
        """The language of a text; in a thread where telling it takes longer than a thread takes to begin."""
        if self._has_detected and len(text) <= _SHORT:
            return self.detector.best(text)
        guess = await asyncio.to_thread(lambda: self.detector.best(text))
        self._has_detected = True
        return guess

    def policy(self, name: str) -> ContextPolicy:
        """The policy of this name, made once.

        Raises:
            ConfigurationError: there is none.
        """
        if name not in self._policies:
            self._policies[name] = make_policy(name)
        return self._policies[name]

    def agent(self, settings: RunSettings, policy: str) -> PageAgent:
        """The page agent of these settings for requests that are answered at once; the latest ones are kept.

        Nothing saves or interrupts such a page, so its steps are called directly; jobs go through the graph.
        """
        key = (settings.signature, policy)
        if key not in self._agents:
            self._agents[key] = PageAgent(self.metered, self.policy(policy), settings, direct=True)
            if len(self._agents) > _MAX_AGENTS:
                self._agents.popitem(last=False)
        self._agents.move_to_end(key)
        return self._agents[key]

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:  # Any: of coroutines
        """Does something behind the answer; the server waits for it when it ends."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The life of the server: traces are written while it lasts, everything is closed at its end."""
        await asyncio.to_thread(self._warm_up)
        writing = asyncio.create_task(self.traces.run())
        try:
            yield
        finally:
            if self._background:
                await asyncio.wait(self._background, timeout=self.settings.drain_s)
            writing.cancel()
            await asyncio.gather(writing, *self._cancelled(), return_exceptions=True)
            with contextlib.suppress(Exception):  # a lost database was reported where it was met
                await self.traces.flush()
            await self.close()

    async def close(self) -> None:
        """Closes model, database and spans."""
        if self._closes_backend:
            await self.backend.close()
        self.telemetry.close()
        self.journal.close()

    def _warm_up(self) -> None:
        """Loads what the first request, or the first job, would wait for: tables of languages, an agent, the graph."""
        import dragoman.agent.graph  # noqa: F401 - half a second, which would stop the event loop

        parse_language("de")
        self.agent(self.default_options.settings, self.settings.policy)

    def _cancelled(self) -> set[asyncio.Task[None]]:
        late = set(self._background)
        for task in late:
            task.cancel()
        return late


async def get_serving(request: Request) -> Serving:
    """The server's state; a dependency of routes. Asynchronous, or each request would wait for a thread."""
    serving: Serving = request.app.state.serving
    return serving
