"""Who may send something from a browser where no key protects the server.

A page from anywhere can post a form to 127.0.0.1 without asking first (CORS only keeps it from reading the answer).
LibreTranslate's and DeepL's clients send forms, so such a post would cost model calls. Programs send no origin.
"""

import re
from collections.abc import Sequence

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.serve.errors import ServeError
from dragoman.serve.guards import Responder

__all__ = ["OriginGuard"]

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class OriginGuard:
    """Refuses requests of foreign pages that would start or change something.

    Args:
        app: what is guarded.
        respond: makes the response of an error.
        allowed: origins; "*" is any.
        pattern: of further origins, for the whole text.
    """

    def __init__(self, app: ASGIApp, respond: Responder, *, allowed: Sequence[str], pattern: str) -> None:
        self._app, self._respond = app, respond
        self._allowed, self._pattern = frozenset(allowed), re.compile(pattern)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "http" and scope["method"] in _CHANGING:
            request = Request(scope)
            origin = request.headers.get("origin")
            if origin is not None and not self._is_allowed(origin):
                error = ServeError(403, f"pages of {origin[:80]!r} may not ask this server: allow them with --cors")
                await self._respond(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_allowed(self, origin: str) -> bool:
        return "*" in self._allowed or origin in self._allowed or self._pattern.fullmatch(origin) is not None
