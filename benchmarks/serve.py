"""What the server adds to the model's own time, under concurrent streams.

The model is scripted and takes exactly LATENCY_MS for every answer, so everything above that is overhead: HTTP, checks,
memory, the clock of the event loop and of this machine. The server is a process of its own, run as `dragoman serve`
runs it; the client is a bare socket loop in this one, because a full HTTP client would cost more than what is measured.
Both share the machine's cores, so on a busy machine the figures are those of the queue for its cores; the server's
processor time for a request is told as well, because it hardly depends on what else runs. Excluded: the start of the
server and one round of warming up. Each of N streams asks again as soon as its answer has ended; they begin spread
over the model's time, or all would ask in the same millisecond for ever.

    .venv/bin/python benchmarks/serve.py [--quick] [--seed N] [--out FILE] [--modes NAME ...]

Modes: `pass` (messages go to the model as they are), `translate` (recalled, chosen, translated, checked; empty memory),
`translate+memory` and `instruct` (notes behind the client's system text) with 1,000 sentence pairs and 200 names,
`session` (translate+memory, every stream in a session of its own, which remembers each page and writes it to SQLite;
calls for memory are answered without delay, since a user pays them as model time).

Figures by mode and number of streams: `p50_overhead_ms` and `p99_overhead_ms` (to the end of an answer), `ttft_ms`
(median time to the first text, the model's time included), `requests_per_s`, `cpu_ms` (of the server, for a request),
`errors`. Under `memory` the resident memory of a server before and after many requests of each mode without delay.
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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

from common import add_common_arguments, finish

LATENCY_MS = 100.0
STREAMS = (1, 16, 64, 200)
_ANSWER = "one two three four five six seven eight"
_END = b"0\r\n\r\n"
_TEXT = b'"delta":{"content":'
_SOURCE = "The old river is near the house, and nobody has seen the dog."
_SYSTEM = "Translate the user's text from English into German."


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of asking.

    Attributes:
        brings: whether the server has resources.
        model: model id.
        system: text of the system message; empty for none.
        has_session: whether every stream is a session.
        proof: stands in every good answer.
    """

    brings: bool
    model: str
    system: str = ""
    has_session: bool = False
    proof: bytes = b""


MODES: Mapping[str, Mode] = MappingProxyType(
    {
        "pass": Mode(False, "dragoman", proof=b'"mode":"pass"'),
        "translate": Mode(False, "dragoman-fast:en-de", proof=b'"mode":"translate"'),
        "translate+memory": Mode(True, "dragoman-fast:en-de", proof=b'"context":[{'),
        "instruct": Mode(True, "dragoman", _SYSTEM, proof=b'"context":[{'),
        "session": Mode(True, "dragoman:en-de", has_session=True, proof=b'"id":"stream'),
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: seconds to its first text and to its end; `good` is false when it was no whole answer."""

    first_s: float
    total_s: float
    good: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What a load gave; see the module."""

    p50_overhead_ms: float
    p99_overhead_ms: float
    ttft_ms: float
    requests_per_s: float
    cpu_ms: float
    errors: int


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--modes", nargs="+", choices=tuple(MODES), default=tuple(MODES), help="default: all")
    parser.add_argument("--server", type=float, metavar="MS", help="be the server, with a model that takes MS")
    parser.add_argument("--resources", type=Path, metavar="FOLDER", help="of the server")
    given = parser.parse_args()
    if given.server is not None:
        return serve(given.server, given.resources)
    started = time.perf_counter()
    rounds = 12 if given.quick else 60
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        bench = Bench(Path(folder), given.modes, rounds, 1_000 if given.quick else 10_000)
        result = asyncio.run(bench.measure())
    settings = {"quick": given.quick, "latency_ms": LATENCY_MS, "rounds_per_stream": rounds, "seed": given.seed}
    finish("serve", settings, result, started, given.out)
    return 0


def serve(latency_ms: float, resources: Path | None) -> int:
    """Serves the scripted model on a free port, which is printed first, until a signal ends it."""
    from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
    from dragoman.core.errors import BackendError
    from dragoman.core.exchange import Purpose, Reply, Request
    from dragoman.serve.run import run_server
    from dragoman.serve.settings import ServeSettings

    echo = echo_lines()

    def script(request: Request) -> str | Reply | BackendError:
        said = echo(request)
        known = said.replace("river", "Fluss") if isinstance(said, str) else said  # as the glossary wants it
        return known if request.line_numbers is not None else _ANSWER

    at_once = ScriptedBackend(lambda _: "about: A river.")

    class Forgetful(ScriptedBackend):
        """Keeps no list of its requests, which would look like a leak."""

        async def generate(self, request: Request) -> Reply:
            try:
                if request.purpose is Purpose.REMEMBER:
                    return await at_once.generate(request)
                return await super().generate(request)
            finally:
                self.requests.clear()
                at_once.requests.clear()

    backend = Forgetful(script, latency=Latency(fixed_ms=latency_ms, prompt_ms=0, output_ms=0))
    files = {name: str(resources / f"{name}.tsv") for name in ("parallel", "glossary")} if resources else {}
    settings = ServeSettings(
        port=0, translator={**files, "glosses_in": "target"}, source_language="en", target_language="de"
    )
    run_server(settings, announce=lambda url: print(url.rpartition(":")[2], flush=True), backend=backend)
    return 0


@dataclass(slots=True)
class Bench:
    """The whole measurement.

    Attributes:
        folder: for the states of servers and their resources.
        modes: names of modes.
        rounds: requests of one stream.
        num_memory: requests of each mode between two looks at the memory.
    """

    folder: Path
    modes: tuple[str, ...]
    rounds: int
    num_memory: int
    result: dict[str, object] = field(default_factory=dict)

    async def measure(self) -> dict[str, object]:
        """All figures."""
        write_resources(self.folder)
        head = ("p50_overhead_ms", "p99_overhead_ms", "ttft_ms", "requests_per_s", "cpu_ms", "errors")
        print(f"{'mode and streams':>24} " + " ".join(f"{name:>16}" for name in head))
        for name in self.modes:
            with self._server(name, LATENCY_MS) as server:
                await load(server.port, MODES[name], streams=8, rounds=3)  # warming up
                self.result[name] = {str(streams): await self._figures(server, name, streams) for streams in STREAMS}
        growing = [name for name in self.modes if not MODES[name].has_session]  # sessions are there to grow
        self.result["memory"] = {name: await self._grow(name) for name in growing}
        return self.result

    def _server(self, name: str, latency_ms: float) -> "Server":
        state = self.folder / f"{name}-{latency_ms:g}"
        return Server(state, latency_ms, self.folder if MODES[name].brings else None)

    async def _figures(self, server: "Server", name: str, streams: int) -> dict[str, float]:
        """Figures of one number of streams; a single one asks five times as often, or its p99 would mean little."""
        rounds = 5 * self.rounds if streams == 1 else min(self.rounds, max(4, 6400 // streams))
        began, cpu_before = time.perf_counter(), server.cpu_s
        samples = await load(server.port, MODES[name], streams=streams, rounds=rounds)
        seconds, cpu_s = time.perf_counter() - began, server.cpu_s - cpu_before
        figures = asdict(summary(samples, seconds, cpu_s))
        print(f"{name:>20} {streams:>3} " + " ".join(f"{value:>16}" for value in figures.values()), flush=True)
        return figures

    async def _grow(self, name: str) -> dict[str, float]:
        """Resident memory of a server of its own, before and after many requests."""
        with self._server(name, 0.0) as server:
            await load(server.port, MODES[name], streams=16, rounds=10)
            before, cpu_before = server.resident_mb, server.cpu_s
            samples = await load(server.port, MODES[name], streams=16, rounds=self.num_memory // 16)
            figures = {
                "requests": len(samples),
                "before_mb": before,
                "after_mb": server.resident_mb,
                "cpu_ms": round(1000 * (server.cpu_s - cpu_before) / len(samples), 3),
                "errors": sum(not sample.good for sample in samples),
            }
        print(f"{name:>20} memory {figures}", flush=True)
        return figures


def summary(samples: list[Sample], seconds: float, cpu_s: float) -> Figures:
    """Figures of one load."""
    overhead = sorted(1000 * sample.total_s - LATENCY_MS for sample in samples)
    return Figures(
        p50_overhead_ms=round(statistics.median(overhead), 2),
        p99_overhead_ms=round(overhead[min(len(overhead) - 1, int(0.99 * len(overhead)))], 2),
        ttft_ms=round(1000 * statistics.median(sample.first_s for sample in samples), 2),
        requests_per_s=round(len(samples) / seconds, 1),
        cpu_ms=round(1000 * cpu_s / len(samples), 3),
        errors=sum(not sample.good for sample in samples),
    )


def write_resources(folder: Path) -> None:
    """1,000 sentence pairs and 200 names, some of which fit the text."""
    animals, places = ("dog", "cat", "bird", "fish", "horse"), ("river", "house", "hill", "lake", "wood")
    places_of = ((number, animal, place) for number in range(40) for animal in animals for place in places)
    pairs = [f"The {a} {n} is near the {p}.\t{a.upper()} {n} ist nah: {p.upper()}." for n, a, p in places_of]
    names = [f"Name{number}\tNamen{number}" for number in range(199)]
    (folder / "parallel.tsv").write_text("\n".join(["source\ttarget", *pairs]) + "\n", encoding="utf-8")
    (folder / "glossary.tsv").write_text("\n".join(["source\ttarget", *names, "river\tFluss"]) + "\n", encoding="utf-8")


async def load(port: int, mode: Mode, *, streams: int, rounds: int) -> list[Sample]:
    """Samples of `streams` connections that ask `rounds` times each."""
    starts = [LATENCY_MS / 1000 * number / streams for number in range(streams)]
    asking = (ask(port, _request(mode, number), mode, rounds, start) for number, start in enumerate(starts))
    groups = await asyncio.gather(*asking)
    return [sample for group in groups for sample in group]


async def ask(port: int, request: bytes, mode: Mode, rounds: int, start_s: float) -> list[Sample]:
    """Samples of one connection, which begins after `start_s` seconds."""
    await asyncio.sleep(start_s)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    samples = []
    try:
        for _ in range(rounds):
            began, first, data = time.perf_counter(), 0.0, b""
            writer.write(request)
            while not data.endswith(_END):
                piece = await reader.read(65536)
                if not piece:
                    break
                data += piece
                if not first and _TEXT in data:
                    first = time.perf_counter() - began
            whole = data.startswith(b"HTTP/1.1 200") and b"data: [DONE]" in data
            good = whole and b'"error"' not in data and mode.proof in data
            samples.append(Sample(first, time.perf_counter() - began, good))
    finally:
        writer.close()
    return samples


def _request(mode: Mode, stream: int) -> bytes:
    system = [{"role": "system", "content": mode.system}] if mode.system else []
    messages = [*system, {"role": "user", "content": _SOURCE}]
    body = json.dumps({"model": mode.model, "stream": True, "messages": messages}).encode()
    names = ["Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    names += [f"X-Session-Id: stream-{stream}"] if mode.has_session else []
    return "\r\n".join(("POST /v1/chat/completions HTTP/1.1", *names, "", "")).encode() + body


class Server:
    """The server process."""

    def __init__(self, state: Path, latency_ms: float, resources: Path | None) -> None:
        environment = {**os.environ, "DRAGOMAN_STATE": str(state)}
        command = [sys.executable, __file__, "--server", str(latency_ms)]
        command += ["--resources", str(resources)] if resources else []
        self._log = state.with_suffix(".log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, env=environment, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

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


if __name__ == "__main__":
    sys.exit(main())
