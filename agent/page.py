"""The page agent: one page in, everything there is to commit about it out.

It reads a pinned memory version and writes nothing; the document loop commits what it returns.
"""

import itertools
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from dragoman.agent.answers import ProposedEntity
from dragoman.agent.drafts import Draft, draft_from_plain, line_result
from dragoman.agent.job import PageContext, PageJob, page_seed
from dragoman.agent.page_run import NodeFinished, OnEvent, PageRun, lines_from_plain, usage_from_plain
from dragoman.agent.settings import RunSettings
from dragoman.agent.steps import PageState
from dragoman.agent.text_stream import TellingBackend, TextDelta
from dragoman.agent.walk import walk
from dragoman.core.errors import ConfigurationError
from dragoman.core.protocols import Backend, ContextPolicy
from dragoman.core.trajectory import LineResult, PageResult

if TYPE_CHECKING:
    from dragoman.agent.graph import Checkpointer, Graph

__all__ = ["Approve", "NodeFinished", "PageAgent", "PageJob", "ProposedEntity", "TextDelta", "page_seed"]

Approve = Callable[[tuple[ProposedEntity, ...]], Awaitable[Iterable[ProposedEntity]]]
"""Gets the names a page proposes; gives back those to remember, corrected, fewer or more."""


class PageAgent:
    """Translates pages; safe to use for many pages at a time.

    Args:
        backend: translates and remembers; wrap it with a meter first when books are kept.
        policy: chooses the context.
        settings: of the run.
        pivot_backend: for the tool `translate_to_english`; `backend` when None.
        checkpointer: any LangGraph saver; the journal stays the truth, this one is for people who look at graphs.
        stream_text: whether listeners get the answers of the model piece by piece; results are the same.
        direct: whether the steps are called one after the other without LangGraph, for pages that nobody saves or
            interrupts on their way; results are the same, and a page takes 2 to 3 ms less of the processor.

    Raises:
        ConfigurationError: `direct` together with a checkpointer or with names to approve.
    """

    def __init__(
        self,
        backend: Backend,
        policy: ContextPolicy,
        settings: RunSettings,
        *,
        pivot_backend: Backend | None = None,
        checkpointer: "Checkpointer | None" = None,
        stream_text: bool = False,
        direct: bool = False,
    ) -> None:
        if direct and (checkpointer is not None or settings.approve_entities):
            raise ConfigurationError(
                "direct pages cannot be saved or interrupted: leave out direct=, or checkpointer= and approve_entities"
            )
        self._backend = backend
        self._policy = policy
        self._settings = settings
        self._pivot_backend = pivot_backend
        self._stream_text = stream_text
        self._graph = None if direct else _compiled(checkpointer, approve=settings.approve_entities)

    async def run_page(
        self, job: PageJob, *, on_event: OnEvent | None = None, approve: Approve | None = None
    ) -> PageResult:
        """Everything there is to commit about a page.

        Args:
            job: the page.
            on_event: called after every step with a `NodeFinished`, and with `TextDelta`s when text is streamed.
            approve: asked for the names of a page when `settings.approve_entities` is set.

        Raises:
            BackendError: when the model cannot answer at all; a prompt that is too long is an issue of its lines.
            PolicyError: when the policy breaks its contract.
            ConfigurationError: when names have to be approved and nobody is there to ask.
        """
        if self._settings.approve_entities and approve is None:
            raise ConfigurationError("approve_entities is set and nobody is there to ask: give approve=, or unset it")
        start = time.perf_counter()
        run = PageRun(self._context(job, on_event), on_event)
        return await _page_result(run, await self._run(run, approve), start)

    async def _run(self, run: PageRun, approve: Approve | None) -> PageState:
        if self._graph is None:
            return await walk(run)
        from dragoman.agent.graph import run_graph

        return await run_graph(self._graph, run, thread_id=_thread_id(run.context.job), approve=approve)

    def _context(self, job: PageJob, on_event: OnEvent | None) -> PageContext:
        backend, pivot_backend = self._backend, self._pivot_backend
        if self._stream_text and on_event is not None:
            calls = itertools.count()
            backend = TellingBackend(backend, page_index=job.page.index, calls=calls, tell=on_event)
            if pivot_backend is not None:
                pivot_backend = TellingBackend(pivot_backend, page_index=job.page.index, calls=calls, tell=on_event)
        return PageContext(job, backend, self._policy, self._settings, pivot_backend)


def _compiled(checkpointer: "Checkpointer | None", *, approve: bool) -> "Graph":
    from dragoman.agent.graph import compile_page_graph  # half a second to import, so not with the package

    return compile_page_graph(checkpointer, approve=approve)


def _thread_id(job: PageJob) -> str:
    return f"{job.document.hash}-{job.page.index}-{job.view.version}"


async def _page_result(run: PageRun, state: PageState, start: float) -> PageResult:
    page, drafts = run.context.job.page, [draft_from_plain(plain) for plain in state["drafts"]]
    return PageResult(
        page_index=page.index,
        lines=_line_results(run.context, drafts),
        observation=await run.observation(),
        choice=await run.choice(),
        pivot_lines=_pivot_lines(len(page.segments), state),
        records=run.delta.records,
        withdrawn=run.delta.withdrawn,
        usage=usage_from_plain(state["usage"]),
        seconds=time.perf_counter() - start,
        notes=tuple(state["notes"]),
        probe=await run.probe() if page.index == 0 else None,
    )


def _line_results(context: PageContext, drafts: Iterable[Draft]) -> tuple[LineResult, ...]:
    """One result per segment; a line that needed no model is its own translation."""
    by_number = {draft.number: draft for draft in drafts}
    return tuple(
        line_result(segment, by_number.get(number, Draft(number, segment.source)))
        for number, segment in enumerate(context.job.page.segments, start=1)
    )


def _pivot_lines(num_segments: int, state: PageState) -> tuple[str, ...] | None:
    if state["english"] is None:
        return None
    lines = lines_from_plain(state["english"])
    return tuple(lines.get(number, "") for number in range(1, num_segments + 1))
