"""Glossed text: interlinear blocks of three or four lines, or lines marked `\\t`, `\\m`, `\\g`, `\\l`.

Three lines are words, gloss, translation; four are words, segmented words, gloss, translation. A blank line ends a
block. Where words and glosses do not pair up, the sentence is kept without its gloss and the block is named.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dragoman.core.errors import ResourceError
from dragoman.core.records import Kind, MemoryRecord, Provenance
from dragoman.memory.morphology import surface
from dragoman.memory.resources.tables import read_text

__all__ = ["Block", "parse_blocks", "read_glossed"]

_MARKS = MappingProxyType(
    {
        **dict.fromkeys(("t", "tx", "txt", "text"), "words"),
        **dict.fromkeys(("m", "mb", "mr", "seg"), "segmented"),
        **dict.fromkeys(("g", "ge", "gl", "gloss"), "gloss"),
        **dict.fromkeys(("l", "ft", "tr", "f", "trans"), "translation"),
    }
)
_MARKED = re.compile(r"^\\(\w+)\s*(.*)$")
_NUMBER = re.compile(r"^\s*\(?\d+[a-z]?[.)]\s+")
_QUOTES = {"'": "'", '"': '"', "‘": "’", "“": "”", "«": "»", "`": "'", "„": "“", "‚": "‘"}

Block = Mapping[str, str]  # words, segmented, gloss, translation; those that are there


def read_glossed(path: Path) -> tuple[list[MemoryRecord], list[str]]:
    """One EXEMPLAR record a block with the attributes gloss and segmented, and the problems.

    Raises:
        ResourceError: the file cannot be read or holds no usable block.
    """
    records, problems = [], []
    for number, lines in _blocks(read_text(path)):
        parsed = _parse(lines)
        if isinstance(parsed, str):
            problems.append(f"line {number}: {parsed}")
            continue
        block, fault = _aligned(parsed)
        if fault:
            problems.append(f"line {number}: {fault}; kept without its gloss")
        records.append(block_record(block, Provenance(path.name, f"line {number}")))
    if not records:
        shown = f" ({problems[0]})" if problems else ""
        raise ResourceError(
            f"{path} has no usable block{shown}; expected words, gloss, translation on three lines, then a blank line"
        )
    return records, problems


def block_record(block: Block, provenance: Provenance, **attributes: str) -> MemoryRecord:
    """The block as an EXEMPLAR record, or as a RULE example where `attributes` say so."""
    values = {**attributes, "gloss": block.get("gloss", ""), "segmented": block.get("segmented", "")}
    return MemoryRecord(
        kind=Kind.RULE if "rule" in attributes else Kind.EXEMPLAR,
        source=block["words"],
        target=block["translation"],
        attributes=tuple((name, value) for name, value in sorted(values.items()) if value),
        provenance=provenance,
    )


def parse_blocks(text: str) -> list[Block]:
    """The readable blocks of a text, in order."""
    parsed = (_parse(lines) for _, lines in _blocks(text))
    return [_aligned(block)[0] for block in parsed if not isinstance(block, str)]


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """Runs of lines between blank lines, each with the number of its first line; comments left out."""
    blocks: list[tuple[int, list[str]]] = []
    previous_blank = True
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("# "):
            continue
        if line.strip() and previous_blank:
            blocks.append((number, []))
        if line.strip():
            blocks[-1][1].append(line.strip())
        previous_blank = not line.strip()
    return blocks


def _parse(lines: Sequence[str]) -> Block | str:
    """The block, or what is wrong with it."""
    if any(_MARKED.match(line) for line in lines):
        return _parse_marked(lines)
    names = {3: ("words", "gloss", "translation"), 4: ("words", "segmented", "gloss", "translation")}.get(len(lines))
    if names is None:
        return f"a block of {len(lines)} lines, expected 3 or 4"
    block = dict(zip(names, lines, strict=True))
    block["words"] = _NUMBER.sub("", block["words"])
    block["translation"] = _unquoted(block["translation"])
    return block if block["translation"] else "no translation"


def _parse_marked(lines: Sequence[str]) -> Block | str:
    block: dict[str, str] = {}
    name = None
    for line in lines:
        match = _MARKED.match(line)
        if match:
            name = _MARKS.get(match[1].lower())
        content = match[2] if match else line
        if name and content:
            block[name] = f"{block[name]} {content}" if name in block else content
    block["translation"] = _unquoted(block.get("translation", ""))
    if "words" not in block and "segmented" in block:
        block["words"] = surface_line(block["segmented"])
    missing = [name for name in ("words", "translation") if not block.get(name)]
    return f"no {' and no '.join(missing)}" if missing else block


def _unquoted(line: str) -> str:
    text = line.strip()
    if len(text) >= 2 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def surface_line(segmented: str) -> str:
    """The words of a segmented line without the borders between their morphemes."""
    return " ".join(surface(word) or word for word in segmented.split())


def _aligned(block: Block) -> tuple[Block, str]:
    """The block with its tiers in step, and what did not pair up."""
    segmented = block.get("segmented") or block["words"]
    glosses = block.get("gloss", "").split()
    if glosses and len(segmented.split()) != len(glosses):
        fault = f"{len(segmented.split())} words and {len(glosses)} glosses"
        return {name: text for name, text in block.items() if name not in ("gloss", "segmented")}, fault
    if glosses and "segmented" not in block and _is_segmented(segmented.split(), glosses):
        return {**block, "segmented": segmented, "words": surface_line(segmented)}, ""
    return block, ""


def _is_segmented(words: Sequence[str], glosses: Sequence[str]) -> bool:
    """Whether the words are cut into morphemes: borders in the same number as in their glosses, somewhere."""
    cuts = [len(re.findall(r"[-=~]", word)) for word in words]
    return any(cuts) and cuts == [len(re.findall(r"[-=~]", gloss)) for gloss in glosses]
