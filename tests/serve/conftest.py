"""A server in this process, and the scripts of the models behind it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
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


READY_S = 180.0  # imports take long on a busy machine


class Process:
    """A `dragoman serve` of its own."""

    def __init__(self, *options: object, state: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = [sys.executable, "-m", "dragoman", "serve", "--port", str(self.port), *map(str, options)]
        self._log = state / "log.txt"
        self._environment = {**os.environ, "DRAGOMAN_STATE": str(state)}
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stderr=log, stdout=log, env=self._environment)
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            try:
                httpx.get(f"{self.url}/health", timeout=1).raise_for_status()
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log}")

    def end(self, sign: int = signal.SIGTERM, timeout_s: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=timeout_s)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts `dragoman serve` with options; killed after the test."""
    started: list[Process] = []

    def start(*options: object) -> Process:
        started.append(Process(*options, state=tmp_path))
        return started[-1]

    yield start
    for server in started:
        server.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One `dragoman serve` for tests that change nothing in it."""
    server = Process(state=tmp_path_factory.mktemp("one_server"))
    yield server
    server.end(signal.SIGKILL)
