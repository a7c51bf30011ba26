"""The YAML head of a Markdown file: kept as it is, except for the values of chosen keys.

Only one-line strings at the top level are text (plain, or in quotes without escapes); lists, blocks and the rest are
kept. No YAML is parsed or written, so comments, order and spelling stay.
"""

import re
from collections.abc import Iterator

from dragoman.core.formats.skeleton import Block, View, with_found_spans

__all__ = ["front_matter_end", "read_front_matter"]

_HEAD = re.compile(r"\ufeff?---[ \t]*(?:\r\n|\r|\n)")
_FOOT = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)", re.M)
_ENTRY = re.compile(
    r"(?:(?<=\n)|(?<=\r))(?P<key>[\w-]+):[ \t]+"
    r"(?:\"(?P<double>[^\"\\\r\n]+)\"|'(?P<single>[^'\r\n]+)'|(?P<plain>[^\s\[\]{}&*!|>%@`\"'#,?:-][^\r\n]*?))"
    r"[ \t]*(?=[\r\n])(?![\r\n]+[ \t]+\S)"  # a value that goes on in the next line is kept
)


def front_matter_end(text: str) -> int:
    """Where the Markdown starts: behind the closing `---` of a head that opens the file, else 0."""
    head = _HEAD.match(text)
    foot = _FOOT.search(text, head.end()) if head else None
    return foot.end() if foot else 0


def read_front_matter(text: str, end: int, keys: tuple[str, ...]) -> Iterator[Block]:
    """The values of the chosen keys, each one whole."""
    view = View(text)
    for match in _ENTRY.finditer(text, 0, end) if keys else ():
        style = match.lastgroup or ""
        first, last = match.span(style)
        if match["key"] not in keys or (style == "plain" and _is_not_plain(match[style])):
            continue
        spans = with_found_spans(text, first, last)
        escape = f"yaml-{style}"
        yield Block(view, first, last, spans, f"front matter {match['key']}", escape, escape, is_whole=True)


def _is_not_plain(value: str) -> bool:
    """Whether a plain scalar holds a comment or a mapping."""
    return " #" in value or ": " in value or value.endswith(":")
