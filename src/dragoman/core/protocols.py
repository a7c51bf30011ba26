"""The roles that parts of Dragoman play for each other. Implementations need not inherit."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dragoman.core.context import ContextChoice, Observation
from dragoman.core.exchange import Delta, Reply, Request
from dragoman.core.trajectory import PaidChoice, Trajectory

__all__ = ["AsyncContextPolicy", "Backend", "ContextPolicy", "Embedder", "Reward", "StreamingBackend", "TokenCounter"]


class TokenCounter(Protocol):
    """Anything that counts tokens of a text."""

    def count_tokens(self, text: str) -> int:
        """Number of tokens of `text`, without chat markup; 0 for the empty text."""


@runtime_checkable
class Backend(TokenCounter, Protocol):
    """A model that answers chat requests. Safe to call concurrently from one event loop."""

    @property
    def name(self) -> str:
        """Model and settings that can change an answer; part of the run signature and of call-cache keys."""

    @property
    def max_context_tokens(self) -> int | None:
        """Prompt and answer together; None when unknown."""

    async def generate(self, request: Request) -> Reply:
        """The model's answer.

        Raises:
            BackendError: one of its leaves; the message says what to do.
        """

    async def close(self) -> None:
        """Frees what the backend holds; a second call does nothing."""


@runtime_checkable
class StreamingBackend(Backend, Protocol):
    """A backend that can also answer piece by piece."""

    def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Pieces of the answer; the last one carries the `Reply` and the joined pieces equal its text."""


@runtime_checkable
class ContextPolicy(Protocol):
    """Picks which candidates are worth their tokens. Pure: same observation and seed, same choice."""

    @property
    def signature(self) -> str:
        """Name, version and settings: enough to know whether two runs used the same policy."""

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """The choice, within the budget."""


@runtime_checkable
class AsyncContextPolicy(ContextPolicy, Protocol):
    """A policy that may ask the translating model; the agent calls `achoose` wherever a policy has it."""

    async def achoose(self, observation: Observation, backend: Backend, *, seed: int) -> PaidChoice:
        """The choice, within the budget, and what it cost.

        Raises:
            BackendError: of the backend.
        """


@runtime_checkable
class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def signature(self) -> str:
        """Name and version; vectors of different signatures are never compared."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows, shape (N, D)."""


class Reward(Protocol):
    """Scores a trajectory against its reference. Pure."""

    name: str

    def score(self, trajectory: Trajectory, reference: Sequence[str]) -> float:
        """Points; what a point is stands in the implementation's docstring."""
