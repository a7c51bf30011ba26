"""POST /v1/completions: old clients' plain prompts, each answered as a chat of one message."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response

from dragoman.core.exchange import Usage
from dragoman.serve.answers import openai_usage, read_usage_body
from dragoman.serve.chat import ROUTE_ANSWERS, answer_request, complete_chat, stream_chat, stream_response
from dragoman.serve.chat_call import ChatCall, parse_chat, read_call
from dragoman.serve.errors import ServeError
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.translate_mode import Translation
from dragoman.serve.wire import CompletionRequest

__all__ = ["complete_prompts", "completion_call", "router"]

Json = Mapping[str, Any]  # Any: JSON
_NOT_OF_CHATS = ("prompt", "best_of", "echo", "suffix", "logprobs")

router = APIRouter(tags=["completions"])


@router.post("/v1/completions", responses=ROUTE_ANSWERS, response_model=None)
async def create_completion(
    request: Request,
    body: CompletionRequest,
    serving: Annotated[Serving, Depends(get_serving)],
    key: Annotated[ApiKey, Depends(current_key)],
    x_session_id: Annotated[str | None, Header(max_length=512)] = None,
) -> Response:
    """Answers one prompt or several."""
    raw = await request.json()
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    calls = [await completion_call(serving, raw, prompt, key=key, session_header=x_session_id) for prompt in prompts]
    if not body.stream:
        return await answer_request(request, serving, calls[0], complete_prompts(serving, calls))
    if len(calls) > 1:
        raise ServeError(400, f"a stream answers one prompt, {len(calls)} are given: leave out stream", param="prompt")
    return await stream_response(serving, calls[0], lambda done: _stream(serving, calls[0], done))


async def completion_call(
    serving: Serving, raw: Json, prompt: str, *, key: ApiKey, session_header: str | None = None
) -> ChatCall:
    """The chat that a prompt stands for.

    Raises:
        ServeError, LanguageError: as `read_call`.
    """
    chat: dict[str, Any] = {name: value for name, value in raw.items() if name not in _NOT_OF_CHATS}  # Any: JSON
    chat["messages"] = [{"role": "user", "content": prompt}]
    if raw.get("logprobs"):
        chat |= {"logprobs": True, "top_logprobs": raw["logprobs"]}
    return await read_call(serving, chat, parse_chat(chat), key=key, session_header=session_header)


async def complete_prompts(serving: Serving, calls: list[ChatCall]) -> dict[str, Any]:  # Any: JSON
    """The answers to prompts, as one completion.

    Raises:
        ServeError, DragomanError: one of them has none.
    """
    answers = await asyncio.gather(*(complete_chat(serving, call) for call in calls))
    choices = [choice for answer in answers for choice in answer["choices"]]
    usage = sum((read_usage_body(answer.get("usage")) for answer in answers), Usage())
    return {
        "id": calls[0].envelope.id,
        "object": "text_completion",
        "created": calls[0].envelope.created,
        "model": calls[0].envelope.model,
        "choices": [
            {**_plain(choice, (choice["message"].get("content") or "")), "index": index}
            for index, choice in enumerate(choices)
        ],
        "usage": openai_usage(usage),
        "dragoman": answers[0]["dragoman"],
    }


async def _stream(serving: Serving, call: ChatCall, done: Translation | None) -> AsyncGenerator[Json, None]:
    async with aclosing(stream_chat(serving, call, done)) as chunks:
        async for chunk in chunks:
            choices = [_plain(choice, choice["delta"].get("content") or "") for choice in chunk["choices"]]
            if any(choice["text"] or choice["finish_reason"] for choice in choices) or not choices:
                yield {**chunk, "object": "text_completion", "choices": choices}


def _plain(choice: Json, text: str) -> dict[str, Any]:  # Any: JSON
    """A choice in the shape of plain completions; log probabilities without their tokens' texts are of no use there."""
    return {"index": choice["index"], "text": text, "logprobs": None, "finish_reason": choice["finish_reason"]}
