"""/v1/translations/jobs: long documents, page by page, over restarts. The same engine as `dragoman translate`."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dragoman.core.document import Document
from dragoman.core.languages import Language, parse_language
from dragoman.core.trajectory import PageResult
from dragoman.options import RESOURCE_BUDGET
from dragoman.serve.answers import new_id
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.files import download, file_data
from dragoman.serve.guards import current_key
from dragoman.serve.job_runner import JobRunner, Progress
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import UNKNOWN_SOURCE, find_model, is_auto
from dragoman.serve.resources import brought_resources
from dragoman.serve.sources import find_source
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.store import Row
from dragoman.serve.traces import page_trace, tokens_by_kind
from dragoman.serve.uploads import check_file, check_name, format_of
from dragoman.serve.wire import LanguageName, Term

__all__ = ["JobRequest", "create_job", "router"]

router = APIRouter(prefix="/v1/translations/jobs", tags=["jobs"], responses=ERRORS)
Json = dict[str, Any]  # Any: JSON
_LOOKED_AT = 100  # segments, for the language of a document
_SUFFIX = {"text": ".txt", "markdown": ".md", "jsonl": ".jsonl"}


async def get_runner(request: Request) -> JobRunner:
    """The runner of jobs; a dependency of routes."""
    runner: JobRunner = request.app.state.jobs
    return runner


ServingNow = Annotated[Serving, Depends(get_serving)]
Key = Annotated[ApiKey, Depends(current_key)]
Runner = Annotated[JobRunner, Depends(get_runner)]


class JobRequest(BaseModel):
    """What to translate: a text or an uploaded file, into which language, and how."""

    model_config = ConfigDict(strict=True)

    target_lang: LanguageName
    source_lang: LanguageName = "auto"
    input: str | None = Field(default=None, description="the text; or give file_id")
    file_id: str | None = Field(default=None, max_length=64, description="of POST /v1/files; or give input")
    name: str | None = Field(default=None, min_length=1, max_length=255)
    format: Literal["text", "markdown", "jsonl"] | None = None
    model: str | None = Field(default=None, max_length=400)
    policy: str | None = None
    context_budget: int | None = Field(default=None, ge=0, le=100_000)
    pivot: Literal["never", "auto", "always"] | None = None
    page_lines: int | None = Field(default=None, ge=1, le=1000)
    wave: int | None = Field(default=None, ge=1, le=64)
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)
    terms: list[Term] = Field(default=[], max_length=2000)
    tm_list: list[Term] = Field(default=[], max_length=2000)
    domains: str | None = Field(default=None, max_length=4000)
    resources: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=100, description="ids of POST /v1/translations/resources"
    )
    approve_names: bool | None = Field(default=None, description="ask before names are remembered, see .../names")


@router.post("", status_code=201)
async def post_job(body: JobRequest, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """Starts a job."""
    (await serving.gate.enter(key)).leave()  # a job counts towards the key's rate
    if (body.input is None) == (body.file_id is None):
        raise ServeError(422, "give either input (a text) or file_id (of an uploaded file)", param="input")
    if body.file_id is not None:
        file = await file_data(serving, key.name, body.file_id)
        name, data = check_name(body.name or file["name"]), file["data"]
    else:
        name = check_name(body.name or f"text{_SUFFIX[body.format or 'text']}")
        data = (body.input or "").encode("utf-8", "backslashreplace")
    return _body(await create_job(serving, runner, key.name, name=name, data=data, order=body), runner)


@router.get("")
async def list_jobs(
    serving: ServingNow,
    key: Key,
    runner: Runner,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Json:
    """Jobs of this key, newest first."""
    rows = await serving.store.list("jobs", key.name, after=after, limit=limit + 1)
    return {"object": "list", "data": [_body(row, runner) for row in rows[:limit]], "has_more": len(rows) > limit}


@router.get("/{job_id}")
async def get_job(job_id: str, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """How a job stands."""
    return _body(await find_job(serving, key.name, job_id), runner)


@router.get("/{job_id}/result", response_class=Response)
async def get_result(
    job_id: str, serving: ServingNow, key: Key, runner: Runner, partial: Annotated[bool, Query()] = False
) -> Response:
    """The translated file; with `partial` also before all of it is translated."""
    row = await find_job(serving, key.name, job_id, bulky=True)
    if row["state"] != "completed" and not partial:
        raise ServeError(
            409, f"job {job_id} is {row['state']}: wait for it, or ask with partial=true", code="not_complete"
        )
    return download(await asyncio.to_thread(runner.result, row), row["body"]["name"], row["body"]["format"])


@router.get("/{job_id}/trace")
async def get_trace(
    job_id: str,
    serving: ServingNow,
    key: Key,
    runner: Runner,
    page: Annotated[int | None, Query(ge=0, le=10**6, description="one page in full, 0-based")] = None,
) -> Json:
    """What was offered, chosen and paid: a line for each page, or everything about one page."""
    row = await find_job(serving, key.name, job_id)
    info = await asyncio.to_thread(runner.run_of, row["id"])
    if page is None:
        pages = serving.journal.pages(info.id) if info else iter(())
        return {"id": job_id, "pages": await asyncio.to_thread(lambda: [_summary(result) for result in pages])}
    found = await asyncio.to_thread(serving.journal.page, info.id, page) if info else None
    if found is None:
        raise ServeError(404, f"page {page} of job {job_id} is not translated yet, or there is none")
    return {"id": job_id, "pages": [page_trace(found)]}


@router.post("/{job_id}/cancel")
async def cancel_job(job_id: str, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """Ends a job; finished pages stay."""
    row = await find_job(serving, key.name, job_id)
    if row["state"] not in ("queued", "running"):
        raise ServeError(409, f"job {job_id} is {row['state']} already", code="job_over")
    await runner.queue.cancel(job_id)
    return _body(await find_job(serving, key.name, job_id), runner)


@router.post("/{job_id}/resume")
async def resume_job(job_id: str, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """Goes on with a job that failed or was cancelled; finished pages are not paid again."""
    row = await find_job(serving, key.name, job_id)
    if not await serving.store.change("jobs", job_id, only_in=("failed", "cancelled"), state="queued", error=None):
        raise ServeError(409, f"job {job_id} is {row['state']}: there is nothing to resume", code="job_not_stopped")
    runner.queue.submit(row)
    return _body(await find_job(serving, key.name, job_id), runner)


async def create_job(
    serving: Serving, runner: JobRunner, owner: str, *, name: str, data: bytes, order: JobRequest
) -> Row:
    """Checks and queues a job; returns its row.

    Raises:
        ServeError, DragomanError: it asks for something that does not exist, or the file cannot be read.
    """
    check_file(name, data)
    body = _order(serving, name, order)
    await brought_resources(serving, owner, order.resources)
    serving.settings.options(body["source"], body["target"], **body["overrides"])  # a wrong option is said at once
    serving.policy(body["overrides"].get("policy", serving.settings.policy))
    row: Json = {"id": new_id("job"), "owner": owner, "state": "queued", "body": body, "data": data}
    document = await asyncio.to_thread(runner.document, row)
    if document.source_language == UNKNOWN_SOURCE:
        body["source"] = await _found_source(serving, document, is_asked="source_lang" in order.model_fields_set)
    await serving.store.add("jobs", row)
    runner.queue.submit(row)
    return await find_job(serving, owner, row["id"])


async def find_job(serving: Serving, owner: str, job_id: str, *, bulky: bool = False) -> Row:
    """A job of this owner.

    Raises:
        ServeError: 404, there is none.
    """
    row = await serving.store.get("jobs", owner, job_id, bulky=bulky)
    if row is None:
        raise ServeError(404, f"no job {job_id[:80]!r}: it is unknown, or another key's")
    return row


def _order(serving: Serving, name: str, order: JobRequest) -> Json:
    """The job as it is kept: everything that can change its translation."""
    default = serving.settings.source_language or _in_words(UNKNOWN_SOURCE)
    given: Json = {
        "policy": order.policy,
        "budget_tokens": RESOURCE_BUDGET if order.context_budget is None and order.resources else order.context_budget,
        "pivot": order.pivot,
        "page_lines": order.page_lines,
        "wave": order.wave,
        "seed": order.seed,
        "instructions": order.domains,
        "approve_entities": order.approve_names,
        "remember": "always" if order.approve_names else None,  # who wants to be asked wants the questions
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    overrides |= find_model(serving.settings, order.model).variant.overrides
    source = default if is_auto(order.source_lang) else order.source_lang
    for language in (source, order.target_lang):
        parse_language(language)
    return {
        "name": name,
        "format": order.format or format_of(name),
        "source": source,
        "target": order.target_lang,
        "overrides": overrides,
        "terms": [[term.source, term.target] for term in order.terms],
        "examples": [[pair.source, pair.target] for pair in order.tm_list],
        "resources": order.resources,
    }


async def _found_source(serving: Serving, document: Document, *, is_asked: bool) -> str:
    """The language of a document in words, or the words for none."""
    text = "\n".join(segment.source for segment in document.segments[:_LOOKED_AT])
    language, _ = await find_source(serving, text, is_asked=is_asked)
    return _in_words(language)


def _in_words(language: Language) -> str:
    """The language as `parse_language` reads it."""
    return f"{language.tag}:{language.name}"


def _body(row: Row, runner: JobRunner) -> Json:
    body = row["body"]
    saved = Progress(body.get("done_pages", 0), body.get("num_pages", 0))
    progress = runner.progress(row["id"]) or saved
    return {
        "id": row["id"],
        "object": "translation.job",
        "status": row["state"],
        "created_at": int(row["created"]),
        "ended_at": int(row["ended"]) if row["ended"] else None,
        "name": body["name"],
        "format": body["format"],
        "source_lang": body["source"],
        "target_lang": body["target"],
        "pages": {"done": progress.done_pages, "total": progress.num_pages},
        "failed_segments": body.get("failed_segments"),
        "issues": body.get("issues"),
        "error": row["error"],
    }


def _summary(result: PageResult) -> Json:
    usage = result.total_usage
    return {
        "page": result.page_index,
        "lines": len(result.lines),
        "issues": sum(len(line.issues) for line in result.lines),
        "offered": len(result.observation.candidates),
        "chosen": len(result.choice.chosen),
        "context_tokens": tokens_by_kind([result]),
        "pivot": result.pivot_lines is not None,
        "calls": usage.calls,
        "prompt_tokens": usage.prompt_tokens,
        "output_tokens": usage.output_tokens,
        "policy": result.choice.policy,
    }
