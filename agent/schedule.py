"""Which page is translated next: pure bookkeeping, no clock, no model.

Inside a document page p may start when pages 0 to p - wave are committed. Between documents the one with the most
uncommitted pages goes first: its remaining chain of pages is the longest, and whatever is left at the end cannot be
spread over the slots any more (Hu 1961, "Parallel Sequencing and Assembly Line Problems", the level rule).
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["PageSlot", "Schedule", "memory_version"]


def memory_version(page_index: int, wave: int) -> int:
    """The memory version a page reads: what pages 0 to page_index - wave left."""
    return max(0, page_index - wave + 1)


@dataclass(frozen=True, slots=True, order=True)
class PageSlot:
    """A page of a document, both by index."""

    document: int
    page: int


@dataclass(slots=True)
class _Progress:
    num_pages: int
    committed: set[int]
    started: set[int] = field(default_factory=set)
    prefix: int = 0  # pages 0 to prefix - 1 are committed
    dropped: bool = False
    stamp: int = 0  # only the newest heap entry of a document counts

    def advance(self) -> None:
        while self.prefix in self.committed:
            self.prefix += 1

    def ready(self, wave: int) -> int | None:
        if self.dropped:
            return None
        last = min(self.num_pages, self.prefix + wave)
        return next(
            (page for page in range(self.prefix, last) if page not in self.started and page not in self.committed), None
        )

    @property
    def remaining(self) -> int:
        return self.num_pages - len(self.committed)


class Schedule:
    """The pages of several documents, handed out in the best order.

    Args:
        documents: (number of pages, pages committed already) for each document.
        wave: width of the sliding wave inside a document.
    """

    def __init__(self, documents: Iterable[tuple[int, Iterable[int]]], *, wave: int) -> None:
        self._wave = wave
        self._documents = [_Progress(num_pages, set(committed)) for num_pages, committed in documents]
        self._heap: list[tuple[int, int, int]] = []  # (-remaining, document, stamp)
        for index, progress in enumerate(self._documents):
            progress.advance()
            self._offer(index)

    def take(self) -> PageSlot | None:
        """The next page to start, now in flight; None when nothing may start at the moment."""
        while self._heap:
            _, index, stamp = heapq.heappop(self._heap)
            progress = self._documents[index]
            page = progress.ready(self._wave) if stamp == progress.stamp else None
            if page is not None:
                progress.started.add(page)
                self._offer(index)
                return PageSlot(index, page)
        return None

    def commit(self, slot: PageSlot) -> None:
        """The page is saved; later pages may become ready."""
        progress = self._documents[slot.document]
        progress.started.discard(slot.page)
        progress.committed.add(slot.page)
        progress.advance()
        self._offer(slot.document)

    def fail(self, slot: PageSlot) -> None:
        """The page ended without a result; its document takes no more pages."""
        progress = self._documents[slot.document]
        progress.started.discard(slot.page)
        progress.dropped = True

    def is_over(self, document: int) -> bool:
        """Whether nothing of this document is in flight and nothing more will start."""
        progress = self._documents[document]
        return not progress.started and (progress.dropped or progress.remaining == 0)

    def _offer(self, index: int) -> None:
        progress = self._documents[index]
        if progress.ready(self._wave) is not None:
            progress.stamp += 1
            heapq.heappush(self._heap, (-progress.remaining, index, progress.stamp))
