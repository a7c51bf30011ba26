"""/v1/batches: many chat or completion requests in one file, answered in the background, in OpenAI's shape."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dragoman.agent.stopping import StopSignal, StopStage
from dragoman.core.errors import DragomanError, InterruptedRunError
from dragoman.serve.answers import new_id
from dragoman.serve.chat import complete_chat
from dragoman.serve.chat_call import parse_chat, read_call
from dragoman.serve.completions import complete_prompts, completion_call
from dragoman.serve.errors import ERRORS, ServeError, openai_shape, served_error
from dragoman.serve.files import add_file, file_data
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ANYBODY, ApiKey
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.store import Row
from dragoman.serve.wire import CompletionRequest
from dragoman.serve.work_queue import OPEN, WorkQueue

__all__ = ["BatchRunner", "router"]

router = APIRouter(prefix="/v1/batches", tags=["batches"], responses=ERRORS)
Json = dict[str, Any]  # Any: JSON
_CHAT = "/v1/chat/completions"
_MAX_LINES = 50_000
_STATES = {"queued": "validating", "running": "in_progress"}


class BatchRequest(BaseModel):
    """A file of requests."""

    model_config = ConfigDict(strict=True, extra="allow")

    input_file_id: str = Field(max_length=64)
    endpoint: Literal["/v1/chat/completions", "/v1/completions"]
    completion_window: Literal["24h"] = "24h"
    metadata: dict[str, str] | None = None


class BatchLine(BaseModel):
    """One request of a file."""

    model_config = ConfigDict(extra="allow")

    custom_id: str = Field(min_length=1, max_length=512)
    method: Literal["POST"] = "POST"
    url: str
    body: dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class _Answered:
    """One answer, or the error in its place."""

    body: Json
    failed: bool


class BatchRunner:
    """All batches of a server.

    Args:
        serving: the server's state.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.queue = WorkQueue(serving.store, "batches", self._run, places=serving.settings.num_jobs)

    async def _run(self, row: Row, stop: StopSignal) -> None:
        """Answers what was not answered by an earlier process, then writes the output file.

        Raises:
            InterruptedRunError: the server ends first.
        """
        store = self._serving.store
        file = await file_data(self._serving, row["owner"], row["body"]["input_file_id"])
        lines = list(_lines(file["data"]))
        done = {answered["line"] for answered in await store.batch_lines(row["id"])}
        places = asyncio.Semaphore(self._serving.settings.workers)

        async def answer(number: int, line: BatchLine) -> None:
            async with places:
                if stop.stage is StopStage.RUNNING:
                    answered = await self._answer(row, line)
                    await store.add_batch_line(row["id"], number, answered.body, failed=answered.failed)

        async with asyncio.TaskGroup() as group:
            for number, line in enumerate(lines):
                if number not in done:
                    group.create_task(answer(number, line))
        if stop.stage is not StopStage.RUNNING:
            raise InterruptedRunError("the server ends, the batch goes on when it is back")
        await self._write(row)

    async def _answer(self, row: Row, line: BatchLine) -> _Answered:
        base = {"id": new_id("batch_req"), "custom_id": line.custom_id}
        try:
            body = await self._complete(row["owner"], row["body"]["endpoint"], line)
        except (DragomanError, ServeError) as error:
            told = served_error(error)
            response = {"status_code": told.status_code, "request_id": base["id"], "body": openai_shape(told)}
            return _Answered({**base, "response": response, "error": None}, failed=True)
        response = {"status_code": 200, "request_id": base["id"], "body": body}
        return _Answered({**base, "response": response, "error": None}, failed=False)

    async def _complete(self, owner: str, endpoint: str, line: BatchLine) -> Json:
        key = next((key for key in self._serving.settings.keys if key.name == owner), ANYBODY)
        if line.url != endpoint:
            raise ServeError(400, f"url {line.url[:80]!r} is not the batch's endpoint {endpoint}", param="url")
        raw = {**line.body, "stream": False}
        if endpoint == _CHAT:
            return await complete_chat(self._serving, await read_call(self._serving, raw, parse_chat(raw), key=key))
        try:
            prompt = CompletionRequest.model_validate(raw).prompt
        except ValidationError as error:
            raise ServeError(400, str(error.errors()[0]["msg"])) from error
        prompts = [prompt] if isinstance(prompt, str) else prompt
        calls = [await completion_call(self._serving, raw, each, key=key) for each in prompts]
        return await complete_prompts(self._serving, calls)

    async def _write(self, row: Row) -> None:
        answered = await self._serving.store.batch_lines(row["id"])
        text = "".join(json.dumps(line["body"], ensure_ascii=False) + "\n" for line in answered)
        file = await add_file(
            self._serving,
            row["owner"],
            f"{row['id']}-output.jsonl",
            "batch_output",
            text.encode("utf-8", "backslashreplace"),
        )
        failed = sum(line["failed"] for line in answered)
        counts = {"total": len(answered), "completed": len(answered) - failed, "failed": failed}
        body = {**row["body"], "output_file_id": file["id"], "request_counts": counts}
        await self._serving.store.change("batches", row["id"], body=body)


async def get_runner(request: Request) -> BatchRunner:
    """The runner of batches; a dependency of routes."""
    runner: BatchRunner = request.app.state.batches
    return runner


ServingNow = Annotated[Serving, Depends(get_serving)]
Key = Annotated[ApiKey, Depends(current_key)]
Runner = Annotated[BatchRunner, Depends(get_runner)]


@router.post("")
async def create_batch(body: BatchRequest, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """Starts a batch."""
    (await serving.gate.enter(key)).leave()  # a batch counts towards the key's rate
    file = await file_data(serving, key.name, body.input_file_id)
    num_lines = sum(1 for _ in _lines(file["data"]))
    if not 0 < num_lines <= _MAX_LINES:
        raise ServeError(422, f"the file has {num_lines:,} requests: give 1 to {_MAX_LINES:,}", param="input_file_id")
    kept = body.model_dump(include={"input_file_id", "endpoint", "completion_window", "metadata"})
    counts = {"total": num_lines, "completed": 0, "failed": 0}
    row: Json = {
        "id": new_id("batch"),
        "owner": key.name,
        "state": "queued",
        "body": {**kept, "request_counts": counts},
    }
    await serving.store.add("batches", row)
    runner.queue.submit(row)
    return await _body(serving, await _find(serving, key.name, row["id"]))


@router.get("")
async def list_batches(
    serving: ServingNow,
    key: Key,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Json:
    """Batches of this key, newest first."""
    rows = await serving.store.list("batches", key.name, after=after, limit=limit + 1)
    bodies = [await _body(serving, row) for row in rows[:limit]]
    return {"object": "list", "data": bodies, "has_more": len(rows) > limit}


@router.get("/{batch_id}")
async def get_batch(batch_id: str, serving: ServingNow, key: Key) -> Json:
    """How a batch stands."""
    return await _body(serving, await _find(serving, key.name, batch_id))


@router.post("/{batch_id}/cancel")
async def cancel_batch(batch_id: str, serving: ServingNow, key: Key, runner: Runner) -> Json:
    """Ends a batch; answers so far are kept."""
    row = await _find(serving, key.name, batch_id)
    if row["state"] not in OPEN:
        raise ServeError(409, f"batch {batch_id} is {row['state']} already", code="batch_over")
    await runner.queue.cancel(batch_id)
    return await _body(serving, await _find(serving, key.name, batch_id))


async def _find(serving: Serving, owner: str, batch_id: str) -> Row:
    row = await serving.store.get("batches", owner, batch_id)
    if row is None:
        raise ServeError(404, f"no batch {batch_id[:80]!r}: it is unknown, or another key's")
    return row


async def _body(serving: Serving, row: Row) -> Json:
    counts = row["body"]["request_counts"]
    if row["state"] == "running":
        answered = await serving.store.batch_lines(row["id"])
        failed = sum(line["failed"] for line in answered)
        counts = {**counts, "completed": len(answered) - failed, "failed": failed}
    ended = int(row["ended"]) if row["ended"] else None
    return {
        "id": row["id"],
        "object": "batch",
        "errors": row["error"],
        "output_file_id": None,
        "error_file_id": None,
        **row["body"],
        "status": _STATES.get(row["state"], row["state"]),
        "created_at": int(row["created"]),
        "expires_at": int(row["created"]) + 86_400,
        f"{row['state']}_at": ended,
        "request_counts": counts,
    }


def _lines(data: bytes) -> Iterator[BatchLine]:
    """The requests of a file.

    Raises:
        ServeError: 422, a line is none.
    """
    for number, line in enumerate(data.decode("utf-8-sig").splitlines(), start=1):
        if line.strip():
            try:
                yield BatchLine.model_validate_json(line)
            except ValidationError as error:
                said = error.errors()[0]["msg"]
                raise ServeError(422, f"line {number} is no request: {said}", param="input_file_id") from error
