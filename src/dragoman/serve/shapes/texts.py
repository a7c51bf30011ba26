"""Texts to translate at once, whatever shape they came in: languages, terms, instructions; one translation for each.

Every text is a document of its own; nothing is remembered between them. Texts of one request share one place at the
model's gate, and end when their client goes away.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fastapi import Request

from dragoman.core.languages import Language, parse_language
from dragoman.serve.detect import CERTAIN, UNKNOWN, Detector, Guess
from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import UNKNOWN_SOURCE, VARIANTS, Pair, Variant
from dragoman.serve.settings import ServeSettings
from dragoman.serve.sse import while_connected
from dragoman.serve.state import Serving
from dragoman.serve.translate_mode import Translation, TranslationTask, brought_records, translate_text

__all__ = [
    "TextOrder",
    "TranslatedText",
    "known_languages",
    "named_language",
    "source_of",
    "terms_in",
    "translate_texts",
]

_MAX_TEXTS = 1000


@dataclass(frozen=True, slots=True)
class TextOrder:
    """What to translate.

    Attributes:
        texts: one document each.
        target: language of the translations.
        source: language of the texts; None means that it is detected for each.
        terms: pairs of a term and its translation.
        instructions: for the model.
        variant: alias of the model.
        overrides: further keywords of the translator.
    """

    texts: Sequence[str]
    target: Language
    source: Language | None = None
    terms: Sequence[tuple[str, str]] = ()
    instructions: str = ""
    variant: Variant = VARIANTS[0]
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: see make_options


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """A translation, and the language that was detected (or given, with confidence 1)."""

    text: str
    source: Guess
    done: Translation | None = None


async def translate_texts(
    request: Request, serving: Serving, detector: Detector, key: ApiKey, order: TextOrder
) -> list[TranslatedText]:
    """The translations, in the order of the texts. A text of blanks is its own translation.

    Raises:
        ServeError: 400, too many texts; 429, no place came free.
        DragomanError: the texts cannot be translated.
    """
    if len(order.texts) > _MAX_TEXTS:
        raise ServeError(400, f"the request holds {len(order.texts)} texts: send {_MAX_TEXTS} at most")
    place = await serving.gate.enter(key)
    try:
        return await while_connected(request, _translate_all(serving, detector, key, order))
    finally:
        place.leave()


def source_of(detector: Detector, serving: Serving, text: str) -> Guess:
    """The language of a text; where letters tell little, the one the server was started with."""
    guess = detector.best(text)
    own = serving.settings.source_language
    return Guess(parse_language(own), guess.confidence) if own and guess.confidence < CERTAIN else guess


def named_language(settings: ServeSettings, code: str) -> Language:
    """The language of a code; codes come in upper case, also those of the server's own languages.

    Raises:
        LanguageError: it cannot be one.
    """
    for name in (settings.source_language, settings.target_language):
        if name and parse_language(name).tag.lower() == code.strip().lower():
            return parse_language(name)
    return parse_language(code)


def known_languages(serving: Serving, detector: Detector) -> tuple[Language, ...]:
    """Languages to offer in a list, the server's own first. Others are translated as well: the list is never closed.

    The built-in gloss knows only the languages of its resources, so without a model the server's own are listed.
    """
    settings = serving.settings
    own = [parse_language(name) for name in (settings.source_language, settings.target_language) if name]
    rest = () if serving.free_model is None and own else detector.languages
    by_tag = {language.tag: language for language in (*own, *rest)}
    return tuple(by_tag.values())


def terms_in(text: str, terms: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The terms that stand in a text; a glossary has thousands, and the rest would only be indexed for nothing."""
    folded = text.casefold()
    return [(term, rendering) for term, rendering in terms if term.casefold() in folded]


async def _translate_all(serving: Serving, detector: Detector, key: ApiKey, order: TextOrder) -> list[TranslatedText]:
    tasks = [asyncio.create_task(_translate(serving, detector, key, order, text)) for text in order.texts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:  # the others are not worth their calls when one has failed
            task.cancel()


async def _translate(serving: Serving, detector: Detector, key: ApiKey, order: TextOrder, text: str) -> TranslatedText:
    guess = Guess(order.source, 1.0) if order.source is not None else source_of(detector, serving, text)
    if not text.strip():
        return TranslatedText(text, guess)
    source = UNKNOWN_SOURCE if guess.language == UNKNOWN else guess.language
    overrides = {"instructions": order.instructions, **order.overrides} if order.instructions else order.overrides
    task = TranslationTask(
        text,
        Pair(source, order.target),
        owner=key.name,
        variant=order.variant,
        records=brought_records(terms_in(text, order.terms)),
        overrides=overrides,
        model=serving.settings.name,
    )
    done = await translate_text(serving, task)
    return TranslatedText(done.text, guess, done)
