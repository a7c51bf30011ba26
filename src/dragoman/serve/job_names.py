"""Names of a job: what it asks about, what it remembered, and doing it again with corrected renderings.

A job that is done again is a new job with the corrections as terms. Pages without a corrected name are taken over from
the finished job, so only the pages that a correction reaches are translated and paid again.
"""

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from dragoman.agent.answers import ProposedEntity
from dragoman.agent.name_match import stands_in
from dragoman.core.errors import InputError
from dragoman.core.rendering import one_line
from dragoman.report.data import NameRow, name_table
from dragoman.report.render import render_report
from dragoman.saved import saved_report
from dragoman.serve.answers import new_id
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.job_runner import JobRunner
from dragoman.serve.jobs import Key, Runner, ServingNow, find_job
from dragoman.serve.state import Serving
from dragoman.serve.store import Row
from dragoman.serve.work_queue import OPEN

__all__ = ["router"]

router = APIRouter(prefix="/v1/translations/jobs", tags=["jobs"], responses=ERRORS)
_SHOWN_LINES = 2
_Words = Annotated[str, Field(min_length=1, max_length=400)]
# The report is a page of its own: its script may run, but not in the name of this server.
_REPORT_POLICY = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class NameBody(BaseModel):
    """A name and its rendering; unknown details are empty."""

    model_config = ConfigDict(strict=True)

    source: _Words
    target: _Words
    gender: str = Field(default="", max_length=40)
    type: str = Field(default="", max_length=40)


class AskedName(NameBody):
    """A name that waits, with a line or two in which it stands."""

    lines: list[str]


class NamesBody(BaseModel):
    """Names that a person looked at."""

    model_config = ConfigDict(strict=True)

    names: list[NameBody] = Field(max_length=2000)


class RememberedName(BaseModel):
    """A name with every rendering that was remembered, first seen first, and the one a person fixed."""

    source: str
    renderings: list[str]
    pages: list[int]
    fixed: str | None = None


class JobNames(BaseModel):
    """Names of a job: those it waits for (null when it does not wait); when it is over, those it remembered."""

    pending: list[AskedName] | None
    remembered: list[RememberedName]


class RedoneJob(BaseModel):
    """The new job and the one it does again."""

    id: str
    redoes: str


@router.get("/{job_id}/names")
async def get_names(job_id: str, serving: ServingNow, key: Key, runner: Runner) -> JobNames:
    """Names that wait for an answer; when the job is over, names that were remembered."""
    row = await find_job(serving, key.name, job_id)
    pending = runner.approvals.pending(row["id"])
    if pending is not None:
        full = await find_job(serving, key.name, job_id, bulky=True)
        lines = await asyncio.to_thread(lambda: [segment.source for segment in runner.document(full).segments])
        return JobNames(pending=[_asked(entity, lines) for entity in pending], remembered=[])
    if row["state"] in OPEN:
        return JobNames(pending=None, remembered=[])
    return JobNames(pending=None, remembered=await asyncio.to_thread(_remembered_names, serving, runner, row))


@router.post("/{job_id}/names")
async def answer_names(job_id: str, body: NamesBody, serving: ServingNow, key: Key, runner: Runner) -> JobNames:
    """Answers the question of a waiting job; names that are left out are not remembered."""
    row = await find_job(serving, key.name, job_id)
    if not runner.approvals.answer(row["id"], [_entity(each) for each in body.names]):
        raise ServeError(409, f"job {job_id} asks about no names now", code="nothing_asked")
    return await get_names(job_id, serving, key, runner)


@router.post("/{job_id}/redo", status_code=201)
async def redo(job_id: str, body: NamesBody, serving: ServingNow, key: Key, runner: Runner) -> RedoneJob:
    """A new job: the same with these renderings as terms."""
    row = await find_job(serving, key.name, job_id, bulky=True)
    if row["state"] in OPEN:
        raise ServeError(409, f"job {job_id} is {row['state']}: wait for its end, or cancel it", code="not_complete")
    corrected = {each.source: each.target for each in map(_entity, body.names)}
    if not corrected:
        raise ServeError(422, "no names are given: nothing would change", param="names")
    terms = dict(row["body"]["terms"]) | corrected
    order = {**row["body"], "terms": [list(pair) for pair in terms.items()], "redoes": row["id"]}
    order["corrected"] = list(corrected)
    order["overrides"] = {**order["overrides"], "approve_entities": False}
    for name in ("done_pages", "num_pages", "failed_segments", "issues"):
        order.pop(name, None)
    new = {"id": new_id("job"), "owner": row["owner"], "state": "queued", "body": order, "data": row["data"]}
    await serving.store.add("jobs", new)
    runner.queue.submit(new)
    return RedoneJob(id=new["id"], redoes=row["id"])


@router.get(
    "/{job_id}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The report."}},
)
async def get_report(job_id: str, serving: ServingNow, key: Key, runner: Runner) -> Response:
    """The HTML report of a job, as far as it is."""
    row = await find_job(serving, key.name, job_id)
    info = await asyncio.to_thread(runner.run_of, row["id"])
    if info is None:
        raise ServeError(409, f"job {job_id} has not begun: there is nothing to report", code="not_complete")
    html = await asyncio.to_thread(lambda: render_report([saved_report(serving.journal, info)]))
    headers = {
        "Content-Disposition": f'attachment; filename="{row["id"]}-report.html"',
        "Content-Security-Policy": _REPORT_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _entity(body: NameBody) -> ProposedEntity:
    words = [one_line(text) for text in (body.source, body.target, body.gender, body.type)]
    if not words[0] or not words[1]:
        raise InputError(f"name {body.source[:80]!r} or its rendering is blank: give both")
    return ProposedEntity(*words)


def _remembered_names(serving: Serving, runner: JobRunner, row: Row) -> list[RememberedName]:
    info = runner.run_of(row["id"])
    table = name_table(serving.journal.pages(info.id)) if info is not None else []
    fixed = dict(row["body"]["terms"])
    return [_remembered(each, fixed.get(each.source)) for each in table]


def _remembered(name: NameRow, fixed: str | None) -> RememberedName:
    renderings, pages = zip(*name.renderings, strict=True)
    return RememberedName(source=name.source, renderings=list(renderings), pages=list(pages), fixed=fixed)


def _asked(entity: ProposedEntity, lines: Sequence[str]) -> AskedName:
    shown = list(islice((line for line in lines if stands_in(entity.source, line)), _SHOWN_LINES))
    return AskedName(source=entity.source, target=entity.target, gender=entity.gender, type=entity.type, lines=shown)
