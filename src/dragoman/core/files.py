"""Files that appear whole or not at all."""

import os
import tempfile
from pathlib import Path

from dragoman.core.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Writes beside the path and renames, so that a reader or a crash never meets half a file; makes its folder.

    Raises:
        InputError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; name another place with -o") from error


def _umask() -> int:
    """The process's mask; temporary files are private until they get their name."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
