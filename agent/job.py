"""What one page of work is given: the job, and the job with everything that does it.

Both are frozen, so that a node is a pure question to them; what happens to a page travels in drafts and results.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from dragoman.agent.settings import RunSettings
from dragoman.core.context import Candidate
from dragoman.core.document import Document, Page, Segment
from dragoman.core.hashing import content_hash
from dragoman.core.probe import Probe
from dragoman.core.protocols import Backend, ContextPolicy, TokenCounter
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.tags import strip_tags
from dragoman.memory.text import has_letter

__all__ = ["PageContext", "PageJob", "PageMemory", "PageProbe", "PageRecall", "page_seed"]


class PageRecall(Protocol):
    """What memory offers for one page."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Best first within each kind."""

    @property
    def dictionary_coverage(self) -> float:
        """0 to 1."""

    @property
    def has_dictionary(self) -> bool:
        """Whether the user brought one."""


class PageMemory(Protocol):
    """One version of the memory, read-only; `dragoman.memory.store.MemoryView` is the real one."""

    @property
    def version(self) -> int:
        """Its number."""

    def recall(self, page: Page, *, counter: TokenCounter, k: Mapping[Kind, int]) -> PageRecall:
        """Candidates for a page, never more than k of a kind."""

    def records(self, kind: Kind | None = None) -> tuple[MemoryRecord, ...]:
        """All records (of a kind)."""


class PageProbe(Protocol):
    """What the pages of a document share of its probe; `dragoman.agent.probe.DocumentProbe` is the real one."""

    async def get(self, context: "PageContext") -> Probe:
        """The probe, asked for once."""


@dataclass(frozen=True, slots=True)
class PageJob:
    """A page to translate.

    Attributes:
        document: the page's document.
        page: the page.
        num_pages: pages in the document.
        view: the memory version to read.
        seed: of the run; the page's own seed is derived from it, the document and the page index.
        first_pages: name-like tokens of the document and the first page of each (`dragoman.agent.novelty`); without
            them every token counts as never asked about.
        probe: of the document; None where it gets none.
    """

    document: Document
    page: Page
    num_pages: int
    view: PageMemory
    seed: int
    first_pages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    probe: PageProbe | None = None


@dataclass(frozen=True, slots=True)
class PageContext:
    """A page and everything that translates it. Line numbers are 1-based places on the page.

    Attributes:
        job: the page.
        backend: translates and remembers.
        policy: chooses the context.
        settings: of the run.
        pivot_backend: translates to English for the pivot; the translating backend when None.
    """

    job: PageJob
    backend: Backend
    policy: ContextPolicy
    settings: RunSettings
    pivot_backend: Backend | None = None

    @property
    def seed(self) -> int:
        """The page's own seed."""
        return page_seed(self.job.seed, self.job.document.hash, self.job.page.index)

    @property
    def lines(self) -> dict[int, str]:
        """Source text by line number."""
        return dict(enumerate(self.job.page.sources, start=1))

    @property
    def open_lines(self) -> dict[int, str]:
        """The lines a model has to see: those with a letter outside tags. All others are their own translation."""
        return {number: text for number, text in self.lines.items() if has_letter(strip_tags(text))}

    def segment(self, number: int) -> Segment:
        """The segment with this line number."""
        return self.job.page.segments[number - 1]


def page_seed(seed: int, document_id: str, page_index: int) -> int:
    """A seed of 31 bits that depends on nothing but its arguments, on every machine."""
    return int(content_hash(str(seed), document_id, str(page_index)), 16) % 2**31
