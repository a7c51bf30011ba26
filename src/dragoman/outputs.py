"""Where translations go: one output for each input, and the record of which files earlier runs wrote.

A run never replaces a file it did not make: the hash of every output is kept beside the pages, in the journal's
database, and a file that differs from it belongs to somebody else.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from sqlalchemy import Column, Engine, MetaData, String, Table, Text

from dragoman.agent.database import database_errors
from dragoman.agent.run_rows import lock_runs
from dragoman.core.errors import ConfigurationError, InputError

__all__ = [
    "Job",
    "OutputLog",
    "default_journal",
    "earlier_outputs",
    "find_inputs",
    "plan_outputs",
    "require_replaceable",
]

_JOURNAL = "dragoman.sqlite"
_HEAD_BYTES = 65_536
_GLOB_MARKS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Job:
    """One input and where its translation goes."""

    source: Path
    output: Path


def plan_outputs(
    inputs: Sequence[str], output: str | Path | None, tag: str, suffixes: Sequence[str]
) -> tuple[Job, ...]:
    """One job for each file that the inputs name.

    A single file goes to `output`, or into it when it is a folder or ends with a slash. Several files, folders and
    patterns go into the folder `output`, with their relative paths. Without `output` each translation stands beside
    its input. Inside folders the target's tag is put into the name: `tale.txt` becomes `tale.en.txt`.

    Args:
        inputs: files, folders, or patterns such as "chapters/*.md".
        output: a file or a folder.
        tag: of the target language.
        suffixes: file names that count as documents inside folders, such as ".md".

    Raises:
        InputError: an input is not there.
        ConfigurationError: several inputs and an output that is a file, or two inputs with one output.
    """
    if "-" in (*inputs, output):
        raise ConfigurationError(
            "standard input and output (-) cannot be translated: give files, a run needs its place"
        )
    skipped = frozenset(earlier_outputs(inputs, tag, suffixes))
    found = [each for each in find_inputs(inputs, suffixes) if each[0] not in skipped]
    is_named_folder = str(output or "").endswith("/")
    output = None if output is None else Path(output)
    is_batch = len(found) != 1 or Path(inputs[0]).is_dir()
    if found[0][0] != Path(inputs[0]) and not (output is not None and output.suffix):
        is_batch = True  # one file that a pattern matches goes to a file only where -o looks like one
    is_folder = output is not None and (is_batch or is_named_folder or output.is_dir())
    if is_batch and output is not None and output.is_file():
        raise ConfigurationError(f"-o {output} is a file, and there are {len(found)} inputs: give a folder")
    if output is not None and not is_folder:
        return _unique([Job(found[0][0], output)])
    jobs = [Job(path, _target(path, base, output, tag)) for path, base in found]
    made = {job.output.resolve() for job in jobs}  # the next run meets what this one wrote beside its inputs
    return _unique([job for job in jobs if not is_batch or job.source.resolve() not in made])


def earlier_outputs(inputs: Sequence[str], tag: str, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Files in folders and patterns that look like translations of others there: `a.en.txt` beside `a.txt`."""
    found = {path for path, _ in find_inputs(inputs, suffixes)}
    named = {Path(given) for given in inputs}
    made = {path.with_name(f"{path.stem}.{tag}{path.suffix}") for path in found}
    return tuple(sorted(path for path in found & made if path not in named))


def default_journal(jobs: Sequence[Job], output: str | Path | None) -> Path:
    """The journal of this command: beside a single output, else in the folder that all outputs are in.

    It depends on the command alone and not on what is on the disk, so that the same command finds it again.
    """
    output = None if output is None else Path(output)
    if len(jobs) == 1 and output in (None, jobs[0].output):
        target = jobs[0].output
        return target.with_name(f"{target.name}.{_JOURNAL}")
    return (output or Path(os.path.commonpath([job.output.parent for job in jobs]))) / _JOURNAL


def find_inputs(inputs: Sequence[str], suffixes: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """Files with the folder that their place in an output folder is relative to.

    Raises:
        InputError: an input is not there, or a folder or pattern has no document in it.
    """
    for given in inputs:
        path = Path(given)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in suffixes)
            yield from _some([(file, path) for file in inside], f"folder {given} holds no document", suffixes)
        elif path.exists():
            yield path, path.parent
        elif _GLOB_MARKS.intersection(given):
            files = sorted(Path(name) for name in glob(given, recursive=True) if Path(name).is_file())
            yield from _some([(file, _fixed_part(given)) for file in files], f"nothing matches {given!r}", suffixes)
        else:
            raise InputError(f"{given} is not there: give a file, a folder, or a pattern such as 'chapters/*.md'")


def require_replaceable(path: Path, mark: bytes, kind: str) -> None:
    """Refuses to replace a file of another kind by a report or an exported memory, before anything is paid.

    Args:
        path: where the file will be written; nothing there, or an empty file, is fine.
        mark: what every file of the kind holds near its beginning.
        kind: in words.

    Raises:
        ConfigurationError: there is something else.
        InputError: it cannot be looked at, such as a folder.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"{path} cannot be replaced ({error.strerror}): give another path") from error
    if head and mark not in head:
        raise ConfigurationError(f"{path} exists and is no {kind}: give another path, or move it away first")


def _some(found: list[tuple[Path, Path]], problem: str, suffixes: Sequence[str]) -> list[tuple[Path, Path]]:
    if not found:
        raise InputError(f"{problem}: documents end in {', '.join(suffixes)}")
    return found


def _fixed_part(pattern: str) -> Path:
    """The folder in front of the first mark of a pattern."""
    parts = Path(pattern).parts
    first = next(index for index, part in enumerate(parts) if _GLOB_MARKS.intersection(part))
    return Path(*parts[:first])


def _target(path: Path, base: Path, output: Path | None, tag: str) -> Path:
    name = f"{path.stem}.{tag}{path.suffix}"
    if output is None:
        return path.with_name(name)
    return output / path.relative_to(base).with_name(name)


def _unique(jobs: list[Job]) -> tuple[Job, ...]:
    sources: dict[Path, Path] = {}
    for job in jobs:
        if job.output.resolve() == job.source.resolve():
            raise ConfigurationError(f"the translation of {job.source} would replace it: give another place with -o")
        other = sources.setdefault(job.output, job.source)
        if other.resolve() != job.source.resolve():
            raise ConfigurationError(f"{other} and {job.source} would both be written to {job.output}: rename one")
    return tuple({job.output: job for job in jobs}.values())


class OutputLog:
    """Hashes of the files that runs wrote, in the database of their journal. Hashes are only ever added.

    Args:
        engine: of the journal.

    Raises:
        JournalError: the database cannot be written.
    """

    def __init__(self, engine: Engine) -> None:
        metadata = MetaData()
        path, sha256 = Column("path", Text, primary_key=True), Column("sha256", String(64), primary_key=True)
        self._engine = engine
        self._table = Table("outputs", metadata, path, sha256)
        with database_errors(engine), engine.begin() as connection:
            lock_runs(connection)  # jobs of a server begin together
            metadata.create_all(connection)

    def wrote(self, path: Path) -> bool:
        """Whether the file is still exactly what a run wrote there.

        Raises:
            InputError: the file cannot be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}): give another place with -o") from error
        return self._knows(path, data)

    def note(self, path: Path, data: bytes) -> None:
        """Remembers that a run writes `data` to `path`; called first, so that no crash can hide it."""
        if not self._knows(path, data):
            with database_errors(self._engine), self._engine.begin() as connection:
                connection.execute(self._table.insert().values(_row(path, data)))

    def _knows(self, path: Path, data: bytes) -> bool:
        row, columns = _row(path, data), self._table.c
        query = self._table.select().where(columns.path == row["path"], columns.sha256 == row["sha256"])
        with database_errors(self._engine), self._engine.connect() as connection:
            return connection.execute(query).first() is not None


def _row(path: Path, data: bytes) -> dict[str, str]:
    return {"path": str(path.resolve()), "sha256": hashlib.sha256(data).hexdigest()}
