"""A server in this process, and the scripts of the models behind it."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.core.exchange import Purpose, Request
from dragoman.core.protocols import Backend
from dragoman.serve.app import create_app
from dragoman.serve.settings import ServeSettings

_NUMBERED = re.compile(r"^\d+\t", re.MULTILINE)


def answer_anything(request: Request) -> str:
    """Dragoman's own prompts get echoed lines, names from the memory call, and everything else its last message."""
    last = request.messages[-1].content
    if request.purpose is Purpose.REMEMBER:
        names = re.findall(r"Tamok", last)
        return "Tamok = Thomas (he, person)" if names else ""
    if request.line_numbers or "## Text\n" in last:
        return echo_lines()(request)
    return f"answer to: {last}"


class Client(httpx.AsyncClient):
    """An HTTP client of a server in this process, with the server's app."""

    app: Any

    async def chat(self, text: str, **fields: Any) -> httpx.Response:
        """A chat of one user message."""
        headers = fields.pop("headers", {})
        body = {"messages": [{"role": "user", "content": text}], **fields}
        return await self.post("/v1/chat/completions", json=body, headers=headers)


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts servers in this process: `client = await serve(backend, policy="full")`; all end with the test."""
    async with AsyncExitStack() as stack:

        async def start(backend: Backend | None = None, **settings: Any) -> Client:
            settings = {"memory_url": tmp_path / "serve.sqlite", **settings}
            model = backend if backend is not None else ScriptedBackend(answer_anything)
            stack.push_async_callback(model.close)
            app = create_app(ServeSettings(**settings), model)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = Client(transport=transport, base_url="http://127.0.0.1:8000")
            client.app = app
            return await stack.enter_async_context(client)

        yield start


def events_of(text: str) -> list[dict[str, Any]]:
    """The JSON frames of a stream, without its end."""
    frames = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert frames[-1] == "[DONE]"
    return [json.loads(frame) for frame in frames[:-1]]


@pytest.fixture
def events() -> Callable[[str], list[dict[str, Any]]]:
    return events_of


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A small dictionary."""
    path = tmp_path / "words.tsv"
    path.write_text("headword\tpos\tglosses\nkofal\tnoun\tdog\nmira\tnoun\triver\nten\tadj\told\n", encoding="utf-8")
    return path
