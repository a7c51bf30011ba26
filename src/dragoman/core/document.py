"""Documents: a skeleton with holes, and the ordered segments that fill them.

A reader (`dragoman.core.formats`) turns a file into a `Document`; a writer only fills the holes, so the identity
translation gives back the same bytes in every format. What the model sees of a segment is one line without
markup: protected spans and inline markup stand in it as numbered tags (`<x1/>` alone, `<g2>...</g2>` in pairs).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.hashing import content_hash
from dragoman.core.languages import Language

__all__ = ["Document", "Hole", "Page", "Segment", "Skeleton"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence (or heading, cell, line) to translate.

    Attributes:
        id: stable hash of the place, the text and the number of earlier equal ones.
        source: one line of text; protected spans and markup are numbered tags.
        tags: (tag, original text) in order of appearance, such as ("<x1/>", "`code`") or ("</g2>", "](url)").
        path: readable place in the document, such as "paragraph 3" or "table row 2".
        paragraph: index of the paragraph; pages end between paragraphs where they can.
    """

    id: str
    source: str
    tags: tuple[tuple[str, str], ...] = ()
    path: str = ""
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a segment stands in the skeleton.

    Attributes:
        segment_id: the segment that fills this hole.
        raw: the original text at this place; written back as it is when the translation equals the source.
        escape: how a translation is made safe for this place; names are in `dragoman.core.formats`.
    """

    segment_id: str
    raw: str
    escape: str = "none"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The original file with holes: `literals[0] holes[0] literals[1] ... literals[n]`.

    Attributes:
        literals: text between the holes, one more than there are holes.
        holes: one per segment, in order of the file.
        encoding: Python codec name used for reading and writing.
        prefix: bytes in front of the text (a byte-order mark), kept as they are.
    """

    literals: tuple[str, ...]
    holes: tuple[Hole, ...]
    encoding: str = "utf-8"
    prefix: bytes = b""


class _Hashed:
    """A place for the hash beside the fields: it is asked for on every page and costs a walk through the file."""

    __slots__ = ("_hash",)
    _hash: str


@dataclass(frozen=True, slots=True)
class Document(_Hashed):
    """A readable, writable document. `dragoman.core.formats.read_document` makes them."""

    name: str
    format: str
    segments: tuple[Segment, ...]
    skeleton: Skeleton
    source_language: Language
    target_language: Language

    @property
    def hash(self) -> str:
        """Identifies the content and the language pair, not the file name."""
        try:
            return self._hash
        except AttributeError:
            skeleton = self.skeleton
            pair = (self.source_language.tag, self.target_language.tag)
            texts = (*skeleton.literals, *(hole.raw for hole in skeleton.holes))
            object.__setattr__(self, "_hash", content_hash(self.format, *pair, skeleton.prefix, *texts))
            return self._hash

    def join(self, translations: Mapping[str, str]) -> bytes:
        """The file with its holes filled; a segment without a translation keeps its original text."""
        from dragoman.core.formats import fill  # formats know how to escape; they import this module

        return fill(self, translations)


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive segments that are translated, committed and resumed together."""

    index: int
    segments: tuple[Segment, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The source lines, in order."""
        return tuple(segment.source for segment in self.segments)
