"""Pages of real documents as training tasks: the same agent, the same prompts, the same checks as a translation.

A document is first translated page by page with a base policy, as the memory it leaves is what later pages recall.
Then every page keeps its memory version, and slates are translated by the agent's own nodes: choose is replaced by the
slate, remember is left out. References are read by rewards alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dragoman.agent import nodes
from dragoman.agent.drafts import Draft, line_result
from dragoman.agent.job import PageContext
from dragoman.agent.page import PageAgent, PageJob
from dragoman.agent.settings import RunSettings
from dragoman.core.context import Observation, PivotVerdict
from dragoman.core.document import Document, Page
from dragoman.core.errors import InputError
from dragoman.core.protocols import Backend, ContextPolicy
from dragoman.memory.store import Memory
from dragoman.policies.budget import settle
from dragoman.training.tasks import PageTask

__all__ = ["TrainingDocument", "agent_tasks", "read_reference"]


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """A document with its translation.

    Attributes:
        document: source.
        pages: how it is cut.
        references: one per segment, in order.
    """

    document: Document
    pages: tuple[Page, ...]
    references: tuple[str, ...]

    def __post_init__(self) -> None:
        num_segments = len(self.document.segments)
        if len(self.references) != num_segments:
            raise InputError(
                f"{self.document.name!r} has {num_segments} segments and its reference {len(self.references)}: "
                "give a reference in the same format with the same segments"
            )


def read_reference(document: Document, translated: Document) -> tuple[str, ...]:
    """The segments of a translated document, one per segment of its source.

    Where sentences were divided otherwise than in the source, the lines of the translation are taken, if there are as
    many as segments.

    Raises:
        InputError: their numbers differ.
    """
    segments = tuple(segment.source for segment in translated.segments)
    lines = tuple(line.strip() for line in _text(translated).splitlines() if line.strip())
    fits = len(lines) == len(document.segments) != len(segments)
    return TrainingDocument(document, (), lines if fits else segments).references


async def agent_tasks(
    given: TrainingDocument,
    memory: Memory,
    backend: Backend,
    settings: RunSettings,
    *,
    base_policy: ContextPolicy,
    pivot_backend: Backend | None = None,
) -> tuple[PageTask, ...]:
    """One task per page.

    Args:
        given: document and references.
        memory: what the user brought.
        backend: translates; give one with a call cache, so that the base translation is paid once.
        settings: of the run; temperature 0.
        base_policy: chooses for the translation that fills the memory.
        pivot_backend: see `PageAgent`.
    """
    opened = memory.open_document()
    agent = PageAgent(backend, base_policy, settings, pivot_backend=pivot_backend)
    tasks: list[PageTask] = []
    start = 0
    for page in given.pages:
        job = PageJob(given.document, page, len(given.pages), opened.view(page.index), settings.seed)
        result = await agent.run_page(job)
        opened.add(page.index, result.records, result.withdrawn)
        context = PageContext(job, backend, base_policy, settings, pivot_backend)
        stop = start + len(page.segments)
        tasks.append(_task(context, result.observation, given.references[start:stop]))
        start = stop
    return tuple(tasks)


def _task(context: PageContext, observation: Observation, references: Sequence[str]) -> PageTask:
    document, index = context.job.document, context.job.page.index
    return PageTask(
        id=f"{document.name}/{document.hash[:8]}/p{index}/{context.settings.signature}",
        language=document.source_language.tag,
        observation=observation,
        references=tuple(references),
        translate=_PageTranslator(context, observation).translate,
        translator=context.backend.name,
    )


class _PageTranslator:
    """Translates one page under any slate, by the nodes of the agent."""

    def __init__(self, context: PageContext, observation: Observation) -> None:
        self._context = context
        self._observation = observation
        self._by_id = {candidate.id: candidate for candidate in observation.candidates}

    async def translate(self, chosen: tuple[str, ...], pivot: bool) -> tuple[str, ...]:
        """One line per segment; the source stands where nothing came."""
        context, observation = self._context, self._observation
        wanted = [(self._by_id[id], 1.0, "slate") for id in chosen]
        unlimited = sum(candidate.tokens for candidate, _, _ in wanted)
        verdict = PivotVerdict(call=pivot, probability=1.0)
        free = replace(observation, budget_tokens=unlimited)
        choice = settle(free, wanted, pivot=verdict, policy="slate", seed=0)
        english = (await nodes.pivot_page(context)).lines if pivot else {}
        drafting = await nodes.translate_page(context, observation, choice, english)
        drafts = {draft.number: draft for draft in nodes.check_page(context, observation, (), drafting.drafts)}
        return tuple(
            line_result(segment, drafts.get(number, Draft(number, segment.source))).translation
            for number, segment in enumerate(context.job.page.segments, start=1)
        )


def _text(document: Document) -> str:
    return document.join({segment.id: segment.source for segment in document.segments}).decode("utf-8")
