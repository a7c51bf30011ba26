"""Pages: the unit of work, of commit and of resume. Grouped by tokens and paragraph borders, never by timing."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from dragoman.core.document import Document, Page, Segment
from dragoman.core.errors import ConfigurationError
from dragoman.core.protocols import TokenCounter

__all__ = ["split_pages"]


def split_pages(document: Document, counter: TokenCounter, *, max_tokens: int, max_lines: int) -> tuple[Page, ...]:
    """The document's segments as consecutive pages, in order, none lost; no pages for a document without segments.

    A page ends between paragraphs where it can: a paragraph that does not fit the rest of a page starts a new one, and
    only a paragraph that does not fit any page is cut, between segments. A segment above `max_tokens` is a page
    of its own. Deterministic.

    Args:
        document: what to split.
        counter: counts the tokens of the source lines.
        max_tokens: most source tokens of a page.
        max_lines: most segments of a page.

    Raises:
        ConfigurationError: when a limit is below one.
    """
    for name, limit in (("max_tokens", max_tokens), ("max_lines", max_lines)):
        if limit < 1:
            raise ConfigurationError(f"{name} is {limit}: give a whole number of at least 1")
    pages: list[Page] = []
    current: list[Segment] = []
    room = max_tokens
    for part, tokens in _parts(document.segments, counter, max_tokens=max_tokens, max_lines=max_lines):
        if current and (tokens > room or len(current) + len(part) > max_lines):
            pages.append(Page(len(pages), tuple(current)))
            current, room = [], max_tokens
        current.extend(part)
        room -= tokens
    if current:
        pages.append(Page(len(pages), tuple(current)))
    return tuple(pages)


def _parts(
    segments: Sequence[Segment], counter: TokenCounter, *, max_tokens: int, max_lines: int
) -> Iterator[tuple[list[Segment], int]]:
    """Pieces that stay together, with their tokens: whole paragraphs where they fit a page, else single segments."""
    for _, group in groupby(segments, key=lambda segment: segment.paragraph):
        paragraph = list(group)
        tokens = [counter.count_tokens(segment.source) for segment in paragraph]
        if sum(tokens) <= max_tokens and len(paragraph) <= max_lines:
            yield paragraph, sum(tokens)
        else:
            yield from (([segment], count) for segment, count in zip(paragraph, tokens, strict=True))
