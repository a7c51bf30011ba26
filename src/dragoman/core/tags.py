"""Protected spans as numbered tags, and the pure checks on them.

What a translator must not touch stands in a segment as a tag: `<x1/>` alone, `<g2>...</g2>` in pairs; numbers run
through the segment in order of appearance, as in XLIFF. Protected in every format: code spans, URLs, e-mail addresses,
placeholders (`{x}`, `{{x}}`, `%s`, `%(name)s`, `${x}`, `#PRS_ORG#`), HTML tags and comments, character entities, and
any text that looks like one of these tags. Plain numbers stay visible, because their form may have to change with the
language; `missing_numbers` lets the checker verify that they are kept.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

__all__ = [
    "TAG",
    "Role",
    "Span",
    "check_tags",
    "find_spans",
    "missing_numbers",
    "numbers",
    "pair_elements",
    "restore",
    "strip_tags",
    "tags_of",
]

TAG = re.compile(r"<\s*(/?)\s*([xg])(\d{1,6})\s*(/?)\s*>", re.IGNORECASE)  # as models write them


class Role(Enum):
    """What a protected span is to the text around it."""

    ALONE = "alone"  # becomes <x1/>
    OPEN = "open"  # becomes <g1> when its partner is in the same segment, else <x1/>
    CLOSE = "close"
    SPACE = "space"  # a line end with the markers of the next line; one space, or none in scripts without spaces
    BREAK = "break"  # ends the segment and is never part of one; a hard line break


@dataclass(frozen=True, slots=True)
class Span:
    """A protected range of a text.

    Attributes:
        start: first character.
        end: behind the last one.
        role: see `Role`.
        pair: number shared by an opening span and its closing one; -1 where there is none.
        written: what the tag stands for in a translation; None means the original text.
    """

    start: int
    end: int
    role: Role = Role.ALONE
    pair: int = -1
    written: str | None = None


_PROTECTED = re.compile(
    r"""
    (?P<code>(?<![`\w])`(?=\S)[^`'\n]{1,200}(?<=\S)`(?![`\w]))  # no apostrophe: `such' quotes are not code
  | (?P<comment><!--(?:(?!-->|<!--).){0,2000}-->)
  | (?P<html></?[A-Za-z][A-Za-z0-9:-]{0,30}(?:\s[^<>]{0,1000})?/?>)
  | (?P<url>(?:\bhttps?://|\bftp://|\bmailto:|\bwww\.(?=\w))[^\s<>"`{}|\\^]{1,2000})
  | (?P<email>(?<![\w.+%@-])[A-Za-z0-9_.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b)
  | (?P<braces>\{\{[^{}\n]{1,200}\}\}|\$\{[^{}\n]{1,200}\}|\{%[^{}\n]{1,200}%\}|\{[A-Za-z_0-9][\w.:!\[\]-]{0,80}\}|\{\})
  | (?P<percent>%\([A-Za-z_]\w{0,80}\)[-#0+]{0,3}\d{0,4}(?:\.\d{1,4})?[diouxXeEfFgGcrsa]
      |(?<![\w%])%(?:\d{1,2}\$)?[-#0+]{0,3}\d{0,4}(?:\.\d{1,4})?[diouxXeEfFgGcrsa@](?![A-Za-z]))
  | (?P<hash>\#[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,6}\#)
  | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
  """,
    re.VERBOSE,
)
_HTML_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(?:\s[^<>]*)?(?<!/)>")
_CLOSERS = ".,;:!?'\"*_~)]}»”’。，、！？）】」』"
_BRACKETS = {")": "(", "]": "[", "）": "（"}


def find_spans(text: str) -> list[Span]:
    """Protected ranges of plain text, ascending, not overlapping, each alone; `pair_elements` finds the pairs."""
    ends = (
        (match, _url_end(match) if match.lastgroup == "url" else match.end()) for match in _PROTECTED.finditer(text)
    )
    return [Span(match.start(), end) for match, end in ends]


def _url_end(match: re.Match[str]) -> int:
    """Without punctuation that belongs to the sentence; a closing bracket stays when it was opened inside."""
    url = match[0]
    while url and url[-1] in _CLOSERS:
        opener = _BRACKETS.get(url[-1])
        if opener is not None and url.count(opener) >= url.count(url[-1]):
            break
        url = url[:-1]
    return match.start() + max(len(url), 1)


def pair_elements(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans, with HTML elements that are opened and closed among them made pairs."""
    paired = list(spans)
    open_elements: list[tuple[str, int]] = []  # name, index in spans
    for index, span in enumerate(spans):
        found = _HTML_TAG.fullmatch(text, span.start, span.end)
        if found is None or span.role is not Role.ALONE or TAG.fullmatch(found[0]):
            continue
        name = found[2].lower()
        if not found[1]:
            open_elements.append((name, index))
        elif (partner := _pop_element(name, open_elements)) is not None:
            first = paired[partner]
            paired[partner] = replace(first, role=Role.OPEN, pair=first.start)
            paired[index] = replace(span, role=Role.CLOSE, pair=first.start)
    return paired


def _pop_element(name: str, open_elements: list[tuple[str, int]]) -> int | None:
    """Takes the innermost element of that name, and those left open inside it, off the list."""
    for depth, (open_name, index) in enumerate(reversed(open_elements[-8:]), 1):  # no deeper, for linear time
        if open_name == name:
            del open_elements[-depth:]
            return index
    return None


def _spelling(match: re.Match[str]) -> str:
    """The tag as Dragoman writes it, however the model spelled it."""
    closing, kind, number, _ = match.groups()
    return f"<x{number}/>" if kind in "xX" else f"<{closing}g{number}>"


def tags_of(line: str) -> tuple[str, ...]:
    """The tags of a line in order, in canonical spelling."""
    return tuple(_spelling(match) for match in TAG.finditer(line))


def strip_tags(line: str) -> str:
    """The line without its tags."""
    return TAG.sub("", line)


def restore(text: str, tags: Iterable[tuple[str, str]], escape: Callable[[str], str] | None = None) -> str:
    """The text with its tags replaced by what they stand for.

    A tag that the source does not have is left out, and so is a half of a pair without its other half, because
    both would damage the file; `check_tags` reports them.

    Args:
        text: a translation with tags.
        tags: (tag, original text) as in `Segment.tags`.
        escape: applied to the text between tags, never to what a tag stands for.
    """
    originals = dict(tags)
    present = Counter(tags_of(text))
    pieces: list[str] = []
    position = 0
    for match in TAG.finditer(text):
        pieces.append(escape(text[position : match.start()]) if escape else text[position : match.start()])
        position = match.end()
        tag = _spelling(match)
        if present[_partner(tag)]:
            pieces.append(originals.get(tag, ""))
    pieces.append(escape(text[position:]) if escape else text[position:])
    return "".join(pieces)


def _partner(tag: str) -> str:
    if tag.startswith("<x"):
        return tag
    return tag.replace("</", "<") if tag.startswith("</") else tag.replace("<", "</")


def check_tags(source: str, translation: str) -> str | None:
    """What is wrong with the tags of a translation, in one phrase; None when all are kept and pairs are nested well.

    Tags may change their order, as words do. Nesting is not asked for where the source itself does not have it.
    """
    wanted, given = Counter(tags_of(source)), Counter(tags_of(translation))
    faults = []
    if lost := wanted - given:
        faults.append("lost " + " ".join(lost.elements()))
    if added := given - wanted:
        faults.append("added " + " ".join(added.elements()))
    misnested = _first_misnested(translation)
    if not faults and misnested and not _first_misnested(source):
        faults.append(f"{misnested} is not nested well")
    return "; ".join(faults) or None


def _first_misnested(line: str) -> str | None:
    stack: list[str] = []
    for tag in tags_of(line):
        if tag.startswith("<g"):
            stack.append(tag)
        elif tag.startswith("</") and (not stack or stack.pop() != _partner(tag)):
            return tag
    return stack[-1] if stack else None


_NUMBER = re.compile(r"\d+(?:[.,:'’\u066b\u066c٬·]\d+)*")
_SPACED = re.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?!\d)")


def numbers(line: str) -> tuple[str, ...]:
    """The numbers of a line as digits only, in order: "1,234.50" and "1.234,50" and "१२३४.५०" all give "123450".

    Digits of every script count (Unicode decimal digits); separators and groups by narrow or plain spaces are ignored;
    numbers inside tags are not looked at.
    """
    plain = _SPACED.sub(lambda match: "".join(match[0].split()), TAG.sub(" ", line))
    return tuple("".join(str(unicodedata.digit(c)) for c in n if c.isdecimal()) for n in _NUMBER.findall(plain))


def missing_numbers(source: str, translation: str) -> tuple[str, ...]:
    """Numbers of the source that the translation lacks; those of one digit may be written as words and do not count."""
    wanted = Counter(number for number in numbers(source) if len(number) > 1)
    digits = "|".join(numbers(translation))
    have = Counter(numbers(translation))
    return tuple(number for number in (wanted - have).elements() if number not in digits)
