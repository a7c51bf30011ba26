"""What a request wants: which alias, translate or instruct, between which languages, in which session.

The first of these that names a target language switches to translate mode: `translation_options` (the shape of
Qwen-MT), a content part of TranslateGemma, `chat_template_kwargs` (llama.cpp), a suffix of the model id
(`dragoman:kom-eng`). Else the client's own messages are instructions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from dragoman.core.languages import Language, parse_language
from dragoman.serve.errors import ServeError
from dragoman.serve.settings import ServeSettings
from dragoman.serve.wire import ChatMessage, ChatRequest, text_of

__all__ = [
    "UNKNOWN_SOURCE",
    "UNKNOWN_TARGET",
    "VARIANTS",
    "Mode",
    "ModelId",
    "Pair",
    "Variant",
    "asks_for_detection",
    "default_pair",
    "find_model",
    "is_about_translation",
    "is_auto",
    "last_user_text",
    "model_ids",
    "named_pair",
    "session_name",
]

UNKNOWN_SOURCE = Language("und", "source language")
UNKNOWN_TARGET = Language("und", "target language")
AUTO = "auto"
_MAX_SESSION = 512
_SUBTAG_OF_TAG = re.compile(r"[A-Z]{2}(?:-|$)|[A-Z][a-z]{3}(?:-|$)|\d")
# The verb or noun in languages that clients' own prompts are written in; a beginning of the word is enough.
_TRANSLATE = re.compile(
    r"translat|übersetz|tradu[cziç]|traduir|перев[оеё]д|перекла[дс]|翻译|翻譯|翻訳|번역|ترجم|çevir|tercüme|"
    r"przetłumacz|tłumacz|vertaal|översätt|oversett|oversæt|käännä|fordít|preklad|přelož|prevod|prevedi|dịch|terjemah|"
    r"แปล|अनुवाद|অনুবাদ|traduz|traduce|תרגם|μετάφρα|tafsiri|fassara",
    re.IGNORECASE,
)
# Side tasks of chat pages: titles, tags, follow-up questions, search queries (Open WebUI, LibreChat).
_SIDE_TASK = re.compile(
    r"(?s)\A.{0,200}(### Task:|generate (?:a |an )?(?:concise|short|\d)|5-word-or-less title|follow[- ]?up questions"
    r"|search quer(?:y|ies)|categoriz|connectivity|reply with|\bPONG\b)",
    re.IGNORECASE,
)


class Mode(StrEnum):
    """What is done with the client's messages."""

    TRANSLATE = "translate"  # they are the text
    INSTRUCT = "instruct"  # they are instructions, memory adds context
    PASS = "pass"  # they go to the model as they are


@dataclass(frozen=True, slots=True)
class Variant:
    """One alias of the model.

    Attributes:
        suffix: behind the server's name.
        about: for people.
        overrides: keywords of the translator that differ from the server's own.
        is_fast: whether the deadline of the settings holds.
    """

    suffix: str
    about: str
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: see `make_options`
    is_fast: bool = False

    @property
    def uses_memory(self) -> bool:
        """Whether memory is asked at all."""
        return self.overrides.get("policy") != "none"


VARIANTS = (
    Variant("", "memory and context policy on"),
    Variant(
        "-fast",
        "one model call, with a deadline",
        MappingProxyType({"max_repairs": 0, "remember": "never", "pivot": "never"}),
        is_fast=True,
    ),
    Variant(
        "-nocontext",
        "the baseline: no memory, no context",
        MappingProxyType({"policy": "none", "remember": "never", "pivot": "never"}),
    ),
)
RAW = Variant("", "the model itself, messages passed on as they are", MappingProxyType({"policy": "none"}))


@dataclass(frozen=True, slots=True)
class ModelId:
    """A model id of a client, understood. `languages` is what stood behind the colon, empty when nothing did."""

    given: str
    variant: Variant
    is_raw: bool = False
    languages: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Languages of a translation; the source may be `UNKNOWN_SOURCE`."""

    source: Language
    target: Language

    @property
    def tags(self) -> str:
        """Tells pairs apart."""
        return f"{self.source.tag}>{self.target.tag}"


def model_ids(settings: ServeSettings) -> dict[str, ModelId]:
    """Every id that GET /v1/models lists."""
    named = {f"{settings.name}{variant.suffix}": variant for variant in VARIANTS}
    aliases = {name: ModelId(name, variant) for name, variant in named.items()}
    return {settings.model: ModelId(settings.model, RAW, is_raw=True), **aliases}


def find_model(settings: ServeSettings, given: str | None) -> ModelId:
    """What a model id means; none at all means the plain alias.

    Raises:
        ServeError: 404, there is no such model.
    """
    known, name = model_ids(settings), given or settings.name
    if name in known:
        return known[name]
    head, colon, languages = name.partition(":")
    if colon and languages.strip() and head in known and not known[head].is_raw:
        return ModelId(name, known[head].variant, languages=languages.strip())
    raise ServeError(
        404,
        f"model {name!r} does not exist: known are {', '.join(known)}, and {settings.name}:FROM-TO with two languages",
        code="model_not_found",
        param="model",
    )


def named_pair(settings: ServeSettings, request: ChatRequest, model: ModelId) -> Pair | None:
    """The languages a request names; None when it names no target.

    Raises:
        LanguageError: a name cannot be understood.
    """
    options, template = request.translation_options, request.chat_template_kwargs
    if options is not None:
        return _pair(settings, options.source_lang, options.target_lang)
    for part in (part for message in request.messages for part in _parts(message)):
        if part.target_lang_code:
            return _pair(settings, part.source_lang_code, part.target_lang_code)
    if template is not None and template.target_lang_code:
        return _pair(settings, template.source_lang_code, template.target_lang_code)
    if model.languages:
        return _pair(settings, *_split_languages(model.languages))
    return None


def asks_for_detection(request: ChatRequest) -> bool:
    """Whether a request says `auto` for the source, rather than nothing."""
    options, template = request.translation_options, request.chat_template_kwargs
    given = [part.source_lang_code for message in request.messages for part in _parts(message)]
    given.append(template.source_lang_code if template is not None else None)
    if options is not None and "source_lang" in options.model_fields_set:
        given.append(options.source_lang)
    return any(is_auto(name) for name in given if name)


def is_auto(language: str) -> bool:
    """Whether a name of a language asks for detection."""
    return language.strip().lower() == AUTO


def default_pair(settings: ServeSettings) -> Pair:
    """The languages of the server, as far as they were given."""
    source, target = settings.source_language, settings.target_language
    return Pair(
        parse_language(source) if source else UNKNOWN_SOURCE, parse_language(target) if target else UNKNOWN_TARGET
    )


def session_name(request: ChatRequest, header: str | None) -> str | None:
    """The session a request belongs to; the most exact name wins. None means that nothing is remembered.

    Raises:
        ServeError: 400, the name is too long.
    """
    options, metadata = request.translation_options, request.metadata or {}
    given = options.document_id if options else None
    for name in (given, metadata.get("session_id"), request.session_id, header):
        if name:
            if len(str(name)) > _MAX_SESSION:
                raise ServeError(
                    400, f"the session's name has {len(str(name))} characters: give {_MAX_SESSION} at most"
                )
            return str(name)
    return None


def last_user_text(messages: Sequence[ChatMessage]) -> str:
    """The text of the last message of the user; empty when there is none."""
    return next((text_of(message.content) for message in reversed(messages) if message.role == "user"), "")


def is_about_translation(messages: Sequence[ChatMessage]) -> bool:
    """Whether a client's own prompt asks for a translation, as far as its words tell. Probes and titles do not."""
    if _SIDE_TASK.search(last_user_text(messages)):
        return False
    return any(_TRANSLATE.search(text_of(message.content)) for message in messages if message.role != "assistant")


def mentions_translation(line: str) -> bool:
    """Whether a line speaks of translating: it is then rather an instruction than text."""
    return _TRANSLATE.search(line) is not None


def _parts(message: ChatMessage) -> list[Any]:  # Any: Part, which the caller reads
    return message.content if isinstance(message.content, list) else []


def _pair(settings: ServeSettings, source: str | None, target: str) -> Pair:
    if source and not is_auto(source):
        return Pair(parse_language(source), parse_language(target))
    return Pair(default_pair(settings).source, parse_language(target))


def _split_languages(text: str) -> tuple[str | None, str]:
    """Source and target from "kom-eng", "zh-Hans-en" or "de"; upper-case regions and scripts belong to their tag."""
    for match in re.finditer("-", text):
        left, right = text[: match.start()], text[match.end() :]
        if len(left) > 1 and right and not _SUBTAG_OF_TAG.match(right):
            return left, right
    return None, text
