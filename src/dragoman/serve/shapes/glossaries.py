"""Glossaries of a key: named, each with dictionaries for language pairs. Kept in the server's database."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dragoman.core.languages import Language
from dragoman.serve.errors import ServeError
from dragoman.serve.store import Row, Store

__all__ = ["Glossaries", "Glossary", "PairEntries", "primary"]

_KIND = "glossaries"


@dataclass(frozen=True, slots=True)
class PairEntries:
    """Terms of one language pair; languages are primary subtags, so EN serves EN-GB and EN-US."""

    source: str
    target: str
    entries: Mapping[str, str]

    def fits(self, source: str, target: str) -> bool:
        """Whether it is for this pair."""
        return (self.source, self.target) == (source, target)


@dataclass(frozen=True, slots=True)
class Glossary:
    """A glossary."""

    id: str
    name: str
    created: float
    dictionaries: tuple[PairEntries, ...]

    @property
    def creation_time(self) -> str:
        """ISO 8601, as DeepL writes it."""
        return datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def find(self, source: str, target: str) -> PairEntries:
        """The dictionary of a pair.

        Raises:
            ServeError: 404, it has none.
        """
        for each in self.dictionaries:
            if each.fits(source, target):
                return each
        raise ServeError(404, f"glossary {self.id} has no dictionary from {source} to {target}")

    def with_dictionary(self, new: PairEntries) -> "Glossary":
        """The glossary with the dictionary of this pair replaced or added."""
        kept = tuple(each for each in self.dictionaries if not each.fits(new.source, new.target))
        return replace(self, dictionaries=(*kept, new))


class Glossaries:
    """Glossaries of all keys; every question names the owner."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, owner: str, name: str, dictionaries: Sequence[PairEntries]) -> Glossary:
        """A new glossary."""
        new = Glossary(str(uuid.uuid4()), name, datetime.now(UTC).timestamp(), tuple(dictionaries))
        await self._store.add(_KIND, {"owner": owner, **_row(new), "id": new.id, "created": new.created})
        return new

    async def get(self, owner: str, id: str) -> Glossary:
        """The glossary with this id.

        Raises:
            ServeError: 404, there is none of this owner.
        """
        row = await self._store.get(_KIND, owner, id)
        if row is None:
            raise ServeError(404, f"glossary {id[:80]!r} does not exist: list them with GET /v2/glossaries")
        return _glossary(row)

    async def list(self, owner: str) -> list[Glossary]:
        """All glossaries of this owner, newest first."""
        return [_glossary(row) for row in await self._store.list(_KIND, owner, limit=1000)]

    async def save(self, glossary: Glossary) -> None:
        """Writes a changed glossary."""
        await self._store.change(_KIND, glossary.id, **_row(glossary))

    async def remove(self, owner: str, id: str) -> None:
        """Deletes a glossary.

        Raises:
            ServeError: 404, there is none of this owner.
        """
        await self.get(owner, id)
        await self._store.remove(_KIND, owner, id)


def primary(language: Language) -> str:
    """The part of a tag that glossaries distinguish, in lower case."""
    return language.tag.lower() if language.tag.startswith("x-") else language.tag.partition("-")[0].lower()


def _row(glossary: Glossary) -> Row:
    dictionaries = [
        {"source": each.source, "target": each.target, "entries": dict(each.entries)} for each in glossary.dictionaries
    ]
    return {"name": glossary.name, "body": dictionaries}


def _glossary(row: Row) -> Glossary:
    return Glossary(row["id"], row["name"], row["created"], tuple(PairEntries(**each) for each in row["body"]))
