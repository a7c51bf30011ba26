"""Public clients, unmodified, in environments of their own, against a real server; and the table of what worked.

    make test-clients                                              # all of them; writes docs/compatibility.md
    TEST_CLIENTS=1 pytest -m clients tests/clients -k openai       # some; the table stays as it is

Each client is installed by name into a folder of `.clients/` on first use; `FRESH_CLIENTS=1` installs anew. The server
is `dragoman serve` in a process of its own with an API key; the models behind it are scripted (`model.py`,
`phrasebook.py`).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = ROOT / ".clients"
TABLE = ROOT / "docs" / "compatibility.md"
KEY = "sk-test-key-1"
SUITE_HEADING = "## DeepL's own tests"
FRESH = "FRESH_CLIENTS"
_TIMEOUT_S = 1400  # some clients take minutes on a busy machine
_INTRODUCTION = """# Clients that work with the server

Written by `make test-clients` on {date}: each client was installed by name into an environment of its own and used
as it is, against `dragoman serve` with an API key. The model behind the server was a scripted HTTP server, which
answers every line with the line in «»; so this table says that the protocols fit, not how well anything is translated.
The scripts are in `tests/clients/`.

| client | version | tried | result |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A public client: a folder with a script, and the packages that it needs, the client itself first."""

    folder: str
    title: str
    packages: tuple[str, ...]

    @property
    def is_node(self) -> bool:
        """Whether it runs in Node."""
        return (HERE / self.folder / "try.mjs").exists()

    @property
    def home(self) -> Path:
        """Its environment."""
        return HOME / self.folder


CLIENTS = (
    Client("openai-python", "openai (Python)", ("openai",)),
    Client("openai-node", "openai (Node)", ("openai",)),
    Client("langchain-openai", "langchain-openai", ("langchain-openai",)),
    Client("litellm", "litellm", ("litellm",)),
    Client("llm", "llm (simonw)", ("llm",)),
    Client("vercel-ai-sdk", "Vercel AI SDK", ("ai", "@ai-sdk/openai-compatible", "zod")),
    Client("bilingual-book-maker", "bilingual_book_maker", ("bbook_maker",)),
    Client("lm-evaluation-harness", "lm-evaluation-harness", ("lm_eval[api]", "sacrebleu")),
    Client("deepl-python", "deepl (Python package and command line)", ("deepl",)),
    Client("deepl-node", "deepl-node", ("deepl-node",)),
    Client("libretranslatepy", "libretranslatepy", ("libretranslatepy",)),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a client."""

    client: Client
    version: str
    tried: tuple[str, ...]
    problem: str = ""

    @property
    def row(self) -> str:
        """A line of the table."""
        tried = "; ".join(self.tried).replace("|", "/")
        return f"| {self.client.title} | {self.version} | {tried} | {self.problem or 'works'} |"


def pytest_configure(config: pytest.Config) -> None:
    """The marker of these tests."""
    config.addinivalue_line("markers", "clients: installs public clients from PyPI and npm; runs with TEST_CLIENTS=1")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each client."""
    if "client" in metafunc.fixturenames:
        metafunc.parametrize("client", CLIENTS, ids=lambda client: client.folder)


@pytest.fixture(scope="session")
def work() -> Iterator[Path]:
    """A folder for servers and clients."""
    with tempfile.TemporaryDirectory(prefix="dragoman-clients-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def tried(work: Path) -> Iterator[Callable[[Client], Outcome]]:
    """Tries a client against the server; the table is written when all of them were tried."""
    outcomes: list[Outcome] = []
    with served(work, "model.py") as base_url:

        def attempted(client: Client) -> Outcome:
            outcome = attempt(client, base_url, work / client.folder, fresh=bool(os.environ.get(FRESH)))
            outcomes.append(outcome)
            return outcome

        yield attempted
    if len(outcomes) == len(CLIENTS):
        head = _INTRODUCTION.format(date=datetime.now(UTC).date())
        write_part(head + "".join(outcome.row + "\n" for outcome in outcomes), is_suite=False)


@pytest.fixture(scope="session")
def key() -> str:
    """The API key of the server."""
    return KEY


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Starts a server with a scripted model."""
    return served


@pytest.fixture(scope="session")
def environment() -> Callable[[str, tuple[str, ...]], Path]:
    """Makes an environment with packages of its own, if it is not there; its folder."""

    def made(folder: str, packages: tuple[str, ...]) -> Path:
        client = Client(folder, folder, packages)
        install(client, fresh=bool(os.environ.get(FRESH)))
        return client.home

    return made


@pytest.fixture(scope="session")
def write_suite() -> Callable[[str], None]:
    """Writes the section on DeepL's tests."""
    return lambda text: write_part(text, is_suite=True)


def write_part(text: str, *, is_suite: bool) -> None:
    """Writes the table of clients or the section on DeepL's tests; the other one stays."""
    clients, heading, suite = TABLE.read_text(encoding="utf-8").partition(SUITE_HEADING)
    parts = (clients, text) if is_suite else (text, heading + suite)
    TABLE.write_text("\n\n".join(part.strip("\n") for part in parts if part) + "\n", encoding="utf-8")


def attempt(client: Client, base_url: str, work: Path, *, fresh: bool = False) -> Outcome:
    """Installs a client if need be and runs its script; every line it prints is something that worked."""
    try:
        install(client, fresh=fresh)
    except subprocess.CalledProcessError as error:
        return Outcome(client, "?", (), f"cannot be installed: {_last_line(error.stderr)}")
    work.mkdir()
    environment = {**os.environ, "BASE_URL": base_url, "API_KEY": KEY, "WORK": str(work)}
    try:
        done = subprocess.run(
            _command(client), env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, cwd=client.home
        )
    except subprocess.TimeoutExpired:
        return Outcome(client, version(client), (), f"not done within {_TIMEOUT_S} seconds")
    tried = tuple(line for line in done.stdout.splitlines() if line.strip() and "\x1b" not in line)
    tried = tuple(line for line in tried if not line.startswith("LiteLLM.Info"))
    problem = "" if done.returncode == 0 else f"fails: {_last_line(done.stderr)}"
    return Outcome(client, version(client), tried, problem)


def install(client: Client, *, fresh: bool) -> None:
    """Makes the environment of a client, unless it is there."""
    if fresh:
        shutil.rmtree(client.home, ignore_errors=True)
    ready = client.home / ".ready"
    if ready.exists():
        return
    client.home.mkdir(parents=True, exist_ok=True)
    if client.is_node:
        _run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".", *client.packages], client
        )
    else:
        _run([sys.executable, "-m", "venv", "."], client)
        _run(["bin/python", "-m", "pip", "install", "--disable-pip-version-check", *client.packages], client)
    ready.touch()


def version(client: Client) -> str:
    """The installed version of the client itself."""
    name = client.packages[0].partition("[")[0]
    if client.is_node:
        names = [each for each in client.packages if each != "zod"]
        manifests = [json.loads((client.home / "node_modules" / each / "package.json").read_text()) for each in names]
        return ", ".join(manifest["version"] for manifest in manifests)
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return subprocess.run(
        [client.home / "bin" / "python", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@contextmanager
def served(folder: Path, *model: str) -> Iterator[str]:
    """A server with a scripted model (its script and arguments) behind it; its base URL."""
    with _process([sys.executable, str(HERE / model[0]), *model[1:]], folder) as model_log:
        model_url = _line_of(model_log)
        port = _free_port()
        command = [sys.executable, "-m", "dragoman", "serve", "--model", "tale", "--base-url", model_url]
        command += ["--port", str(port), "--api-key", KEY, "--memory-url", str(folder / f"{model[0]}.sqlite")]
        with _process(command, folder) as log:
            _wait(f"http://127.0.0.1:{port}/health", log)
            yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[Path]:
    """A process while the block runs, with the file its output goes to."""
    log = folder / f"{Path(command[1]).name}.{time.monotonic_ns()}.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            yield log
        finally:
            process.terminate()
            process.wait(timeout=60)


def _command(client: Client) -> list[str]:
    if client.is_node:  # Node looks for packages beside the script
        copied = shutil.copy(HERE / client.folder / "try.mjs", client.home / "try.mjs")
        return ["node", str(copied)]
    return [str(client.home / "bin" / "python"), str(HERE / client.folder / "try.py")]


def _run(command: list[str], client: Client) -> None:
    subprocess.run(command, cwd=client.home, capture_output=True, text=True, check=True)


def _line_of(log: Path) -> str:
    for _ in range(200):
        if log.read_text().endswith("\n"):
            return log.read_text().splitlines()[0]
        time.sleep(0.1)
    raise RuntimeError(f"nothing in {log}")


def _wait(url: str, log: Path) -> None:
    for _ in range(400):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return (lines[-1] if lines else "no message")[:200].replace("|", "/")
