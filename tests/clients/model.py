"""The model behind the server when public clients are tried: scripted, it answers whatever a client asks for.

Dragoman's own prompts get every line in «», JSON schemas an object that fits, probes their word, anything else its last
message in «». So each answer can be told from its question, and the clients' own parsers have real work.
"""

import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fake_server import Answer, FakeServer, echo

Json = dict[str, Any]  # Any: JSON
_QUOTED = re.compile(r"`(.*)`", re.DOTALL)  # bilingual_book_maker writes its text between these
_SUBTITLES = re.compile(r"newlines unchanged: \n(.*)", re.DOTALL)  # the same client
_SLOW_S = 0.15


def answer(request: Json) -> Answer:
    """The answer to a chat request; a text that speaks of a slow snail takes its time."""
    said = str(request["messages"][-1]["content"])
    return Answer(answer_text(request, said), delay_s=_SLOW_S if "slow snail" in said else 0.0)


def answer_text(request: Json, said: str) -> str:
    """The words of the answer."""
    if "## Text\n" in said:
        return str(echo(request))
    if "PONG" in said:
        return "PONG"
    form = request.get("response_format") or {}
    if form.get("type") == "json_schema":
        schema = form["json_schema"]["schema"]
        return json.dumps(example(schema, said, schema.get("$defs", {})), ensure_ascii=False)
    if form.get("type") == "json_object":
        return json.dumps({"answer": marked(said)}, ensure_ascii=False)
    return marked(said)


def marked(said: str) -> str:
    """The part of a prompt that is most likely its text, every line in «»; numbers of subtitles stay."""
    quoted = _QUOTED.search(said) or _SUBTITLES.search(said)
    lines = quoted[1].splitlines() if quoted else said.strip().splitlines()[-1:]
    return "\n".join(f"«{line.strip()}»" if re.search(r"[^\W\d]", line) else line for line in lines)


def example(schema: Json, said: str, named: Json) -> Any:  # Any: JSON
    """A value that fits a schema; texts in it are marked parts of the prompt."""
    if "$ref" in schema:
        return example(named[schema["$ref"].rpartition("/")[2]], said, named)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if schema.get("type") == "object":
        return {name: example(part, said, named) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [
            {**example(schema["items"], f"`{given['text']}`", named), "id": given["id"]} for given in paragraphs(said)
        ] or [example(schema["items"], said, named)]
    return {"integer": 1, "number": 1.0, "boolean": True, "null": None}.get(str(schema.get("type")), marked(said))


def paragraphs(said: str) -> list[Json]:
    """The paragraphs of a prompt that holds them as JSON, each with id and text."""
    quoted = _QUOTED.search(said)
    given = json.loads(quoted[1]) if quoted and quoted[1].startswith("{") else {}
    return list(given.get("paragraphs", []))


if __name__ == "__main__":
    server = FakeServer(answer, models=("tale",))
    sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    threading.Event().wait()
