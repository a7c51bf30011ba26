"""A page, a memory that offers what it is given, and one call that translates the page with a scripted model."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest

from dragoman.agent.backends.scripted import Script, ScriptedBackend
from dragoman.agent.job import PageContext, PageJob
from dragoman.agent.page import PageAgent
from dragoman.agent.settings import RunSettings
from dragoman.core.context import Candidate, Features
from dragoman.core.document import Document, Page
from dragoman.core.formats import document_from_text
from dragoman.core.languages import parse_language
from dragoman.core.protocols import ContextPolicy, TokenCounter
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.rendering import render_item
from dragoman.core.trajectory import PageResult
from dragoman.policies.fixed import FullPolicy


@dataclass(frozen=True)
class FixedRecall:
    candidates: tuple[Candidate, ...]
    dictionary_coverage: float = 0.0
    has_dictionary: bool = False


@dataclass(frozen=True)
class FixedMemory:
    """Offers its records for every page, names and words only where they stand."""

    offered: tuple[MemoryRecord, ...] = ()
    version: int = 0
    has_dictionary: bool = False

    def recall(self, page: Page, *, counter: TokenCounter, k: Mapping[Kind, int]) -> FixedRecall:
        found = []
        for record in self.offered:
            lines = tuple(n for n, line in enumerate(page.sources, start=1) if record.source and record.source in line)
            if lines or record.kind not in (Kind.ENTITY, Kind.ENTRY):
                found.append(Candidate(record, Features(), counter.count_tokens(render_item(record)), lines))
        return FixedRecall(tuple(found), 0.0, self.has_dictionary)

    def records(self, kind: Kind | None = None) -> tuple[MemoryRecord, ...]:
        return tuple(record for record in self.offered if kind in (None, record.kind))


@dataclass
class Bench:
    """Translates one page of text; keeps the backend so that its requests can be looked at."""

    text: str = "Anna sees a house.\nIt is green.\nShe goes in."
    source: str = "English"
    target: str = "German"
    memory: FixedMemory = field(default_factory=FixedMemory)
    policy: ContextPolicy = field(default_factory=FullPolicy)
    settings: RunSettings = field(default_factory=lambda: RunSettings(remember="never"))
    max_context_tokens: int | None = None
    page_index: int = 0
    seed: int = 0

    def document(self) -> Document:
        return document_from_text(
            self.text, source_language=parse_language(self.source), target_language=parse_language(self.target)
        )

    def job(self) -> PageJob:
        document = self.document()
        page = Page(self.page_index, document.segments)
        return PageJob(document, page, self.page_index + 1, self.memory, self.seed)

    def backend(self, script: Script) -> ScriptedBackend:
        return ScriptedBackend(script, max_context_tokens=self.max_context_tokens)

    def context(self, script: Script) -> PageContext:
        return PageContext(self.job(), self.backend(script), self.policy, self.settings)

    async def run(
        self, script: Script, **calls: Callable[..., Awaitable[object]]
    ) -> tuple[PageResult, ScriptedBackend]:
        backend = self.backend(script)
        result = await PageAgent(backend, self.policy, self.settings).run_page(self.job(), **calls)
        return result, backend


@pytest.fixture
def bench() -> type[Bench]:
    return Bench


@pytest.fixture
def fixed_memory() -> type[FixedMemory]:
    return FixedMemory
