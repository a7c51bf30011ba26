"""Answers shown while they grow: a backend that streams every call and tells a listener each piece.

The answer that comes back is the one a plain call gives, so nothing that is translated depends on who listens.
"""

from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from dragoman.agent.wrapper import BackendWrapper, stream_any
from dragoman.core.errors import BackendError, BackendUnreachableError
from dragoman.core.exchange import Purpose, Reply, Request
from dragoman.core.protocols import Backend

__all__ = ["TellingBackend", "TextDelta"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of an answer that is still growing.

    Attributes:
        page_index: 0-based.
        purpose: of the call.
        call: number of the call on its page, from 0; pieces of one call make up its answer, in order.
        text: the piece, as the model gave it.
    """

    page_index: int
    purpose: Purpose
    call: int
    text: str


class TellingBackend(BackendWrapper):
    """Streams the answers of another backend and tells every piece.

    Args:
        backend: what answers.
        page_index: of the page that the calls are about.
        calls: gives each call of the page its number.
        tell: called with each piece that is not empty.
    """

    def __init__(
        self, backend: Backend, *, page_index: int, calls: Iterator[int], tell: Callable[[TextDelta], object]
    ) -> None:
        super().__init__(backend)
        self._page_index = page_index
        self._calls = calls
        self._tell = tell

    async def generate(self, request: Request) -> Reply:
        """The whole answer. A stream that breaks off is asked again as a plain call, which has its own retries.

        Raises:
            BackendError: of the backend inside.
        """
        call, reply, has_told = next(self._calls), None, False
        try:
            async with aclosing(stream_any(self._backend, request)) as deltas:
                async for delta in deltas:
                    has_told = has_told or bool(delta.text)
                    self._tell_piece(request, call, delta.text)
                    reply = delta.reply or reply
        except BackendUnreachableError:
            if not has_told:
                raise
            reply = await self._backend.generate(request)
            self._tell_piece(request, next(self._calls), reply.text)
        if reply is None:
            raise BackendError(f"{self.name}: the stream ended without an answer: try again")
        return reply

    def _tell_piece(self, request: Request, call: int, text: str) -> None:
        if text:
            self._tell(TextDelta(self._page_index, request.purpose, call, text))
