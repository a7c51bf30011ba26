"""Reads chat completions, whole or in pieces, as servers really send them: fields may be missing, null or odd.

Works on plain dicts, because the client library builds its typed objects without checking them.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from dragoman.agent.backends.http_errors import BrokenAnswerError, one_line
from dragoman.core.exchange import FinishReason, Usage

__all__ = ["Gathered", "as_mapping", "read_usage"]

_Json = Mapping[str, Any]  # Any: JSON


def as_mapping(answer: object) -> _Json:
    """The JSON object behind an answer of the client library.

    Raises:
        BrokenAnswerError: the server sent something else, such as an HTML page.
    """
    if not isinstance(answer, BaseModel):
        raise BrokenAnswerError(f"the answer is no JSON object but {one_line(str(answer))[:60]!r}")
    return answer.model_dump(warnings=False)


def read_usage(body: object) -> Usage | None:
    """Usage of one call as the server counted it, or None when it did not.

    Cached tokens stand in `prompt_tokens_details.cached_tokens` (OpenAI, vLLM) or `prompt_cache_hit_tokens` (DeepSeek).
    """
    if not isinstance(body, dict) or not isinstance(body.get("prompt_tokens"), int):
        return None
    prompt = body["prompt_tokens"]
    details = body.get("prompt_tokens_details") or {}
    cached = details.get("cached_tokens") or body.get("prompt_cache_hit_tokens") or 0
    return Usage(
        calls=1,
        prompt_tokens=prompt,
        cached_tokens=min(int(cached), prompt),
        output_tokens=int(body.get("completion_tokens") or 0),
    )


class Gathered:
    """Collects an answer: one whole completion, or the chunks of a stream in order."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.logprobs: list[float] = []
        self.usage: Usage | None = None
        self.model: str | None = None
        self._finish: str | None = None

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self.pieces)

    @property
    def finish_reason(self) -> FinishReason:
        """Why the model stopped; content filters and tool calls count as OTHER."""
        known = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
        return known.get(self._finish or "", FinishReason.OTHER)

    def add(self, body: _Json) -> str:
        """Takes one completion or chunk in and returns its text, which may be empty."""
        if body.get("error"):
            raise BrokenAnswerError(f"the server reported an error: {one_line(str(body['error']))}")
        self.model = body.get("model") or self.model
        self.usage = read_usage(body.get("usage")) or self.usage
        choices = body.get("choices")
        if not choices:
            return ""  # the chunk with the usage has no choices
        choice = choices[0]
        message = choice.get("message") or choice.get("delta") or {}
        piece = message.get("content") or ""
        self.pieces.append(piece)
        self._finish = choice.get("finish_reason") or self._finish
        self.logprobs += [token["logprob"] for token in (choice.get("logprobs") or {}).get("content") or ()]
        return str(piece)

    def check_complete(self) -> None:
        """Nothing, when the answer has come to its end.

        Raises:
            BrokenAnswerError: there is no choice at all, or the stream broke off before its finish reason.
        """
        if not self.pieces:
            raise BrokenAnswerError("the answer holds no choices")
        if self._finish is None:
            raise BrokenAnswerError(f"the answer broke off after {len(self.text)} characters")
