"""What stands in front of every route, as plain ASGI: host names, keys, body size and time, access log.

They look at nothing but the head of a request and the number of bytes of its body, so a body is refused before it
is read, and an unknown client before its body is.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ANYBODY, ApiKey, find_key
from dragoman.serve.metrics import Metrics

__all__ = ["AccessLog", "BodyGuard", "HostGuard", "KeyGuard", "current_key", "presented_secret"]

_log = logging.getLogger("dragoman.serve.access")
_LOCAL_NAMES = frozenset(["localhost", "127.0.0.1", "::1"])
_LINGER_S = 2.0
_LINGER_TIMES = 4  # of the largest body
_KEYED = ("/v1/", "/metrics")

Responder = Callable[[Request, ServeError], Response]


class HostGuard:
    """On a loopback address, refuses other host names than the machine's own.

    A web page could otherwise reach the server under a name of its own (DNS rebinding).

    Args:
        app: what is guarded.
        respond: makes the response of an error.
    """

    def __init__(self, app: ASGIApp, respond: Responder) -> None:
        self._app, self._respond = app, respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "http":
            given = _header(scope, b"host")
            if _host_name(given) not in _LOCAL_NAMES:
                error = ServeError(403, f"host {given!r} is not this machine: ask for 127.0.0.1 or localhost")
                await self._respond(Request(scope), error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class KeyGuard:
    """Asks for a key on the paths of the OpenAI shape and on /metrics; the key is in `scope["state"]` afterwards.

    Other routers check their keys themselves with `find_key`, because their clients send them elsewhere.

    Args:
        app: what is guarded.
        respond: makes the response of an error.
        keys: all keys; without any, everybody is `ANYBODY`.
    """

    def __init__(self, app: ASGIApp, respond: Responder, keys: Sequence[ApiKey]) -> None:
        self._app, self._respond, self._keys = app, respond, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its key, or refuses it."""
        if scope["type"] == "http":
            key = self._key(scope)
            if key is None and scope["path"].startswith(_KEYED) and scope["method"] != "OPTIONS":
                error = ServeError(
                    401,
                    "the API key is missing or wrong: send it as 'Authorization: Bearer KEY'",
                    code="invalid_api_key",
                    headers={"WWW-Authenticate": "Bearer"},
                )
                await self._respond(Request(scope), error)(scope, receive, send)
                return
            scope.setdefault("state", {})["key"] = key
        await self._app(scope, receive, send)

    def _key(self, scope: Scope) -> ApiKey | None:
        if not self._keys:
            return ANYBODY
        secret = presented_secret(_header(scope, b"authorization"))
        return find_key(self._keys, secret) if secret else None


class BodyGuard:
    """Refuses bodies that are too large or too slow.

    Args:
        app: what is guarded.
        respond: makes the response of an error.
        max_bytes: of a body.
        timeout_s: for a whole body to arrive.
    """

    def __init__(self, app: ASGIApp, respond: Responder, *, max_bytes: int, timeout_s: float) -> None:
        self._app, self._respond = app, respond
        self._max_bytes, self._timeout_s = max_bytes, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with a counted body, or refuses it by its declared length."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = _header(scope, b"content-length")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            if not _header(scope, b"expect"):  # who asks first has sent nothing yet
                await _discard(receive, self._max_bytes)
            await self._respond(Request(scope), self._too_large())(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        deadline = time.monotonic() + self._timeout_s
        size, complete = 0, False

        async def counted() -> Message:
            nonlocal size, complete
            if complete:
                return await receive()  # what is left is the news of a disconnect, however late
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    message = await receive()
            except TimeoutError:
                raise ServeError(
                    408, f"the body did not arrive within {self._timeout_s:g} seconds: send it faster"
                ) from None
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if size > self._max_bytes:
                if not complete:
                    await _discard(receive, self._max_bytes)
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> ServeError:
        return ServeError(413, f"the body is larger than {self._max_bytes:,} bytes: send less, or raise --max-body")


class AccessLog:
    """One log line and one count for each request: method, route, status, time; never a word of a text.

    Args:
        app: what is watched.
        metrics: where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and watches its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.request(route, status, seconds)
        key = scope.get("state", {}).get("key")
        _log.info(
            "request",
            extra={
                "method": scope["method"],
                "route": route,
                "status": status or "disconnected",
                "ms": round(seconds * 1000, 1),
                "key": key.name if key is not None else None,
            },
        )


async def current_key(request: Request) -> ApiKey:
    """Whose request this is; a dependency of routes behind `KeyGuard`."""
    key: ApiKey = request.scope["state"]["key"]
    return key


def presented_secret(authorization: str) -> str:
    """The secret of an Authorization header, whatever its scheme is called; empty when there is none."""
    return authorization.partition(" ")[2].strip()


async def _discard(receive: Receive, max_bytes: int) -> None:
    """Lets a client send on for a moment: one that is cut off while it sends never reads why."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while size <= _LINGER_TIMES * max_bytes:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _host_name(host: str) -> str | None:
    with contextlib.suppress(ValueError):
        return urlsplit(f"//{host}").hostname
    return None
