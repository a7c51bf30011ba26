"""Answers in OpenAI's shape: whole completions and the chunks of a stream."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.exchange import FinishReason, Usage

__all__ = ["Envelope", "choice_body", "new_id", "openai_usage", "read_usage_body"]

Json = dict[str, Any]  # Any: JSON


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}-{secrets.token_hex(12)}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all parts of one answer have in common.

    Attributes:
        model: as the client asked for it.
        id: of the answer.
        created: seconds since the epoch.
    """

    model: str
    id: str = field(default_factory=lambda: new_id("chatcmpl"))
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, choices: Sequence[Mapping[str, Any]], usage: Mapping[str, Any], extension: Json) -> Json:
        """A whole answer."""  # Any: JSON
        return {**self._head("chat.completion"), "choices": list(choices), "usage": usage, "dragoman": extension}

    def role(self, index: int = 0) -> Json:
        """The first chunk of a choice."""
        return self._chunk(index, {"role": "assistant", "content": ""})

    def text(self, text: str, index: int = 0) -> Json:
        """A piece of text."""
        return self._chunk(index, {"content": text})

    def end(self, reason: str, extension: Json, index: int = 0) -> Json:
        """The last chunk of a choice; the extension travels with it, because some clients drop chunks of their own."""
        return {**self._chunk(index, {}, reason), "dragoman": extension}

    def usage(self, usage: Mapping[str, Any]) -> Json:  # Any: JSON
        """The chunk behind the last one, only for clients that asked for it."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage}

    def renamed(self, body: Mapping[str, Any]) -> Json:  # Any: JSON
        """Another server's answer or chunk under this answer's id and model."""
        return {**body, "id": self.id, "created": self.created, "model": self.model}

    def _chunk(self, index: int, delta: Json, reason: str | None = None) -> Json:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def choice_body(text: str, reason: FinishReason, *, index: int = 0, logprobs: tuple[float, ...] | None = None) -> Json:
    """One choice of a whole answer."""
    return {
        "index": index,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "logprobs": _logprobs(logprobs),
        "finish_reason": "length" if reason is FinishReason.LENGTH else "stop",
    }


def openai_usage(usage: Usage) -> Json:
    """Usage in OpenAI's shape."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def read_usage_body(body: object) -> Usage:
    """The inverse of `openai_usage`, for answers of other servers; nothing where they send none."""
    from dragoman.agent.backends.http_answers import read_usage

    return read_usage(body) or Usage(calls=1)


def _logprobs(values: tuple[float, ...] | None) -> Json | None:
    if values is None:
        return None
    return {"content": [{"token": "", "bytes": None, "logprob": value, "top_logprobs": []} for value in values]}
