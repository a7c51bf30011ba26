"""Resources turned round: for translating out of the language that their glosses are in.

An X-English dictionary then reads English = X, one record for each gloss. Glosses and affixes describe the words of X,
which is now the target: they keep their text under the names `target_gloss`, `target_segmented`, `target_affixes`,
`target_variants`, so that the glosser does not take them for the source. What a rule states in words only gets these
names too (and `target_particles`), for the same reason.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.resources.affixes import stated_affixes, stated_particles

__all__ = ["flip_records"]

_OF_SOURCE = frozenset({"gloss", "segmented", "affixes", "variants"})


def flip_records(records: Iterable[MemoryRecord]) -> Iterator[MemoryRecord]:
    """The records in the other direction, in order; rules keep their ids' links to examples."""
    new_ids: dict[str, str] = {}
    for record in records:
        for flipped in _flip(record, new_ids):
            if record.kind is Kind.RULE:
                new_ids[record.id] = flipped.id
            yield flipped


def _flip(record: MemoryRecord, new_ids: dict[str, str]) -> Iterator[MemoryRecord]:
    attributes = tuple(
        sorted(
            (f"target_{name}" if name in _OF_SOURCE else name, new_ids.get(value, value) if name == "rule" else value)
            for name, value in record.attributes
        )
    )
    if record.kind is Kind.ENTRY:
        for gloss in _glosses(record.target):
            yield replace(record, source=gloss, target=record.source, attributes=attributes)
    elif record.kind in (Kind.ENTITY, Kind.EXEMPLAR) or record.attribute("rule"):
        yield replace(record, source=record.target, target=record.source, attributes=attributes)
    else:
        yield replace(record, attributes=tuple(sorted({**dict(attributes), **_stated(record)}.items())))


def _stated(record: MemoryRecord) -> dict[str, str]:
    """What a rule says about forms of the language that is now the target."""
    pairs = {"target_affixes": stated_affixes(record), "target_particles": stated_particles(record)}
    return {name: "; ".join(f"{form}={label}" for form, label in found) for name, found in pairs.items() if found}


def _glosses(target: str) -> list[str]:
    """The glosses of an entry, each once."""
    parts = (part.strip() for part in re.split(r"[;|]", target))
    return list(dict.fromkeys(part for part in parts if part))
