"""An open translator: model, journal, books and page agent, and the runs they make. The SDK and the CLI stand on it."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dragoman.agent.backends import make_backend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.document_work import DocumentTask
from dragoman.agent.events import DocumentStarted, DocumentSummary, Event, Notice, RunStarted
from dragoman.agent.journal import Journal
from dragoman.agent.loop import LoopOptions, pages_in_flight, translate_documents
from dragoman.agent.meter import Limits, Meter, Prices, with_meter
from dragoman.agent.output import assemble, write_output
from dragoman.agent.page import PageAgent
from dragoman.agent.retries import RetryPolicy
from dragoman.agent.run_config import RunConfig, run_config
from dragoman.agent.stopping import StopSignal
from dragoman.core.document import Document, Page
from dragoman.core.protocols import Backend
from dragoman.equipment import Equipment, cut
from dragoman.options import TranslatorOptions
from dragoman.outputs import OutputLog
from dragoman.probe_mode import with_probe_mode
from dragoman.results import TranslationResult
from dragoman.saved import is_gloss, saved_report
from dragoman.unexplained import unexplained

__all__ = ["Errand", "Session", "named_backend"]


@dataclass(frozen=True, slots=True)
class Errand:
    """A document and the name under which its run is found again (its output path, or an id)."""

    document: Document
    run_name: str


class Session:
    """Holds what must be opened once and closed.

    Args:
        options: what to do.
        equipment: with what.
        backend: takes the place of the one that the options name; it is not closed.
        pivot_backend: the same for the pivot tool; without one the translating model is asked.
        own_memory: whether the memory was given as an object, so that its fingerprint belongs to the run's signature.
        approve: asked before entity renderings are remembered; see `dragoman.agent.page`.

    Raises:
        ConfigurationError: the model's name or a limit is wrong, or a probe is asked of the gloss.
        JournalError: the journal cannot be opened.
    """

    def __init__(
        self,
        options: TranslatorOptions,
        equipment: Equipment,
        *,
        backend: Backend | None = None,
        pivot_backend: Backend | None = None,
        own_memory: bool = False,
        approve: Any = None,  # Any: the agent's own approval hook
    ) -> None:
        self.equipment = equipment
        self._backend = backend if backend is not None else named_backend(options)
        self.options = options = with_probe_mode(options, equipment.policy, self._backend.name)
        self._pivot = pivot_backend if pivot_backend is not None else _named_pivot(options)
        self._own = [made for made, given in ((self._backend, backend), (self._pivot, pivot_backend)) if given is None]
        self._own_memory = own_memory
        self._approve = approve
        prices = Prices(*options.prices) if options.prices else None
        limits = Limits(max_cost_usd=options.max_cost_usd, max_total_tokens=options.max_tokens)
        self._limited = limits != Limits()
        self._counted: set[str] = set()
        self.meter = Meter(prices=prices, limits=limits)
        self._stack = ExitStack()
        self.journal = self._stack.enter_context(Journal(_location(options.journal, self._stack)))
        self.outputs = OutputLog(self.journal.engine)
        cache = None if self.is_gloss else CallCache(self.journal.engine)
        self._model = with_meter(self._backend, self.meter, workers=options.workers, cache=cache)
        pivot = None
        if self._pivot is not None:
            pivot = with_meter(self._pivot, self.meter, workers=options.workers, cache=cache)
        self._agent = PageAgent(
            self._model, equipment.policy, options.settings, pivot_backend=pivot, stream_text=options.stream_text
        )

    @property
    def is_gloss(self) -> bool:
        """Whether the model is the built-in gloss."""
        return is_gloss(self._backend.name)

    @property
    def config(self) -> RunConfig:
        """What the translations depend on; the journal refuses to mix two of them in one run."""
        pair = (self.options.source_language, self.options.target_language)
        extra = {name: f"{each.tag}:{each.name}" for name, each in zip(("from", "to"), pair, strict=True)}
        if self._own_memory:
            extra["memory"] = self.equipment.memory.fingerprint
        return run_config(
            self.options.settings,
            policy=self.equipment.policy.signature,
            backend=self._backend.name,
            resources=self.equipment.resources,
            pivot_backend=None if self._pivot is None else self._pivot.name,
            extra=extra,
        )

    async def stream(self, errands: Sequence[Errand], stop: StopSignal | None = None) -> AsyncGenerator[Event]:
        """Translates, or goes on translating; events as they come, `RunFinished` last.

        Raises:
            ChangedRunError, JournalError, ConfigurationError: nothing was started.
        """
        documents = [errand.document for errand in errands]
        layouts = cut(documents, self._model, self.options)
        tasks = [
            await asyncio.to_thread(self._task, errand, pages) for errand, pages in zip(errands, layouts, strict=True)
        ]
        if self._limited and not self.options.fresh:
            await asyncio.to_thread(self._count_earlier, errands)
        events = translate_documents(
            tasks,
            agent=self._agent,
            settings=self.options.settings,
            config=self.config,
            journal=self.journal,
            options=self._loop_options(),
            stop=stop,
        )
        assert isinstance(events, AsyncGenerator), "the loop is an asynchronous generator"
        async with aclosing(events):  # a caller that leaves early ends the run now, not when memory is tidied up
            async for event in events:
                if isinstance(event, DocumentStarted):
                    self._counted.add(event.run_id)  # its pages are in the meter from now on
                yield event
                if isinstance(event, RunStarted) and event.done_pages < event.num_pages:
                    for notice in await asyncio.to_thread(self._unexplained, tasks):
                        yield notice

    def result(self, document: Document, summary: DocumentSummary) -> TranslationResult:
        """What the journal holds of a document, complete or not."""
        runs = self.journal.runs(summary.run_name)
        (info,) = (run for run in runs if run.id == summary.run_id)
        report = saved_report(self.journal, info, problems=self.equipment.problems)
        data = document.join(assemble(document, report.pages))
        return TranslationResult(document, report.pages, data, report)

    def write(self, result: TranslationResult, path: Path) -> TranslationResult:
        """Writes the translated file and remembers that a run made it."""
        self.outputs.note(path, result.data)
        write_output(path, result.data)
        return replace(result, output=path)

    async def close(self) -> None:
        """Closes the model (unless it was given) and the journal; a second call does nothing."""
        for backend in self._own:
            if backend is not None:
                await backend.close()
        self._stack.close()

    def _task(self, errand: Errand, pages: tuple[Page, ...]) -> DocumentTask:
        """A document with the memory in its direction; which one that is belongs to the configuration."""
        memory = self.equipment.memory_for(errand.document)
        parts = {}
        if self.equipment.resources and self.equipment.shelf is not None:
            parts["resources are read from"] = "glosses" if memory.flip else "headwords"
        return DocumentTask(errand.document, pages, errand.run_name, memory, parts)

    def _unexplained(self, tasks: Sequence[DocumentTask]) -> list[Notice]:
        if not any(resource.kind == "dictionary" for resource in self.equipment.resources):
            return []
        return list(unexplained(tasks, counter=self._model))

    def _loop_options(self) -> LoopOptions:
        return LoopOptions(
            workers=pages_in_flight(self.options.workers),
            fresh=self.options.fresh,
            may_start=self.meter.check_limits,
            approve=self._approve,
        )

    def _count_earlier(self, errands: Sequence[Errand]) -> None:
        """Lets limits count what interrupted parts of the same runs have cost."""
        for errand in errands:
            for info in self.journal.runs(errand.run_name):
                if info.document_hash == errand.document.hash and info.id not in self._counted:
                    self._counted.add(info.id)
                    for usage in self.journal.usage(info.id).values():
                        self.meter.add_spent(usage)


def named_backend(options: TranslatorOptions) -> Backend:
    """The model that the options name; nothing is loaded or connected before its first call.

    Raises:
        ConfigurationError: the model's name or an option of it is wrong.
    """
    return _made(options, options.model, options.base_url, dict(options.backend_options))


def _named_pivot(options: TranslatorOptions) -> Backend | None:
    if options.pivot_model is None:
        return None
    return _made(options, options.pivot_model, options.pivot_base_url or options.base_url, {})


def _made(options: TranslatorOptions, model: str, base_url: str | None, more: dict[str, Any]) -> Backend:
    """A backend; `more` holds settings of its own config (Any: it checks them)."""
    if options.timeout_s is not None:
        more["read_timeout_s"] = options.timeout_s
    if options.max_attempts is not None:
        more["retries"] = RetryPolicy(max_attempts=options.max_attempts)
    return make_backend(model, base_url=base_url, api_key=options.api_key, tokenizer=options.tokenizer, **more)


def _location(journal: str | Path | None, stack: ExitStack) -> str | Path:
    """The journal's place; without one, a temporary file that goes when the session closes."""
    if journal is not None:
        return journal
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dragoman-"))
    return Path(folder) / "journal.sqlite"
