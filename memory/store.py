"""3E memory: what the user brought, what a document adds page by page, and the pinned views that recall reads.

Version v of a document's memory is what the user brought and the deltas of pages 0 to v - 1: it depends on pages, never
on timing. Nothing is deleted; a withdrawn record stays and is hidden from the version that withdraws it.

Indexes of pages are built over aligned runs of 1, 2, 4, 8 ... pages and kept (the logarithmic method), so a page costs
little however long the document is.

Sources: essence, exemplar and entity memory: Loong (arXiv:2605.30274); versions and withdrawal are our own.
Runs of pages: Bentley and Saxe 1980, "Decomposable Searching Problems I".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dragoman.core.document import Page
from dragoman.core.errors import MemoryError3E
from dragoman.core.hashing import content_hash
from dragoman.core.protocols import Embedder, TokenCounter
from dragoman.core.records import Kind, MemoryRecord, Resource
from dragoman.memory.costs import TokenCosts
from dragoman.memory.embed import HashedNgramEmbedder
from dragoman.memory.entities import Rendering
from dragoman.memory.flip import flip_records
from dragoman.memory.glosser import Glosser
from dragoman.memory.index import IndexParts, RecordIndex, affixes_of
from dragoman.memory.mirror import MirrorGlosser, is_english
from dragoman.memory.recall import Recall, Searcher, recall
from dragoman.memory.settings import MemorySettings
from dragoman.memory.snapshot import Snapshot

__all__ = ["DocumentMemory", "Memory", "MemoryView"]


class Memory:
    """What the user brought, indexed once, shared by documents, read-only.

    Args:
        resources: dictionaries, grammars and so on.
        embedder: default is `HashedNgramEmbedder`.
        flip: turn sources and targets round, for translating out of the language that the glosses are in.
        settings: see `MemorySettings`.
    """

    def __init__(
        self,
        resources: Sequence[Resource] = (),
        *,
        embedder: Embedder | None = None,
        flip: bool = False,
        settings: MemorySettings = MemorySettings(),  # noqa: B008 # frozen, so one shared default is safe
    ) -> None:
        self.resources = tuple(resources)
        self.settings = settings
        self.embedder: Embedder = embedder or HashedNgramEmbedder()
        self.flip = flip
        brought = [record for resource in resources for record in resource.records]
        unique = {record.id: record for record in map(_as_brought, flip_records(brought) if flip else brought)}
        self._records = tuple(unique.values())
        self.ids = frozenset(unique)
        self.parts = IndexParts(self.embedder, settings, affixes_of(self._records))
        self.index = RecordIndex(self._records, self.parts)
        self.index.prepare()
        self.costs = TokenCosts()
        self._is_mirrored = flip and is_english(self._records)
        self.glosser = self.glosser_of(self._records) if self.has_dictionary else None

    @property
    def records(self) -> tuple[MemoryRecord, ...]:
        """All records, in order of the resources."""
        return self._records

    @property
    def has_dictionary(self) -> bool:
        """Whether there is anything that explains words: a dictionary, a glossary or glossed text."""
        return bool(self.index.by_kind[Kind.ENTRY] or self.index.by_kind[Kind.ENTITY] or self.index.glossed_words)

    @property
    def fingerprint(self) -> str:
        """Identifies resources, settings, direction and embedder; part of the run signature."""
        hashes = (resource.hash for resource in self.resources)
        return content_hash(self.settings.signature, str(self.flip), self.embedder.signature, *hashes)

    def glosser_of(self, records: Iterable[MemoryRecord]) -> Glosser | MirrorGlosser:
        """A glosser that knows these records, in the direction of this memory."""
        return MirrorGlosser(records) if self._is_mirrored else Glosser(map(_as_glossed, records))

    def open_document(self) -> "DocumentMemory":
        """An empty overlay for one document."""
        return DocumentMemory(self)


class DocumentMemory:
    """What one document adds, page by page. Use from one thread.

    Args:
        memory: what the user brought.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._records: dict[int, tuple[MemoryRecord, ...]] = {}
        self._withdrawn: dict[int, frozenset[str]] = {}
        self._runs: dict[tuple[int, int], RecordIndex] = {}

    def add(self, page_index: int, records: Iterable[MemoryRecord], withdrawn: Iterable[tuple[str, str]] = ()) -> None:
        """Takes the delta of one page; pages may come in any order, each once.

        Args:
            page_index: 0-based.
            records: their version becomes page_index + 1.
            withdrawn: (record id, reason) of records to hide from version page_index + 1 on.

        Raises:
            MemoryError3E: the page was added before, or its number is negative.
        """
        if page_index < 0 or page_index in self._records:
            what = "is negative" if page_index < 0 else "is in memory already"
            raise MemoryError3E(f"page {page_index} {what}: add each page once, numbered from 0")
        version = page_index + 1
        unique = {record.id: replace(record, version=version) for record in records}
        self._records[page_index] = tuple(unique.values())
        self._withdrawn[page_index] = frozenset(record_id for record_id, _ in withdrawn)

    def view(self, version: int) -> "MemoryView":
        """Memory as pages 0 to `version` - 1 left it.

        Raises:
            MemoryError3E: a page below `version` was not added yet, or `version` is negative.
        """
        missing = next((page for page in range(version) if page not in self._records), None)
        if version < 0 or missing is not None:
            what = "is negative" if version < 0 else f"needs page {missing}, which was not added yet"
            raise MemoryError3E(f"memory version {version} {what}: add pages 0 to {version - 1} first")
        blocks = (self._memory.index, *(self._run(start, size) for start, size in _runs(version)))
        hidden = frozenset().union(*(self._withdrawn[page] for page in range(version)))
        return MemoryView(self._memory, Snapshot(version, blocks, hidden))

    def _run(self, start: int, size: int) -> RecordIndex:
        """The index of `size` pages from `start` on; a longer run takes the place of those inside it."""
        if (start, size) not in self._runs:
            records = [record for page in range(start, start + size) for record in self._records[page]]
            inside = [(first, num) for first, num in self._runs if start <= first and first + num <= start + size]
            for key in inside:
                del self._runs[key]
            self._runs[start, size] = RecordIndex(records, self._memory.parts)
        return self._runs[start, size]


class MemoryView:
    """Memory at one version. Reading changes nothing; the same question has the same answer for ever."""

    def __init__(self, memory: Memory, snapshot: Snapshot) -> None:
        self._memory = memory
        self._snapshot = snapshot
        self._glosser: Glosser | MirrorGlosser | None = None

    @property
    def version(self) -> int:
        """How many pages this view knows."""
        return self._snapshot.version

    def recall(self, page: Page, *, counter: TokenCounter, k: Mapping[Kind, int]) -> Recall:
        """Candidates for a page: at most k of each kind, best first, kinds in prompt order, ids unique.

        Args:
            page: to be translated.
            counter: counts what a record costs in the prompt.
            k: most candidates by kind; a kind that is missing gets none.
        """
        searcher = Searcher(self._memory.parts, self._memory.costs, self._visible_glosser())
        return recall(searcher, self._snapshot, page, counter=counter, k=k)

    def records(self, kind: Kind | None = None) -> tuple[MemoryRecord, ...]:
        """Visible records, what the user brought first, then page by page."""
        return tuple(self._snapshot.records(kind))

    def entities(self) -> tuple[Rendering, ...]:
        """The name table: one rendering for each source, with the alternatives that memory also holds."""
        return tuple(self._snapshot.renderings().values())

    def _visible_glosser(self) -> Glosser | MirrorGlosser | None:
        """The shared glosser, or one that does not know withdrawn records of the user's."""
        if self._memory.glosser is None or not (self._snapshot.hidden & self._memory.ids):
            return self._memory.glosser
        if self._glosser is None:
            hidden = self._snapshot.hidden
            visible = (record for record in self._memory.records if record.id not in hidden)
            self._glosser = self._memory.glosser_of(visible)
        return self._glosser


def _runs(version: int) -> list[tuple[int, int]]:
    """Pages 0 to version - 1 as aligned runs (start, size), longest first: 13 gives (0, 8), (8, 4), (12, 1)."""
    runs, start = [], 0
    for bit in range(version.bit_length() - 1, -1, -1):
        if version >> bit & 1:
            runs.append((start, 1 << bit))
            start += 1 << bit
    return runs


def _as_brought(record: MemoryRecord) -> MemoryRecord:
    return record if record.version == 0 else replace(record, version=0)


def _as_glossed(record: MemoryRecord) -> MemoryRecord:
    """Rule examples with a gloss teach the glosser like any glossed sentence."""
    is_glossed_rule = record.kind is Kind.RULE and bool(record.attribute("gloss"))
    return replace(record, kind=Kind.EXEMPLAR) if is_glossed_rule else record
