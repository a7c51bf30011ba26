"""What a server's refusal means and what the user can do about it, in one line and without the key."""

import re

import openai

from dragoman.core.errors import (
    AuthenticationError,
    BackendError,
    BackendUnreachableError,
    BadRequestError,
    ContextOverflowError,
    RateLimitError,
)

__all__ = ["BrokenAnswerError", "may_pass", "one_line", "translate_error"]

_MAX_QUOTE = 240
_PASSING_STATUS = frozenset({408, 409, 429})
# How servers say that a prompt is too long. OpenAI and DeepSeek: "maximum context length", code
# context_length_exceeded; vLLM: "maximum context length", "maximum model length", "longer than the maximum";
# llama.cpp: "exceeds the available context size", type exceed_context_size_error; Ollama: "input length exceeds";
# TGI: "`inputs` tokens + `max_new_tokens` must be"; Anthropic: "prompt is too long"; Gemini: "input token count".
_OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|(maximum|max) (context|model|input|sequence) length"
    r"|context (length|size|window)[^.]{0,40}(exceed|too)|exceed[^.]{0,60}context (length|size|window)"
    r"|longer than the (maximum|max)|input length exceeds|(prompt|input) is too long|too many (input )?tokens"
    r"|`inputs` tokens \+ `max_new_tokens` must be|input token count[^.]{0,40}exceeds|max_model_len",
    re.IGNORECASE,
)
_NO_QUOTA = re.compile(r"insufficient_quota|billing|credit balance", re.IGNORECASE)


class BrokenAnswerError(Exception):
    """The server answered 200 with something that is no chat completion, or its stream broke off."""


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed later: connection trouble, time-outs, 408, 409, 429 and 5xx."""
    if isinstance(error, openai.APIStatusError):
        if error.status_code == 429:
            return not _NO_QUOTA.search(_details(error))
        return error.status_code in _PASSING_STATUS or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError | BrokenAnswerError)


def translate_error(error: Exception, *, where: str, attempts: int, has_key: bool) -> BackendError:
    """The error of our tree for an error of the client library.

    Args:
        error: an `openai.OpenAIError` or `BrokenAnswerError`.
        where: model and base URL, without credentials.
        attempts: calls that were allowed, named where waiting did not help.
        has_key: whether a key was sent.
    """
    if isinstance(error, openai.APIStatusError):
        return _translate_status(error, where=where, attempts=attempts, has_key=has_key)
    if isinstance(error, openai.APITimeoutError):
        return BackendUnreachableError(
            f"{where}: no answer in time{_tried(attempts)}: give a longer timeout or check the server's load"
        )
    if isinstance(error, openai.APIConnectionError):
        cause = one_line(str(error.__cause__ or error))
        return BackendUnreachableError(
            f"{where}: connection failed ({cause}){_tried(attempts)}: start the server, check the base URL, "
            "or run dragoman doctor"
        )
    if isinstance(error, BrokenAnswerError):
        return BackendUnreachableError(
            f"{where}: {error}{_tried(attempts)}: check that the base URL is an OpenAI-compatible one, "
            "it usually ends in /v1"
        )
    return BackendError(f"{where}: {one_line(str(error))}: run dragoman doctor")


def one_line(text: str) -> str:
    """The text on one line, cut where it gets long."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_QUOTE else line[: _MAX_QUOTE - 1] + "…"


def _tried(attempts: int) -> str:
    return f" in each of {attempts} attempts" if attempts > 1 else ""


def _translate_status(error: openai.APIStatusError, *, where: str, attempts: int, has_key: bool) -> BackendError:
    status, said = error.status_code, one_line(_message(error))
    if status in (401, 403):
        way_out = "check the key" if has_key else "no key was given: set DRAGOMAN_API_KEY or OPENAI_API_KEY"
        return AuthenticationError(f"{where}: key refused ({status}: {said}): {way_out}")
    if status == 429 and not may_pass(error):
        return RateLimitError(f"{where}: the account's quota is used up ({said}): top it up or use another key")
    if status == 429:
        return RateLimitError(
            f"{where}: still rate limited{_tried(attempts)} ({said}): use fewer --workers or try again later"
        )
    if status < 500 and _OVERFLOW.search(_details(error)):
        return ContextOverflowError(
            f"{where}: the prompt does not fit the model ({said}): use a smaller --budget or shorter pages"
        )
    if may_pass(error):
        return BackendUnreachableError(
            f"{where}: server error {status}{_tried(attempts)} ({said}): read the server's log, try later"
        )
    return BadRequestError(f"{where}: request refused ({status}: {said}): check the model and its options")


def _message(error: openai.APIStatusError) -> str:
    """What the server itself said; the client library's message repeats the status and the whole body."""
    body = error.body
    if isinstance(body, dict):
        for key in ("message", "error", "detail"):
            if body.get(key):
                return str(body[key])
    return str(body) if body else error.message


def _details(error: openai.APIStatusError) -> str:
    return f"{error.code} {error.type} {_message(error)}"
