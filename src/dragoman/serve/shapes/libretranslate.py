"""The routes of LibreTranslate: translate, languages, detect, translate_file. Errors are `{"error": "..."}`.

JSON and forms are read alike. The key travels in the body as `api_key`, as their clients send it, or in a header.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dragoman.serve.errors import ServeError
from dragoman.serve.files import download
from dragoman.serve.jobs import Runner
from dragoman.serve.keys import ANYBODY, ApiKey, find_key
from dragoman.serve.shapes.bodies import OpenBody, body_schema, read_body, read_upload
from dragoman.serve.shapes.texts import (
    TextOrder,
    TranslatedText,
    known_languages,
    named_language,
    source_of,
    translate_texts,
)
from dragoman.serve.shapes.tools import Tools, get_tools
from dragoman.serve.shapes.uploads import start_job, wait_for
from dragoman.serve.sse import while_connected
from dragoman.serve.store import Row

__all__ = ["PATHS", "error_shape", "router"]

PATHS = ("/translate", "/translate_file", "/download_file", "/languages", "/detect")
_AUTO = "auto"
_MAX_TEXT = 100_000
_MAX_DETECTED = 3


class LibreError(BaseModel):
    """What went wrong."""

    error: str


class DetectedLanguage(BaseModel):
    """A language and how well the text fits it, 0 to 100."""

    language: str
    confidence: float


class LibreLanguage(BaseModel):
    """A language that can be chosen."""

    code: str
    name: str
    targets: list[str]


class LibreTranslation(BaseModel):
    """The answer to /translate; lists when a list was sent."""

    translatedText: str | list[str]
    detectedLanguage: DetectedLanguage | list[DetectedLanguage] | None = None
    alternatives: list[Any] | None = None  # Any: texts, or a list of them for each text


_ERRORS: dict[int | str, dict[str, Any]] = {  # Any: fragments of OpenAPI
    status: {"model": LibreError, "description": text}
    for status, text in {
        400: "The request cannot be understood.",
        403: "The key is missing or wrong.",
        404: "There is no such file.",
        413: "The body is too large.",
        415: "The body or the file is of a type that is not read.",
        422: "Well-formed, but it cannot be done.",
        429: "Too many requests.",
        500: "A fault of the server.",
        502: "The model's server gave no usable answer.",
        503: "The model cannot be reached.",
    }.items()
}
router = APIRouter(tags=["LibreTranslate"], responses=_ERRORS)

_Text = Annotated[str, Field(max_length=_MAX_TEXT)]
_Language = Annotated[str, Field(min_length=1, max_length=120)]


class _Keyed(OpenBody):
    api_key: str | None = None


class TranslateBody(_Keyed):
    """POST /translate."""

    repeated: ClassVar[frozenset[str]] = frozenset({"q"})
    q: _Text | Annotated[list[_Text], Field(max_length=1000)]
    source: _Language
    target: _Language
    format: Literal["text", "html"] = "text"
    alternatives: int = Field(default=0, ge=0, le=100)


class FileBody(_Keyed):
    """POST /translate_file."""

    source: _Language
    target: _Language


class TranslatedFile(BaseModel):
    """Where the translated file is."""

    translatedFileUrl: str


class DetectBody(_Keyed):
    """POST /detect."""

    q: _Text


def error_shape(error: ServeError) -> Mapping[str, Any]:  # Any: JSON
    """LibreTranslate's error body."""
    return {"error": error.message}


def libre_key(request: Request, tools: Tools, given: str | None) -> ApiKey:
    """Whose request this is.

    Raises:
        ServeError: 403, the key is missing or wrong.
    """
    keys = tools.serving.settings.keys
    if not keys:
        return ANYBODY
    key: ApiKey | None = find_key(keys, given) if given else request.scope["state"]["key"]
    if key is None:
        raise ServeError(403, "the API key is missing or wrong: send it as api_key")
    return key


@router.post(
    "/translate",
    response_model=LibreTranslation,
    response_model_exclude_none=True,
    openapi_extra=body_schema(TranslateBody),
)
async def translate(request: Request, tools: Annotated[Tools, Depends(get_tools)]) -> LibreTranslation:
    """A text or a list of texts in another language."""
    body = await read_body(request, TranslateBody)
    key = libre_key(request, tools, body.api_key)
    texts = [body.q] if isinstance(body.q, str) else body.q
    settings = tools.serving.settings
    source = None if body.source.strip().lower() == _AUTO else named_language(settings, body.source)
    order = TextOrder(texts, named_language(settings, body.target), source)
    done = await translate_texts(request, tools.serving, tools.detector, key, order)
    return _answer(body, done)


@router.get("/languages")
async def languages(tools: Annotated[Tools, Depends(get_tools)]) -> list[LibreLanguage]:
    """Languages to choose from; others are translated too, by tag or name."""
    listed = await asyncio.to_thread(known_languages, tools.serving, tools.detector)
    tags = [language.tag for language in listed]
    return [LibreLanguage(code=each.tag, name=each.name, targets=tags) for each in listed]


@router.post("/detect", openapi_extra=body_schema(DetectBody))
async def detect(request: Request, tools: Annotated[Tools, Depends(get_tools)]) -> list[DetectedLanguage]:
    """Languages the text may be in, best first; never empty."""
    body = await read_body(request, DetectBody)
    libre_key(request, tools, body.api_key)
    ranked = await asyncio.to_thread(tools.detector.rank, body.q)
    best = ranked[:_MAX_DETECTED] or (source_of(tools.detector, tools.serving, body.q),)
    return [DetectedLanguage(language=each.language.tag, confidence=_percent(each.confidence)) for each in best]


@router.post("/translate_file", openapi_extra=body_schema(FileBody, with_file=True))
async def translate_file(
    request: Request, tools: Annotated[Tools, Depends(get_tools)], runner: Runner
) -> TranslatedFile:
    """A translated file, when it is done; long ones are better sent to /v1/translations/jobs."""
    body, name, data = await read_upload(request, FileBody)
    key = libre_key(request, tools, body.api_key)
    settings = tools.serving.settings
    source = None if body.source.strip().lower() == _AUTO else named_language(settings, body.source)
    target = named_language(settings, body.target)
    row = await start_job(tools, runner, key.name, (name, data), target=target, source=source)
    done = await while_connected(request, wait_for(tools, key.name, row["id"]))
    address = request.url_for("download_file", ticket=_ticket(done), name=done["body"]["name"])
    return TranslatedFile(translatedFileUrl=str(address))


@router.get(
    "/download_file/{ticket}/{name}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The translated file."}},
)
async def download_file(
    ticket: str, name: str, tools: Annotated[Tools, Depends(get_tools)], runner: Runner
) -> Response:
    """A translated file. Its address is its key: nobody can guess it, and clients send no other."""
    owner, _, job_id = _opened(ticket).rpartition("/")
    row = await tools.serving.store.get("jobs", owner, job_id, bulky=True)
    if row is None or row["body"]["name"] != name or row["state"] != "completed":
        raise ServeError(404, f"no file {name[:80]!r} at this address: translate it again")
    return download(await asyncio.to_thread(runner.result, row), name, row["body"]["format"])


def _ticket(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row['owner']}/{row['id']}".encode()).decode().rstrip("=")


def _opened(ticket: str) -> str:
    try:
        return base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4)).decode()
    except ValueError:  # also of letters that are no base64, and of bytes that are no text
        return ""


def _answer(body: TranslateBody, done: list[TranslatedText]) -> LibreTranslation:
    is_one = isinstance(body.q, str)
    detected = [
        DetectedLanguage(language=each.source.language.tag, confidence=_percent(each.source.confidence))
        for each in done
    ]
    shown = body.source.strip().lower() == _AUTO
    return LibreTranslation(
        translatedText=done[0].text if is_one else [each.text for each in done],
        detectedLanguage=(detected[0] if is_one else detected) if shown else None,
        alternatives=([] if is_one else [[] for _ in done]) if body.alternatives else None,
    )


def _percent(share: float) -> float:
    return round(100 * share, 1)
