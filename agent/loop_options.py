"""How a run is carried out, and what it needs of a page agent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dragoman.agent.job import PageJob
from dragoman.core.errors import ConfigurationError
from dragoman.core.trajectory import PageResult

__all__ = ["DEFAULT_OPTIONS", "LoopOptions", "PageRunner", "pages_in_flight"]

_SPARE_SHARE = 4  # one page more for every so many calls


class PageRunner(Protocol):
    """What translates one page; `dragoman.agent.page.PageAgent` does."""

    async def run_page(
        self,
        job: PageJob,
        *,
        on_event: Callable[[Any], None] | None = None,  # Any: whatever the agent reports
        approve: Any = None,  # Any: the agent's own approval hook
    ) -> PageResult:
        """The result of the page."""


def pages_in_flight(num_calls: int) -> int:
    """How many pages keep `num_calls` calls in flight while other pages are recalled, checked and committed."""
    return num_calls + -(-num_calls // _SPARE_SHARE)


def _allow() -> None:
    """Every page may start."""


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How a run is carried out; nothing here changes a translation.

    Attributes:
        workers: pages in flight at most, over all documents; a page has one request in flight at a time. See
            `pages_in_flight`.
        fresh: start over; earlier runs are archived, not deleted.
        may_start: called before a page starts; raising `LimitReachedError` stops the run cleanly.
        approve: handed to the page agent.
    """

    workers: int = 8
    fresh: bool = False
    may_start: Callable[[], None] = _allow
    approve: Any = None  # Any: the agent's own approval hook

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigurationError(f"workers is {self.workers}: give a whole number of at least 1")


DEFAULT_OPTIONS = LoopOptions()
