"""DeepL's routes for documents: upload, status, result. A document is a job of this server.

Its key holds the job's id, its id is a hash of that: who knows only the id cannot ask for it, as with DeepL. Both have
the form of DeepL's, 32 and 64 hexadecimal digits.
"""

import asyncio
import hashlib
import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dragoman.serve.errors import ServeError
from dragoman.serve.files import download
from dragoman.serve.jobs import Runner, find_job
from dragoman.serve.keys import ApiKey
from dragoman.serve.shapes.bodies import body_schema, read_body, read_upload
from dragoman.serve.shapes.deepl_wire import (
    DEEPL_ERRORS,
    DocumentHandle,
    DocumentKey,
    DocumentStatus,
    TranslateDocument,
    coded_language,
    current_deepl_key,
    instructions_of,
)
from dragoman.serve.shapes.tools import Tools, get_tools, glossary_terms
from dragoman.serve.shapes.uploads import num_characters, start_job
from dragoman.serve.store import Row

__all__ = ["router"]

router = APIRouter(responses=DEEPL_ERRORS)
Key = Annotated[ApiKey, Depends(current_deepl_key)]
Shared = Annotated[Tools, Depends(get_tools)]
_KEY_DIGITS = 64
_STATUS = {"queued": "queued", "running": "translating", "completed": "done", "failed": "error", "cancelled": "error"}
_FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.post("/v2/document", openapi_extra=body_schema(TranslateDocument, with_file=True))
async def upload(request: Request, key: Key, tools: Shared, runner: Runner) -> DocumentHandle:
    """Starts the translation of a file."""
    body, name, data = await read_upload(request, TranslateDocument)
    settings = tools.serving.settings
    target = coded_language(settings, body.target_lang, "target_lang")
    source = coded_language(settings, body.source_lang, "source_lang") if body.source_lang else None
    row = await start_job(
        tools,
        runner,
        key.name,
        (body.filename or name, data),
        target=target,
        source=source,
        terms=await glossary_terms(tools, key, body.glossary_id, source, target),
        instructions=instructions_of(body, target),
    )
    await tools.billing.add(key.name, num_characters({**row, "data": data}))
    return DocumentHandle(document_id=_public_id(row["id"]), document_key=_key_of(row["id"]))


@router.post("/v2/document/{document_id}", openapi_extra=body_schema(DocumentKey), response_model_exclude_none=True)
async def status(document_id: str, request: Request, key: Key, tools: Shared) -> DocumentStatus:
    """How far a document is."""
    row = await _find(document_id, request, key, tools)
    state, error = _STATUS[row["state"]], (row["error"] or {}).get("message")
    if state == "error" and not error:
        error = f"the job was {row['state']}"
    return DocumentStatus(
        document_id=document_id,
        status=state,  # type: ignore[arg-type]  # the values of the table are the literals of the field
        seconds_remaining=1 if state == "translating" else None,
        billed_characters=num_characters(row) if state == "done" else None,
        error_message=error,
        message=error,
    )


@router.post(
    "/v2/document/{document_id}/result",
    response_class=Response,
    openapi_extra=body_schema(DocumentKey),
    responses={200: {**_FILE, "description": "The translated file."}},
)
async def result(document_id: str, request: Request, key: Key, tools: Shared, runner: Runner) -> Response:
    """The translated file."""
    row = await _find(document_id, request, key, tools)
    if row["state"] in ("failed", "cancelled"):
        raise ServeError(404, f"document {document_id} was not translated: ask for its status")
    if row["state"] != "completed":
        raise ServeError(503, f"document {document_id} is not ready: ask again later", headers={"retry-after": "1"})
    return download(await asyncio.to_thread(runner.result, row), row["body"]["name"], row["body"]["format"])


async def _find(document_id: str, request: Request, key: ApiKey, tools: Tools) -> Row:
    secret = _job_id((await read_body(request, DocumentKey)).document_key)
    if not hmac.compare_digest(_public_id(secret).encode(), document_id.upper().encode()):
        raise ServeError(404, f"document {document_id[:80]!r} does not exist, or its key is another one")
    return await find_job(tools.serving, key.name, secret, bulky=True)


def _key_of(job_id: str) -> str:
    return job_id.encode().hex().upper().ljust(_KEY_DIGITS, "0")


def _job_id(document_key: str) -> str:
    """The job's id in a document's key; empty when it is no such key."""
    try:
        return bytes.fromhex(document_key).rstrip(b"\0").decode()
    except ValueError:  # also of bytes that are no text
        return ""


def _public_id(job_id: str) -> str:
    return hashlib.sha256(job_id.encode("utf-8", "surrogatepass")).hexdigest()[:32].upper()
