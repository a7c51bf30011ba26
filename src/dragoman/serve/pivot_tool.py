"""The pivot as a tool: for clients that run tools themselves, and for those that let the server do it.

A client that lists `{"type": "translate_to_english"}` among its tools leaves the tool to the server: the model may
call it once, its result goes back to the model, and neither call nor result reaches the client. It is the only tool
that runs here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from dragoman.agent.pivot import TOOL_NAME, translate_to_english
from dragoman.core.errors import BadRequestError
from dragoman.core.languages import parse_language
from dragoman.core.protocols import Backend
from dragoman.serve.errors import ERRORS
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.modes import UNKNOWN_SOURCE
from dragoman.serve.state import Serving, get_serving
from dragoman.serve.upstream import FreeModel
from dragoman.serve.wire import LanguageName

__all__ = ["complete_with_pivot", "router", "runs_pivot"]

Json = Mapping[str, Any]  # Any: JSON
_MAX_TEXT = 20_000

_DEFINITION = {
    "type": "function",
    "function": {
        "name": TOOL_NAME,
        "description": "Translates text to English, line by line. Of use when the text's language is hard to read.",
        "parameters": {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "lines to translate"},
                "source_language": {"type": "string", "description": "tag or name of the text's language"},
            },
            "required": ["text"],
        },
    },
}

router = APIRouter(prefix="/v1/tools", tags=["tools"], responses=ERRORS)


class PivotRequest(BaseModel):
    """Arguments of the tool."""

    model_config = ConfigDict(strict=True)

    text: str = Field(min_length=1, max_length=_MAX_TEXT)
    source_language: LanguageName | None = None


@router.get("")
async def list_tools() -> dict[str, Any]:  # Any: JSON
    """Definitions of the tools, for the field `tools` of a chat request."""
    return {"object": "list", "data": [_DEFINITION]}


@router.post(f"/{TOOL_NAME}")
async def run_tool(
    body: PivotRequest,
    serving: Annotated[Serving, Depends(get_serving)],
    key: Annotated[ApiKey, Depends(current_key)],
) -> dict[str, str]:
    """Runs the tool: text in, English text out, line by line."""
    place = await serving.gate.enter(key)
    try:
        return {"text": await _pivot(serving.metered, body.text, body.source_language)}
    finally:
        place.leave()


def runs_pivot(body: Json) -> bool:
    """Whether the server shall run the tool for this request."""
    return any(tool.get("type") == TOOL_NAME for tool in body.get("tools") or ())


async def complete_with_pivot(model: FreeModel, backend: Backend, body: Json) -> Json:
    """The whole answer; the model may have the text in English once before it gives it."""
    tools = [_DEFINITION if tool.get("type") == TOOL_NAME else tool for tool in body["tools"]]
    answer = await model.complete({**body, "tools": tools, "n": 1})
    message = answer["choices"][0].get("message") or {}
    calls: Sequence[Json] = message.get("tool_calls") or ()
    ours = [call for call in calls if (call.get("function") or {}).get("name") == TOOL_NAME]
    if not ours:
        return answer
    others = [call for call in calls if call not in ours]
    if others:  # the client has to run those first; it sees nothing of ours
        return {**answer, "choices": [{**answer["choices"][0], "message": {**message, "tool_calls": others}}]}
    said = [await _result(backend, call, first=call is ours[0]) for call in ours]
    left = [tool for tool in tools if tool is not _DEFINITION]
    again = {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
    return await model.complete(
        {**again, **({"tools": left} if left else {}), "messages": [*body["messages"], message, *said], "n": 1}
    )


async def _result(backend: Backend, call: Json, *, first: bool) -> Json:
    try:
        arguments = PivotRequest.model_validate_json(call["function"].get("arguments") or "")
        text = await _pivot(backend, arguments.text, arguments.source_language) if first else "called once already"
    except (ValueError, BadRequestError) as error:
        text = f"error: {str(error).splitlines()[0]}"
    return {"role": "tool", "tool_call_id": call.get("id"), "content": json.dumps({"english": text})}


async def _pivot(backend: Backend, text: str, language: str | None) -> str:
    source = parse_language(language) if language else UNKNOWN_SOURCE
    numbered = {number: line for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    if not numbered:
        return text
    rendering = await translate_to_english(backend, source, numbered)
    if rendering.lines.keys() != numbered.keys():
        raise BadRequestError(f"{rendering.note}: ask again with fewer lines")
    return "\n".join(rendering.lines.get(number, "") for number in range(1, len(text.splitlines()) + 1))
