"""/v1/files: what jobs and batches read and write. Files live in the server's database, never under their names."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi.responses import Response

from dragoman.serve.answers import new_id
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.store import Row
from dragoman.serve.uploads import content_type, format_of, read_upload

__all__ = ["add_file", "download", "file_data", "router"]

router = APIRouter(prefix="/v1/files", tags=["files"], responses=ERRORS)
ServingNow = Annotated[Serving, Depends(get_serving)]
Key = Annotated[ApiKey, Depends(current_key)]
Json = dict[str, Any]  # Any: JSON


@router.post("")
async def upload_file(
    file: Annotated[UploadFile, File()],
    purpose: Annotated[Literal["batch", "translate", "user_data"], Form()],
    serving: ServingNow,
    key: Key,
) -> Json:
    """Keeps a file of text, Markdown or JSON lines."""
    name, data = await read_upload(file)
    return _body(await add_file(serving, key.name, name, purpose, data))


@router.get("")
async def list_files(
    serving: ServingNow,
    key: Key,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """Files of this key, newest first."""
    rows = await serving.store.list("files", key.name, after=after, limit=limit + 1)
    return {"object": "list", "data": [_body(row) for row in rows[:limit]], "has_more": len(rows) > limit}


@router.get("/{file_id}")
async def get_file(file_id: str, serving: ServingNow, key: Key) -> Json:
    """What is known of a file."""
    return _body(await _find(serving, key.name, file_id))


@router.get("/{file_id}/content", response_class=Response)
async def get_content(file_id: str, serving: ServingNow, key: Key) -> Response:
    """The file itself."""
    row = await _find(serving, key.name, file_id, bulky=True)
    return download(row["data"], row["name"])


@router.delete("/{file_id}")
async def delete_file(file_id: str, serving: ServingNow, key: Key) -> Json:
    """Deletes a file; jobs that were made from it keep their own copy."""
    if not await serving.store.remove("files", key.name, file_id):
        raise _unknown(file_id)
    return {"id": file_id, "object": "file", "deleted": True}


async def add_file(serving: Serving, owner: str, name: str, purpose: str, data: bytes) -> Row:
    """Keeps a file and returns its row."""
    row: Json = {"id": new_id("file"), "owner": owner, "name": name, "purpose": purpose}
    await serving.store.add("files", {**row, "size": len(data), "data": data})
    return await _find(serving, owner, row["id"])


async def file_data(serving: Serving, owner: str, file_id: str) -> Row:
    """A file of this owner, with its data.

    Raises:
        ServeError: 404, there is none.
    """
    return await _find(serving, owner, file_id, bulky=True)


def download(data: bytes, name: str, format: str | None = None) -> Response:
    """A file for saving; a browser never shows it as a page."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\;' else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=content_type(format or format_of(name)), headers=headers)


async def _find(serving: Serving, owner: str, file_id: str, *, bulky: bool = False) -> Row:
    row = await serving.store.get("files", owner, file_id, bulky=bulky)
    if row is None:
        raise _unknown(file_id)
    return row


def _unknown(file_id: str) -> ServeError:
    return ServeError(404, f"no file {file_id[:80]!r}: upload it to /v1/files first")


def _body(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "file",
        "bytes": row["size"],
        "created_at": int(row["created"]),
        "filename": row["name"],
        "purpose": row["purpose"],
        "status": "processed",
    }
