"""Where an OpenAI-compatible server is and how to talk to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dragoman.agent.retries import RetryPolicy
from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.core.hashing import content_hash, stable_json

__all__ = ["HttpConfig"]

_STRUCTURED = ("none", "auto", "regex")
_OUTPUT_LIMITS = ("auto", "max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Where the server is and how to talk to it.

    Attributes:
        model: as the server calls it.
        base_url: up to and including "/v1".
        api_key: None for servers that need none.
        tokenizer: tokenizer.json or folder for counting; None means a documented estimate.
        max_context_tokens: of the model, prompt and answer; None when unknown.
        connect_timeout_s: for opening a connection.
        read_timeout_s: for a whole answer, or for the next piece while streaming.
        retries: see `RetryPolicy`.
        structured: "regex" has line numbers enforced by the server (vLLM's field `structured_outputs`), "auto" does
            so when the server says it is vLLM, "none" never; servers differ, and some refuse unknown fields.
        output_limit: name of the field with the output limit; "auto" is max_completion_tokens at api.openai.com,
            which refuses the old name for new models, and max_tokens everywhere else.
        stream_usage: ask for usage at the end of a stream; switch off for servers that refuse the field.
        extra: further fields of the request body, such as {"chat_template_kwargs": {"enable_thinking": False}}.
        identity: name of the model in run signatures and call-cache keys; by default model and base URL. Give the
            same one to servers that serve the same weights.
    """

    model: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    tokenizer: str | None = None
    max_context_tokens: int | None = None
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 300.0
    retries: RetryPolicy = RetryPolicy()
    structured: str = "none"
    output_limit: str = "auto"
    stream_usage: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    identity: str | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in ("http", "https") or not urlsplit(self.base_url).hostname:
            raise ConfigurationError(
                f"base URL {self.base_url!r} is no http address: give one like http://host:8000/v1"
            )
        for role, given, known in (
            ("structured mode", self.structured, _STRUCTURED),
            ("output limit field", self.output_limit, _OUTPUT_LIMITS),
        ):
            if given not in known:
                raise UnknownNameError(role, given, known)
        for name in ("connect_timeout_s", "read_timeout_s"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give seconds above 0")

    @property
    def shown_url(self) -> str:
        """The base URL without user name, password and query."""
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))

    @property
    def output_limit_field(self) -> str:
        """The request field that limits the answer's length."""
        if self.output_limit != "auto":
            return self.output_limit
        return "max_completion_tokens" if urlsplit(self.base_url).hostname == "api.openai.com" else "max_tokens"

    @property
    def name(self) -> str:
        """Identity and what else can change an answer."""
        identity = self.identity if self.identity is not None else f"{self.model} at {self.shown_url}"
        if self.structured == "none" and not self.extra:
            return identity
        return f"{identity} [{self.structured} {content_hash(stable_json(dict(self.extra)), length=8)}]"
