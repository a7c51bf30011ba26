"""Bodies that come as JSON from one client and as a form from the next, read into one checked model.

JSON is held to its types; a form only knows text, so "1" and "true" are numbers and truths there. Unknown fields are
accepted. Files of a multipart form are `UploadFile` fields of the model.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import ImmutableMultiDict, UploadFile

from dragoman.serve.errors import ServeError

__all__ = ["OpenBody", "body_schema", "query_schema", "read_body", "read_upload"]

_MAX_FIELDS = 5000
_NESTED = re.compile(r"(\w{1,100})\[(\d{1,4})\]\.(\w{1,100})")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class OpenBody(BaseModel):
    """A body with known fields and any others. `repeated` names those that a form may send several times."""

    model_config = ConfigDict(extra="allow")
    repeated: ClassVar[frozenset[str]] = frozenset()


_Body = TypeVar("_Body", bound=OpenBody)


async def read_body(request: Request, model: type[_Body]) -> _Body:
    """The body of a request; without a body, the query.

    Raises:
        ServeError: 400, it does not fit; 415, it is neither JSON nor a form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        async with request.form(max_fields=_MAX_FIELDS) as form:
            return _checked(model, _listed(form, model), strict=False)
    data = await request.body()
    if not data:
        return _checked(model, _listed(request.query_params, model), strict=False)
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise ServeError(415, f"content type {kind!r} is not read here: send JSON or a form")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ServeError(400, f"the body is no JSON ({error}): send a JSON object or a form") from error
    if not isinstance(values, dict):
        raise ServeError(400, f"the body is a JSON {type(values).__name__}: send an object")
    return _checked(model, values, strict=True)


async def read_upload(request: Request, model: type[_Body]) -> tuple[_Body, str, bytes]:
    """The fields of a multipart form, with name and bytes of its file `file`.

    Raises:
        ServeError: 400, there is no file, or a field does not fit; 415, it is no multipart form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise ServeError(415, f"content type {kind!r} holds no file: send multipart/form-data with a field 'file'")
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ServeError(400, "the field 'file' is missing or no file: send the document in it", param="file")
        fields = ImmutableMultiDict([(name, value) for name, value in form.multi_items() if name != "file"])
        body = _checked(model, _listed(fields, model), strict=False)
        return body, file.filename or "document.txt", await file.read()


def body_schema(model: type[OpenBody], *, with_file: bool = False) -> dict[str, Any]:  # Any: a fragment of OpenAPI
    """What OpenAPI says about a body that `read_body` or `read_upload` reads.

    Forms have no null. A list of things stands in a form under numbered names, which OpenAPI cannot say: such bodies
    are described as JSON only.
    """
    schema = model.model_json_schema()
    whole, plain = _inlined(schema, schema.get("$defs", {})), _FORMS[0]
    content = {"application/json": {"schema": whole}}
    if with_file:
        file = {"type": "string", "format": "binary", "description": "The document."}
        fields = {**_without_null(whole), "required": ["file", *whole.get("required", [])]}
        fields["properties"] = {"file": file, **fields["properties"]}
        content = {_FORMS[1]: {"schema": fields}}
    elif "$defs" not in schema:
        content[plain] = {"schema": _without_null(whole)}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, named: Mapping[str, Any]) -> Any:  # Any: JSON schema
    """The schema with its named parts in their places; OpenAPI looks for names elsewhere."""
    if isinstance(schema, list):
        return [_inlined(part, named) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(named[schema["$ref"].rpartition("/")[2]], named)
    return {name: _inlined(part, named) for name, part in schema.items() if name != "$defs"}


def _without_null(schema: Any) -> Any:  # Any: JSON schema
    if isinstance(schema, list):
        return [_without_null(part) for part in schema if part != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_null(part) for name, part in schema.items() if not (name == "default" and part is None)}


def query_schema(model: type[OpenBody]) -> dict[str, Any]:  # Any: a fragment of OpenAPI
    """What OpenAPI says about a GET whose fields `read_body` reads."""
    properties = model.model_json_schema()["properties"]
    return {"parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]}


def _listed(form: ImmutableMultiDict[str, Any], model: type[OpenBody]) -> dict[str, Any]:  # Any: text, or a list of it
    """The fields as text; a repeated one is a list where the model takes several. `name[]` is `name`.

    `name[0].part` is the field `part` of the first thing in the list `name`.
    """
    values: dict[str, list[Any]] = {}  # Any: text, or a thing of a list; a stray file is refused by the model
    things: dict[str, dict[str, dict[str, Any]]] = {}
    for name, value in form.multi_items():
        nested = _NESTED.fullmatch(name)
        if nested:
            things.setdefault(nested[1], {}).setdefault(nested[2], {})[nested[3]] = value
        else:
            values.setdefault(name.removesuffix("[]"), []).append(value)
    plain = {name: given if name in model.repeated and len(given) > 1 else given[-1] for name, given in values.items()}
    return plain | {name: list(numbered.values()) for name, numbered in things.items()}


def _checked(model: type[_Body], values: Mapping[str, Any], *, strict: bool) -> _Body:  # Any: checked here
    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ServeError(400, f"{place or 'body'}: {first['msg']}", param=place or None) from error
