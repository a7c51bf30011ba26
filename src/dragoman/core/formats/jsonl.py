"""JSON Lines: one object a line; the strings (or lists of strings) of chosen fields are text, all else is kept.

Without a choice the field is `text`, or `source` in objects without `text`. Values are found by their place in
the file, so that spacing, escapes, key order and duplicate keys stay as they are.
"""

import json
import re
from collections.abc import Iterator

from dragoman.core.errors import FormatError
from dragoman.core.formats.skeleton import Block, View, with_found_spans
from dragoman.core.formats.text import text_ranges

__all__ = ["DEFAULT_FIELDS", "read_blocks"]

DEFAULT_FIELDS = ("text", "source")

_FIELDS_SHOWN = 8
_SPACE = re.compile(r"[ \t\r]*")
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_DECODER = json.JSONDecoder()


def read_blocks(text: str, options: tuple[str, ...] = ()) -> Iterator[Block]:
    """The texts of all lines, in order.

    Args:
        text: the file.
        options: names of the fields to translate; none means the first of `DEFAULT_FIELDS` that the object has.

    Raises:
        FormatError: a line that is not JSON, with its number, or no line with any of the fields.
    """
    found, start = 0, 0
    is_object = False
    fields: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t\r"):
            values = _line_values(text, start, start + len(line), number)
            is_object = is_object or values is not None
            fields |= dict.fromkeys(key for key, _, _ in values or [])
            wanted = _wanted(values or [], options)
            found += len(wanted)
            yield from _line_blocks(text, wanted, number)
        start += len(line) + 1
    if is_object and not found:
        raise FormatError(_no_text(options, list(fields)))


def _no_text(options: tuple[str, ...], fields: list[str]) -> str:
    names = " or ".join(repr(name) for name in options or DEFAULT_FIELDS)
    there = f"the strings are in {', '.join(map(repr, fields[:_FIELDS_SHOWN]))}" if fields else "no field holds strings"
    example = ",".join(fields[:2]) or "sentence"
    return f"no line has a string in {names}, {there}: name the fields, for example --format jsonl:{example}"


def _line_values(text: str, start: int, end: int, number: int) -> list[tuple[str, int, int]] | None:
    """(field, start, end) of every string in a field of the line's object, quotes included; None when no object."""
    try:
        value = _DECODER.decode(text[start:end].strip(" \t\r"))
    except (ValueError, RecursionError) as error:
        way_out = "correct it, or read the file as --format text"
        raise FormatError(f"line {number} is not valid JSON ({error}): {way_out}") from error
    return list(_object_strings(text, start)) if isinstance(value, dict) else None


def _object_strings(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Walks the line's object, which is known to be valid."""
    position = _skip(text, _skip(text, start) + 1)
    while text[position] == '"':
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)  # behind the colon
        value_start = position
        _, position = _DECODER.raw_decode(text, position)
        yield from ((key, *place) for place in _strings(text, value_start))
        position = _skip(text, position)
        if text[position] != ",":
            return
        position = _skip(text, position + 1)


def _strings(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Places of the value if it is a string, or of the strings of a flat list."""
    if text[position] == '"':
        yield position, _DECODER.raw_decode(text, position)[1]
    elif text[position] == "[":
        position = _skip(text, position + 1)
        while text[position] != "]":
            _, end = _DECODER.raw_decode(text, position)
            if text[position] == '"':
                yield position, end
            position = _skip(text, end)
            position = _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _wanted(values: list[tuple[str, int, int]], options: tuple[str, ...]) -> list[tuple[str, int, int]]:
    if options:
        return [value for value in values if value[0] in options]
    present = {key for key, _, _ in values}
    first = next((name for name in DEFAULT_FIELDS if name in present), None)
    return [value for value in values if value[0] == first]


def _line_blocks(text: str, values: list[tuple[str, int, int]], number: int) -> Iterator[Block]:
    for key, start, end in values:
        raw = text[start + 1 : end - 1]
        view = _decoded(raw, start + 1)
        if view is None:
            continue
        escape = "json-ascii" if raw.isascii() and "\\u" in raw else "json"
        for first, last in text_ranges(view.text):
            spans = with_found_spans(view.text, first, last)
            yield Block(view, first, last, spans, f"line {number} {key}", escape, escape)


def _decoded(raw: str, base: int) -> View | None:
    """The string's characters with their places; None for lone surrogates, which are no text and stay as they are."""
    characters: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(raw):
        characters.append(raw[position : match.start()])
        offsets.extend(range(base + position, base + match.start()))
        characters.append(json.loads(f'"{match[0]}"'))
        offsets.append(base + match.start())
        position = match.end()
    characters.append(raw[position:])
    offsets.extend(range(base + position, base + len(raw) + 1))
    text = "".join(characters)
    return None if any("\ud800" <= char <= "\udfff" for char in text) else View(text, offsets)
