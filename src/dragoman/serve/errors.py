"""What a client is told when something goes wrong: one error class, one table from our errors, one shape per API.

The shape is OpenAI's envelope, `{"error": {"message", "type", "param", "code"}}`, unless a router registered
another one for its paths in `ErrorShapes`.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from dragoman.core import errors as ours

__all__ = [
    "ERRORS",
    "ErrorShape",
    "ServeError",
    "error_response",
    "install_error_handlers",
    "openai_shape",
    "served_error",
]

_log = logging.getLogger("dragoman.serve")

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
}
_RETRY = {"retry-after": "2", "retry-after-ms": "2000"}


# A schema and no model: a model of each status for each route would make the start of a server a second longer.
_ENVELOPE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
    },
}

ERRORS: dict[int | str, dict[str, Any]] = {  # Any: fragments of OpenAPI
    status: {"description": text, "content": {"application/json": {"schema": _ENVELOPE}}}
    for status, text in {
        400: "The request cannot be understood.",
        401: "The key is missing or wrong.",
        403: "This host name may not be used.",
        404: "There is no such thing, or it belongs to another key.",
        408: "The body, or the deadline, took too long.",
        409: "Not in a state that allows this.",
        413: "The body is too large.",
        415: "Files of this type are not read.",
        422: "Well-formed, but it cannot be done.",
        429: "Too many requests; see retry-after-ms.",
        500: "A fault of the server.",
        502: "The model's server gave no usable answer.",
        503: "Not ready, or the model cannot be reached; see retry-after.",
    }.items()
}


class ServeError(HTTPException):
    """An error that goes to the client.

    Args:
        status: of HTTP.
        message: what was given, what was expected, what to do.
        code: for programs; by default from the status.
        param: the field it is about.
        headers: more headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.message = message
        self.code = code or _CODES.get(status, "server_error" if status >= 500 else "refused")
        self.param = param

    @property
    def type(self) -> str:
        """OpenAI's class of errors."""
        return _TYPES.get(self.status_code, "server_error" if self.status_code >= 500 else "invalid_request_error")


ErrorShape = Callable[[ServeError], Mapping[str, Any]]  # Any: JSON


def openai_shape(error: ServeError) -> Mapping[str, Any]:  # Any: JSON
    """OpenAI's envelope."""
    detail = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    return {"error": detail}


def served_error(error: Exception) -> ServeError:
    """What the client is told about an error of ours; the first class that fits decides."""
    if isinstance(error, ServeError):
        return error
    for kind, status, code in _TABLE:
        if isinstance(error, kind):
            headers = _RETRY if status in (429, 503) else None
            return ServeError(status, _one_line(error), code=code, headers=headers)
    return ServeError(500, "the server met a fault of its own: its log has the details", code="server_error")


_TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (ours.BackendUnreachableError, 503, "model_unreachable"),
    (ours.AuthenticationError, 502, "model_key_refused"),
    (ours.RateLimitError, 429, "model_rate_limited"),
    (ours.ContextOverflowError, 400, "context_length_exceeded"),
    (ours.BadRequestError, 400, "model_refused"),
    (ours.BackendError, 502, "model_error"),
    (ours.LimitReachedError, 429, "limit_reached"),
    (ours.LanguageError, 400, "invalid_language"),
    (ours.ChangedRunError, 409, "changed_run"),
    (ours.InputError, 400, "invalid_input"),
    (ours.ConfigurationError, 400, "invalid_request"),
    (ours.JournalError, 503, "memory_unavailable"),
)


def error_response(shape: ErrorShape, error: ServeError) -> Response:
    """The response of an error."""
    return JSONResponse(dict(shape(error)), error.status_code, dict(error.headers or {}))


def install_error_handlers(app: FastAPI, shapes: Mapping[str, ErrorShape]) -> None:
    """Lets every error of the app leave in the shape of its path.

    Args:
        app: gets the handlers.
        shapes: path prefix to shape; the longest that fits decides, OpenAI's is for all others.
    """

    def respond(request: Request, error: ServeError) -> Response:
        fitting = [prefix for prefix in shapes if request.url.path.startswith(prefix)]
        shape = shapes[max(fitting, key=len)] if fitting else openai_shape
        return error_response(shape, error)

    async def expected(request: Request, error: Exception) -> Response:
        return respond(request, served_error(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(request, _validation_error(error))

    async def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        known = error if isinstance(error, ServeError) else _from_starlette(request, error)
        return respond(request, known)

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("fault", exc_info=error, extra={"path": request.scope.get("path")})
        return respond(request, served_error(error))

    app.add_exception_handler(ours.DragomanError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, unexpected)
    app.state.respond_with_error = respond


def _from_starlette(request: Request, error: HTTPException) -> ServeError:
    said = {
        404: f"no such path {request.url.path!r}: see /openapi.json",
        405: f"{request.method} is not allowed on {request.url.path!r}: see /openapi.json",
    }
    headers = {**(error.headers or {}), **({"Allow": _allowed(request)} if error.status_code == 405 else {})}
    return ServeError(error.status_code, said.get(error.status_code, str(error.detail)), headers=headers)


def _allowed(request: Request) -> str:
    """The methods of all routes of this path; the framework names those of the first one only."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for route in fitting for method in route.methods or ()}))


def _validation_error(error: RequestValidationError) -> ServeError:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    more = f" (and {len(error.errors()) - 1} more)" if len(error.errors()) > 1 else ""
    return ServeError(400, f"{place or 'body'}: {first['msg']}{more}", param=place or None)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
