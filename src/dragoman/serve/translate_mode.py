"""Translates a text with a session's memory, page by page. Every route that translates at once stands on it.

task = TranslationTask("Watik fof erera.", pair, owner=key.name)
done = await translate_text(serving, task)
"""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dragoman.agent.job import PageJob
from dragoman.agent.remember import MemoryDelta
from dragoman.core.context import ContextChoice
from dragoman.core.document import Document, Page, Skeleton
from dragoman.core.exchange import Usage
from dragoman.core.formats import document_from_text
from dragoman.core.pages import split_pages
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.core.trajectory import Issue, PageResult
from dragoman.options import TranslatorOptions
from dragoman.report.data import usage_by_purpose
from dragoman.serve.answers import new_id
from dragoman.serve.modes import VARIANTS, Mode, Pair, Variant
from dragoman.serve.sessions import SessionMemory
from dragoman.serve.state import Serving
from dragoman.serve.traces import context_items, page_trace, tokens_by_kind, usage_body

__all__ = ["Translation", "TranslationTask", "begin", "brought_records", "translate_pieces", "translate_text"]

Json = dict[str, Any]  # Any: JSON
_ORIGIN = "request"  # of terms and examples that a request brings: what a person said is never withdrawn


@dataclass(frozen=True, slots=True)
class TranslationTask:
    """What to translate.

    Attributes:
        text: the source.
        pair: languages.
        owner: name of the key that asks.
        session: name of the session whose memory is read and grows; None means neither.
        variant: the alias that was asked for.
        format: of the text: text, markdown or jsonl.
        records: terms and examples that the request brings, for this session.
        overrides: keywords of the translator, such as `budget_tokens` or `instructions`.
        model: as the client called it.
        kept_as: language pair under which a session is kept; None means `pair`. A pair whose source is found out anew
            for each text keeps one name, or a session would fall apart with every doubtful line.
        note: a warning for the client; empty for none.
    """

    text: str
    pair: Pair
    owner: str
    session: str | None = None
    variant: Variant = VARIANTS[0]
    format: str = "text"
    records: tuple[MemoryRecord, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: see make_options
    model: str = "dragoman"
    kept_as: Pair | None = None
    note: str = ""

    @property
    def session_pair(self) -> str:
        """Tells the pairs of a session apart."""
        return (self.kept_as or self.pair).tags

    @property
    def languages(self) -> Json:
        """The pair for the client, and whether its source was found out."""
        body = {"source": self.pair.source.tag, "target": self.pair.target.tag}
        return {**body, "detected": True} if self.kept_as is not None and not self.note else body


@dataclass(slots=True)
class Translation:
    """A translation while it grows; the one thing here that changes.

    Attributes:
        task: what is translated.
        document: its text, opened.
        options: of the translator.
        trace_id: under which it can be looked at.
        pages: finished pages.
        pieces: their texts; joined they are the translation.
        policy: signature of the policy.
        version: of the session's memory afterwards.
    """

    task: TranslationTask
    document: Document
    options: TranslatorOptions
    trace_id: str
    pages: list[PageResult] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    policy: str = ""
    version: int = 0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The translation."""
        return "".join(self.pieces)

    @property
    def usage(self) -> Usage:
        """What it cost."""
        return sum((page.total_usage for page in self.pages), Usage())

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Faults that are left."""
        return tuple(issue for page in self.pages for line in page.lines for issue in line.issues)

    @property
    def choices(self) -> tuple[ContextChoice, ...]:
        """What the policy picked, page by page."""
        return tuple(page.choice for page in self.pages)

    def extension(self, *, with_context: bool = True) -> Json:
        """The object `dragoman` of an answer."""
        body: Json = {
            "trace_id": self.trace_id,
            "mode": Mode.TRANSLATE.value,
            "languages": self.task.languages,
            "policy": self.policy,
            "session": {"id": self.task.session, "version": self.version} if self.task.session else None,
            "tokens": {
                "context": tokens_by_kind(self.pages),
                "by_purpose": usage_body(usage_by_purpose(self.pages)),
            },
            "pivot": {"called": any(page.pivot_lines is not None for page in self.pages)},
            "warnings": [*filter(None, [self.task.note])]
            + [f"{issue.code.value}: {issue.message}" for issue in self.issues]
            + [note for page in self.pages for note in page.notes],
        }
        if with_context:
            body["context"] = [item for page in self.pages for item in context_items(page, chosen_only=True)]
        return body

    def trace(self) -> Json:
        """Everything there is to know."""
        return {
            **self.extension(with_context=False),
            "model": self.task.model,
            "seconds": round(self.seconds, 4),
            "pages": [page_trace(page) for page in self.pages],
        }


def begin(serving: Serving, task: TranslationTask, trace_id: str | None = None) -> Translation:
    """A translation that can be carried out; asked for before a stream is opened.

    Args:
        serving: the server's state.
        task: what to translate.
        trace_id: under which it can be looked at; a new one by default.

    Raises:
        ConfigurationError, InputError: the task asks for something that does not exist.
    """
    options, pair = _options(serving, task), task.pair
    signature = serving.policy(options.policy).signature
    document = document_from_text(
        task.text, source_language=pair.source, target_language=pair.target, format=task.format
    )
    return Translation(task, document, options, trace_id or new_id("trace"), policy=signature)


async def translate_text(serving: Serving, task: TranslationTask, trace_id: str | None = None) -> Translation:
    """The whole translation.

    Args:
        serving: the server's state.
        task: what to translate.
        trace_id: under which it can be looked at; a new one by default.

    Raises:
        DragomanError: as `begin` and `translate_pieces`.
    """
    done = begin(serving, task, trace_id)
    async with aclosing(translate_pieces(serving, done)) as pieces:
        async for _ in pieces:
            pass
    return done


async def translate_pieces(serving: Serving, done: Translation) -> AsyncGenerator[str, None]:
    """The translation page by page: a piece comes when its page is checked and remembered, never as a draft.

    Args:
        serving: the server's state.
        done: just begun; it collects what happens. Its trace is kept at the end, also of what an error left.

    Raises:
        BackendError: the model does not answer.
        InputError: a resource of the server cannot be used.
    """
    task, began = done.task, time.perf_counter()
    memory = await serving.brought.memory_for(done.document, done.options)
    try:
        async with serving.sessions.use(memory, task.owner, task.session, task.session_pair) as session:
            await _bring(serving, task, session)
            run = _Run(serving, done, session)
            async for piece in run.pieces():
                done.pieces.append(piece)
                yield piece
    finally:
        done.seconds = time.perf_counter() - began
        serving.metrics.pages(done.pages)
        serving.traces.add(done.trace_id, task.owner, done.trace())
        serving.telemetry.pages(serving.backend.name, done.policy, done.pages, seconds=done.seconds)


def brought_records(
    terms: Sequence[tuple[str, str]] = (), examples: Sequence[tuple[str, str]] = ()
) -> tuple[MemoryRecord, ...]:
    """Records of the terms and example sentences that a request brings."""
    provenance = Provenance(_ORIGIN)
    pairs = [(Kind.ENTITY, term) for term in terms] + [(Kind.EXEMPLAR, example) for example in examples]
    return tuple(MemoryRecord(kind, source, target, provenance=provenance) for kind, (source, target) in pairs)


@dataclass(frozen=True, slots=True)
class _Run:
    """One translation with everything it needs."""

    serving: Serving
    done: Translation
    session: SessionMemory

    async def pieces(self) -> AsyncGenerator[str, None]:
        document, settings = self.done.document, self.done.options.settings
        pages = split_pages(
            document, self.serving.metered, max_tokens=settings.page_tokens, max_lines=settings.page_lines
        )
        start = 0
        if not pages:
            yield document.skeleton.literals[0]
        for page in pages:
            result = await self._translate(page, len(pages))
            end = start + len(page.segments)
            yield _filled(document, start, end, result)
            start = end

    async def _translate(self, page: Page, num_pages: int) -> PageResult:
        """The result of a page; its number in the session is the one it has when it begins."""
        document, options = self.done.document, self.done.options
        agent = self.serving.agent(options.settings, options.policy)
        view = self.session.view()
        numbered = Page(view.version, page.segments)
        seed, first_pages = options.settings.seed, self.session.first_pages
        result = await agent.run_page(PageJob(document, numbered, num_pages, view, seed, first_pages=first_pages))
        self.done.pages.append(result)
        if options.settings.remember != "never":  # a page that taught nothing counts too, or it is asked again
            await _remember(self.serving, self.done.task, self.session, MemoryDelta(result.records, result.withdrawn))
            self.session.saw(numbered)
        self.done.version = self.session.version
        return result


def _options(serving: Serving, task: TranslationTask) -> TranslatorOptions:
    overrides = {**task.overrides, **task.variant.overrides}
    return serving.settings.options(task.pair.source, task.pair.target, **overrides)


async def _bring(serving: Serving, task: TranslationTask, session: SessionMemory) -> None:
    """Puts what the request brings into the session, as far as it is not there."""
    fresh = tuple(record for record in task.records if not session.knows(record))
    if fresh and task.variant.uses_memory:
        await _remember(serving, task, session, MemoryDelta(fresh))


async def _remember(serving: Serving, task: TranslationTask, session: SessionMemory, delta: MemoryDelta) -> None:
    await serving.sessions.remember(session, delta, owner=task.owner, name=task.session, pair=task.session_pair)


def _filled(document: Document, start: int, end: int, result: PageResult) -> str:
    """The translated text of segments `start` to `end` with what stands between and behind them."""
    skeleton = document.skeleton
    literals = (skeleton.literals[0] if start == 0 else "", *skeleton.literals[start + 1 : end + 1])
    part = Document(
        document.name,
        document.format,
        document.segments[start:end],
        Skeleton(literals, skeleton.holes[start:end], skeleton.encoding),
        document.source_language,
        document.target_language,
    )
    return part.join({line.segment_id: line.translation for line in result.lines}).decode(skeleton.encoding)
