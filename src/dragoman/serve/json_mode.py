"""`response_format`, really enforced: an answer fits it, or the client gets an error.

Servers that know the field enforce it while they generate; whatever comes is checked here all the same. The keyword
`pattern` is left to them: a regular expression from outside can stop a process. References to other documents are
never fetched.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from dragoman.core.errors import BadRequestError
from dragoman.serve.errors import ServeError
from dragoman.serve.upstream import FreeModel

__all__ = ["JsonShape", "complete_as_json", "read_shape"]

Json = Mapping[str, Any]  # Any: JSON
_MAX_SCHEMA = 64 << 10
_ATTEMPTS = 3
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n\s*```\s*\Z", re.DOTALL)


def _no_check(*_: object) -> None:
    """A keyword that is not looked at."""


_Validator = extend(Draft202012Validator, {"pattern": _no_check})


class JsonShape:
    """What an answer has to look like.

    Args:
        schema: of the answer; None means any JSON object.

    Raises:
        ServeError: 400, the schema is none.
    """

    def __init__(self, schema: Json | None) -> None:
        self.schema = schema
        if schema is None:
            return
        text = json.dumps(schema)
        if len(text) > _MAX_SCHEMA or '"patternProperties"' in text:
            reason = "is too long" if len(text) > _MAX_SCHEMA else "uses patternProperties"
            raise ServeError(400, f"the JSON schema {reason}: simplify it", param="response_format")
        try:
            Draft202012Validator.check_schema(schema)
        except (SchemaError, RecursionError) as error:
            said = error.message if isinstance(error, SchemaError) else "nested too deeply"
            raise ServeError(400, f"the JSON schema is not valid: {said[:200]}", param="response_format") from error

    @property
    def instruction(self) -> str:
        """The same in words, for models that cannot be forced."""
        if self.schema is None:
            return "Answer with one JSON object and nothing else."
        return f"Answer with JSON that fits this JSON schema, and nothing else: {json.dumps(self.schema)}"

    def fault(self, text: str) -> str:
        """What keeps a text from having this shape; empty when nothing does."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return f"it is no JSON ({error})"
        if self.schema is None:
            return "" if isinstance(value, dict) else "it is no JSON object"
        try:
            _Validator(self.schema, registry=Registry()).validate(value)
        except ValidationError as error:
            return str(error.message)[:200]
        except (Unresolvable, RecursionError) as error:
            raise ServeError(400, f"the JSON schema cannot be used: {error}", param="response_format") from error
        return ""


def read_shape(body: Json) -> JsonShape | None:
    """The shape that a request asks for; None for plain text."""
    given = body.get("response_format") or {"type": "text"}
    if given["type"] == "text":
        return None
    if given["type"] == "json_object":
        return JsonShape(None)
    schema = (given.get("json_schema") or {}).get("schema")
    if schema is None:
        raise ServeError(400, "json_schema has no schema: give json_schema.schema", param="response_format")
    return JsonShape(schema)


async def complete_as_json(model: FreeModel, body: Json, shape: JsonShape) -> Json:
    """The whole answer, every choice of the asked shape; a choice that was cut by its limit or calls tools is left.

    Raises:
        ServeError: 422, the model does not give such an answer.
    """
    fault, asked = "", body
    for _ in range(_ATTEMPTS):
        try:
            answer = await model.complete(asked)
        except BadRequestError:
            if "response_format" not in asked:
                raise
            asked = _in_words(body, shape, "")
            continue
        fault, checked = _checked(answer, shape)
        if not fault:
            return checked
        asked = _in_words(body, shape, fault)
    raise ServeError(
        422, f"the model did not answer in the asked format: {fault or 'its server refuses response_format'}",
        code="response_format_not_met", param="response_format",
    )  # fmt: skip


def _checked(answer: Json, shape: JsonShape) -> tuple[str, Json]:
    """The first fault, and the answer without code fences round its JSON."""
    choices = []
    for choice in answer["choices"]:
        message = choice.get("message") or {}
        if choice.get("finish_reason") == "length" or message.get("tool_calls"):
            choices.append(choice)
            continue
        text = _bare(message.get("content") or "")
        fault = shape.fault(text)
        if fault:
            return fault, answer
        choices.append({**choice, "message": {**message, "content": text}})
    return "", {**answer, "choices": choices}


def _in_words(body: Json, shape: JsonShape, fault: str) -> Json:
    """The request with the shape in words; the field itself goes, some servers refuse it."""
    said = f"{shape.instruction} Your last answer was wrong: {fault}" if fault else shape.instruction
    rest = {name: value for name, value in body.items() if name != "response_format"}
    return {**rest, "messages": [*body["messages"], {"role": "user", "content": said}]}


def _bare(text: str) -> str:
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text
