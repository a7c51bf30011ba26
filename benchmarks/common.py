"""What every benchmark shares: its options, and the one JSON line it ends with.

The last line of standard output is one JSON object with `benchmark`, `commit`, `settings`, `device`, `seconds` and the
figures under the benchmark's own name. Run benchmarks from the repository root: `.venv/bin/python benchmarks/NAME.py`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from dragoman.agent.backends import make_backend
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.protocols import Backend
from dragoman.core.whole_file import write_output

__all__ = [
    "SKIPPED",
    "add_common_arguments",
    "commit_hash",
    "device_name",
    "finish",
    "from_root",
    "measure_with",
    "skip",
    "with_backend",
]

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = 77  # exit code of a benchmark that could not run here, as automake's test harness has it


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--quick`, `--seed` and `--out`."""
    parser.add_argument("--quick", action="store_true", help="a part of the work, at most 60 seconds on 2 cores")
    parser.add_argument("--seed", type=int, default=0, help="of every random draw (default 0)")
    parser.add_argument("--out", type=Path, default=None, metavar="FILE", help="also write the JSON object here")


def finish(
    name: str,
    settings: Mapping[str, object],
    result: Mapping[str, object],
    started: float,
    out: Path | None = None,
) -> None:
    """Prints the JSON line and writes it to `out` when given.

    Args:
        name: of the benchmark; the figures stand under it.
        settings: everything that could change the figures.
        result: the figures.
        started: `time.perf_counter()` when the work began.
        out: file to write, by rename, so that a half-written result is never read.
    """
    record = {
        "benchmark": name,
        "commit": commit_hash(),
        "settings": dict(settings),
        "device": device_name(),
        "seconds": round(time.perf_counter() - started, 2),
        name: dict(result),
    }
    line = json.dumps(record, ensure_ascii=False, sort_keys=False)
    if out is not None:
        write_output(out, f"{line}\n".encode())
    print(line, flush=True)


def with_backend(options: argparse.Namespace, name: str) -> dict[str, object]:
    """The options as settings, with the name of the backend; paths in it begin at the repository's root."""
    settings = {key: value for key, value in vars(options).items() if key not in ("out", "keep")}
    return settings | {"backend": from_root(name)}


def from_root(path: Path | str) -> str:
    """A path, or a text with one, as it is published: from the repository's root where it lies inside."""
    return str(path).replace(f"{ROOT}/", "")


def measure_with(spec: str, measure: Callable[[Backend], object]) -> int:
    """Measures with a model; gives the exit code, `SKIPPED` where the model cannot run here.

    Args:
        spec: of the model, as in `make_backend`.
        measure: prints and writes what it finds.
    """
    try:
        backend = make_backend(spec)
    except (MissingExtraError, ConfigurationError) as error:
        return skip(str(error))
    measure(backend)
    return 0


def skip(message: str) -> int:
    """Says on standard error why the benchmark cannot run here; returns the exit code to leave with."""
    print(f"skipped: {message}", file=sys.stderr)
    return SKIPPED


def commit_hash() -> str:
    """Short hash of the commit, with "+changes" when tracked files differ from it; "unknown" outside a repository."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+changes" if changed else commit


def device_name() -> str:
    """Processor and number of usable cores, for example "Intel Xeon, 2 cores"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores"


def _git(*arguments: str) -> str:
    root = Path(__file__).resolve().parent
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
