"""Plain text: paragraphs between empty lines.

Inside a paragraph a line end is a space when the paragraph is wrapped prose (every line is as full as its width allows,
or nearly so, and the width is at least 40 characters), and nothing between characters of scripts without spaces;
otherwise every line stands for itself, as in verse, lists and one sentence a line.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from dragoman.core.formats.skeleton import Block, View, with_found_spans

__all__ = ["read_blocks", "text_ranges"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_MIN_WIDTH = 40
_RAGGED = 0.8  # how full the lines of prose wrapped by hand are, as a share of the longest one


def read_blocks(text: str) -> Iterator[Block]:
    """The paragraphs or lines of a text, in order."""
    view = View(text)
    for number, (start, end) in enumerate(text_ranges(text), 1):
        yield Block(view, start, end, with_found_spans(text, start, end), f"paragraph {number}")


def text_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each stretch of running text: a wrapped paragraph or a single line."""
    paragraph: list[tuple[int, int]] = []
    for match in _LINE.finditer(text):
        end = match.start() + len(match[0].rstrip("\r\n"))
        if text[match.start() : end].strip():
            paragraph.append((match.start(), end))
        elif paragraph:
            yield from _runs(text, paragraph)
            paragraph = []
    if paragraph:
        yield from _runs(text, paragraph)


def _runs(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(lines[0][0], lines[-1][1])] if _is_wrapped(text, lines) else lines


def _is_wrapped(text: str, lines: list[tuple[int, int]]) -> bool:
    """Whether no first word of a line would have fitted the line before; nearly so where a line starts in lower case.

    The two rules tell wrapped prose from verse and from one sentence a line, which start their lines with capitals.
    """
    bodies = [text[start:end].rstrip() for start, end in lines]
    width = max(map(len, bodies))
    filled = [len(body) + 1 + len(after.split(None, 1)[0]) for body, after in pairwise(bodies)]
    limit = _RAGGED * width if any(body.lstrip()[0].islower() for body in bodies[1:]) else width + 1
    return width >= _MIN_WIDTH and all(length >= limit for length in filled)
