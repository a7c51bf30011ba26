"""What the server's user brought: read once, indexed once for each direction that requests need.

Which direction that is, the words of a text tell (`dragoman.direction`). A line or two often tell nothing; then what an
earlier text of the same language pair told holds, so that a session reads its resources one way from end to end.
"""

import asyncio
import threading

from dragoman.core.document import Document
from dragoman.core.records import Kind, Resource
from dragoman.equipment import Shelf
from dragoman.memory.store import Memory
from dragoman.options import TranslatorOptions
from dragoman.resources import load_resources

__all__ = ["Brought"]

_IN_LANGUAGE = (Kind.ENTRY, Kind.EXEMPLAR, Kind.ENTITY)
_SHORT = 20_000  # characters: their words are looked up in less time than a thread takes to answer


class Brought:
    """Resources of a server and their memories. Safe to use from several threads.

    Args:
        options: name the resources, and their direction as far as it is known.
    """

    def __init__(self, options: TranslatorOptions) -> None:
        self._options = options
        self._told: dict[tuple[str, str], bool] = {}
        self._shelf: Shelf | None = None
        self._reading = threading.Lock()
        self._ready: dict[bool, Memory] = {}

    async def memory_for(self, document: Document, options: TranslatorOptions) -> Memory:
        """The memory in the direction of a document.

        Args:
            document: to be translated.
            options: of the request.

        Raises:
            InputError: a resource cannot be used.
        """
        if not self._options.resources:  # nothing to look up, so no thread is waited for
            return self._opened().memory_at(flip=False)
        if not self._ready or sum(len(segment.source) for segment in document.segments) > _SHORT:
            return await asyncio.to_thread(self._memory_for, document, options)
        ready = self._ready.get(self._direction(document, options))
        return ready if ready is not None else await asyncio.to_thread(self._memory_for, document, options)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """In the direction of their files."""
        return self._opened().resources

    @property
    def texts(self) -> list[str]:
        """Words and sentences of the described language; rules are written about it, not in it."""
        return [r.source for resource in self.resources for r in resource.records if r.kind in _IN_LANGUAGE]

    def _opened(self) -> Shelf:
        with self._reading:
            if self._shelf is None:
                self._shelf = Shelf(load_resources(self._options.resources), self._options)
            return self._shelf

    def _memory_for(self, document: Document, options: TranslatorOptions) -> Memory:
        flip = self._direction(document, options)
        self._ready[flip] = self._opened().memory_at(flip=flip)
        return self._ready[flip]

    def _direction(self, document: Document, options: TranslatorOptions) -> bool:
        """Whether resources are read backwards for a document."""
        shelf = self._opened()
        pair = (document.source_language.tag, document.target_language.tag)
        otherwise = self._told.get(pair, options.flip)
        flip = shelf.is_turned(document, otherwise=otherwise)
        if flip == shelf.is_turned(document, otherwise=not otherwise):  # the words themselves tell
            self._told.setdefault(pair, flip)
        return flip
