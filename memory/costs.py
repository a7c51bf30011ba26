"""What records cost in a prompt, counted once for each record and token counter."""

from collections.abc import Sequence

from dragoman.core.protocols import TokenCounter
from dragoman.core.records import MemoryRecord
from dragoman.core.rendering import render_item

__all__ = ["TokenCosts"]

_MAX_COUNTERS = 4
_MAX_RECORDS = 200_000


class TokenCosts:
    """A cache of token counts. Counters are told apart by identity and kept alive while they are here."""

    def __init__(self) -> None:
        self._tables: list[tuple[TokenCounter, dict[str, int]]] = []

    def count(self, counter: TokenCounter, records: Sequence[MemoryRecord]) -> list[int]:
        """Tokens of each record as the prompt shows it."""
        table = self._table(counter)
        costs = []
        for record in records:
            known = table.get(record.id)
            if known is None:
                known = table[record.id] = counter.count_tokens(render_item(record))
            costs.append(known)
        return costs

    def _table(self, counter: TokenCounter) -> dict[str, int]:
        table = next((table for known, table in self._tables if known is counter), None)
        if table is None:
            table = {}
            self._tables = [*self._tables[-_MAX_COUNTERS + 1 :], (counter, table)]
        if len(table) > _MAX_RECORDS:
            table.clear()
        return table
