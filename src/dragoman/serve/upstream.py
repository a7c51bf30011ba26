"""The model behind the server, asked with a client's own messages.

A server behind `--base-url` gets the client's fields untouched. A model in this process gets what our own `Request`
can hold: text, sampling, seed. The built-in gloss answers only Dragoman's own prompts and is not asked at all.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from dragoman.agent.backends.http import HttpBackend
from dragoman.core.errors import BadRequestError
from dragoman.core.exchange import FinishReason, Message, Purpose, Reply, Request, Sampling, Usage
from dragoman.core.protocols import Backend, StreamingBackend
from dragoman.serve.answers import Envelope, choice_body, openai_usage
from dragoman.serve.errors import ServeError
from dragoman.serve.wire import ChatMessage, text_of

__all__ = ["FreeModel", "make_free_model"]

Json = Mapping[str, Any]  # Any: JSON
_OWN_PROMPTS_ONLY = ("gloss", "micro")
_MAX_TOKENS = 2048
_ROLES = {"developer": "system", "function": "user", "tool": "user"}


class FreeModel(Protocol):
    """A model that answers any messages. Bodies are OpenAI's chat requests and answers."""

    def check(self, body: Json) -> None:
        """Nothing, when the model can take such a request; asked before a stream is opened.

        Raises:
            ServeError: 400, it asks for what this model cannot do.
        """

    async def complete(self, body: Json) -> Json:
        """The whole answer.

        Raises:
            BackendError: the model gave none.
            ServeError: the request asks for what this model cannot do.
        """

    def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        """The chunks of the answer; the last one may hold usage and no choices."""


def make_free_model(backend: Backend) -> FreeModel | None:
    """The backend as a model for any messages; None when it answers only Dragoman's own prompts."""
    if isinstance(backend, HttpBackend):  # whatever its model is called
        return _Relay(backend)
    return None if backend.name.startswith(_OWN_PROMPTS_ONLY) else _Local(backend)


class _Relay:
    """Another OpenAI-compatible server."""

    def __init__(self, backend: HttpBackend) -> None:
        self._backend = backend

    def check(self, body: Json) -> None:
        """The other server knows better."""

    async def complete(self, body: Json) -> Json:
        answer = await self._backend.relay("/chat/completions", body)
        if not answer.get("choices"):
            raise BadRequestError("the model's server gave an answer without choices: look at its log")
        return answer

    def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        return self._backend.relay_stream("/chat/completions", body)


class _Local:
    """A model in this process."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def check(self, body: Json) -> None:
        _requests(body)

    async def complete(self, body: Json) -> Json:
        requests = _requests(body)
        replies = await asyncio.gather(*(self._backend.generate(request) for request in requests))
        choices = [
            choice_body(reply.text, reply.finish_reason, index=index, logprobs=reply.logprobs)
            for index, reply in enumerate(replies)
        ]
        usage = sum((reply.usage for reply in replies), Usage())
        return Envelope(replies[0].model).completion(choices, openai_usage(usage), {})

    async def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        envelope, usage = Envelope(self._backend.name), Usage()
        for index, request in enumerate(_requests(body)):
            yield envelope.role(index)
            async for piece in self._pieces(request):
                if isinstance(piece, str):
                    yield envelope.text(piece, index)
                else:
                    usage += piece.usage
                    yield envelope.end("length" if piece.finish_reason is FinishReason.LENGTH else "stop", {}, index)
        yield envelope.usage(openai_usage(usage))

    async def _pieces(self, request: Request) -> AsyncGenerator[str | Reply, None]:
        """Texts, and the whole reply as the last one."""
        if not isinstance(self._backend, StreamingBackend):
            reply = await self._backend.generate(request)
            yield reply.text
            yield reply
            return
        async for delta in self._backend.stream(request):
            if delta.text:
                yield delta.text
            if delta.reply is not None:
                yield delta.reply


def _requests(body: Json) -> list[Request]:
    """One request for each choice; their seeds differ."""
    if body.get("tools"):
        raise ServeError(
            400, "this model takes no tools: leave them out, or serve a model by --base-url", param="tools"
        )
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    sampling = Sampling(
        temperature=_number(body.get("temperature"), 0.0),
        top_p=_number(body.get("top_p"), 1.0),
        max_tokens=limit if limit > 0 else _MAX_TOKENS,
        stop=_stops(body.get("stop")),
    )
    first = Request(
        tuple(_message(message) for message in body["messages"]),
        sampling,
        (body.get("seed") or 0) % 2**31,
        Purpose.TRANSLATE,
        logprobs=bool(body.get("logprobs")),
    )
    return [replace(first, seed=(first.seed + number) % 2**31) for number in range(body.get("n") or 1)]


def _message(message: Json) -> Message:
    parsed = ChatMessage.model_validate(message)
    if isinstance(parsed.content, list) and any(part.type != "text" for part in parsed.content):
        raise ServeError(400, "this model reads text only: leave out parts of other types", param="messages")
    return Message(_ROLES.get(parsed.role, parsed.role), text_of(parsed.content))


def _stops(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    given = [stop] if isinstance(stop, str) else stop or []
    return tuple(text for text in given if text)


def _number(given: float | None, default: float) -> float:
    return default if given is None else float(given)
