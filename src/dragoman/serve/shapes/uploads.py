"""Documents that come in another service's shape and are translated as jobs."""

import asyncio
from collections.abc import Sequence

from dragoman.core.errors import InputError
from dragoman.core.formats.files import decode
from dragoman.core.languages import Language
from dragoman.serve.detect import UNKNOWN
from dragoman.serve.errors import ServeError
from dragoman.serve.job_runner import JobRunner
from dragoman.serve.jobs import JobRequest, create_job, find_job
from dragoman.serve.shapes.texts import source_of, terms_in
from dragoman.serve.shapes.tools import Tools
from dragoman.serve.store import Row
from dragoman.serve.uploads import check_file, check_name
from dragoman.serve.wire import Term
from dragoman.serve.work_queue import OPEN

__all__ = ["num_characters", "start_job", "wait_for"]

_PAUSE_S = 0.1
_MAX_TERMS = 2000  # of a job


async def start_job(
    tools: Tools,
    runner: JobRunner,
    owner: str,
    upload: tuple[str, bytes],
    *,
    target: Language,
    source: Language | None = None,
    terms: Sequence[tuple[str, str]] = (),
    instructions: str = "",
) -> Row:
    """The job that translates an uploaded file.

    Raises:
        ServeError, DragomanError: the file cannot be read.
    """
    name, data = check_name(upload[0]), upload[1]
    _check(name, data)
    text = decode(data, name).text
    if source is None:
        source = (await asyncio.to_thread(source_of, tools.detector, tools.serving, text)).language
    present = terms_in(text, terms)
    if len(present) > _MAX_TERMS:
        raise ServeError(400, f"{len(present):,} terms of the glossary stand in the document: {_MAX_TERMS:,} at most")
    order = JobRequest(
        target_lang=_named(target),
        source_lang="auto" if source == UNKNOWN else _named(source),
        terms=[Term(source=each, target=rendering) for each, rendering in present],
        domains=instructions or None,
    )
    return await create_job(tools.serving, runner, owner, name=name, data=data, order=order)


def _check(name: str, data: bytes) -> None:
    """As `check_file`; these services know no 415."""
    try:
        check_file(name, data)
    except ServeError as error:
        raise ServeError(400, f"Invalid file: {error.message}", param="file") from error


async def wait_for(tools: Tools, owner: str, job_id: str) -> Row:
    """The job with its data, when it is over.

    Raises:
        InputError: it failed; the message says why.
    """
    while (row := await find_job(tools.serving, owner, job_id))["state"] in OPEN:  # noqa: ASYNC110  the table is the truth
        await asyncio.sleep(_PAUSE_S)
    if row["state"] != "completed":
        raise InputError(f"the document was not translated: {(row['error'] or {}).get('message', row['state'])}")
    return await find_job(tools.serving, owner, job_id, bulky=True)


def num_characters(row: Row) -> int:
    """Characters of a job's document, from a row with its data."""
    return len(decode(row["data"], row["body"]["name"]).text)


def _named(language: Language) -> str:
    """The language in words that `parse_language` turns into the same."""
    return f"{language.tag}:{language.name}"
