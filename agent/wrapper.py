"""What all backends around a backend share: they pass through what they do not change."""

from collections.abc import AsyncGenerator

from dragoman.core.exchange import Delta, Request
from dragoman.core.protocols import Backend, StreamingBackend

__all__ = ["BackendWrapper", "stream_any"]


class BackendWrapper:
    """Everything of a `Backend` but the calls.

    Args:
        backend: what answers.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def name(self) -> str:
        """Of the backend inside."""
        return self._backend.name

    @property
    def max_context_tokens(self) -> int | None:
        """Of the backend inside."""
        return self._backend.max_context_tokens

    def count_tokens(self, text: str) -> int:
        """As the backend inside."""
        return self._backend.count_tokens(text)

    async def close(self) -> None:
        """Closes the backend inside and nothing else."""
        await self._backend.close()


async def stream_any(backend: Backend, request: Request) -> AsyncGenerator[Delta]:
    """The answer piece by piece; in one piece from a backend that does not stream.

    Raises:
        BackendError: of the backend.
    """
    if isinstance(backend, StreamingBackend):
        async for delta in backend.stream(request):
            yield delta
        return
    reply = await backend.generate(request)
    yield Delta(reply.text, reply)
