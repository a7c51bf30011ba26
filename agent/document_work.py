"""One document inside a running loop: its memory, what is committed, and how it ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from dragoman.agent.events import DocumentSummary
from dragoman.agent.novelty import first_pages
from dragoman.agent.probe import DocumentProbe, is_probed
from dragoman.agent.schedule import memory_version
from dragoman.core.document import Document, Page
from dragoman.core.exchange import Usage
from dragoman.core.probe import Probe, ProbeMode
from dragoman.core.trajectory import PageResult

if TYPE_CHECKING:  # the journal brings SQLAlchemy, which a plain import of the loop does not need
    from dragoman.agent.journal import Journal, Run
    from dragoman.memory.store import DocumentMemory, Memory, MemoryView

__all__ = ["DocumentTask", "DocumentWork"]


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """A document to translate.

    Attributes:
        document: the document.
        pages: how it is cut (`dragoman.core.pages.split_pages`).
        run_name: output path or id; with the document's hash it finds the run to resume.
        memory: what the user brought, in the direction of the document.
        parts: of the configuration that are this document's own, by name.
    """

    document: Document
    pages: tuple[Page, ...]
    run_name: str
    memory: "Memory"
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class DocumentWork:
    """Progress of one open run.

    Args:
        task: what to translate.
        run: its open run.
    """

    def __init__(self, task: DocumentTask, run: "Run") -> None:
        self.task = task
        self.run = run
        self.error: Exception | None = None
        self.is_finished = False
        self.first_pages: Mapping[str, int] = {}
        self._memory: DocumentMemory | None = None
        self._probe: DocumentProbe | None = None
        self._probed: Probe | None = None  # as an earlier run committed it
        self._done = len(run.done)
        self._failed: dict[int, tuple[str, ...]] = {}
        self._num_issues = 0
        self._usage = Usage()

    @property
    def id(self) -> str:
        """Hash of the document."""
        return self.run.info.document_hash

    @property
    def done_pages(self) -> int:
        """Pages in the journal."""
        return self._done

    @property
    def is_open(self) -> bool:
        """Whether `resume` was called."""
        return self._memory is not None

    def resume(self, journal: "Journal") -> None:
        """Opens the memory and puts into it what committed pages remembered; looks for tokens that may be names."""
        self.first_pages = first_pages(self.task.pages)
        self._memory = self.task.memory.open_document()
        for result in _committed(journal, self.run):
            self._take(result)

    def view(self, page_index: int, wave: int) -> "MemoryView":
        """The memory that a page reads."""
        assert self._memory is not None, "resume comes first"
        return self._memory.view(memory_version(page_index, wave))

    def probe(self, mode: ProbeMode) -> DocumentProbe | None:
        """What the pages share of the document's probe; None where it gets none."""
        if self._probe is None and is_probed(mode, len(self.task.pages)):
            self._probe = DocumentProbe(self.task.pages[0], self.view(0, wave=1), self._probed)
        return self._probe

    def add(self, result: PageResult) -> None:
        """A page was committed."""
        self._done += 1
        self._take(result)

    def summary(self) -> DocumentSummary:
        """How the document stands."""
        document = self.task.document
        return DocumentSummary(
            self.id,
            document.name,
            self.task.run_name,
            self.run.id,
            num_pages=len(self.task.pages),
            done_pages=self._done,
            num_segments=len(document.segments),
            failed_segments=tuple(name for index in sorted(self._failed) for name in self._failed[index]),
            num_issues=self._num_issues,
            usage=self._usage,
            error=self.error,
        )

    def release(self) -> None:
        """Frees the memory of a finished document."""
        self._memory, self._probe, self.first_pages = None, None, {}

    def _take(self, result: PageResult) -> None:
        assert self._memory is not None, "resume comes first"
        self._memory.add(result.page_index, result.records, result.withdrawn)
        self._probed = result.probe or self._probed
        self._failed[result.page_index] = tuple(line.segment_id for line in result.lines if line.failed)
        self._num_issues += sum(len(line.issues) for line in result.lines)
        self._usage += result.total_usage


def _committed(journal: "Journal", run: "Run") -> Iterator[PageResult]:
    return journal.pages(run.id) if run.done else iter(())
