"""Translators for Python programs: `AsyncTranslator` does the work, `Translator` waits for it.

    with Translator("Komnzo", "English", dictionary="words.tsv", grammar="grammar.md") as translator:
        print(translator.translate("Watik fof erera."))

The keywords are those of `dragoman.options.TranslatorKeywords`; names of `RunSettings` keep their meaning.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self, Unpack

from dragoman.agent.events import DocumentSummary, Event, RunFinished
from dragoman.agent.stopping import StopSignal
from dragoman.core.document import Document
from dragoman.core.errors import ConfigurationError
from dragoman.core.languages import Language
from dragoman.core.protocols import Backend, ContextPolicy
from dragoman.equipment import Equipment, equip, open_document
from dragoman.estimate import Estimate, estimate_documents
from dragoman.loop_thread import LoopThread
from dragoman.memory.store import Memory
from dragoman.options import TranslatorKeywords, TranslatorOptions, make_options
from dragoman.results import TranslationResult
from dragoman.session import Errand, Session

__all__ = ["AsyncTranslator", "Translator"]

Source = str | Document
"""A text, or a document that `dragoman.core.formats` read."""


class AsyncTranslator:
    """Translates texts, documents and files from one language into another.

    Nothing is loaded or connected before the first call. Use it in one event loop; several calls may run at once and
    share the limit on calls in flight.

    Args:
        source_language: tag, name or "tag:name"; never a closed list.
        target_language: the same.
        backend: a model object; else `model` and `base_url` name one, and without them it is the built-in gloss.
        pivot_backend: the same for the pivot tool; else the translating model is asked.
        memory: an indexed memory; else it is built from the resource keywords.
        policy: a policy object; else the keyword `policy_name`, "top-k" by default.
        on_event: called with every event of a run.
        approve: asked before entity renderings are remembered, with `approve_entities=True`.
        keywords: see `TranslatorKeywords`.

    Raises:
        ConfigurationError, LanguageError: a keyword cannot be used.
    """

    def __init__(
        self,
        source_language: str | Language,
        target_language: str | Language,
        *,
        backend: Backend | None = None,
        pivot_backend: Backend | None = None,
        memory: Memory | None = None,
        policy: str | ContextPolicy = "",
        on_event: Callable[[Event], None] | None = None,
        approve: Any = None,  # Any: the agent's own approval hook
        **keywords: Unpack[TranslatorKeywords],
    ) -> None:
        named = {"policy": policy} if isinstance(policy, str) else {}
        self.options: TranslatorOptions = make_options(source_language, target_language, {**keywords, **named})
        if memory is not None and self.options.resources:
            given = ", ".join(self.options.resources)
            raise ConfigurationError(f"a memory and resources ({given}) are given: put the resources into the memory")
        self._backend, self._pivot_backend = backend, pivot_backend
        self._memory, self._approve = memory, approve
        self._policy = None if isinstance(policy, str) else policy
        self._on_event = on_event
        self._equipment: Equipment | None = None
        self._session: Session | None = None
        self._opening = threading.Lock()
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        pair = f"{self.options.source_language.name} -> {self.options.target_language.name}"
        model = self._backend.name if self._backend is not None else self.options.model
        return f"{type(self).__name__}({pair}, model={model})"

    @property
    def equipment(self) -> Equipment:
        """Resources, memory and policy, loaded on first use.

        Raises:
            InputError: a resource cannot be used.
        """
        if self._equipment is None:
            self._equipment = equip(self.options, memory=self._memory, policy=self._policy)
        return self._equipment

    @property
    def session(self) -> Session:
        """Model and journal, opened on first use."""
        with self._opening:  # several calls may be the first one
            if self._session is None:
                self._session = Session(
                    self.options,
                    self.equipment,
                    backend=self._backend,
                    pivot_backend=self._pivot_backend,
                    own_memory=self._memory is not None,
                    approve=self._approve,
                )
            return self._session

    async def translate(self, source: Source, *, run_name: str | None = None) -> TranslationResult:
        """The translation of a text or document.

        Args:
            source: what to translate.
            run_name: under which a journal finds the run again; by default from the document's content.

        Raises:
            LimitReachedError, BackendError, JournalError: the run was stopped; what is done is in the journal.
        """
        document = open_document(source, self.options)
        errand = Errand(document, run_name or f"document-{document.hash}")
        # Of two equal texts at once the second gets what the first saved.
        async with self._locks[errand.run_name], aclosing(self._run([errand], None)) as events:
            finished = [event async for event in events if isinstance(event, RunFinished)]
        (summary,) = finished[-1].documents
        _raise_error(finished[-1], summary)
        return await asyncio.to_thread(self.session.result, document, summary)

    async def translate_file(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        format: str | None = None,
        encoding: str | None = None,
    ) -> TranslationResult:
        """The translation of a file; it is also written when `output` names a place.

        Args:
            path: of the source.
            output: where the translation goes; an existing file is replaced.
            format: by default from the file's name.
            encoding: by default UTF-8, or what the file's byte-order mark says.

        Raises:
            InputError: the file cannot be read.
            LimitReachedError, BackendError, JournalError: the run was stopped; what is done is in the journal.
        """
        document = open_document(Path(path), self.options, format=format, encoding=encoding)
        result = await self.translate(document, run_name=_place(path, output, self.options))
        if output is None:
            return result
        return await asyncio.to_thread(self.session.write, result, Path(output))

    async def stream(
        self, source: Source | Sequence[Errand], *, stop: StopSignal | None = None
    ) -> AsyncGenerator[Event]:
        """Events of a run as they come; `PageFinished` carries a page's result, `RunFinished` is the last.

        Errors that stop a run are in `RunFinished.error`; errors that keep it from starting are raised.

        Args:
            source: a text, a document, or several documents with the names of their runs.
            stop: asks for a stop from outside.
        """
        if isinstance(source, str | Document):
            document = open_document(source, self.options)
            source = [Errand(document, f"document-{document.hash}")]
        async with aclosing(self._run(source, stop)) as events:
            async for event in events:
                yield event

    def estimate(self, source: Source | Path | Sequence[Document]) -> Estimate:
        """What translating would take: segments, pages, calls, tokens and, with prices, dollars. Asks no model.

        Args:
            source: a text, a document, a path, or several documents.
        """
        given = [source] if isinstance(source, str | Path | Document) else source
        documents = [open_document(each, self.options) for each in given]
        model = self._backend.name if self._backend is not None else self.options.model
        return estimate_documents(documents, self.options, self.equipment, model=model)

    async def close(self) -> None:
        """Closes the model and the journal; a second call does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _run(self, errands: Sequence[Errand], stop: StopSignal | None) -> AsyncGenerator[Event]:
        session = await asyncio.to_thread(lambda: self.session)
        async with aclosing(session.stream(errands, stop)) as events:
            async for event in events:
                if self._on_event is not None:
                    self._on_event(event)
                yield event


class Translator:
    """The same as `AsyncTranslator`, for plain code; works inside a running event loop too (notebooks).

    The arguments are those of `AsyncTranslator`. Events are delivered from another thread.
    """

    def __init__(
        self,
        source_language: str | Language,
        target_language: str | Language,
        *,
        backend: Backend | None = None,
        pivot_backend: Backend | None = None,
        memory: Memory | None = None,
        policy: str | ContextPolicy = "",
        on_event: Callable[[Event], None] | None = None,
        approve: Any = None,  # Any: the agent's own approval hook
        **keywords: Unpack[TranslatorKeywords],
    ) -> None:
        self._translator = AsyncTranslator(
            source_language,
            target_language,
            backend=backend,
            pivot_backend=pivot_backend,
            memory=memory,
            policy=policy,
            on_event=on_event,
            approve=approve,
            **keywords,
        )
        self._thread: LoopThread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._translator).removeprefix("Async")

    @property
    def options(self) -> TranslatorOptions:
        """What it was told."""
        return self._translator.options

    def translate(self, source: Source, *, run_name: str | None = None) -> TranslationResult:
        """See `AsyncTranslator.translate`."""
        return self._loop.run(self._translator.translate(source, run_name=run_name))

    def translate_file(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        format: str | None = None,
        encoding: str | None = None,
    ) -> TranslationResult:
        """See `AsyncTranslator.translate_file`."""
        return self._loop.run(self._translator.translate_file(path, output, format=format, encoding=encoding))

    def stream(self, source: Source | Sequence[Errand]) -> Iterator[Event]:
        """See `AsyncTranslator.stream`; leaving the loop early gives up the pages in flight."""
        yield from self._loop.iterate(self._translator.stream(source))

    def estimate(self, source: Source | Path | Sequence[Document]) -> Estimate:
        """See `AsyncTranslator.estimate`."""
        return self._translator.estimate(source)

    def close(self) -> None:
        """Closes the model, the journal and the thread; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.run(self._translator.close())
            thread.close()

    @property
    def _loop(self) -> LoopThread:
        if self._thread is None:
            self._thread = LoopThread()
        return self._thread


def _place(path: str | Path, output: str | Path | None, options: TranslatorOptions) -> str:
    """The output's place; without one, the source's place and the language, so that translations stay apart."""
    if output is not None:
        return str(Path(output).resolve())
    return f"{Path(path).resolve()} -> {options.target_language.tag}"


def _raise_error(run: RunFinished, summary: DocumentSummary) -> None:
    if run.error is not None:
        raise run.error
    if summary.error is not None:
        raise summary.error
