"""Writing a file whole or not at all.

`write_output` is for outputs, reports and exported memories, `written_whole` for what a program writes for itself.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dragoman.core.errors import InputError

__all__ = ["write_output", "written_whole"]


def write_output(path: Path, data: bytes) -> None:
    """Writes a file by rename: after a crash there is the old file or the new one, never a piece.

    An existing file keeps its permissions, a link its place. What is no file, such as /dev/null or a pipe, is written
    to: a rename would put a file in its place.

    Raises:
        InputError: the file cannot be written.
    """
    if path.exists() and not path.is_file():
        _write_through(path, data)
        return
    path = path.resolve()
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _renamed(partial, path):
            _write_synced(partial, data)
            if path.exists():
                partial.chmod(path.stat().st_mode & 0o7777)
        _sync_folder(path.parent)
    except OSError as error:
        raise _refusal(path, error) from error


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to, beside `path` and with the ending `.part`; the file there replaces `path` after the block.

    Readers see the old file or the new one. A block that fails leaves the old one and nothing else; its error goes
    on as it is. For files that one process alone writes, whose folder is there; the disk is not waited for.
    """
    with _renamed(path.with_suffix(".part"), path) as partial:
        yield partial


@contextlib.contextmanager
def _renamed(partial: Path, path: Path) -> Iterator[Path]:
    try:
        yield partial
        partial.replace(path)
    except BaseException:  # an interrupt too leaves no piece behind
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _write_through(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written ({error.strerror}): give another path with -o")


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
