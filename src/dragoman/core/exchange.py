"""What goes to a model and what comes back: the wire of every backend."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from dragoman.core.hashing import content_hash, stable_json

__all__ = ["Delta", "FinishReason", "Message", "Purpose", "Reply", "Request", "Sampling", "Usage"]


class Purpose(StrEnum):
    """Why a call is made; usage is counted by purpose."""

    TRANSLATE = "translate"
    COMPLETE = "complete"  # asks only for lines missing from an answer
    REPAIR = "repair"
    PIVOT = "pivot"
    REMEMBER = "remember"
    CHOOSE = "choose"
    PROBE = "probe"  # a bare translation of a document's first lines, or of its first page


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to decode. Temperature 0 is greedy."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model.

    Attributes:
        messages: the chat, rendered.
        sampling: decoding settings.
        seed: passed on where the engine knows one.
        purpose: what the call is for; not part of the hash.
        line_numbers: when set, the answer is one line per number, "number<TAB>text"; engines with structured output
            enforce it, all others are checked by the same parser.
        logprobs: ask for the log probability of each output token.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    seed: int = 0
    purpose: Purpose = Purpose.TRANSLATE
    line_numbers: tuple[int, ...] | None = None
    logprobs: bool = False

    def hash(self, model: str) -> str:
        """Address of this call in the call cache: everything that can change the answer."""
        body: dict[str, Any] = {  # Any: JSON
            "messages": [(m.role, m.content) for m in self.messages],
            "sampling": asdict(self.sampling),
            "seed": self.seed,
            "lines": self.line_numbers,
            "logprobs": self.logprobs,
        }
        return content_hash(model, stable_json(body), length=32)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent. Adds up with `+`.

    Attributes:
        calls: calls answered by the model.
        prompt_tokens: all prompt tokens, cached ones included.
        cached_tokens: prompt tokens that the server took from its prefix cache; 0 where it does not say.
        output_tokens: tokens generated.
        cost_usd: by the price table of the run; 0 when no price is known.
        saved_calls: calls answered from our own call cache (their tokens are not counted again).
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    saved_calls: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
            self.saved_calls + other.saved_calls,
        )

    @property
    def uncached_tokens(self) -> int:
        """Prompt tokens the server had to compute."""
        return self.prompt_tokens - self.cached_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer.

    Attributes:
        text: the answer as it came; may be empty.
        finish_reason: `LENGTH` means the answer was cut.
        usage: of this call.
        model: the model's own name.
        logprobs: one per output token when asked for and given.
        latency_s: seconds from sending to the last token.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage
    model: str
    logprobs: tuple[float, ...] | None = None
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer while it streams; the last one carries the whole reply."""

    text: str
    reply: Reply | None = None
