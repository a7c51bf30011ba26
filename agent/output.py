"""The translated file, put together from committed pages; `write_output` writes it."""

from collections.abc import Iterable

from dragoman.core.document import Document
from dragoman.core.trajectory import PageResult
from dragoman.core.whole_file import write_output

__all__ = ["assemble", "write_output"]


def assemble(document: Document, results: Iterable[PageResult]) -> dict[str, str]:
    """Segment id to translation for every committed line, in the order of the document.

    Segments of pages that are not committed are left out; `Document.join` keeps their original text.
    """
    found = {line.segment_id: line.translation for result in results for line in result.lines}
    return {segment.id: found[segment.id] for segment in document.segments if segment.id in found}
