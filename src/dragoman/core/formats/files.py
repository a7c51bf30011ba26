"""Bytes to text and back, exactly: encodings, byte-order marks, and everything that can be wrong with a file."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from dragoman.core.errors import EncodingError, FormatError, InputError

__all__ = ["DecodedText", "decode", "encode", "read_bytes"]

# The marks of UTF-32 start like those of UTF-16, so they come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A file's text, the codec that writes it back, and the byte-order mark in front of it."""

    text: str
    encoding: str
    prefix: bytes


def read_bytes(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        InputError: missing, a directory, or not readable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"no such file {str(path)!r}: check the path") from error
    except IsADirectoryError as error:
        raise InputError(f"{str(path)!r} is a directory: name the files in it, for example {path}/*.md") from error
    except PermissionError as error:
        raise InputError(f"{str(path)!r} may not be read: check its permissions") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be read ({error}): check the path and the disk") from error


def decode(data: bytes, name: str, encoding: str | None = None) -> DecodedText:
    """The text of a file, sure to give back the same bytes.

    Args:
        data: the whole file.
        name: for messages.
        encoding: Python codec name; None means by byte-order mark, else UTF-8.

    Raises:
        EncodingError: not text in that encoding, or the encoding does not write back the same bytes.
        FormatError: a binary file.
    """
    marked = [(mark, codec) for mark, codec in _MARKS if data.startswith(mark)]
    prefix, codec = marked[0] if marked and (encoding is None or _agrees(encoding, marked[0][1])) else (b"", encoding)
    codec = codec or "utf-8"
    body = data[len(prefix) :]
    if codec == "utf-8" and b"\0" in body:
        offset = body.index(b"\0") + len(prefix)
        way_out = "give a text file, or its --encoding if it is UTF-16 or UTF-32 without a mark"
        raise FormatError(f"{name!r} is a binary file (byte 0 at offset {offset}): {way_out}")
    text = _decode(body, name, codec, len(prefix))
    if "\0" in text:
        raise FormatError(f"{name!r} is a binary file (character 0 at position {text.index(chr(0))}): give a text file")
    return DecodedText(text, codec, prefix)


def _agrees(encoding: str, codec: str) -> bool:
    """Whether the encoding asked for is the one of the mark ("utf-8-sig" and "utf-16" are such names)."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return False
    return name.removesuffix("-sig") == codec or codec.startswith(name + "-")


def _decode(body: bytes, name: str, codec: str, offset: int) -> str:
    try:
        text = body.decode(codec)
        same = text.encode(codec) == body
    except LookupError as error:
        raise EncodingError(f"unknown encoding {codec!r}: give a Python codec name such as utf-8 or cp1252") from error
    except UnicodeDecodeError as error:
        place = f"byte 0x{body[error.start]:02x} at offset {error.start + offset}"
        way_out = "name the right one with --encoding, for example --encoding cp1252"
        raise EncodingError(f"{name!r} is not {codec}: {place} ({error.reason}); {way_out}") from error
    except (UnicodeError, TypeError, AttributeError) as error:  # codecs such as base64 are not for text
        raise EncodingError(f"{name!r} cannot be read as {codec} ({error}): give another --encoding") from error
    if not same:
        raise EncodingError(f"{name!r} would not keep its bytes in {codec}: convert it to UTF-8 and translate that")
    return text


def encode(text: str, encoding: str) -> bytes:
    """The bytes of a filled file.

    Raises:
        EncodingError: a translated character does not exist in the file's encoding.
    """
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        place = f"{text[error.start]!r} (U+{ord(text[error.start]):04X})"
        way_out = "convert the source file to UTF-8 and run again; finished pages are not paid twice"
        raise EncodingError(f"the translation cannot be written in {encoding}: it has no {place}; {way_out}") from error
