"""Requests in OpenAI's shape, as clients really send them. Unknown fields are accepted and passed on."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "MAX_CHOICES",
    "ChatMessage",
    "ChatRequest",
    "CompletionRequest",
    "Part",
    "Term",
    "TranslationOptions",
    "text_of",
]

MAX_CHOICES = 8
_MAX_SEED = 2**63 - 1

Stop = str | list[str] | None
Temperature = Annotated[float | None, Field(ge=0, le=2)]
Share = Annotated[float | None, Field(ge=0, le=1)]
Limit = Annotated[int | None, Field(ge=-1, le=2**31 - 1, description="-1 and 0 mean no limit of the client's own")]
Seed = Annotated[int | None, Field(ge=-_MAX_SEED, le=_MAX_SEED)]
Choices = Annotated[int | None, Field(ge=1, le=MAX_CHOICES)]
LanguageName = Annotated[str, Field(min_length=1, max_length=120)]


class _Open(BaseModel):
    """Strict about the types of fields it knows, open to all others."""

    model_config = ConfigDict(extra="allow", strict=True)


class Part(_Open):
    """A piece of a message; TranslateGemma's way of naming languages is understood."""

    type: str
    text: str | None = None
    source_lang_code: LanguageName | None = None
    target_lang_code: LanguageName | None = None


class ChatMessage(_Open):
    """A message of a chat."""

    role: str = Field(min_length=1)
    content: str | list[Part] | None = None


class Term(_Open):
    """A pair of a term or sentence and its translation."""

    source: str = Field(min_length=1, max_length=4000)
    target: str = Field(max_length=4000)


class TranslationOptions(_Open):
    """What to translate into, in the shape of Qwen-MT, and the fields of this server."""

    target_lang: LanguageName
    source_lang: LanguageName = "auto"
    terms: list[Term] = Field(default=[], max_length=2000)
    tm_list: list[Term] = Field(default=[], max_length=2000)
    domains: str | None = Field(default=None, max_length=4000)
    document_id: str | None = Field(default=None, min_length=1, max_length=512)
    context_budget: int | None = Field(default=None, ge=0, le=100_000)
    policy: str | None = None
    pivot: Literal["never", "auto", "always"] | None = None
    deadline_s: float | None = Field(default=None, gt=0)
    return_context: bool = True
    format: Literal["text", "markdown", "jsonl"] = "text"


class JsonSchema(_Open):
    """A named JSON schema."""

    name: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")  # Any: JSON


class ResponseFormat(_Open):
    """How the answer has to look."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(_Open):
    """What a stream holds besides the text."""

    include_usage: bool | None = None


class ChatTemplateKwargs(_Open):
    """llama.cpp's way of naming languages."""

    source_lang_code: LanguageName | None = None
    target_lang_code: LanguageName | None = None


class _Generation(_Open):
    """Fields that chats and plain completions share."""

    model: str | None = Field(default=None, max_length=400)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Choices = None
    stop: Stop = None
    seed: Seed = None
    temperature: Temperature = None
    top_p: Share = None
    max_tokens: Limit = None
    user: str | None = None
    metadata: dict[str, Any] | None = None  # Any: JSON
    session_id: str | None = Field(default=None, max_length=512)


class ChatRequest(_Generation):
    """POST /v1/chat/completions."""

    messages: list[ChatMessage] = Field(min_length=1)
    max_completion_tokens: Limit = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = None  # Any: JSON
    translation_options: TranslationOptions | None = None
    chat_template_kwargs: ChatTemplateKwargs | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with a usage chunk."""
        return bool(self.stream_options and self.stream_options.include_usage)


class CompletionRequest(_Generation):
    """POST /v1/completions."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=64)]
    logprobs: int | None = Field(default=None, ge=0, le=20)


def text_of(content: str | list[Part] | None) -> str:
    """The text of a message; parts that hold none, such as pictures, count as nothing."""
    if isinstance(content, list):
        return "".join(part.text or "" for part in content)
    return content or ""
