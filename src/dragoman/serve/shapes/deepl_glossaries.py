"""DeepL's routes for glossaries: version 2 (one language pair each) and version 3 (several)."""

import asyncio
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ApiKey
from dragoman.serve.shapes.bodies import OpenBody, body_schema, read_body
from dragoman.serve.shapes.deepl_wire import DEEPL_ERRORS, Name, coded_language, current_deepl_key
from dragoman.serve.shapes.entries import parse_entries, write_tsv
from dragoman.serve.shapes.glossaries import Glossary, PairEntries, primary
from dragoman.serve.shapes.texts import known_languages
from dragoman.serve.shapes.tools import Tools, get_tools

__all__ = ["router"]

router = APIRouter(responses=DEEPL_ERRORS)
Key = Annotated[ApiKey, Depends(current_deepl_key)]
Shared = Annotated[Tools, Depends(get_tools)]
Form = Literal["tsv", "csv"]
_TSV = "text/tab-separated-values"
_GlossaryName = Annotated[str, Field(min_length=1, max_length=1024)]


class DictionaryBody(OpenBody):
    """Terms of one language pair."""

    source_lang: Name
    target_lang: Name
    entries: str
    entries_format: Form = "tsv"


class GlossaryBody(DictionaryBody):
    """POST /v2/glossaries."""

    name: _GlossaryName


class MultilingualBody(OpenBody):
    """POST /v3/glossaries."""

    repeated: ClassVar[frozenset[str]] = frozenset({"dictionaries"})
    name: _GlossaryName
    dictionaries: Annotated[list[DictionaryBody], Field(min_length=1, max_length=200)]


class PatchBody(OpenBody):
    """PATCH /v3/glossaries/{id}."""

    repeated: ClassVar[frozenset[str]] = frozenset({"dictionaries"})
    name: _GlossaryName | None = None
    dictionaries: Annotated[list[DictionaryBody], Field(max_length=200)] | None = None


class GlossaryInfo(BaseModel):
    """A glossary of one pair."""

    glossary_id: str
    name: str
    ready: bool = True
    source_lang: str
    target_lang: str
    creation_time: str
    entry_count: int


class GlossaryList(BaseModel):
    """GET /v2/glossaries."""

    glossaries: list[GlossaryInfo]


class DictionaryInfo(BaseModel):
    """A dictionary of a glossary."""

    source_lang: str
    target_lang: str
    entry_count: int


class MultilingualInfo(BaseModel):
    """A glossary of several pairs."""

    glossary_id: str
    name: str
    creation_time: str
    dictionaries: list[DictionaryInfo]


class MultilingualList(BaseModel):
    """GET /v3/glossaries."""

    glossaries: list[MultilingualInfo]


class DictionaryEntries(BaseModel):
    """Entries of one pair."""

    source_lang: str
    target_lang: str
    entries: str
    entries_format: Form = "tsv"


class EntriesList(BaseModel):
    """GET /v3/glossaries/{id}/entries."""

    dictionaries: list[DictionaryEntries]


class GlossaryPair(BaseModel):
    """Languages of a glossary."""

    source_lang: str
    target_lang: str


class GlossaryPairs(BaseModel):
    """GET /v2/glossary-language-pairs."""

    supported_languages: list[GlossaryPair]


@router.get("/v2/glossary-language-pairs")
async def language_pairs(_: Key, tools: Shared) -> GlossaryPairs:
    """Pairs with English of the listed languages; any other pair may be used as well."""
    listed = await asyncio.to_thread(known_languages, tools.serving, tools.detector)
    others = [primary(each) for each in listed if not each.is_english]
    pairs = [pair for other in others for pair in (("en", other), (other, "en"))]
    return GlossaryPairs(supported_languages=[GlossaryPair(source_lang=a, target_lang=b) for a, b in pairs])


@router.post("/v2/glossaries", status_code=201, openapi_extra=body_schema(GlossaryBody))
async def create(request: Request, key: Key, tools: Shared) -> GlossaryInfo:
    """A new glossary of one pair."""
    body = await read_body(request, GlossaryBody)
    return _info(await tools.glossaries.add(key.name, body.name, [_pair(tools, body)]))


@router.get("/v2/glossaries")
async def list_all(key: Key, tools: Shared) -> GlossaryList:
    """Glossaries of one pair."""
    found = await tools.glossaries.list(key.name)
    return GlossaryList(glossaries=[_info(each) for each in found if len(each.dictionaries) == 1])


@router.get("/v2/glossaries/{glossary_id}")
async def show(glossary_id: str, key: Key, tools: Shared) -> GlossaryInfo:
    """One glossary."""
    return _info(_of_one_pair(await tools.glossaries.get(key.name, glossary_id)))


@router.get(
    "/v2/glossaries/{glossary_id}/entries",
    response_model=None,
    responses={200: {"content": {_TSV: {"schema": {"type": "string"}}}, "description": "The entries as TSV."}},
)
async def entries(glossary_id: str, key: Key, tools: Shared) -> Response:
    """The entries of a glossary as TSV."""
    (only,) = _of_one_pair(await tools.glossaries.get(key.name, glossary_id)).dictionaries
    return Response(write_tsv(only.entries), media_type=f"{_TSV}; charset=utf-8")


@router.delete("/v2/glossaries/{glossary_id}", status_code=204)
@router.delete("/v3/glossaries/{glossary_id}", status_code=204)
async def remove(glossary_id: str, key: Key, tools: Shared) -> None:
    """Deletes a glossary."""
    await tools.glossaries.remove(key.name, glossary_id)


@router.post("/v3/glossaries", status_code=201, openapi_extra=body_schema(MultilingualBody))
async def create_multilingual(request: Request, key: Key, tools: Shared) -> MultilingualInfo:
    """A new glossary of several pairs."""
    body = await read_body(request, MultilingualBody)
    pairs = [_pair(tools, each) for each in body.dictionaries]
    if len({(each.source, each.target) for each in pairs}) < len(pairs):
        raise ServeError(400, "a language pair stands there twice: give each pair one dictionary", param="dictionaries")
    return _multilingual(await tools.glossaries.add(key.name, body.name, pairs))


@router.get("/v3/glossaries")
async def list_multilingual(key: Key, tools: Shared) -> MultilingualList:
    """All glossaries."""
    return MultilingualList(glossaries=[_multilingual(each) for each in await tools.glossaries.list(key.name)])


@router.get("/v3/glossaries/{glossary_id}")
async def show_multilingual(glossary_id: str, key: Key, tools: Shared) -> MultilingualInfo:
    """One glossary."""
    return _multilingual(await tools.glossaries.get(key.name, glossary_id))


@router.patch("/v3/glossaries/{glossary_id}", openapi_extra=body_schema(PatchBody))
async def change(glossary_id: str, request: Request, key: Key, tools: Shared) -> MultilingualInfo:
    """Renames a glossary, adds entries to its dictionaries."""
    body = await read_body(request, PatchBody)
    glossary = await tools.glossaries.get(key.name, glossary_id)
    for each in body.dictionaries or ():
        glossary = _merged(glossary, _pair(tools, each))
    if body.name is not None:
        glossary = Glossary(glossary.id, body.name, glossary.created, glossary.dictionaries)
    await tools.glossaries.save(glossary)
    return _multilingual(glossary)


@router.put("/v3/glossaries/{glossary_id}/dictionaries", openapi_extra=body_schema(DictionaryBody))
async def replace_dictionary(glossary_id: str, request: Request, key: Key, tools: Shared) -> DictionaryInfo:
    """Replaces the dictionary of a pair, or adds one."""
    body = await read_body(request, DictionaryBody)
    glossary, new = await tools.glossaries.get(key.name, glossary_id), _pair(tools, body)
    await tools.glossaries.save(glossary.with_dictionary(new))
    return _dictionary(new)


@router.delete("/v3/glossaries/{glossary_id}/dictionaries", status_code=204)
async def remove_dictionary(glossary_id: str, source_lang: Name, target_lang: Name, key: Key, tools: Shared) -> None:
    """Deletes the dictionary of a pair."""
    glossary = await tools.glossaries.get(key.name, glossary_id)
    gone = glossary.find(*_codes(tools, source_lang, target_lang))
    kept = tuple(each for each in glossary.dictionaries if each is not gone)
    await tools.glossaries.save(Glossary(glossary.id, glossary.name, glossary.created, kept))


@router.get("/v3/glossaries/{glossary_id}/entries")
async def show_entries(glossary_id: str, source_lang: Name, target_lang: Name, key: Key, tools: Shared) -> EntriesList:
    """The entries of a pair."""
    found = (await tools.glossaries.get(key.name, glossary_id)).find(*_codes(tools, source_lang, target_lang))
    shown = DictionaryEntries(source_lang=found.source, target_lang=found.target, entries=write_tsv(found.entries))
    return EntriesList(dictionaries=[shown])


def _pair(tools: Tools, body: DictionaryBody) -> PairEntries:
    source, target = _codes(tools, body.source_lang, body.target_lang)
    return PairEntries(source, target, parse_entries(body.entries, body.entries_format))


def _codes(tools: Tools, source: str, target: str) -> tuple[str, str]:
    settings = tools.serving.settings
    return (
        primary(coded_language(settings, source, "source_lang")),
        primary(coded_language(settings, target, "target_lang")),
    )


def _merged(glossary: Glossary, new: PairEntries) -> Glossary:
    old: dict[str, str] = {}
    for each in glossary.dictionaries:
        if each.fits(new.source, new.target):
            old = dict(each.entries)
    return glossary.with_dictionary(PairEntries(new.source, new.target, {**old, **new.entries}))


def _of_one_pair(glossary: Glossary) -> Glossary:
    if len(glossary.dictionaries) != 1:
        raise ServeError(404, f"glossary {glossary.id} has several language pairs: ask /v3/glossaries for it")
    return glossary


def _info(glossary: Glossary) -> GlossaryInfo:
    (only,) = glossary.dictionaries
    return GlossaryInfo(
        glossary_id=glossary.id,
        name=glossary.name,
        source_lang=only.source,
        target_lang=only.target,
        creation_time=glossary.creation_time,
        entry_count=len(only.entries),
    )


def _multilingual(glossary: Glossary) -> MultilingualInfo:
    return MultilingualInfo(
        glossary_id=glossary.id,
        name=glossary.name,
        creation_time=glossary.creation_time,
        dictionaries=[_dictionary(each) for each in glossary.dictionaries],
    )


def _dictionary(pair: PairEntries) -> DictionaryInfo:
    return DictionaryInfo(source_lang=pair.source, target_lang=pair.target, entry_count=len(pair.entries))
