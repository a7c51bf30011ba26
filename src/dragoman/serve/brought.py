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
        return await asyncio.to_thread(self._memory_for, document, options)

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
        shelf = self._opened()
        pair = (document.source_language.tag, document.target_language.tag)
        otherwise = self._told.get(pair, options.flip)
        flip = shelf.is_turned(document, otherwise=otherwise)
        if flip == shelf.is_turned(document, otherwise=not otherwise):  # the words themselves tell
            self._told.setdefault(pair, flip)
        return shelf.memory_at(flip=flip)
