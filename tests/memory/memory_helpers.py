"""Hand-made resources and pages for the tests of memory."""

from collections.abc import Sequence
from pathlib import Path

from dragoman.core.document import Page, Segment
from dragoman.core.records import Kind, MemoryRecord, Provenance, Resource

ALL = dict.fromkeys(Kind, 10)


class LetterCounter:
    """Counts letters: enough for tests, exact and without a download."""

    def count_tokens(self, text: str) -> int:
        return len(text)


COUNTER = LetterCounter()


def page(*lines: str, index: int = 0) -> Page:
    return Page(index, tuple(Segment(f"s{index}.{number}", line) for number, line in enumerate(lines)))


def resource(*records: MemoryRecord, name: str = "made") -> Resource:
    return Resource("dictionary", name, name, records)


def entry(source: str, target: str, line: int = 1, **attributes: str) -> MemoryRecord:
    return MemoryRecord(
        Kind.ENTRY, source, target, attributes=tuple(sorted(attributes.items())), provenance=Provenance("d", f"{line}")
    )


def entity(source: str, target: str, *, confidence: float = 1.0, place: str = "", **attributes: str) -> MemoryRecord:
    origin = Provenance("user", place)
    pairs = tuple(sorted(attributes.items()))
    return MemoryRecord(Kind.ENTITY, source, target, attributes=pairs, provenance=origin, confidence=confidence)


def exemplar(source: str, target: str, line: int = 1, **attributes: str) -> MemoryRecord:
    return MemoryRecord(
        Kind.EXEMPLAR, source, target, attributes=tuple(attributes.items()), provenance=Provenance("p", f"{line}")
    )


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def sources(candidates: Sequence[object], kind: Kind) -> list[str]:
    return [c.record.source for c in candidates if c.record.kind is kind]  # type: ignore[attr-defined] # candidates
