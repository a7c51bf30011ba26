"""What a person sees while a run goes on: one live line on a terminal, plain lines elsewhere, JSON for programs."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from dragoman.agent.events import (
    DocumentFinished,
    DocumentSummary,
    Event,
    Notice,
    PageFailed,
    PageFinished,
    PageProgress,
    Resumed,
    RunFinished,
    RunStarted,
    Stopping,
    event_as_dict,
)
from dragoman.cli.guard import say
from dragoman.core.exchange import Usage
from dragoman.results import count_of

__all__ = ["JsonView", "PlainView", "QuietView", "Tally", "TerminalView", "View", "make_view"]

_PAUSE_S = 2.0  # between plain progress lines


@dataclass(slots=True)
class Tally:
    """Counts of a run so far; the clock is given, so that it can be tested."""

    clock: Callable[[], float] = time.monotonic
    num_pages: int = 0
    done_pages: int = 0
    resumed_pages: int = 0
    usage: Usage = field(default_factory=Usage)
    began: float = 0.0

    def add(self, event: Event) -> None:
        """Takes an event into account."""
        if isinstance(event, RunStarted):
            self.began = self.clock()
            self.num_pages, self.done_pages, self.resumed_pages = event.num_pages, event.done_pages, event.done_pages
        elif isinstance(event, PageFinished):
            self.done_pages += 1
            self.usage += event.result.total_usage

    def facts(self) -> str:
        """Tokens per second, spend, cached share and time to go, as far as they are known."""
        seconds = self.clock() - self.began
        tokens = self.usage.prompt_tokens + self.usage.output_tokens
        parts = [f"{tokens:,} tokens"]
        if seconds > 0:
            parts.append(f"{tokens / seconds:,.0f} tokens/s")
        if self.usage.cost_usd:
            parts.append(f"${self.usage.cost_usd:,.4f}")
        if self.usage.cached_tokens:
            parts.append(f"{self.usage.cached_tokens / self.usage.prompt_tokens:.0%} cached")
        if (eta := self.eta_s(seconds)) is not None:
            parts.append(f"{_duration(eta)} to go")
        return ", ".join(parts)

    def eta_s(self, seconds: float) -> float | None:
        """Seconds to go at the pace so far; None before the first page of this run and after the last."""
        fresh = self.done_pages - self.resumed_pages
        left = self.num_pages - self.done_pages
        return seconds / fresh * left if fresh and left else None


class View(Protocol):
    """Shows a run."""

    def show(self, event: Event) -> None:
        """Shows what an event means to a person or program, if anything."""

    def live(self) -> AbstractContextManager[object]:
        """What must be open while the run goes on."""


def make_view(*, as_json: bool, quiet: bool) -> View:
    """The view that fits the options and the terminal."""
    if as_json:
        return JsonView()
    if quiet:
        return QuietView()
    return TerminalView() if sys.stderr.isatty() else PlainView()


class QuietView:
    """Shows only what went wrong."""

    def show(self, event: Event) -> None:
        """Failures and the reason of a stop."""
        message = trouble(event)
        if message:
            say(message)

    def live(self) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()


class JsonView:
    """One JSON object per event, on standard output."""

    def show(self, event: Event) -> None:
        """Every event."""
        sys.stdout.write(json.dumps(event_as_dict(event), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def live(self) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()


class PlainView:
    """Short lines on standard error: at most one every two seconds, and one at the end of each document."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._tally = Tally(clock)
        self._clock = clock
        self._last = float("-inf")

    def show(self, event: Event) -> None:
        """Pages, documents, and what went wrong."""
        self._tally.add(event)
        message = trouble(event) or news(event)
        if message:
            say(message)
        elif isinstance(event, PageFinished) and self._clock() - self._last >= _PAUSE_S:
            self._last = self._clock()
            place = f"{event.name} page {event.done_pages} of {event.num_pages}"
            say(f"{place}, {self._tally.done_pages} of {self._tally.num_pages} in all, {self._tally.facts()}")

    def live(self) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()


class TerminalView:
    """One live line on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        self._tally = Tally()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("pages"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar = self._progress.add_task("pages", total=None, facts="")

    def show(self, event: Event) -> None:
        """Moves the line; what went wrong stays above it."""
        self._tally.add(event)
        message = trouble(event) or news(event)
        if message:
            self._progress.console.print(message, markup=False, highlight=False)
        if not isinstance(event, PageProgress):
            tally = self._tally
            self._progress.update(self._bar, completed=tally.done_pages, total=tally.num_pages, facts=tally.facts())

    def live(self) -> AbstractContextManager[object]:
        """The line."""
        return self._progress


def trouble(event: Event) -> str:
    """What a person must hear in any case; empty for everything else."""
    if isinstance(event, PageFailed):
        return f"error: {event.name} page {event.page_index + 1}: {_one_line(event.error)}"
    if isinstance(event, Notice):
        return f"note: {event.message}"
    if isinstance(event, Stopping):
        # Any other reason is the error that ends the command: it is said there, once.
        told = event.reason if event.reason.startswith("interrupted") else "pages in flight are finished and saved"
        return f"stopping: {told}"
    return ""


def news(event: Event) -> str:
    """What a person likes to hear once."""
    if isinstance(event, Resumed):
        return f"{event.name}: resumed, {event.done_pages} of {count_of(event.num_pages, 'page')} are done already"
    if isinstance(event, RunFinished):
        waiting = sum(_is_untouched(summary) for summary in event.documents)
        return f"{count_of(waiting, 'document')} not begun" if waiting else ""
    if isinstance(event, DocumentFinished) and not event.summary.complete and not _is_untouched(event.summary):
        summary = event.summary
        way_out = ", run the same command again to go on" if summary.error is not None else ""
        return f"{summary.name}: {summary.done_pages} of {count_of(summary.num_pages, 'page')} done{way_out}"
    return ""


def _is_untouched(summary: DocumentSummary) -> bool:
    """Whether a stop came before the document's turn; a large batch has many, so they are only counted."""
    return not summary.complete and not summary.done_pages and summary.error is None


def _one_line(value: Any) -> str:  # Any: an error or a text
    return " ".join(str(value).split())


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
