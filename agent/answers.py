"""Reads what models answer, strictly: by line number, never by position, never by evaluating anything.

What cannot be read is kept as it came and reported; nothing is guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dragoman.core.exchange import FinishReason, Reply

__all__ = ["MemoryUpdate", "ParsedLines", "ProposedEntity", "parse_lines", "parse_reply", "parse_update"]

_NUMBERED_LINE = re.compile(r"\s*(\d{1,9})[ ]*\t(.*)", re.DOTALL)
_FENCE = re.compile(r"\s*(```|~~~)[\w-]*\s*")
_ENTITY = re.compile(r"(?:[-*•]\s+)?(?P<source>\S.*?) = (?P<target>\S.*?)(?:\s*\((?P<details>[^()]*)\))?\s*")
_ABOUT = re.compile(r"(?:[-*•]\s+)?about:\s*(?P<essence>\S.*)", re.IGNORECASE)
_UNKNOWN_DETAILS = frozenset({"", "?", "-", "unknown", "none", "n/a"})


@dataclass(frozen=True, slots=True)
class ParsedLines:
    """An answer read line by line.

    Attributes:
        lines: text by line number, only numbers that were asked for; may hold empty text when the model gave none.
        missing: numbers asked for and not given, ascending.
        unexpected: numbers given and not asked for, ascending.
        malformed: raw lines that are no answer line, and lines whose number came twice with different text.
        cut: the last line of a truncated answer when it was asked for and given only there: (number, text).
    """

    lines: dict[int, str]
    missing: tuple[int, ...]
    unexpected: tuple[int, ...] = ()
    malformed: tuple[str, ...] = ()
    cut: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class ProposedEntity:
    """A name and its rendering as the model (or a person) proposes it; unknown details are empty."""

    source: str
    target: str
    gender: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class MemoryUpdate:
    """The answer of a memory call; `essence` is empty when the model gave none."""

    entities: tuple[ProposedEntity, ...] = ()
    essence: str = ""
    malformed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Collected:
    lines: dict[int, str] = field(default_factory=dict)
    conflicting: dict[int, list[str]] = field(default_factory=dict)
    malformed: list[str] = field(default_factory=list)

    def add(self, raw: str) -> None:
        match = _NUMBERED_LINE.fullmatch(raw)
        if match is None:
            self.malformed.append(raw)
            return
        number, text = int(match[1]), match[2].strip()
        if number in self.conflicting:
            self.conflicting[number].append(raw)
        elif self.lines.setdefault(number, text) != text:
            self.conflicting[number] = [f"{number}\t{self.lines.pop(number)}", raw]


def parse_reply(reply: Reply, numbers: Iterable[int]) -> ParsedLines:
    """`parse_lines` of a reply; the last line of a truncated one counts as cut, not as an answer."""
    return parse_lines(reply.text, numbers, truncated=reply.finish_reason is FinishReason.LENGTH)


def parse_lines(text: str, numbers: Iterable[int], *, truncated: bool = False) -> ParsedLines:
    """An answer of the shape "number<TAB>text", one line per number, in any order.

    A number given twice with the same text counts once; with different texts it counts as not given, because
    nobody can say which was meant. Code fences and blank lines are skipped, all other text is malformed.

    Args:
        text: the answer as it came.
        numbers: the line numbers that were asked for.
        truncated: whether the answer was cut by the token limit; its last line is then not trusted.
    """
    asked = set(numbers)
    raw_lines = _raw_lines(text)
    last = raw_lines.pop() if truncated and raw_lines else ""
    collected = _Collected()
    for raw in raw_lines:
        collected.add(raw)
    lines = {number: line for number, line in collected.lines.items() if number in asked}
    seen = set(collected.lines) | set(collected.conflicting)
    return ParsedLines(
        lines=dict(sorted(lines.items())),
        missing=tuple(sorted(asked - lines.keys())),
        unexpected=tuple(sorted(seen - asked)),
        malformed=(*collected.malformed, *(raw for raws in collected.conflicting.values() for raw in raws)),
        cut=_cut(last, asked - seen),
    )


def parse_update(text: str) -> MemoryUpdate:
    """The answer of a memory call: lines `name = rendering (gender, type)` and one line `about: ...`.

    The first " = " of a line is the border. Details may be left out; "?" means unknown. The first line about a
    name counts, later ones and all other text are malformed.
    """
    entities: dict[str, ProposedEntity] = {}
    essence, malformed = "", []
    for raw in _raw_lines(text):
        about, pair = _ABOUT.fullmatch(raw.strip()), _ENTITY.fullmatch(raw.strip())
        if about is not None and not essence:
            essence = about["essence"].strip()
        elif about is None and pair is not None and pair["source"] not in entities:
            entities[pair["source"]] = _entity(pair)
        else:
            malformed.append(raw)
    return MemoryUpdate(tuple(entities.values()), essence, tuple(malformed))


def _entity(match: re.Match[str]) -> ProposedEntity:
    details = [part.strip() for part in (match["details"] or "").split(",")]
    known = ["" if part.casefold() in _UNKNOWN_DETAILS else part for part in (*details, "", "")]
    return ProposedEntity(match["source"].strip(), match["target"].strip(), known[0], known[1])


def _raw_lines(text: str) -> list[str]:
    """Lines that carry something. Only line feeds end a line: other separators may stand inside a translation."""
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip() and not _FENCE.fullmatch(line)]


def _cut(raw: str, open_numbers: set[int]) -> tuple[int, str] | None:
    match = _NUMBERED_LINE.fullmatch(raw)
    if match is None or int(match[1]) not in open_numbers or not match[2].strip():
        return None
    return int(match[1]), match[2].strip()
