"""What the server adds to the model's own time, under concurrent streams.

The model is scripted and takes exactly LATENCY_MS for every answer, so everything above that is overhead: HTTP, checks,
memory, the clock of the event loop and of this machine. The server is a process of its own; the client is a bare socket
loop in this one, because a full HTTP client would cost more than what is measured. Both share the machine's cores, so
on a busy machine the figures are those of the queue for its cores. Excluded: the start of the server and one round of
warming up. Each of N streams asks again as soon as its answer has ended; they begin spread over the model's time, or
all would ask in the same millisecond for ever.

    .venv/bin/python benchmarks/serve.py [--quick] [--seed N] [--out FILE]

Figures by number of streams: `p50_overhead_ms` and `p99_overhead_ms` (to the end of an answer), `ttft_ms` (median time
to the first text, the model's time included), `requests_per_s`, `errors`. Under `translate` the same for translate
mode, where every request is recalled, chosen, checked; under `memory` the resident memory of the server before and
after many requests, half of them translations, and its processor time for one.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from common import add_common_arguments, finish

LATENCY_MS = 100.0
STREAMS = (1, 16, 64, 200)
_ANSWER = "one two three four five six seven eight"
_END = b"0\r\n\r\n"
_TEXT = b'"delta":{"content":'


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: seconds to its first text and to its end; `good` is false when it was no whole answer."""

    first_s: float
    total_s: float
    good: bool


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--server", type=float, metavar="MS", help="be the server, with a model that takes MS")
    given = parser.parse_args()
    if given.server is not None:
        return serve(given.server)
    started = time.perf_counter()
    rounds = 12 if given.quick else 60
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        result = asyncio.run(measure(Path(folder), rounds=rounds, num_memory=2_000 if given.quick else 10_000))
    settings = {"quick": given.quick, "latency_ms": LATENCY_MS, "rounds_per_stream": rounds, "seed": given.seed}
    show(result)
    finish("serve", settings, result, started, given.out)
    return 0


def serve(latency_ms: float) -> int:
    """Serves the scripted model on a free port, which is printed first, until killed."""
    import uvicorn

    from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
    from dragoman.core.errors import BackendError
    from dragoman.core.exchange import Reply, Request
    from dragoman.serve.app import create_app
    from dragoman.serve.settings import ServeSettings

    echo = echo_lines()

    def script(request: Request) -> str | Reply | BackendError:
        return echo(request) if "## Text\n" in request.messages[-1].content else _ANSWER

    class Forgetful(ScriptedBackend):
        """Keeps no list of its requests, which would look like a leak."""

        async def generate(self, request: Request) -> Reply:
            try:
                return await super().generate(request)
            finally:
                self.requests.clear()

    backend = Forgetful(script, latency=Latency(fixed_ms=latency_ms, prompt_ms=0, output_ms=0))
    app = create_app(ServeSettings(), backend)
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)

    async def run() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.05)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await task

    asyncio.run(run())
    return 0


async def measure(folder: Path, *, rounds: int, num_memory: int) -> dict[str, object]:
    """All figures."""
    result: dict[str, object] = {}
    with Server(folder / "a", LATENCY_MS) as server:
        for body in (_body(translate=False), _body(translate=True)):
            await load(server.port, body, streams=8, rounds=3)  # warming up
        for streams in STREAMS:
            result[str(streams)] = await figures(server.port, _body(translate=False), streams, rounds)
        result["translate"] = {
            str(streams): await figures(server.port, _body(translate=True), streams, rounds) for streams in (1, 16)
        }
    with Server(folder / "b", 0.0) as server:
        result["memory"] = await grow(server, num_memory)
    return result


async def figures(port: int, body: bytes, streams: int, rounds: int) -> dict[str, float]:
    """Figures of one number of streams; a single one asks five times as often, or its p99 would mean little."""
    rounds = 5 * rounds if streams == 1 else rounds
    began = time.perf_counter()
    samples = await load(port, body, streams=streams, rounds=min(rounds, max(4, 6400 // streams)))
    seconds = time.perf_counter() - began
    overhead = sorted(1000 * sample.total_s - LATENCY_MS for sample in samples)
    return {
        "p50_overhead_ms": round(statistics.median(overhead), 2),
        "p99_overhead_ms": round(overhead[min(len(overhead) - 1, int(0.99 * len(overhead)))], 2),
        "ttft_ms": round(1000 * statistics.median(sample.first_s for sample in samples), 2),
        "requests_per_s": round(len(samples) / seconds, 1),
        "errors": sum(not sample.good for sample in samples),
    }


async def grow(server: "Server", number: int) -> dict[str, float]:
    """Resident memory before and after many requests, half of them translations."""
    bodies = [_body(translate=False), _body(translate=True)]
    for body in bodies:
        await load(server.port, body, streams=16, rounds=10)
    before, cpu_before = server.resident_mb, server.cpu_s
    errors = 0
    for body in bodies:
        samples = await load(server.port, body, streams=16, rounds=number // 2 // 16)
        errors += sum(not sample.good for sample in samples)
    requests = number // 2 // 16 * 32
    return {
        "requests": requests,
        "before_mb": before,
        "after_mb": server.resident_mb,
        "cpu_ms_per_request": round(1000 * (server.cpu_s - cpu_before) / requests, 3),
        "errors": errors,
    }


async def load(port: int, body: bytes, *, streams: int, rounds: int) -> list[Sample]:
    """Samples of `streams` connections that ask `rounds` times each."""
    starts = [LATENCY_MS / 1000 * number / streams for number in range(streams)]
    groups = await asyncio.gather(*(ask(port, body, rounds, start) for start in starts))
    return [sample for group in groups for sample in group]


async def ask(port: int, body: bytes, rounds: int, start_s: float) -> list[Sample]:
    """Samples of one connection, which begins after `start_s` seconds."""
    await asyncio.sleep(start_s)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    names = ("Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {len(body)}")
    head = "\r\n".join(("POST /v1/chat/completions HTTP/1.1", *names, "", ""))
    samples = []
    try:
        for _ in range(rounds):
            began, first, data = time.perf_counter(), 0.0, b""
            writer.write(head.encode() + body)
            while not data.endswith(_END):
                piece = await reader.read(65536)
                if not piece:
                    break
                data += piece
                if not first and _TEXT in data:
                    first = time.perf_counter() - began
            good = data.startswith(b"HTTP/1.1 200") and b"data: [DONE]" in data and b'"error"' not in data
            samples.append(Sample(first, time.perf_counter() - began, good))
    finally:
        writer.close()
    return samples


class Server:
    """The server process."""

    def __init__(self, state: Path, latency_ms: float) -> None:
        environment = {**os.environ, "DRAGOMAN_STATE": str(state)}
        command = [sys.executable, __file__, "--server", str(latency_ms)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def resident_mb(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024, 1)

    @property
    def cpu_s(self) -> float:
        """Processor time so far, of all its threads; unlike the clock's it does not depend on what else runs."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(result: dict[str, object]) -> None:
    """The table for people."""
    names = ("p50_overhead_ms", "p99_overhead_ms", "ttft_ms", "requests_per_s", "errors")
    print(f"{'streams':>14} " + " ".join(f"{name:>16}" for name in names))
    translate = result["translate"]
    assert isinstance(translate, dict)
    rows = {name: row for name, row in result.items() if name.isdigit()}
    rows |= {f"translate {name}": row for name, row in translate.items()}
    for label, row in rows.items():
        assert isinstance(row, dict)
        print(f"{label:>14} " + " ".join(f"{row[name]:>16}" for name in names))
    print(f"memory: {result['memory']}")


def _body(*, translate: bool) -> bytes:
    messages = [{"role": "user", "content": "The old river is near the house, and nobody has seen the dog."}]
    model = "dragoman-fast:en-de" if translate else "dragoman"
    return json.dumps({"model": model, "stream": True, "messages": messages}).encode()


if __name__ == "__main__":
    sys.exit(main())
