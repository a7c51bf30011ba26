"""Session memory: what earlier requests of a session left behind, one for each key, session and language pair.

A session is one growing document. Each translated page gets the next number when it ends, so requests of a session
may run side by side: a page reads what was there when it began. Everything is written before the answer is sent.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from dragoman.agent.codec import decode, encode
from dragoman.agent.novelty import first_pages
from dragoman.agent.remember import MemoryDelta
from dragoman.core.document import Page
from dragoman.core.records import MemoryRecord
from dragoman.memory.store import Memory, MemoryView
from dragoman.serve.metrics import Metrics
from dragoman.serve.store import Store

__all__ = ["SessionMemory", "Sessions"]

_MAX_OPEN = 1000
_DOCUMENT = "document"


class SessionMemory:
    """The memory of one session, or of one request when it has no name.

    Args:
        memory: what the user brought.
    """

    def __init__(self, memory: Memory) -> None:
        self._overlay = memory.open_document()
        self._ids: set[str] = set()
        self.version = 0
        self.users = 0
        self.first_pages: dict[str, int] = {}  # see `PageJob`
        self.busy = asyncio.Lock()  # writers of pages, one at a time
        self.learning: asyncio.Task[None] | None = None

    def view(self) -> MemoryView:
        """Memory as it is now."""
        return self._overlay.view(self.version)

    def saw(self, page: Page) -> None:
        """Notes the names of a page that was asked about, under the number it had."""
        self.first_pages = {**first_pages([page]), **self.first_pages}

    def knows(self, record: MemoryRecord) -> bool:
        """Whether the session holds this record."""
        return record.id in self._ids

    def add(self, delta: MemoryDelta) -> MemoryDelta:
        """Takes the delta of a page under the next number; returns it as it was taken."""
        records = tuple(_at_page(record, self.version) for record in delta.records)
        taken = MemoryDelta(tuple(r for r in records if r.id not in self._ids), delta.withdrawn)
        self._overlay.add(self.version, taken.records, taken.withdrawn)
        self._ids.update(record.id for record in taken.records)
        self.version += 1
        return taken


class Sessions:
    """Open sessions, loaded on first use; the ones not used for longest are let go.

    Args:
        store: where they are kept.
        metrics: told how many are open.
    """

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._open: OrderedDict[tuple[str, str, str], SessionMemory] = OrderedDict()
        self._loading = asyncio.Lock()

    @asynccontextmanager
    async def use(self, memory: Memory, owner: str, name: str | None, pair: str) -> AsyncIterator[SessionMemory]:
        """The session while it is used; what earlier requests still learn is waited for.

        Args:
            memory: what the user brought, in the direction of the pair.
            owner: name of the key.
            name: of the session; None means one for this request alone.
            pair: tells language pairs apart.
        """
        if name is None:
            yield SessionMemory(memory)
            return
        session = await self._find(memory, (owner, name, pair))
        session.users += 1
        try:
            if session.learning is not None:
                await asyncio.wait([session.learning])
            yield session
        finally:
            session.users -= 1
            self._let_go()

    async def remember(
        self, session: SessionMemory, delta: MemoryDelta, *, owner: str, name: str | None, pair: str
    ) -> None:
        """Adds a page's delta to the session and to the store."""
        if name is None:
            session.add(delta)
            return
        async with session.busy:
            index = session.version
            taken = session.add(delta)
            await self._store.add_session_page(owner, name, pair, index, encode(taken))

    async def forget(self, owner: str, name: str) -> bool:
        """Deletes a session; whether there was one."""
        for key in [key for key in self._open if key[:2] == (owner, name)]:
            del self._open[key]
        return await self._store.remove_session(owner, name)

    async def _find(self, memory: Memory, key: tuple[str, str, str]) -> SessionMemory:
        async with self._loading:
            if key not in self._open:
                session = SessionMemory(memory)
                for row in await self._store.session_pages(*key):
                    session.add(decode(MemoryDelta, row["delta"]))
                self._open[key] = session
            self._open.move_to_end(key)
            self._metrics.sessions(len(self._open))
            return self._open[key]

    def _let_go(self) -> None:
        idle = [key for key, session in self._open.items() if not session.users]
        for key in idle[: max(0, len(self._open) - _MAX_OPEN)]:
            del self._open[key]


def _at_page(record: MemoryRecord, index: int) -> MemoryRecord:
    """What a document remembered, with the number its page got."""
    provenance = record.provenance
    if provenance.origin != _DOCUMENT or provenance.page == index:
        return record
    return replace(record, provenance=replace(provenance, place=f"page {index + 1}", page=index))
