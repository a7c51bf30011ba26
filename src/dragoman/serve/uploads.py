"""Uploaded files: only text, Markdown and JSON lines, under a plain name. Nothing is unpacked or parsed as XML.

Names are kept for people; nothing is ever written under one.
"""

from fastapi import UploadFile

from dragoman.core.errors import InputError
from dragoman.core.formats import FORMATS
from dragoman.core.formats.files import decode
from dragoman.serve.errors import ServeError

__all__ = ["check_file", "check_name", "content_type", "format_of", "read_upload"]

_MAX_NAME = 255
_MAGIC = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"%PDF",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
_TYPES = {"text": "text/plain", "markdown": "text/markdown", "jsonl": "application/jsonl"}


def check_name(name: str | None) -> str:
    """The name of an uploaded file.

    Raises:
        ServeError: 400, it is none, or it tries to be a path.
    """
    given = name or ""
    if (
        not given
        or given in (".", "..")
        or len(given) > _MAX_NAME
        or not given.isprintable()
        or set(given) & set("/\\:")
    ):
        raise ServeError(
            400, f"file name {given[:80]!r} cannot be used: give a plain name such as chapter-1.txt", param="file"
        )
    return given


def format_of(name: str) -> str:
    """The format that a file's name tells.

    Raises:
        ServeError: 415, files of this type are not read.
    """
    suffix = f".{name.rpartition('.')[2].lower()}"
    for format, known in FORMATS.items():
        if suffix in known.extensions:
            return format
    extensions = [extension for known in FORMATS.values() for extension in known.extensions]
    raise ServeError(415, f"file {name!r} cannot be read: known are {', '.join(extensions)}", param="file")


def check_file(name: str, data: bytes) -> None:
    """Nothing, when a file is text of a known format.

    Raises:
        ServeError: 400 or 415, it is not.
    """
    format_of(name)
    if data.startswith(_MAGIC):
        raise ServeError(415, f"file {name!r} is an archive or a binary document: send plain text", param="file")
    try:
        decode(data, name)
    except InputError as error:
        raise ServeError(400, str(error), param="file") from error


async def read_upload(file: UploadFile) -> tuple[str, bytes]:
    """Name and content of an upload.

    Raises:
        ServeError: it is not a text file with a plain name.
    """
    name = check_name(file.filename)
    data = await file.read()
    check_file(name, data)
    return name, data


def content_type(format: str) -> str:
    """The media type of a format's files."""
    return f"{_TYPES[format]}; charset=utf-8"
