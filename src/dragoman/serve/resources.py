"""/v1/translations/resources: what a client knows about a language, uploaded once and named by jobs.

A resource is read when it comes, so that its client hears at once what could not be read of it.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import BaseModel

from dragoman.core.errors import InputError
from dragoman.core.records import Resource
from dragoman.memory.resources import load_resource
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.files import add_file, file_data
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.uploads import check_name

__all__ = ["brought_resources", "router"]

router = APIRouter(prefix="/v1/translations/resources", tags=["jobs"], responses=ERRORS)
_PURPOSE = "resource:"
_SHOWN_PROBLEMS = 20


class ResourceInfo(BaseModel):
    """An uploaded resource: how many records it holds, and what could not be read of it."""

    id: str
    kind: str
    name: str
    records: int
    problems: list[str]


@router.post("", status_code=201)
async def upload_resource(
    file: Annotated[UploadFile, File()],
    kind: Annotated[Literal["dictionary", "grammar", "parallel", "glossed", "glossary", "note"], Form()],
    serving: Annotated[Serving, Depends(get_serving)],
    key: Annotated[ApiKey, Depends(current_key)],
) -> ResourceInfo:
    """Keeps a resource of this key."""
    name, data = check_name(file.filename), await file.read()
    resource = await asyncio.to_thread(_read, kind, name, data)
    row = await add_file(serving, key.name, name, f"{_PURPOSE}{kind}", data)
    problems = [problem.replace("\n", " ") for problem in resource.problems[:_SHOWN_PROBLEMS]]
    return ResourceInfo(id=row["id"], kind=kind, name=name, records=len(resource.records), problems=problems)


async def brought_resources(serving: Serving, owner: str, ids: Sequence[str]) -> tuple[Resource, ...]:
    """The resources with these ids, in their order and in the direction of their files.

    Raises:
        ServeError: 404, there is no such file of this owner; 400, it is no resource.
    """
    rows = [await file_data(serving, owner, id) for id in ids]
    for row in rows:
        if not row["purpose"].startswith(_PURPOSE):
            raise ServeError(400, f"file {row['id']} is no resource: upload it to {router.prefix}", param="resources")
    kinds = [row["purpose"].removeprefix(_PURPOSE) for row in rows]
    reading = [asyncio.to_thread(_read, kind, row["name"], row["data"]) for kind, row in zip(kinds, rows, strict=True)]
    return tuple(await asyncio.gather(*reading))


def _read(kind: str, name: str, data: bytes) -> Resource:
    """The resource in these bytes; its readers want a file, whose name is checked to be no path."""
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            return load_resource(kind, path)
        except InputError as error:  # names the file by its place, which is nothing to its client
            raise InputError(str(error).replace(f"{folder}/", "")) from error
