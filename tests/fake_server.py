"""A small OpenAI-compatible server with scripted answers and faults, in a thread of its own.

Used through the fixture `scripted_server`. Speaks HTTP/1.1 with keep-alive: POST /v1/chat/completions (JSON and
server-sent events) and GET /v1/models. `python tests/fake_server.py PORT` serves the echo script until killed.
"""

import asyncio
import json
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_NUMBERED = re.compile(r"^(\d+)\t(.*)$", re.MULTILINE)
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer.

    Attributes:
        text: of the assistant.
        finish_reason: as it goes on the wire.
        delay_s: before anything is sent.
        cached_tokens: reported in the usage.
        usage: whether usage is sent at all.
        break_after: a stream is cut after this many pieces.
    """

    text: str
    finish_reason: str = "stop"
    delay_s: float = 0.0
    cached_tokens: int = 0
    usage: bool = True
    break_after: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A scripted failure.

    Attributes:
        status: HTTP status; 200 with `raw` sends a malformed answer.
        message: in the error body.
        code: machine-readable code in the error body.
        retry_after: value of the header, seconds or a date.
        raw: this body instead of an error object.
        drop: close the connection without any answer.
    """

    status: int = 500
    message: str = "scripted failure"
    code: str | None = None
    retry_after: str | None = None
    raw: str | None = None
    drop: bool = False


Script = Callable[[dict[str, Any]], "str | Answer | Fault"]


def echo(request: dict[str, Any]) -> str:
    """«source» for every numbered line of the last message's text section; nothing for memory updates."""
    body = request["messages"][-1]["content"]
    if "## Translation" in body:
        return ""
    section = body.rpartition("## Text\n")[2].partition("\n## ")[0]
    return "\n".join(f"{number}\t«{line}»" for number, line in _NUMBERED.findall(section))


class FakeServer:
    """Serves `script` at `base_url` from a background thread until `stop`.

    Attributes:
        requests: bodies of all completion requests, in order of arrival.
        headers: their headers, lower-case names.
    """

    def __init__(self, script: Script = echo, *, models: tuple[str, ...] = ("scripted",), port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._script = script
        self._models = models
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", port)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(timeout=10)
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def base_url(self) -> str:
        """Up to and including /v1."""
        return f"http://127.0.0.1:{self._port}/v1"

    def stop(self) -> None:
        """Closes all connections and ends the thread; a second call does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _shut_down(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        handlers = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the server stops
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is to be closed."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _version = first.split(" ")
        if (method, path) == ("GET", "/v1/models"):
            listing = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in self._models]
            _send_json(writer, 200, {"object": "list", "data": listing})
            return True
        if (method, path) != ("POST", "/v1/chat/completions"):
            _send_json(writer, 404, {"error": {"message": f"no such path {path}", "code": None}})
            return True
        return await self._complete(json.loads(body), headers, writer)

    async def _complete(self, request: dict[str, Any], headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        self.requests.append(request)
        self.headers.append(headers)
        answer = self._script(request)
        if isinstance(answer, Fault):
            return _fail(writer, answer)
        if isinstance(answer, str):
            answer = Answer(answer)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if request.get("stream"):
            return _send_stream(writer, request, answer)
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason, "logprobs": None}
        body = _envelope(request, "chat.completion") | {"choices": [choice]}
        if answer.usage:
            body["usage"] = _usage(request, answer)
        _send_json(writer, 200, body)
        return True


def _fail(writer: asyncio.StreamWriter, fault: Fault) -> bool:
    if fault.drop:
        writer.transport.abort()
        return False
    extra = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    error = {"error": {"message": fault.message, "type": "scripted", "code": fault.code}}
    _send(writer, fault.status, fault.raw if fault.raw is not None else json.dumps(error), extra)
    return True


def _send_stream(writer: asyncio.StreamWriter, request: dict[str, Any], answer: Answer) -> bool:
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    envelope = _envelope(request, "chat.completion.chunk")
    pieces = re.findall(r"\s*\S+\s*?|\s+", answer.text)
    for number, piece in enumerate(pieces):
        if number == answer.break_after:
            writer.close()
            return False
        _send_event(writer, envelope | {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": answer.finish_reason}
    _send_event(writer, envelope | {"choices": [end]})
    if answer.usage and (request.get("stream_options") or {}).get("include_usage"):
        _send_event(writer, envelope | {"choices": [], "usage": _usage(request, answer)})
    _send_chunk(writer, "data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")
    return True


def _send_event(writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
    _send_chunk(writer, f"data: {json.dumps(body)}\n\n")


def _send_chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _send_json(writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
    _send(writer, status, json.dumps(body), {})


def _send(writer: asyncio.StreamWriter, status: int, body: str, extra: dict[str, str]) -> None:
    data = body.encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(data)), **extra}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}\r\n{lines}\r\n".encode() + data)


def _envelope(request: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 0, "model": request["model"]}


def _usage(request: dict[str, Any], answer: Answer) -> dict[str, Any]:
    prompt = sum(len(message["content"].split()) for message in request["messages"])
    output = len(answer.text.split())
    details = {"cached_tokens": answer.cached_tokens}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": details,
    }


if __name__ == "__main__":
    server = FakeServer(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    threading.Event().wait()
