"""Looks at the machine: what is there, what is missing, and the way out. Changes nothing that stays."""

import importlib.util
import os
import platform
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from dragoman.core import environment
from dragoman.core.errors import DragomanError

__all__ = ["Check", "State", "examine"]

_EXTRAS = (
    # (package, extra, what it is for)
    ("sacrebleu", "eval", "scores in benchmarks"),
    ("psycopg", "postgres", "a journal in PostgreSQL"),
    ("torch", "torch", "--model hf:"),
    ("transformers", "torch", "--model hf:"),
    ("vllm", "cpu or gpu", "--model vllm:"),
)
_SMALLEST_PYTHON = (3, 11)
_TIMEOUT_S = 5.0


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    OPTIONAL = "optional"  # not there, and only some features need it
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what was looked at, what was found, and what to do when it is missing."""

    name: str
    state: State
    detail: str
    way_out: str = ""


def examine(
    *, base_url: str | None = None, api_key: str | None = None, journal: str | Path | None = None
) -> Iterator[Check]:
    """All checks, as they are made.

    Args:
        base_url: the server to ask; else the one of the environment; without any, no server is asked.
        api_key: for that server; else from the environment.
        journal: where a journal would be written; else the state folder and the current folder.
    """
    yield _python()
    yield from _packages()
    yield from (_extra(*extra) for extra in _EXTRAS)
    yield _backend(base_url or environment.base_url(), api_key or environment.api_key())
    yield from _folders(journal)
    yield _data_folder()


def _python() -> Check:
    found = platform.python_version()
    if sys.version_info[:2] >= _SMALLEST_PYTHON:
        return Check("python", State.OK, found)
    return Check("python", State.MISSING, found, "install Python 3.11 or newer")


def _packages() -> Iterator[Check]:
    for requirement in metadata.requires("dragoman") or []:
        if "extra ==" in requirement:
            continue
        name = requirement.partition(";")[0].strip()
        for mark in "<>=!~[ ":
            name = name.partition(mark)[0]
        version = _version(name)
        if version:
            yield Check(name, State.OK, version)
        else:
            yield Check(name, State.MISSING, "not installed", f"pip install '{requirement}'")


def _extra(package: str, extra: str, purpose: str) -> Check:
    version = _version(package) if importlib.util.find_spec(package) else ""
    if version:
        return Check(package, State.OK, version)
    first = extra.partition(" or ")[0]
    return Check(package, State.OPTIONAL, f"not installed, needed for {purpose}", f"pip install 'dragoman[{first}]'")


def _version(package: str) -> str:
    """The installed version; a CPU build of vllm carries another distribution name."""
    for name in (package, f"{package}-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


def _backend(base_url: str | None, api_key: str | None) -> Check:
    if not base_url:
        return Check("backend", State.OK, "gloss, built in; for a server give --base-url or set DRAGOMAN_BASE_URL")
    if not base_url.startswith(("http://", "https://")):
        return Check("backend", State.MISSING, f"{base_url} is no web address", "begin it with http:// or https://")
    url = base_url.rstrip("/") + "/models"
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S) as response:
            return Check("backend", State.OK, f"{base_url} answers ({response.status})")
    except urllib.error.HTTPError as error:
        return _refused(base_url, error.code)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Check("backend", State.MISSING, f"{base_url}: {reason}", "start the server or correct --base-url")


def _refused(base_url: str, status: int) -> Check:
    if status in (401, 403):
        way_out = "set DRAGOMAN_API_KEY to a key that this server knows"
        return Check("backend", State.MISSING, f"{base_url} rejects the key ({status})", way_out)
    if status == 404:
        return Check("backend", State.OK, f"{base_url} answers, but lists no models (404); most such servers work")
    return Check("backend", State.MISSING, f"{base_url} answers {status}", "look at the server's own log")


def _folders(journal: str | Path | None) -> Iterator[Check]:
    if journal is not None and "://" in str(journal):
        yield _database(str(journal))
    elif journal is not None:
        yield _writable("journal", Path(journal).absolute().parent, "give another path with --journal")
    else:
        yield _writable("journal", Path.cwd(), "journals stand beside their output: give another place with -o")
        yield _writable("state folder", environment.state_folder(), "set DRAGOMAN_STATE to a folder you may write")


def _database(url: str) -> Check:
    """Connects and asks for nothing: no table is made."""
    from dragoman.agent.database import database_errors, open_engine  # brings SQLAlchemy

    kind = url.partition("://")[0]
    try:
        engine = open_engine(url, connect_timeout_s=_TIMEOUT_S)
        try:
            with database_errors(engine), engine.connect():
                return Check("journal", State.OK, f"{kind} server answers")
        finally:
            engine.dispose()
    except DragomanError as error:
        return Check("journal", State.MISSING, " ".join(str(error).split()), "start the server or correct --journal")


def _writable(name: str, folder: Path, way_out: str) -> Check:
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent  # it would be made below the first folder that exists
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(name, State.MISSING, f"{folder}: {error.strerror or error}", way_out)
    free_gb = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize / 1e9
    return Check(name, State.OK, f"{folder} can be written, {free_gb:.1f} GB free")


def _data_folder() -> Check:
    folder = environment.data_folder()
    if folder.is_dir():
        return Check("data folder", State.OK, str(folder))
    return Check("data folder", State.OPTIONAL, f"{folder} is not there, needed for benchmarks", "set DRAGOMAN_DATA")
