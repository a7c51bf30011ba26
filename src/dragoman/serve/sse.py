"""Server-sent events as OpenAI's clients expect them, and work that ends when its client goes away.

A stream is a series of `data:` frames that always ends with `[DONE]`, also after an error frame. While nothing comes,
comment lines keep proxies from cutting it. A client that goes away cancels the work behind its answer.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from dragoman.serve.errors import openai_shape, served_error

__all__ = ["ClientGoneError", "EventStream", "frame", "while_connected"]

_log = logging.getLogger("dragoman.serve")
_Result = TypeVar("_Result")
_PING = b": ping\n\n"
_DONE = b"data: [DONE]\n\n"

Json = Mapping[str, Any]  # Any: JSON


class ClientGoneError(Exception):
    """The client closed the connection; nobody reads an answer."""


def frame(body: Json) -> bytes:
    """One event. "data: " never stands inside it: some clients split a stream at these letters (ecosystem note)."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.replace("data: ", "data\\u003a ").encode("utf-8", "backslashreplace") + b"\n\n"


class EventStream(Response):
    """A stream of events.

    Args:
        events: closed when the client goes away.
        ping_s: a comment is sent when nothing came for so long.
        on_close: called once when the stream has ended, for whatever reason.
        report: told of errors behind the stream.
        headers: of the response.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[Json, None],
        *,
        ping_s: float,
        on_close: Callable[[], None] = lambda: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        more = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})}
        super().__init__(None, headers=more)
        del self.headers["content-length"]
        self._events, self._ping_s, self._on_close = events, ping_s, on_close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - of ASGI
        """Sends the events until they end or the client goes away."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            sending = asyncio.create_task(self._send(send))
            gone = asyncio.create_task(_disconnected(receive))
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            await _cancel(gone)
            await _cancel(sending)
        finally:
            self._on_close()

    async def _send(self, send: Send) -> None:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=16)
        reading = asyncio.create_task(self._read(queue))
        try:
            is_open = True
            while is_open:
                frames = [await self._next(queue)]
                while not queue.empty():  # what came meanwhile goes out in one write
                    frames.append(queue.get_nowait())
                is_open = frames[-1] is not None
                data = b"".join(_DONE if frame is None else frame for frame in frames)
                await send({"type": "http.response.body", "body": data, "more_body": is_open})
        finally:
            await _cancel(reading)

    async def _read(self, queue: asyncio.Queue[bytes | None]) -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    await queue.put(frame(event))
        except Exception as error:  # the status is out already; the client gets every error as a frame
            told = served_error(error)
            if told.status_code == 500:
                _log.exception("fault")
            await queue.put(frame(openai_shape(told)))
        await queue.put(None)

    async def _next(self, queue: asyncio.Queue[bytes | None]) -> bytes | None:
        try:
            async with asyncio.timeout(self._ping_s):
                return await queue.get()
        except TimeoutError:
            return _PING


async def while_connected(request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:  # Any: of coroutines
    """The result of the work, which is cancelled when the client goes away. The body was read before.

    Raises:
        ClientGoneError: it did.
    """
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request.receive))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientGoneError
    finally:
        await _cancel(gone)
        await _cancel(working)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(task: "asyncio.Task[Any]") -> None:  # Any: result of no interest
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
