"""POST /v1/chat/completions: the translator as an OpenAI model."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response

from dragoman.core.exchange import FinishReason
from dragoman.serve.answers import choice_body, openai_usage
from dragoman.serve.chat_call import ChatCall, read_call
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.free_chat import FreeChat
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import Mode
from dragoman.serve.pivot_tool import runs_pivot
from dragoman.serve.sse import ClientGoneError, EventStream, while_connected
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.translate_mode import Translation, begin, translate_pieces, translate_text
from dragoman.serve.wire import ChatRequest

__all__ = ["ROUTE_ANSWERS", "answer_request", "complete_chat", "router", "stream_chat"]

Json = dict[str, Any]  # Any: JSON
Events = AsyncGenerator[Mapping[str, Any], None]  # Any: JSON
_CLIENT_GONE = 499  # nobody reads it; logs and counters do

ROUTE_ANSWERS: dict[int | str, dict[str, Any]] = {  # Any: fragments of OpenAPI
    200: {
        "description": "The answer, or a stream of its pieces.",
        "content": {"application/json": {}, "text/event-stream": {}},
    },
    **ERRORS,
}

router = APIRouter(tags=["chat"])


@router.post("/v1/chat/completions", responses=ROUTE_ANSWERS, response_model=None)
async def create_chat_completion(
    request: Request,
    body: ChatRequest,
    serving: Annotated[Serving, Depends(get_serving)],
    key: Annotated[ApiKey, Depends(current_key)],
    x_session_id: Annotated[str | None, Header(max_length=512)] = None,
) -> Response:
    """Answers a chat: translates it, or passes it to the model with notes from memory."""
    call = await read_call(serving, await request.json(), body, key=key, session_header=x_session_id)
    if body.stream:
        return await stream_response(serving, call, lambda done: stream_chat(serving, call, done))
    return await answer_request(request, serving, call, complete_chat(serving, call))


async def stream_response(
    serving: Serving, call: ChatCall, make_events: Callable[[Translation | None], Events]
) -> Response:
    """A stream of events, which holds a place at the model until it ends. What can be refused is refused before.

    Args:
        serving: the server's state.
        call: the request.
        make_events: gets the translation that was begun, None in other modes; gives what is streamed.

    Raises:
        ServeError, DragomanError: the request cannot be answered.
    """
    done = begin(serving, call.task(), call.trace_id) if call.mode is Mode.TRANSLATE else None
    if done is None and serving.free_model is not None and not runs_pivot(call.raw):
        serving.free_model.check(call.body())
    place = await serving.gate.enter(call.key)
    return EventStream(make_events(done), ping_s=serving.settings.ping_s, on_close=place.leave, headers=call.headers)


async def answer_request(request: Request, serving: Serving, call: ChatCall, work: Any) -> Response:  # Any: coroutine
    """A whole answer; the work behind it is cancelled when the client goes away."""
    try:
        place = await serving.gate.enter(call.key)
    except BaseException:
        work.close()
        raise
    try:
        return JSONResponse(await while_connected(request, work), headers=call.headers)
    except ClientGoneError:
        return Response(status_code=_CLIENT_GONE)
    finally:
        place.leave()


async def complete_chat(serving: Serving, call: ChatCall) -> Json:
    """The whole answer to a chat.

    Raises:
        ServeError, DragomanError: there is none.
    """
    began = time.perf_counter()
    async with _deadline(serving, call):
        if call.mode is Mode.TRANSLATE:
            answer = await _translate(serving, call)
        else:
            answer = await FreeChat(serving, call).complete()
    serving.metrics.first_text(call.mode.value, time.perf_counter() - began)
    return answer


async def stream_chat(serving: Serving, call: ChatCall, done: Translation | None) -> Events:
    """The chunks of the answer: the role at once, then text, the end with the extension, usage if asked for.

    Args:
        serving: the server's state.
        call: the request.
        done: the translation that was begun; None in other modes.
    """
    began, is_first = time.perf_counter(), True
    yield call.envelope.role()
    async with _deadline(serving, call):
        chunks = FreeChat(serving, call).stream() if done is None else _translate_stream(serving, call, done)
        async with aclosing(chunks):
            async for chunk in chunks:
                if is_first:
                    serving.metrics.first_text(call.mode.value, time.perf_counter() - began)
                    is_first = False
                if chunk["choices"] or call.request.wants_usage:
                    yield chunk


@asynccontextmanager
async def _deadline(serving: Serving, call: ChatCall) -> AsyncGenerator[None, None]:
    seconds = call.deadline_s(serving)
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ServeError(
            408,
            f"there was no answer within the deadline of {seconds:g} seconds: give a longer deadline_s",
            code="deadline_exceeded",
            headers={"x-should-retry": "false"},
        ) from None


async def _translate(serving: Serving, call: ChatCall) -> Json:
    done = await translate_text(serving, call.task(), call.trace_id)
    choice = choice_body(done.text, FinishReason.STOP)
    extension = done.extension(with_context=call.with_context)
    return call.envelope.completion([choice], openai_usage(done.usage), extension)


async def _translate_stream(serving: Serving, call: ChatCall, done: Translation) -> Events:
    async with aclosing(translate_pieces(serving, done)) as pieces:
        async for piece in pieces:
            if piece:
                yield call.envelope.text(piece)
    yield call.envelope.end("stop", done.extension(with_context=call.with_context))
    yield call.envelope.usage(openai_usage(done.usage))
