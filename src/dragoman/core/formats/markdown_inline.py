"""Where inline markup stands in the text of a Markdown block.

markdown-it-py gives inline tokens without places. So its own rules are run, and a thin wrapper round each one notes
where it started and ended: what is markup is decided by the library alone, and nothing is parsed a second way.
"""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt, rules_inline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from dragoman.core.tags import Role, Span

__all__ = ["inline_spans", "markdown_parser"]

Environment = MutableMapping[str, Any]  # Any: markdown-it's own type for what rules leave for each other
_Rule = Callable[[StateInline, bool], bool]
_RECORDER = "dragoman"

# Footnote marks, and the attribute lists of kramdown, Pandoc and python-markdown.
_EXTRA = re.compile(r"\[\^[^\[\]\s]{1,80}\]|\{[#.:][^{}\n]{1,200}\}")


@dataclass(slots=True)
class _Recorder:
    """What the rules did in one text. Images parse their label as a text of its own: `state` tells it apart."""

    state: StateInline | None = None
    spans: list[Span] = field(default_factory=list)
    marks: list[tuple[int, int, Token]] = field(default_factory=list)  # start, length, emphasis token


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; its core stops after blocks, inline text is left to `inline_spans`."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    recorded: dict[str, tuple[_Rule, Callable[[_Recorder, StateInline, int], None]]] = {
        "newline": (rules_inline.newline, _record_break),
        "escape": (rules_inline.escape, _record_break),
        "backticks": (rules_inline.backtick, _record_code),
        "strikethrough": (rules_inline.strikethrough.tokenize, _record_marks),
        "emphasis": (rules_inline.emphasis.tokenize, _record_marks),
        "link": (rules_inline.link, _record_link),
        "image": (rules_inline.image, _record_image),
        "autolink": (rules_inline.autolink, _record_alone),
        "html_inline": (rules_inline.html_inline, _record_alone),
    }
    for name, (rule, record) in recorded.items():
        parser.inline.ruler.at(name, _recorded(rule, record))
    return parser


def inline_spans(text: str, environment: Environment) -> list[Span]:
    """Markup of one block's text, ascending; code, tags and links whole, emphasis and link borders in pairs.

    Args:
        text: the content of a block, lines joined by "\\n".
        environment: as `markdown_parser().parse` left it, with the link references of the whole file.
    """
    recorder = _Recorder()
    parser = markdown_parser()
    state = StateInline(text, parser, {**environment, _RECORDER: recorder}, [])
    recorder.state = state
    parser.inline.tokenize(state)
    for rule in parser.inline.ruler2.getRules(""):
        rule(state)
    spans = recorder.spans + _emphasis(recorder.marks)
    return sorted(_with_extra(text, spans), key=lambda span: (span.start, span.end))


def _recorded(rule: _Rule, record: Callable[[_Recorder, StateInline, int], None]) -> _Rule:
    def wrapped(state: StateInline, silent: bool) -> bool:
        start, num_tokens = state.pos, len(state.tokens)
        matched = rule(state, silent)
        recorder = state.env.get(_RECORDER)
        if matched and not silent and len(state.tokens) > num_tokens and recorder and recorder.state is state:
            record(recorder, state, start)
        return matched

    return wrapped


def _record_alone(recorder: _Recorder, state: StateInline, start: int) -> None:
    recorder.spans.append(Span(start, state.pos))


def _record_code(recorder: _Recorder, state: StateInline, start: int) -> None:
    if state.tokens[-1].type == "code_inline":
        recorder.spans.append(Span(start, state.pos))


def _record_break(recorder: _Recorder, state: StateInline, start: int) -> None:
    roles = {"hardbreak": Role.BREAK, "softbreak": Role.SPACE}
    role = roles.get(state.tokens[-1].type)
    if role is not None:
        before = len(state.src[:start].rstrip(" ")) if state.src[start] == "\n" and start else start
        recorder.spans.append(Span(before, state.pos, role))


def _record_marks(recorder: _Recorder, state: StateInline, start: int) -> None:
    """One token a character for emphasis, one for two characters for strikethrough: read back from the end."""
    position, index = state.pos, len(state.tokens) - 1
    while position > start:
        token = state.tokens[index]
        position, index = position - len(token.content), index - 1
        recorder.marks.append((position, len(token.content), token))


def _record_link(recorder: _Recorder, state: StateInline, start: int) -> None:
    label_end = state.md.helpers.parseLinkLabel(state, start, True)
    _record_label(recorder, state, start, start + 1, label_end)


def _record_image(recorder: _Recorder, state: StateInline, start: int) -> None:
    label_end = state.md.helpers.parseLinkLabel(state, start + 1, False)
    _record_label(recorder, state, start, start + 2, label_end)


def _record_label(recorder: _Recorder, state: StateInline, start: int, label: int, label_end: int) -> None:
    """Both ends of a link or image; a link that is found by its own label gets that label written behind it."""
    if label_end <= label:
        recorder.spans.append(Span(start, state.pos))
        return
    closing = state.src[label_end : state.pos]
    written = f"][{state.src[label:label_end]}]" if closing in ("]", "][]") else None
    recorder.spans.append(Span(start, label, Role.OPEN, start))
    recorder.spans.append(Span(label_end, state.pos, Role.CLOSE, start, written))


def _emphasis(marks: list[tuple[int, int, Token]]) -> list[Span]:
    """Pairs from the delimiters that became tags; of two characters of `**` the inner one holds the tag."""
    spans: list[Span] = []
    stack: list[int] = []
    for start, length, token in sorted(marks, key=lambda mark: mark[0]):
        is_strong = token.type.startswith("strong")
        if token.type.endswith("_open"):
            first = start - is_strong
            spans.append(Span(first, start + length, Role.OPEN, first))
            stack.append(first)
        elif token.type.endswith("_close") and stack:
            spans.append(Span(start, start + length + is_strong, Role.CLOSE, stack.pop()))
    return spans


def _with_extra(text: str, spans: list[Span]) -> list[Span]:
    taken = sorted((span.start, span.end) for span in spans)
    extra = []
    index = 0
    for match in _EXTRA.finditer(text):
        while index < len(taken) and taken[index][1] <= match.start():
            index += 1
        if index == len(taken) or taken[index][0] >= match.end():
            extra.append(Span(match.start(), match.end()))
    return spans + extra
