"""One version of a memory: the blocks it is made of and what is hidden in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.core.records import Kind, MemoryRecord
from dragoman.memory.entities import Rendering, resolve
from dragoman.memory.index import RecordIndex

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What recall reads.

    Attributes:
        version: number of pages known.
        blocks: what the user brought, then runs of pages in order.
        hidden: ids of withdrawn records.
    """

    version: int
    blocks: tuple[RecordIndex, ...]
    hidden: frozenset[str]

    def is_visible(self, record: MemoryRecord) -> bool:
        """Whether the record was not withdrawn."""
        return not self.hidden or record.id not in self.hidden

    def records(self, kind: Kind | None = None) -> Iterator[MemoryRecord]:
        """Visible records in the order in which they were added."""
        for block in self.blocks:
            for record in block.records if kind is None else block.by_kind[kind]:
                if self.is_visible(record):
                    yield record

    def rendering(self, key: str) -> Rendering | None:
        """The rendering that holds for a normalised source; None when all of its records are withdrawn."""
        owners = [block for block in self.blocks if key in block.entities]
        if len(owners) == 1 and not self.hidden:
            return owners[0].renderings[key]
        visible = [record for block in owners for record in block.entities[key] if self.is_visible(record)]
        return resolve(visible) if visible else None

    def renderings(self) -> dict[str, Rendering]:
        """The whole name table, by normalised source, in the order in which sources first came."""
        keys = dict.fromkeys(key for block in self.blocks for key in block.entities)
        found = ((key, self.rendering(key)) for key in keys)
        return {key: rendering for key, rendering in found if rendering is not None}
