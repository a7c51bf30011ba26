"""Markdown: headings, paragraphs, list items, quotes and table cells are text; everything else is kept as it is.

Blocks come from markdown-it-py (CommonMark with tables), which tells their lines; the text is then found in those lines
and spliced, never rendered again. A block whose text is not found where it must be stays a literal: better untranslated
than damaged. Kept: front matter (values can be chosen), code, HTML blocks, link definitions, and the head lines of
admonitions (`!!! note`, `::: tip`, `[!NOTE]`). The body of an admonition is text where CommonMark sees a paragraph.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it.token import Token

from dragoman.core.formats.front_matter import front_matter_end, read_front_matter
from dragoman.core.formats.markdown_inline import Environment, inline_spans, markdown_parser
from dragoman.core.formats.skeleton import Block, View, with_found_spans
from dragoman.core.tags import Role, Span

__all__ = ["read_blocks"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_CLOSING_HASHES = re.compile(r"[ \t]*#*[ \t]*")
_OPENING_HASHES = re.compile(r"(?:^|.*[^\\#])#{1,6}[ \t]+", re.DOTALL)
# Lines of a paragraph that are no text: heads of admonitions, directive fences, attribute lists; and what may open it.
_MARKER_LINE = re.compile(
    r"^[ \t]*(?:\[![A-Za-z]+\][^\n]*|(?:!!!|\?\?\?\+?)[^\n]*|:{3,}[^\n]*|\{:[^{}\n]*\})[ \t]*(?:\n|$)", re.M
)
_MARKER_START = re.compile(r"\[[ xX]\](?=\s)|\[\^[^\[\]\s]+\]:")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The file and its lines.

    Attributes:
        text: the file.
        starts: offset of each line, and of the end of the file.
    """

    text: str
    starts: tuple[int, ...]

    def line(self, number: int) -> str:
        """A line without its end; empty behind the last one."""
        if number + 1 >= len(self.starts):
            return ""
        return self.text[self.starts[number] : self.starts[number + 1]].rstrip("\r\n")


def read_blocks(text: str, options: tuple[str, ...] = ()) -> Iterator[Block]:
    """The translatable blocks, in order.

    Args:
        text: the file.
        options: front-matter keys whose values are translated, such as ("title", "description").
    """
    start = front_matter_end(text)
    yield from read_front_matter(text, start, options)
    environment: Environment = {}
    tokens = markdown_parser().parse(text[start:], environment)
    starts = (start, *(start + match.end() for match in _LINE_END.finditer(text[start:])), len(text))
    position = start
    for block in _blocks(_Lines(text, starts), tokens, environment):
        if block.view.place(block.start) >= position:  # never twice the same text
            yield block
            position = block.view.place(block.end)


def _blocks(lines: _Lines, tokens: Sequence[Token], environment: Environment) -> Iterator[Block]:
    counts: Counter[str] = Counter()
    row: list[Token] = []
    for before, token in pairwise(tokens):
        if token.type == "tr_close":
            counts["table row"] += 1
            yield from _row_blocks(lines, row, f"table row {counts['table row']}", environment)
            row = []
        elif token.type == "inline" and before.type in ("th_open", "td_open"):
            row.append(token)
        elif token.type == "inline":
            kind = "heading" if before.type == "heading_open" else "paragraph"
            counts[kind] += 1
            is_atx = before.markup.startswith("#")
            view = _heading_view(lines, token) if is_atx else _lines_view(lines, token)
            escapes = ("markdown-heading", "markdown-heading") if is_atx else ("markdown", "markdown-line")
            if view is not None:
                yield _block(view, f"{kind} {counts[kind]}", escapes, environment)


def _block(view: View, path: str, escapes: tuple[str, str], environment: Environment) -> Block:
    text = view.text
    markers = [Span(match.start(), match.end(), Role.BREAK) for match in _MARKER_LINE.finditer(text) if match[0]]
    if opening := _MARKER_START.match(text):
        markers.insert(0, Span(0, opening.end(), Role.BREAK))
    spans = inline_spans(text, environment)
    free = [span for span in spans if not any(m.start < span.end and span.start < m.end for m in markers)]
    return Block(view, 0, len(text), with_found_spans(text, 0, len(text), [*markers, *free]), path, *escapes)


def _lines_view(lines: _Lines, token: Token) -> View | None:
    """Places of a paragraph's text: each of its lines is what stands at the end of a line of the file."""
    if token.map is None:
        return None
    offsets: list[int] = []
    content = token.content.split("\n")
    for number, wanted in enumerate(content, token.map[0]):
        line, start = lines.line(number), lines.starts[min(number, len(lines.starts) - 1)]
        words = wanted.lstrip(" \t")
        body = line if line.endswith(words) else line.rstrip()
        if not body.endswith(words) or number >= token.map[1]:
            return None
        first = start + len(body) - len(words)
        offsets.extend([first] * (len(wanted) - len(words)))
        offsets.extend(range(first, first + len(words) + 1))  # the last one is the place of the line end
    return View(token.content, offsets)


def _heading_view(lines: _Lines, token: Token) -> View | None:
    """Places of the text between the hashes of a heading."""
    if token.map is None or not token.content:
        return None
    line, start = lines.line(token.map[0]), lines.starts[token.map[0]]
    first = line.rfind(token.content)
    while first >= 0:
        behind = line[first + len(token.content) :]
        if _CLOSING_HASHES.fullmatch(behind) and _OPENING_HASHES.fullmatch(line[:first]):
            return View(token.content, range(start + first, start + first + len(token.content) + 1))
        first = line.rfind(token.content, 0, first + len(token.content) - 1)
    return None


def _row_blocks(lines: _Lines, cells: list[Token], path: str, environment: Environment) -> Iterator[Block]:
    """The cells of a table row; none when the row is not found as the library read it."""
    if not cells or cells[0].map is None:
        return
    line, start = lines.line(cells[0].map[0]), lines.starts[cells[0].map[0]]
    places = _cell_places(line, [cell.content for cell in cells])
    for index, (first, last) in enumerate(places):
        starts_line = index == 0 and not line[:first].rstrip().endswith("|")
        escape = "markdown-first-cell" if starts_line else "markdown-cell"
        if first < last:
            view = View(line[first:last], range(start + first, start + last + 1))
            yield _block(view, path, (escape, escape), environment)


def _cell_places(line: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the cells in their line, without white space around them; [] when they do not fit."""
    borders = [-1, *(match.start() for match in _CELL_BORDER.finditer(line)), len(line)]
    columns = [_strip(line, first + 1, last) for first, last in pairwise(borders)]
    behind_pipe = columns[1:]
    if _cells_fit(line, behind_pipe, wanted):
        return behind_pipe[: len(wanted)]
    last = columns[0][1]
    columns[0] = (last - len(wanted[0]), last)  # in front of it stand quote or list markers
    return columns[: len(wanted)] if columns[0][0] >= 0 and _cells_fit(line, columns, wanted) else []


def _strip(line: str, first: int, last: int) -> tuple[int, int]:
    cell = line[first:last]
    first += len(cell) - len(cell.lstrip())
    return first, first + len(cell.strip())


def _cells_fit(line: str, places: Sequence[tuple[int, int]], wanted: Sequence[str]) -> bool:
    """Whether the columns are the library's cells, which have no backslash before a pipe; it adds cells left out."""
    found = [line[first:last].replace("\\|", "|") for first, last in places]
    missing = [""] * (len(wanted) - len(found))
    return [*found, *missing][: len(wanted)] == [cell.strip() for cell in wanted]
