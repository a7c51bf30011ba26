"""Bodies of DeepL's API, as its clients send and read them. Errors are `{"message": "..."}`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, Field

from dragoman.core.errors import LanguageError
from dragoman.core.languages import Language
from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ANYBODY, ApiKey
from dragoman.serve.settings import ServeSettings
from dragoman.serve.shapes.bodies import OpenBody
from dragoman.serve.shapes.texts import named_language

__all__ = [
    "DEEPL_ERRORS",
    "DeeplLanguage",
    "DocumentHandle",
    "DocumentKey",
    "DocumentStatus",
    "ListLanguages",
    "Name",
    "TranslateDocument",
    "TranslateTexts",
    "TranslatedDeepl",
    "Translations",
    "Usage",
    "coded_language",
    "current_deepl_key",
    "error_shape",
    "has_formality",
    "instructions_of",
    "shown_code",
]

Name = Annotated[str, Field(min_length=1, max_length=120)]
GlossaryId = Annotated[str, Field(min_length=1, max_length=64)]
_Text = Annotated[str, Field(max_length=131_072)]
_CODE = re.compile(r"[A-Za-z]{2,3}")


def _lower_case(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class DeeplError(BaseModel):
    """What went wrong."""

    message: str


DEEPL_ERRORS: dict[int | str, dict[str, Any]] = {  # Any: fragments of OpenAPI
    status: {"model": DeeplError, "description": text}
    for status, text in {
        400: "The request cannot be understood.",
        403: "The key is missing or wrong.",
        404: "There is no such thing, or it belongs to another key.",
        413: "The body is too large.",
        415: "The body or the file is of a type that is not read.",
        422: "Well-formed, but it cannot be done.",
        429: "Too many requests.",
        500: "A fault of the server.",
        502: "The model's server gave no usable answer.",
        503: "The model cannot be reached, or the document is not ready.",
    }.items()
}

Formality = Annotated[Literal["default", "more", "less", "prefer_more", "prefer_less"], BeforeValidator(_lower_case)]
Sentences = Literal["0", "1", "nonewlines"]
_FORMAL = {
    "more": "Use a formal register.",
    "prefer_more": "Use a formal register.",
    "less": "Use an informal register.",
    "prefer_less": "Use an informal register.",
}


class _Order(OpenBody):
    """Fields that texts and documents share."""

    target_lang: Name
    source_lang: Name | None = None
    formality: Formality = "default"
    glossary_id: GlossaryId | None = None


class TranslateTexts(_Order):
    """POST /v2/translate."""

    repeated: ClassVar[frozenset[str]] = frozenset({"text", "custom_instructions"})
    text: _Text | Annotated[list[_Text], Field(min_length=1, max_length=1000)]
    context: str | None = Field(default=None, max_length=100_000)
    custom_instructions: str | list[str] | None = None
    model_type: str | None = None
    tag_handling: Literal["", "xml", "html"] | None = None
    split_sentences: Sentences | None = None
    show_billed_characters: bool | None = None


class TranslateDocument(_Order):
    """POST /v2/document."""

    filename: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class ListLanguages(OpenBody):
    """GET /v2/languages."""

    type: Literal["source", "target"] = "source"


class DocumentKey(OpenBody):
    """POST /v2/document/{id} and /v2/document/{id}/result."""

    document_key: Annotated[str, Field(min_length=1, max_length=200)]


class TranslatedDeepl(BaseModel):
    """One translation."""

    detected_source_language: str
    text: str
    billed_characters: int
    model_type_used: str | None = None


class Translations(BaseModel):
    """The answer to /v2/translate."""

    translations: list[TranslatedDeepl]


class DeeplLanguage(BaseModel):
    """A language that can be chosen."""

    language: str
    name: str
    supports_formality: bool | None = None


class Usage(BaseModel):
    """Characters of this key so far; there is no limit, and DeepL's clients want a number."""

    character_count: int
    character_limit: int


class DocumentHandle(BaseModel):
    """An uploaded document. The key opens it, together with the API key."""

    document_id: str
    document_key: str


class DocumentStatus(BaseModel):
    """How far a document is."""

    document_id: str
    status: Literal["queued", "translating", "done", "error"]
    seconds_remaining: int | None = None
    billed_characters: int | None = None
    error_message: str | None = None
    message: str | None = None


def error_shape(error: ServeError) -> Mapping[str, Any]:  # Any: JSON
    """DeepL's error body."""
    return {"message": error.message}


def current_deepl_key(request: Request) -> ApiKey:
    """Whose request this is; a dependency. Clients send `Authorization: DeepL-Auth-Key KEY`.

    Raises:
        ServeError: 403, the key is missing or wrong.
    """
    settings: ServeSettings = request.app.state.serving.settings
    if not settings.keys:
        return ANYBODY
    key: ApiKey | None = request.scope["state"]["key"]
    if key is None:
        raise ServeError(403, "the API key is missing or wrong: send it as 'Authorization: DeepL-Auth-Key KEY'")
    return key


def has_formality(target: Language) -> bool:
    """Whether a language has forms of address to choose from; of those that DeepL refuses, English alone is certain."""
    return not target.is_english


def instructions_of(body: _Order, target: Language) -> str:
    """What formality, context and instructions come to in words for the model.

    Raises:
        ServeError: 400, the language has no such formality; "prefer_more" and "prefer_less" ask for it where it is.
    """
    if body.formality in ("more", "less") and not has_formality(target):
        raise ServeError(
            400,
            f"formality {body.formality!r} is not supported for target_lang {body.target_lang}: leave it out, or ask "
            f"for prefer_{body.formality}",
            param="formality",
        )
    given = getattr(body, "custom_instructions", None) or []
    context = getattr(body, "context", None)
    parts = [_FORMAL.get(body.formality, ""), *([given] if isinstance(given, str) else given)]
    if context:
        parts.append(f"The text stands in this context, which is not translated: {context}")
    return " ".join(part.strip() for part in parts if part.strip())


def coded_language(settings: ServeSettings, code: str, field: str) -> Language:
    """The language that a field names.

    Raises:
        ServeError: 400, it cannot be one, or it is a short code that no registry knows.
    """
    try:
        language = named_language(settings, code)
    except LanguageError as error:
        raise ServeError(400, f"{field} is not supported: {error}", param=field) from error
    if _CODE.fullmatch(code.strip()) and language.tag.startswith("x-"):
        raise ServeError(
            400, f"{field} {code!r} is not supported: no registry knows this code, give a name", param=field
        )
    return language


def shown_code(language: Language) -> str:
    """The language's code as DeepL writes it."""
    return language.tag.upper()
