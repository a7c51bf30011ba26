"""One run of a page: what cannot be saved travels here, what can is plain values.

`PageRun` is handed to every step of the graph. It keeps observation and choice so that each is made once; both are
pure, so a run that another process resumes makes them again and gets the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from dragoman.agent import nodes
from dragoman.agent.answers import ProposedEntity
from dragoman.agent.job import PageContext
from dragoman.agent.remember import MemoryDelta
from dragoman.agent.text_stream import TextDelta
from dragoman.core.context import ContextChoice, Observation
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.probe import Probe
from dragoman.policies.probing import withhold

__all__ = [
    "NodeFinished",
    "OnEvent",
    "PageRun",
    "entities_from_plain",
    "entities_to_plain",
    "lines_from_plain",
    "lines_to_plain",
    "usage_from_plain",
    "usage_to_plain",
]


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """A step of a page ended."""

    node: str
    page_index: int
    seconds: float


OnEvent = Callable[[NodeFinished | TextDelta], object]
"""Hears of every step that ends and, where answers are streamed, of every piece."""


@dataclass(slots=True)
class PageRun:
    """A page on its way through the graph; the one thing here that changes.

    Attributes:
        context: the page and what translates it.
        on_event: hears what happens.
        delta: what the page leaves in memory; set by the last step.
        choice_usage: what the policy spent on its choice; set with it.
    """

    context: PageContext
    on_event: OnEvent | None = None
    delta: MemoryDelta = MemoryDelta()
    choice_usage: Usage = Usage()
    _recalled: Observation | None = None
    _observation: Observation | None = None
    _choice: ContextChoice | None = None

    async def recalled(self) -> Observation:
        """What memory offers, whatever a probe says about it."""
        if self._recalled is None:
            self._recalled = await nodes.observe(self.context)
        return self._recalled

    async def probe(self) -> Probe | None:
        """Of the document; None where it gets none."""
        cell = self.context.job.probe
        return None if cell is None else await cell.get(self.context)

    async def observation(self) -> Observation:
        """What the policy sees, with the names of what a probe withholds from it."""
        if self._observation is None:
            seen, probe = await self.recalled(), await self.probe()
            self._observation = seen if probe is None else withhold(seen, probe)
        return self._observation

    async def choice(self) -> ContextChoice:
        """What the policy picked."""
        if self._choice is None:
            paid = await nodes.choose_and_pay(self.context, await self.observation())
            self._choice, self.choice_usage = paid.choice, paid.usage
        return self._choice

    def finished(self, node: str, seconds: float) -> None:
        """Tells the listener, if there is one."""
        if self.on_event is not None:
            self.on_event(NodeFinished(node, self.context.job.page.index, seconds))


def usage_to_plain(usage: Mapping[Purpose, Usage]) -> dict[str, list[float]]:
    """Usage by purpose as plain values."""
    return {purpose.value: list(astuple(spent)) for purpose, spent in usage.items()}


def usage_from_plain(plain: Mapping[str, Sequence[Any]]) -> dict[Purpose, Usage]:  # Any: whole and broken numbers
    """The inverse of `usage_to_plain`."""
    return {Purpose(purpose): Usage(*numbers) for purpose, numbers in plain.items()}


def entities_to_plain(entities: Iterable[ProposedEntity]) -> list[dict[str, str]]:
    """Names as plain values: source, target, gender, type."""
    return [asdict(entity) for entity in entities]


def entities_from_plain(plain: Iterable[Mapping[str, str]]) -> tuple[ProposedEntity, ...]:
    """The inverse of `entities_to_plain`."""
    return tuple(ProposedEntity(**entity) for entity in plain)


def lines_to_plain(lines: Mapping[int, str]) -> list[list[Any]]:  # Any: a number and a text
    """Numbered lines as plain values; not every saver keeps whole numbers as keys."""
    return [[number, text] for number, text in lines.items()]


def lines_from_plain(plain: Iterable[Sequence[Any]]) -> dict[int, str]:  # Any: a number and a text
    """The inverse of `lines_to_plain`."""
    return {int(number): str(text) for number, text in plain}
