"""Grammars in Markdown: rules under their headings, and the examples attached to each as records of their own.

A paragraph, list item or table row is a rule; `source => target`, `source — 'target'` and interlinear blocks are
examples of the rule before them. Affixes that can be read off ("-ka marks the plural", a table of affix and gloss)
are kept in the attribute `affixes` for the glosser. No grammar is understood beyond that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.core.errors import ResourceError
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.resources.affixes import find_affixes, row_affixes
from dragoman.memory.resources.glossed import block_record, parse_blocks
from dragoman.memory.resources.tables import read_text

__all__ = ["read_grammar"]

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"^(=+|-{3,})\s*$")
_FENCE = re.compile(r"^\s*(```+|~~~+)")
_BULLET = re.compile(r"^\s*(?:[-*+•]\s+|\(?\d+[.)]\s+)")
_EXAMPLE_ARROW = re.compile(r"^(?P<source>.+?)\s*(?:=>|→|⇒|->)\s*(?P<target>.+)$")
_EXAMPLE_QUOTED = re.compile(r"^(?P<source>[^'‘“\"]+?)\s*(?:[—–:=]|--)\s*['‘“\"](?P<target>.+)['’”\"]\.?$")
_LEAD = re.compile(r"^(?:e\.g\.,?|ex\.|example:?|for example:?)\s+", re.IGNORECASE)
_TRAILING_LEAD = re.compile(r"(?<=[.;])\s+(?:for example|examples?|e\.g\.):?\s*$", re.IGNORECASE)
_MARKUP = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_TABLE_RULE = re.compile(r"^\|?[\s:|-]+\|[\s:|-]*$")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, list item, table or fenced block: its first line number, its kind and its lines."""

    line: int
    kind: str
    lines: tuple[str, ...]


def read_grammar(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """RULE records in order, examples right after their rule with the attribute `rule` = its id; no problems.

    Raises:
        ResourceError: the file cannot be read or holds no rule.
    """
    builder = _Builder(path.name)
    for piece in _pieces(read_text(path).split("\n")):
        builder.add(piece)
    if not builder.records:
        raise ResourceError(f"{path} has headings but no text; expected Markdown with a rule under each heading")
    return builder.records, []


def _pieces(lines: Sequence[str]) -> Iterator[_Piece]:
    """The pieces of a Markdown text, in order; headings are pieces too."""
    index = 0
    while index < len(lines):
        kind, end = _extent(lines, index)
        if kind:
            yield _Piece(index + 1, kind, tuple(lines[index:end]))
        index = end


def _extent(lines: Sequence[str], start: int) -> tuple[str, int]:
    """Kind of the piece that begins at a line and the line after its last; "" for a blank line."""
    line = lines[start]
    if not line.strip():
        return "", start + 1
    if _FENCE.match(line):
        end = next((i for i in range(start + 1, len(lines)) if _FENCE.match(lines[i])), len(lines) - 1)
        return "fence", end + 1
    if _HEADING.match(line):
        return "heading", start + 1
    if start + 1 < len(lines) and _UNDERLINE.match(lines[start + 1]) and not line.lstrip().startswith("|"):
        return "underlined", start + 2
    kind = "table" if line.lstrip().startswith("|") else "item" if _BULLET.match(line) else "paragraph"
    end = start + 1
    while end < len(lines) and _continues(lines[end], kind):
        end += 1
    return kind, end


def _continues(line: str, kind: str) -> bool:
    if not line.strip() or _FENCE.match(line) or _HEADING.match(line):
        return False
    if kind == "table":
        return line.lstrip().startswith("|")
    return not line.lstrip().startswith("|") and not _BULLET.match(line)


class _Builder:
    """Collects records; knows the headings above and the rule that examples belong to."""

    def __init__(self, origin: str) -> None:
        self.records: list[MemoryRecord] = []
        self._origin = origin
        self._headings: dict[int, str] = {}
        self._rule: MemoryRecord | None = None

    def add(self, piece: _Piece) -> None:
        """Reads one piece."""
        if piece.kind in ("heading", "underlined"):
            self._enter(piece)
        elif piece.kind == "table":
            self._add_table(piece)
        elif piece.kind == "fence":
            self._add_fence(piece)
        else:
            self._add_prose(piece)

    @property
    def _heading(self) -> str:
        return self._headings[max(self._headings)] if self._headings else "Grammar"

    def _place(self, line: int) -> Provenance:
        return Provenance(self._origin, f"line {line}: {' > '.join(t for _, t in sorted(self._headings.items()))}")

    def _enter(self, piece: _Piece) -> None:
        text = piece.lines[0]
        match = _HEADING.match(text)
        level = len(text) - len(text.lstrip("#")) if match else 1 + piece.lines[1].startswith("-")
        self._headings = {depth: title for depth, title in self._headings.items() if depth < level}
        self._headings[level] = _plain(match[1] if match else text)
        self._rule = None

    def _add_rule(self, text: str, line: int, affixes: str) -> None:
        values = (("affixes", affixes),) if affixes else ()
        self._rule = MemoryRecord(Kind.RULE, self._heading, text, attributes=values, provenance=self._place(line))
        self.records.append(self._rule)

    def _add_example(self, source: str, target: str, line: int) -> None:
        values = (("rule", self._rule_for(line).id),)
        place = self._place(line)
        self.records.append(MemoryRecord(Kind.RULE, source, target, attributes=values, provenance=place))

    def _rule_for(self, line: int) -> MemoryRecord:
        """The rule that an example belongs to; a heading with nothing but examples is a rule itself."""
        if self._rule is None:
            self._add_rule(f"see the examples of {self._heading}", line, "")
        assert self._rule is not None
        return self._rule

    def _add_prose(self, piece: _Piece) -> None:
        prose: list[str] = []
        examples: list[tuple[str, str, int]] = []
        for offset, line in enumerate(piece.lines):
            text = _BULLET.sub("", line).strip()
            example = _example(text)
            if example:
                examples.append((*example, piece.line + offset))
            else:
                prose.append(text)
        if prose:
            raw = _TRAILING_LEAD.sub("", " ".join(prose))
            self._add_rule(_plain(raw), piece.line, find_affixes(raw, self._heading))
        for source, target, number in examples:
            self._add_example(source, target, number)

    def _add_fence(self, piece: _Piece) -> None:
        body = [line for line in piece.lines[1:] if not _FENCE.match(line)]
        blocks = parse_blocks("\n".join(body))
        for block in blocks:
            rule = self._rule_for(piece.line)
            self.records.append(block_record(block, self._place(piece.line), rule=rule.id))
        if blocks:
            return
        for offset, line in enumerate(body, 1):
            example = _example(line.strip())
            if example:
                self._add_example(*example, piece.line + offset)
        if body and not any(_example(line.strip()) for line in body):
            self._add_rule(" ".join(line.strip() for line in body), piece.line, "")

    def _add_table(self, piece: _Piece) -> None:
        """One rule per row, spelled with the table's header."""
        rows = [_cells(line) for line in piece.lines if not _TABLE_RULE.match(line)]
        has_header = len(piece.lines) > 1 and bool(_TABLE_RULE.match(piece.lines[1]))
        header = rows[0] if has_header else []
        intro = self._rule
        for offset, cells in enumerate(rows[1:] if header else rows):
            text = "; ".join(_cell(header, index, cell) for index, cell in enumerate(cells) if cell)
            line = piece.line + offset + (2 if header else 0)
            if text:
                self._add_rule(_plain(text), line, row_affixes(cells, header, self._heading))
        self._rule = intro or self._rule


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _cell(header: Sequence[str], index: int, cell: str) -> str:
    return f"{header[index]}: {cell}" if index < len(header) and header[index] else cell


def _example(text: str) -> tuple[str, str] | None:
    """Source and target when the line is an example."""
    plain = _LEAD.sub("", _plain(text))
    match = _EXAMPLE_ARROW.match(plain) or _EXAMPLE_QUOTED.match(plain)
    if not match or len(match["source"].split()) > 40:
        return None
    source, target = match["source"].strip(), match["target"].strip().strip("'\"‘’“”").strip()
    return (source, target) if source and target else None


def _plain(text: str) -> str:
    """The text without emphasis and code marks."""
    return " ".join(_MARKUP.sub(r"\2", text).split())
