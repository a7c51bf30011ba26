"""From translatable blocks of a file to segments, literals and holes: the half of reading that all formats share.

A format says where text stands (`Block`) and what in it is markup (`Span`); this file cuts sentences, numbers tags and
keeps every other character as a literal. It knows no format.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.core.document import Hole, Segment
from dragoman.core.hashing import content_hash
from dragoman.core.rendering import one_line
from dragoman.core.sentences import sentence_ends
from dragoman.core.tags import Role, Span, find_spans, pair_elements
from dragoman.core.word_borders import join_lines

__all__ = ["Block", "Cut", "View", "cut_blocks", "with_found_spans"]

_STAND_IN = {Role.ALONE: "Word", Role.OPEN: "", Role.CLOSE: "", Role.SPACE: " ", Role.BREAK: " "}


@dataclass(frozen=True, slots=True)
class View:
    """Text as a reader sees it, and where each character stands in the file.

    Attributes:
        text: the characters.
        offsets: file offset of each character and of the end; None when the view is the file itself.
    """

    text: str
    offsets: Sequence[int] | None = None

    def place(self, index: int) -> int:
        """File offset of the character at `index`."""
        return index if self.offsets is None else self.offsets[index]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, cell or value.

    Attributes:
        view: the text it is a part of.
        start: first character in the view.
        end: behind the last one.
        spans: protected ranges in view coordinates, ascending, not overlapping.
        path: readable place.
        escape: name in `escapes.ESCAPES` for its segments.
        line_escape: the name for segments that start a line; the same where lines mean nothing.
        is_whole: one segment, not cut into sentences.
    """

    view: View
    start: int
    end: int
    spans: tuple[Span, ...]
    path: str
    escape: str = "none"
    line_escape: str = "none"
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Segments with their holes, and the literals around them."""

    segments: tuple[Segment, ...]
    literals: tuple[str, ...]
    holes: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    """Where one segment stands in its block's view, and the spans inside it."""

    start: int
    end: int
    spans: tuple[Span, ...]
    starts_line: bool


def with_found_spans(text: str, start: int, end: int, spans: Iterable[Span] = ()) -> tuple[Span, ...]:
    """The given spans and those that `find_spans` sees in text[start:end]; where they overlap the given ones win."""
    given = sorted(spans, key=lambda span: (span.start, span.end))
    starts = [span.start for span in given]
    found = (Span(span.start + start, span.end + start) for span in find_spans(text[start:end]))
    merged = list(given)
    for span in found:
        after = bisect_left(starts, span.end)
        if after == 0 or given[after - 1].end <= span.start:
            merged.append(span)
    return tuple(pair_elements(text, sorted(merged, key=lambda span: (span.start, span.end))))


def cut_blocks(text: str, blocks: Iterable[Block], *, format_name: str, language_tag: str) -> Cut:
    """Cuts the blocks of a file, given in file order without overlap, into segments.

    Everything that holds no letter, or lies outside the blocks, becomes literal text.
    """
    segments: list[Segment] = []
    holes: list[Hole] = []
    literals: list[str] = []
    seen: Counter[tuple[str, str]] = Counter()
    position = 0
    for paragraph, block in enumerate(blocks):
        for part in _ranges(block, language_tag):
            source, tags = _render(text, block.view, part)
            start, end = block.view.place(part.start), block.view.place(part.end)
            segment_id = content_hash(format_name, block.path, source, str(seen[block.path, source]))
            seen[block.path, source] += 1
            segments.append(Segment(segment_id, source, tags, block.path, paragraph))
            holes.append(Hole(segment_id, text[start:end], block.line_escape if part.starts_line else block.escape))
            literals.append(text[position:start])
            position = end
    literals.append(text[position:])
    return Cut(tuple(segments), tuple(literals), tuple(holes))


def _ranges(block: Block, language_tag: str) -> list[_Range]:
    starts = [span.start for span in block.spans]
    ranges = []
    start = block.start
    for end in _ends(block, language_tag):
        spans = block.spans[bisect_left(starts, start) : bisect_left(starts, end)]
        part = _trimmed(block, start, end, spans)
        if part is not None and _has_letter(block.view.text, part):
            ranges.append(part)
        start = end
    return ranges


def _ends(block: Block, language_tag: str) -> list[int]:
    """Ends of the block's sentences in view coordinates; a break always ends one."""
    ends: list[int] = []
    first = 0
    start = block.start
    for index, span in enumerate((*block.spans, Span(block.end, block.end, Role.BREAK))):
        if span.role is Role.BREAK:
            if not block.is_whole:
                ends.extend(_sentence_ends(block, start, span.start, block.spans[first:index], language_tag))
            ends.append(span.end)
            start, first = span.end, index + 1
    return ends


def _sentence_ends(block: Block, start: int, end: int, spans: Sequence[Span], language_tag: str) -> list[int]:
    """Borders inside text[start:end] that `sentencex` sees when markup is taken out and protected spans are words."""
    pieces: list[str] = []
    shown = [0]  # where each piece starts in the plain text
    place = [start]  # and in the view
    for span in (*spans, None):
        stop = end if span is None else span.start
        for piece, after in ((block.view.text[place[-1] : stop], stop), *_stand_in(span)):
            pieces.append(piece)
            shown.append(shown[-1] + len(piece))
            place.append(after)
    ends = sentence_ends("".join(pieces), language_tag)[:-1]
    return [_place(plain_end, shown, place, spans) for plain_end in ends]


def _stand_in(span: Span | None) -> list[tuple[str, int]]:
    return [] if span is None else [(_STAND_IN[span.role], span.end)]


def _place(plain_end: int, shown: list[int], place: list[int], spans: Sequence[Span]) -> int:
    """The place behind the character in front of `plain_end`, and behind closing markup that follows at once."""
    piece = bisect_left(shown, plain_end) - 1  # the last piece that starts before the border
    is_text = piece % 2 == 0
    found = place[piece] + plain_end - shown[piece] if is_text else place[piece + 1]
    index = bisect_left(spans, found, key=lambda span: span.start)
    while index < len(spans) and spans[index].role is Role.CLOSE and spans[index].start == found:
        found = spans[index].end
        index += 1
    return found


def _trimmed(block: Block, start: int, end: int, spans: Sequence[Span]) -> _Range | None:
    """Without white space and without markup at the edges whose other half is outside; None when nothing is left."""
    text = block.view.text
    pairs = Counter(span.pair for span in spans if span.pair >= 0)
    first, last, starts_line = 0, len(spans), _is_line_start(block, start)
    while True:
        while start < end and text[start].isspace() and not (first < last and spans[first].start == start):
            start += 1
        if not (first < last and spans[first].start == start and _is_loose(spans[first], pairs)):
            break
        starts_line = "\n" in text[start : spans[first].end]
        start = spans[first].end
        first += 1
    while end > start:
        if first < last and spans[last - 1].end == end:
            if not _is_loose(spans[last - 1], pairs):
                break
            last -= 1
            end = spans[last].start
        elif text[end - 1].isspace():
            end -= 1
        else:
            break
    return _Range(start, end, tuple(spans[first:last]), starts_line) if start < end else None


def _is_loose(span: Span, pairs: Counter[int]) -> bool:
    return span.role in (Role.SPACE, Role.BREAK) or (span.role is not Role.ALONE and pairs[span.pair] < 2)


def _is_line_start(block: Block, start: int) -> bool:
    """Whether only white space stands between `start` and the start of its line or block."""
    text = block.view.text
    while start > block.start and text[start - 1].isspace():
        start -= 1
        if text[start] == "\n":
            return True
    return start == block.start


def _has_letter(text: str, part: _Range) -> bool:
    position = part.start
    for span in part.spans:
        if any(map(str.isalpha, text[position : span.start])):
            return True
        position = span.end
    return any(map(str.isalpha, text[position : part.end]))


def _render(text: str, view: View, part: _Range) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The source line with tags, and what each tag stands for in the file."""
    pairs = Counter(span.pair for span in part.spans if span.pair >= 0)
    pieces: list[str] = []
    tags: list[tuple[str, str]] = []
    numbers: dict[int, int] = {}
    position, number = part.start, 0
    for span in part.spans:
        pieces.append(view.text[position : span.start])
        position = span.end
        if span.role is Role.SPACE:
            pieces.append("\n")
            continue
        is_pair = span.role is not Role.ALONE and pairs[span.pair] == 2
        if not (is_pair and span.role is Role.CLOSE):
            number += 1
            numbers[span.pair] = number
        tag = f"<{'/' * (span.role is Role.CLOSE)}g{numbers[span.pair]}>" if is_pair else f"<x{number}/>"
        original = text[view.place(span.start) : view.place(span.end)]
        tags.append((tag, original if span.written is None else span.written))
        pieces.append(tag)
    pieces.append(view.text[position : part.end])
    return one_line(join_lines("".join(pieces))), tuple(tags)
