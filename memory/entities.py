"""Names and terms: which rendering holds when memory has several for one source.

The rule, in this order:
1. what the user brought (glossary) beats what the agent remembered;
2. of what a person wrote, the first row of the file holds (files by name); loading warns of such rows;
3. the rendering with the higher sum of confidences of its records;
4. the rendering met on the earlier page;
5. the alphabet, so that the answer never depends on order.
Renderings that lose stay visible as alternatives.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.core.records import MemoryRecord
from dragoman.memory.text import normalise

__all__ = ["Rendering", "resolve", "resolve_all"]

_LAST_NUMBER = re.compile(r"([0-9]+)(?=[^0-9]*$)")
_Row = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a name is rendered.

    Attributes:
        source: as spelled in the record that holds.
        target: the rendering that holds.
        gender: as remembered, "" when unknown.
        type: such as "person", "place", "term"; "" when unknown.
        confidence: of the best record behind it, 0 to 1.
        alternatives: other renderings that memory holds, best first.
        record: the record that holds.
    """

    source: str
    target: str
    gender: str
    type: str
    confidence: float
    alternatives: tuple[str, ...]
    record: MemoryRecord


def resolve(records: Sequence[MemoryRecord]) -> Rendering:
    """The rendering that holds among ENTITY records of one normalised source (at least one record)."""
    groups: dict[str, list[MemoryRecord]] = {}
    for record in records:
        groups.setdefault(normalise(record.target), []).append(record)
    ranked = sorted(groups.values(), key=_precedence)
    best = min(ranked[0], key=_informative)
    return Rendering(
        source=best.source,
        target=best.target,
        gender=_first(ranked[0], "gender"),
        type=_first(ranked[0], "type"),
        confidence=max(record.confidence for record in ranked[0]),
        alternatives=tuple(min(group, key=_informative).target for group in ranked[1:]),
        record=best,
    )


def resolve_all(records: Iterable[MemoryRecord]) -> dict[str, Rendering]:
    """Normalised source to rendering, in the order in which the sources first come."""
    groups: dict[str, list[MemoryRecord]] = {}
    for record in records:
        groups.setdefault(normalise(record.source), []).append(record)
    return {key: resolve(group) for key, group in groups.items()}


def _precedence(group: Sequence[MemoryRecord]) -> tuple[bool, _Row, float, int, str]:
    brought = any(record.version == 0 for record in group)
    support = sum(record.confidence for record in group)
    first_row = min(map(_row, group))
    return not brought, first_row, -round(support, 9), min(record.version for record in group), group[0].target


def _row(record: MemoryRecord) -> _Row:
    """Where a person wrote it, rows in the order of their numbers; what an agent wrote comes last and all alike."""
    if record.version != 0 or record.provenance.origin != "user":
        return 1, "", 0
    place = record.provenance.place  # such as "names.tsv, line 12"
    number = _LAST_NUMBER.search(place)
    return (0, place[: number.start()], int(number[0])) if number else (0, place, 0)


def _informative(record: MemoryRecord) -> tuple[bool, int, float, int, str]:
    """Orders records of one rendering: what the user brought, then the one that says most."""
    return record.version != 0, -len(record.attributes), -record.confidence, record.version, record.id


def _first(group: Sequence[MemoryRecord], name: str) -> str:
    """The attribute as the most trusted record that has it says."""
    known = [record for record in group if record.attribute(name)]
    return min(known, key=_informative).attribute(name) if known else ""
