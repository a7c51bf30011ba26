"""The best choice for a page when its reward may be asked: an upper bound for evaluation, never a policy at work.

Up to twelve candidates every subset that fits is tried, so the answer is exact. Beyond, it is a search: start from the
best of the given choices, and go through the candidates again and again, putting each in or out where that pays; one
that does not fit is tried in place of those that cost most for what they bring (a look-ahead of one exchange). The
result is then a lower bound of the best, and named so.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from dragoman.core.context import Candidate, Observation

__all__ = ["MAX_ENUMERATED", "OracleChoice", "Value", "find_oracle"]

MAX_ENUMERATED = 12
_MAX_SWEEPS = 3

Value = Callable[[tuple[str, ...]], Awaitable[float]]
"""Net reward of a choice, points."""


@dataclass(frozen=True, slots=True)
class OracleChoice:
    """The best choice found.

    Attributes:
        chosen: ids, in the order of the candidates.
        value: net reward, points.
        is_exact: whether every choice was tried.
    """

    chosen: tuple[str, ...]
    value: float
    is_exact: bool


async def find_oracle(observation: Observation, value: Value, *, starts: Iterable[Sequence[str]] = ()) -> OracleChoice:
    """The best choice within the budget.

    Args:
        observation: the page.
        value: asked for many choices; it should keep what it has answered.
        starts: choices to start a search from, besides nothing and everything; they may not exceed the budget.
    """
    if len(observation.candidates) <= MAX_ENUMERATED:
        return await _enumerate(observation, value)
    search = _Search(observation, value)
    everything = await search.trimmed([candidate.id for candidate in observation.candidates])
    best: OracleChoice | None = None
    for start in ((), everything, *starts):
        current = frozenset(start)
        found = search.choice(current, await search.value(current))
        best = found if best is None or found.value > best.value else best
    assert best is not None, "there is always the empty choice"
    return await search.improve(best)


async def _enumerate(observation: Observation, value: Value) -> OracleChoice:
    best = OracleChoice((), await value(()), is_exact=True)
    candidates = observation.candidates
    for size in range(1, len(candidates) + 1):
        for subset in combinations(candidates, size):
            if sum(candidate.tokens for candidate in subset) <= observation.budget_tokens:
                ids = tuple(candidate.id for candidate in subset)
                found = await value(ids)
                best = OracleChoice(ids, found, is_exact=True) if found > best.value else best
    return best


class _Search:
    """Exchange search on one page."""

    def __init__(self, observation: Observation, value: Value) -> None:
        self._candidates = observation.candidates
        self._tokens = {candidate.id: candidate.tokens for candidate in observation.candidates}
        self._budget = observation.budget_tokens
        self._value = value

    async def value(self, chosen: frozenset[str]) -> float:
        return await self._value(self.ordered(chosen))

    def ordered(self, chosen: frozenset[str]) -> tuple[str, ...]:
        return tuple(candidate.id for candidate in self._candidates if candidate.id in chosen)

    def choice(self, chosen: frozenset[str], value: float) -> OracleChoice:
        return OracleChoice(self.ordered(chosen), value, is_exact=False)

    def cost(self, chosen: Iterable[str]) -> int:
        return sum(self._tokens[id] for id in chosen)

    async def trimmed(self, chosen: Sequence[str]) -> tuple[str, ...]:
        """What is left when the choice loses what brings least per token until it fits."""
        left = frozenset(chosen)
        while self.cost(left) > self._budget:
            worth = await self._worth(left)
            for id in sorted(left, key=lambda id: (worth[id], id))[: max(1, len(left) // 6)]:
                if self.cost(left) > self._budget:
                    left -= {id}
        return self.ordered(left)

    async def improve(self, start: OracleChoice) -> OracleChoice:
        """Sweeps until nothing pays any more."""
        chosen, best = frozenset(start.chosen), start.value
        for _ in range(_MAX_SWEEPS):
            before = best
            for candidate in self._candidates:
                for changed in await self._neighbours(chosen, candidate):
                    found = await self.value(changed)
                    if found > best + 1e-9:
                        chosen, best = changed, found
                        break
            if best == before:
                break
        return self.choice(chosen, best)

    async def _neighbours(self, chosen: frozenset[str], candidate: Candidate) -> list[frozenset[str]]:
        """The choice with the candidate put in or out; in exchange for others where it does not fit."""
        if candidate.id in chosen:
            return [chosen - {candidate.id}]
        if self.cost(chosen) + candidate.tokens <= self._budget:
            return [chosen | {candidate.id}]
        by_tokens = sorted(chosen, key=lambda id: (abs(self._tokens[id] - candidate.tokens), id))
        over = self.cost(chosen) + candidate.tokens - self._budget
        return [(chosen - {id}) | {candidate.id} for id in by_tokens if self._tokens[id] >= over][:2]

    async def _worth(self, chosen: frozenset[str]) -> dict[str, float]:
        """Points lost per token when an item is taken away."""
        whole = await self.value(chosen)
        return {id: (whole - await self.value(chosen - {id})) / max(1, self._tokens[id]) for id in chosen}
