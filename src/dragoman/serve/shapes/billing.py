"""Characters that each key has had translated, as DeepL's clients ask for them; kept in the server's database."""

import asyncio

from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, insert, select, update

from dragoman.agent.database import database_errors
from dragoman.agent.run_rows import lock_runs

__all__ = ["Billing"]

_METADATA = MetaData()
_CHARACTERS = Table(
    "served_characters",
    _METADATA,
    Column("owner", String(64), primary_key=True),
    Column("number", BigInteger, nullable=False),
)


class Billing:
    """Counts of characters by key.

    Args:
        engine: of the journal.

    Raises:
        JournalError: the table cannot be made.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with database_errors(engine), engine.begin() as connection:
            lock_runs(connection)
            _METADATA.create_all(connection)

    async def add(self, owner: str, number: int) -> None:
        """Adds characters."""
        await asyncio.to_thread(self._add, owner, number)

    async def total(self, owner: str) -> int:
        """All characters of this key so far."""
        return await asyncio.to_thread(self._total, owner)

    def _add(self, owner: str, number: int) -> None:
        table = _CHARACTERS
        grown = update(table).where(table.c.owner == owner).values(number=table.c.number + number)
        with database_errors(self._engine), self._engine.begin() as connection:
            lock_runs(connection)  # two first requests of a key would both insert
            if not connection.execute(grown).rowcount:
                connection.execute(insert(table).values(owner=owner, number=number))

    def _total(self, owner: str) -> int:
        query = select(_CHARACTERS.c.number).where(_CHARACTERS.c.owner == owner)
        with database_errors(self._engine), self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0
