"""A chat request, checked completely before anything is answered: an error after a stream began has no status."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from dragoman.serve.answers import Envelope, new_id
from dragoman.serve.errors import ServeError
from dragoman.serve.json_mode import JsonShape, read_shape
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import (
    UNKNOWN_SOURCE,
    Mode,
    ModelId,
    Pair,
    asks_for_detection,
    default_pair,
    find_model,
    is_about_translation,
    last_user_text,
    named_pair,
    session_name,
)
from dragoman.serve.sources import find_source
from dragoman.serve.state import Serving
from dragoman.serve.translate_mode import TranslationTask, brought_records
from dragoman.serve.wire import ChatRequest, TranslationOptions

__all__ = ["ChatCall", "parse_chat", "read_call"]

_OURS = ("translation_options", "session_id", "stream", "stream_options", "model")


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One chat request, understood.

    Attributes:
        raw: as the client sent it.
        request: its known fields.
        model: what the model id means.
        key: whose request it is.
        mode: what is done with the messages.
        pair: languages; in instruct mode those of the server.
        session: name of the session; None means nothing is remembered.
        shape: of the answer; None for plain text.
        envelope: of the answer.
        asked_pair: the languages that the request names, where the source was found out; None where nothing was.
        note: a warning for the client; empty for none.
        trace_id: under which the answer is explained.
    """

    raw: Mapping[str, Any]  # Any: JSON
    request: ChatRequest
    model: ModelId
    key: ApiKey
    mode: Mode
    pair: Pair
    session: str | None
    shape: JsonShape | None
    envelope: Envelope
    asked_pair: Pair | None = None
    note: str = ""
    trace_id: str = field(default_factory=lambda: new_id("trace"))

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        return {"x-dragoman-trace-id": self.trace_id, "x-dragoman-mode": self.mode.value}

    @property
    def with_context(self) -> bool:
        """Whether the answer lists the chosen context."""
        options = self.request.translation_options
        return options is None or options.return_context

    def deadline_s(self, serving: Serving) -> float | None:
        """Seconds until the client gets an error instead; None means no deadline."""
        options = self.request.translation_options
        if options is not None and options.deadline_s is not None:
            return options.deadline_s
        return serving.settings.fast_deadline_s if self.model.variant.is_fast else None

    def body(self) -> dict[str, Any]:  # Any: JSON
        """The request for the model behind the server: what the client sent, without fields of ours and empty ones."""
        body = {name: value for name, value in self.raw.items() if name not in _OURS and value not in (None, "", [])}
        for limit in ("max_tokens", "max_completion_tokens"):
            if body.get(limit, 1) <= 0:
                del body[limit]
        if isinstance(body.get("metadata"), dict):
            kept = {name: value for name, value in body["metadata"].items() if name != "session_id"}
            body = {**body, "metadata": kept} if kept else {n: v for n, v in body.items() if n != "metadata"}
        return body

    def task(self) -> TranslationTask:
        """The translation that is asked for, in translate mode."""
        options = self.request.translation_options
        variant = self.model.variant
        return TranslationTask(
            last_user_text(self.request.messages),
            self.pair,
            self.key.name,
            session=self.session if variant.uses_memory else None,
            variant=variant,
            format=options.format if options else "text",
            records=_records(options) if options else (),
            overrides=_overrides(self.request, options),
            model=self.envelope.model,
            kept_as=self.asked_pair,
            note=self.note,
        )


def parse_chat(raw: Mapping[str, Any]) -> ChatRequest:  # Any: JSON
    """The known fields of a request that did not come over HTTP.

    Raises:
        ServeError: 400, a field is wrong.
    """
    try:
        return ChatRequest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ServeError(400, f"{place or 'body'}: {first['msg']}", param=place or None) from error


async def read_call(
    serving: Serving, raw: Mapping[str, Any], request: ChatRequest, *, key: ApiKey, session_header: str | None = None
) -> ChatCall:  # Any: JSON
    """What a request asks for.

    Raises:
        ServeError: it asks for something that does not exist or does not go together, or for the language of a text
            that cannot be told.
        LanguageError: a language cannot be understood.
    """
    settings = serving.settings
    model = find_model(settings, request.model)
    named = None if model.is_raw else named_pair(settings, request, model)
    mode, pair = _mode(serving, request, model, named)
    shape = read_shape(raw)
    if mode is Mode.TRANSLATE:
        _check_translation(request, shape)
    session = None if model.is_raw else session_name(request, session_header)
    call = ChatCall(raw, request, model, key, mode, pair, session, shape, Envelope(request.model or settings.name))
    return await _with_source(serving, call)


async def _with_source(serving: Serving, call: ChatCall) -> ChatCall:
    """The call with the language of its text, where it is to be translated and nobody named it."""
    if call.mode is not Mode.TRANSLATE or call.pair.source != UNKNOWN_SOURCE:
        return call
    text, is_asked = last_user_text(call.request.messages), asks_for_detection(call.request)
    source, note = await find_source(serving, text, is_asked=is_asked)
    return replace(call, pair=Pair(source, call.pair.target), asked_pair=call.pair, note=note)


def _mode(serving: Serving, request: ChatRequest, model: ModelId, named: Pair | None) -> tuple[Mode, Pair]:
    pair = named or default_pair(serving.settings)
    if named is not None:
        return Mode.TRANSLATE, pair
    if serving.free_model is None:
        if model.is_raw or not serving.settings.target_language:
            raise ServeError(
                400,
                f"model {serving.backend.name} answers only Dragoman's own prompts, not a client's messages: name a "
                f"target language (translation_options.target_lang, or model {serving.settings.name}:FROM-TO), "
                "or serve another model",
                code="target_language_missing",
            )
        return Mode.TRANSLATE, pair
    wanted = not model.is_raw and model.variant.uses_memory and is_about_translation(request.messages)
    return (Mode.INSTRUCT if wanted else Mode.PASS), pair


def _check_translation(request: ChatRequest, shape: JsonShape | None) -> None:
    """Refuses what does not go with translating the last message."""
    for given, param in (
        (request.tools, "tools"),
        (shape, "response_format"),
        ((request.n or 1) > 1, "n"),
    ):
        if given:
            raise ServeError(
                400, f"{param} does not go with a target language: the answer is the translation", param=param
            )
    if not any(message.role == "user" for message in request.messages):
        raise ServeError(400, "there is no user message: its text is what is translated", param="messages")


def _records(options: TranslationOptions) -> Any:  # Any: tuple of records
    terms = [(term.source, term.target) for term in options.terms]
    return brought_records(terms, [(pair.source, pair.target) for pair in options.tm_list])


def _overrides(request: ChatRequest, options: TranslationOptions | None) -> dict[str, Any]:  # Any: see make_options
    given: dict[str, Any] = {"seed": request.seed, "temperature": request.temperature}
    if options is not None:
        given |= {
            "budget_tokens": options.context_budget,
            "policy": options.policy,
            "pivot": options.pivot,
            "instructions": options.domains,
        }
    return {name: value for name, value in given.items() if value is not None}
