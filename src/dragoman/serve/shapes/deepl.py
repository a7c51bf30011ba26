"""DeepL's routes for texts: translate, languages, usage. `router` brings those for documents and glossaries with it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from dragoman.core.languages import parse_language
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import VARIANTS
from dragoman.serve.shapes.bodies import body_schema, query_schema, read_body
from dragoman.serve.shapes.deepl_documents import router as document_router
from dragoman.serve.shapes.deepl_glossaries import router as glossary_router
from dragoman.serve.shapes.deepl_wire import (
    DEEPL_ERRORS,
    DeeplLanguage,
    ListLanguages,
    TranslatedDeepl,
    TranslateTexts,
    Translations,
    Usage,
    coded_language,
    current_deepl_key,
    error_shape,
    has_formality,
    instructions_of,
    shown_code,
)
from dragoman.serve.shapes.texts import TextOrder, TranslatedText, known_languages, translate_texts
from dragoman.serve.shapes.tools import Tools, get_tools, glossary_terms

__all__ = ["PATHS", "error_shape", "router"]

PATHS = ("/v2/", "/v3/")
NO_LIMIT = 1_000_000_000_000  # what DeepL itself answers where there is none
_FASTEST = "latency_optimized"
_VARIETIES = ("EN-GB", "EN-US", "PT-BR", "PT-PT", "ZH-HANS", "ZH-HANT")

router = APIRouter(tags=["DeepL"], responses=DEEPL_ERRORS)
router.include_router(glossary_router)
router.include_router(document_router)

Key = Annotated[ApiKey, Depends(current_deepl_key)]
Shared = Annotated[Tools, Depends(get_tools)]


@router.post("/v2/translate", openapi_extra=body_schema(TranslateTexts), response_model_exclude_none=True)
async def translate(request: Request, key: Key, tools: Shared) -> Translations:
    """Texts in another language."""
    body = await read_body(request, TranslateTexts)
    settings = tools.serving.settings
    texts = [body.text] if isinstance(body.text, str) else body.text
    target = coded_language(settings, body.target_lang, "target_lang")
    source = coded_language(settings, body.source_lang, "source_lang") if body.source_lang else None
    order = TextOrder(
        texts,
        target,
        source,
        terms=await glossary_terms(tools, key, body.glossary_id, source, target),
        instructions=instructions_of(body, target),
        variant=VARIANTS[1] if body.model_type == _FASTEST else VARIANTS[0],
    )
    done = await translate_texts(request, tools.serving, tools.detector, key, order)
    await tools.billing.add(key.name, sum(len(text) for text in texts))
    return Translations(translations=[_shown(each, text, body) for each, text in zip(done, texts, strict=True)])


@router.get("/v2/languages", response_model_exclude_none=True, openapi_extra=query_schema(ListLanguages))
async def languages(request: Request, _: Key, tools: Shared) -> list[DeeplLanguage]:
    """Languages to choose from; others are translated too, by tag or name."""
    kind = (await read_body(request, ListLanguages)).type  # the Python client sends a body, others a query
    listed = await asyncio.to_thread(known_languages, tools.serving, tools.detector)
    if kind == "source":
        return [DeeplLanguage(language=shown_code(each), name=each.name) for each in listed]
    codes = {shown_code(each): each.name for each in listed}
    for code in _VARIETIES:  # clients refuse plain EN and PT as targets
        if code.partition("-")[0] in codes:
            codes[code] = parse_language(code).name
    return [
        DeeplLanguage(language=code, name=name, supports_formality=has_formality(parse_language(code)))
        for code, name in sorted(codes.items())
    ]


@router.get("/v2/usage")
async def usage(key: Key, tools: Shared) -> Usage:
    """Characters of this key so far."""
    return Usage(character_count=await tools.billing.total(key.name), character_limit=NO_LIMIT)


def _shown(done: TranslatedText, text: str, body: TranslateTexts) -> TranslatedDeepl:
    return TranslatedDeepl(
        detected_source_language=shown_code(done.source.language),
        text=done.text,
        billed_characters=len(text),
        model_type_used=_model_type(body.model_type),
    )


def _model_type(asked: str | None) -> str | None:
    return asked.removeprefix("prefer_") if asked else None
