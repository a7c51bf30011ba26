"""Fixtures for everybody: a scripted local server, a tiny random Llama, and vLLM's own server on it."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

TESTS = Path(__file__).resolve().parent

# One thread each and no reports: tests share their machine. Before any of these libraries is imported.
ENGINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TORCH_COMPILE_DISABLE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}
for _name, _value in ENGINE_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)

settings.register_profile("shared", deadline=None)  # what is slow on a busy machine is not wrong
settings.load_profile("shared")


def _load(name: str) -> ModuleType:
    """A helper module beside this file; test folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def fake_server() -> ModuleType:
    """The module `tests/fake_server.py`: Answer, Fault, FakeServer, echo."""
    return _load("fake_server")


@pytest.fixture
def scripted_server(fake_server: ModuleType) -> Iterator[Callable[..., Any]]:
    """Starts scripted OpenAI-compatible servers: `scripted_server(script).base_url`.

    `script` gets the request's JSON and gives a text, an Answer or a Fault (see `tests/fake_server.py`); without one
    every numbered line comes back in «». All servers stop after the test.
    """
    started: list[Any] = []

    def start(script: Callable[[dict[str, Any]], Any] = fake_server.echo, **options: Any) -> Any:
        started.append(fake_server.FakeServer(script, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server, empty; not below pytest's own folders, which its service user may not enter."""
    with warnings.catch_warnings():  # its import warns where the machine has no runtime folder
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pgserver")
    with tempfile.TemporaryDirectory(prefix="dragoman-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = pgserver.get_server(Path(folder) / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def tiny_llama_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random-weight Llama with chat template, float32, 2,048 tokens of context."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return _load("tiny_llama").make_tiny_llama(tmp_path_factory.mktemp("tiny_llama"))


@pytest.fixture(scope="session")
def vllm_server_url(tiny_llama_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of vLLM's own HTTP server, which serves the tiny Llama under the name "tiny"."""
    pytest.importorskip("vllm")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(tiny_llama_path)]
    command += ["--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-num-seqs", "16", "--enforce-eager", "--enable-prompt-tokens-details", "--dtype", "float32"]
    command += ["--kv-cache-memory-bytes", str(1 << 28)]
    log = tmp_path_factory.mktemp("vllm_server") / "log.txt"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ENGINE_ENVIRONMENT},
            start_new_session=True,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        _end_group(server)


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path, timeout_s: float = 240.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"vLLM's server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _end_group(server: "subprocess.Popen[bytes]") -> None:
    """Ends the server and its engine processes, kindly first."""
    for sign, wait_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(server.pid, sign)
        except ProcessLookupError:
            break
        try:
            server.wait(timeout=wait_s)
        except subprocess.TimeoutExpired:
            continue
    server.wait()
