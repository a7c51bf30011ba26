"""Formats: reading files into documents and writing them back. The identity translation gives back the same bytes.

A format is one function from text to translatable blocks; a new one is a file here and a line in `FORMATS`. Options
stand behind a colon: `jsonl:title,body` names the fields to translate, `markdown:title,description` the front-matter
values; `text` has none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dragoman.core.document import Document, Hole, Skeleton
from dragoman.core.errors import ConfigurationError, EncodingError, FormatError, UnknownNameError
from dragoman.core.formats import jsonl, markdown, text
from dragoman.core.formats.escapes import ESCAPES
from dragoman.core.formats.files import DecodedText, decode, encode, read_bytes
from dragoman.core.formats.skeleton import Block, cut_blocks
from dragoman.core.languages import Language
from dragoman.core.rendering import one_line
from dragoman.core.tags import TAG, restore
from dragoman.core.word_borders import is_borderless

__all__ = ["FORMATS", "Format", "document_from_bytes", "document_from_text", "fill", "read_document"]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        extensions: lower case, with the dot.
        read_blocks: (text, options) to the translatable blocks in file order.
    """

    extensions: tuple[str, ...]
    read_blocks: Callable[[str, tuple[str, ...]], Iterable[Block]]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "text": Format((".txt", ".text"), lambda content, _: text.read_blocks(content)),
        "markdown": Format((".md", ".markdown", ".mdown", ".mkd"), markdown.read_blocks),
        "jsonl": Format((".jsonl", ".ndjson"), jsonl.read_blocks),
    }
)


def read_document(
    path: str | Path,
    *,
    source_language: Language,
    target_language: Language,
    format: str | None = None,
    encoding: str | None = None,
) -> Document:
    """The document in a file. An empty file is a document without segments.

    Args:
        path: the file.
        source_language: what it is written in.
        target_language: what it will be translated into.
        format: a name in `FORMATS`, with options behind a colon; None means by extension.
        encoding: Python codec name; None means by byte-order mark, else UTF-8.

    Raises:
        InputError: the file cannot be read.
        EncodingError: its bytes are not text in the encoding.
        FormatError: binary, or not in its format; the message has the line.
        UnknownNameError: no such format, or an extension that belongs to none.
    """
    file = Path(path)
    _lookup(format or _format_of(file))  # a wrong name is said before a large file is read
    return document_from_bytes(
        read_bytes(file),
        name=file.name,
        source_language=source_language,
        target_language=target_language,
        format=format,
        encoding=encoding,
    )


def document_from_bytes(
    data: bytes,
    *,
    name: str,
    source_language: Language,
    target_language: Language,
    format: str | None = None,
    encoding: str | None = None,
) -> Document:
    """The document in the bytes of a file; the arguments are those of `read_document`, `name` is the file's.

    Raises:
        EncodingError, FormatError, UnknownNameError: as `read_document`.
    """
    format_name = format or _format_of(Path(name))
    _lookup(format_name)
    return _document(decode(data, name, encoding), name, format_name, source_language, target_language)


def document_from_text(
    text: str,
    *,
    source_language: Language,
    target_language: Language,
    name: str = "text",
    format: str = "text",
) -> Document:
    """The document in a string; written back as UTF-8.

    Raises:
        EncodingError: lone surrogates, which no file can hold.
        FormatError, UnknownNameError: as `read_document`.
    """
    _lookup(format)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        place = f"lone surrogate U+{ord(text[error.start]):04X} at position {error.start}"
        raise EncodingError(f"the text {name!r} holds a {place}: decode it properly first") from error
    decoded = decode(data, name, "utf-8")
    return _document(decoded, name, format, source_language, target_language)


def fill(document: Document, translations: Mapping[str, str]) -> bytes:
    """The file with its holes filled.

    A segment keeps its original text when it has no translation, when the translation is blank, and when it
    equals the source. Line ends in a translation become spaces. Sentences that touch each other in the source, as in
    Chinese, get a space between them where their translations are written with spaces; where the source's own script
    writes spaces and has none there, as around a dash, none is added.

    Args:
        document: as read.
        translations: segment id to translation, with tags.

    Raises:
        EncodingError: a translated character does not exist in the file's encoding.
    """
    pieces = [document.skeleton.literals[0]]
    last_kept, last_raw = True, ""
    holes = zip(document.segments, document.skeleton.holes, document.skeleton.literals[1:], strict=True)
    for segment, hole, literal in holes:
        translation = one_line(translations.get(segment.id, ""))
        is_same = translation in ("", segment.source)
        text = hole.raw if is_same else _written(translation, segment.tags, hole)
        touches = pieces[-1] == "" and not (is_same and last_kept)
        if touches and _run_together("".join(pieces[-2:-1]), text) and not _run_together(last_raw, hole.raw):
            pieces[-1] = " "
        pieces += [text, literal]
        last_kept, last_raw = is_same, hole.raw
    return document.skeleton.prefix + encode("".join(pieces), document.skeleton.encoding)


def _run_together(before: str, text: str) -> bool:
    """Whether two texts that touch do so in scripts that write borders between words."""
    left = next((char for char in reversed(before) if char.isalnum()), "")
    right = next((char for char in text if char.isalnum()), "")
    return bool(left and right) and not is_borderless(left) and not is_borderless(right)


def _written(translation: str, tags: tuple[tuple[str, str], ...], hole: Hole) -> str:
    escape = ESCAPES[hole.escape]
    restored = restore(translation, tags, escape.piece)
    return escape.whole(restored, TAG.match(translation) is not None) if escape.whole else restored


def _document(decoded: DecodedText, name: str, format_name: str, source: Language, target: Language) -> Document:
    base, options = _lookup(format_name)
    blocks = FORMATS[base].read_blocks(decoded.text, options)
    try:  # formats are read lazily and do not know the file's name
        cut = cut_blocks(decoded.text, blocks, format_name=base, language_tag=source.tag)
    except FormatError as error:
        raise FormatError(f"{name!r}: {error}") from error
    skeleton = Skeleton(cut.literals, cut.holes, decoded.encoding, decoded.prefix)
    return Document(name, base, cut.segments, skeleton, source, target)


def _lookup(format_name: str) -> tuple[str, tuple[str, ...]]:
    base, _, options = format_name.partition(":")
    if base not in FORMATS:
        raise UnknownNameError("format", base, FORMATS)
    names = tuple(option.strip() for option in options.split(",") if option.strip())
    if names and base == "text":
        raise ConfigurationError(f"format {format_name!r}: plain text has no options, write --format text")
    return base, names


def _format_of(path: Path) -> str:
    for name, format_ in FORMATS.items():
        if path.suffix.lower() in format_.extensions:
            return name
    extensions = [extension for format_ in FORMATS.values() for extension in format_.extensions]
    raise UnknownNameError("file extension", path.suffix or path.name, [*extensions, "any other with --format"])
