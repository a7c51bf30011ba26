"""What the document loop tells its caller, as frozen objects, and their one JSON form.

Order of a run: `RunStarted`, for each document `DocumentStarted` (after `Resumed` when pages were already saved), then
pages of all documents mixed, `DocumentFinished` as each ends, `RunFinished` last and always. A page is in the journal
before its `PageFinished` is seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from dragoman.core.errors import DragomanError
from dragoman.core.exchange import Usage
from dragoman.core.trajectory import PageResult

__all__ = [
    "DocumentFinished",
    "DocumentStarted",
    "DocumentSummary",
    "Event",
    "Notice",
    "PageFailed",
    "PageFinished",
    "PageProgress",
    "PageStarted",
    "Resumed",
    "RunFinished",
    "RunStarted",
    "Stopping",
    "event_as_dict",
]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """All runs are open and checked; nothing was asked of a model yet."""

    num_documents: int
    num_pages: int
    done_pages: int
    workers: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know; nothing stops because of it."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Pages of this document were saved by an earlier run and are not paid again."""

    document_id: str
    name: str
    done_pages: int
    num_pages: int


@dataclass(frozen=True, slots=True)
class DocumentStarted:
    """A document entered the run. `run_id` finds it in the journal."""

    document_id: str
    name: str
    run_id: str
    num_pages: int
    num_segments: int


@dataclass(frozen=True, slots=True)
class PageStarted:
    """A page got a slot; it reads memory version `memory_version`."""

    document_id: str
    name: str
    page_index: int
    num_pages: int
    memory_version: int


@dataclass(frozen=True, slots=True)
class PageProgress:
    """Something happened inside a page: whatever the page agent reports, unchanged."""

    document_id: str
    name: str
    page_index: int
    detail: object


@dataclass(frozen=True, slots=True)
class PageFinished:
    """A page is committed. `done_pages` counts the document's committed pages, this one included."""

    document_id: str
    name: str
    page_index: int
    num_pages: int
    done_pages: int
    result: PageResult


@dataclass(frozen=True, slots=True)
class PageFailed:
    """A page ended in an error; its document takes no more pages, other documents go on."""

    document_id: str
    name: str
    page_index: int
    error: Exception


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """How one document ended.

    Attributes:
        document_id: hash of the document.
        name: of the document.
        run_name: output path or the id the caller gave.
        run_id: finds the run in the journal.
        num_pages: pages of the document.
        done_pages: pages in the journal, from this and earlier runs.
        num_segments: segments of the document.
        failed_segments: ids of committed segments that have no usable translation.
        num_issues: faults still in the committed lines.
        usage: of all committed pages, from this and earlier runs.
        error: why the document is not complete; None when it is, or when the whole run was stopped.
    """

    document_id: str
    name: str
    run_name: str
    run_id: str
    num_pages: int
    done_pages: int
    num_segments: int
    failed_segments: tuple[str, ...] = ()
    num_issues: int = 0
    usage: Usage = Usage()
    error: Exception | None = None

    @property
    def complete(self) -> bool:
        """Whether every page is in the journal."""
        return self.done_pages == self.num_pages


@dataclass(frozen=True, slots=True)
class DocumentFinished:
    """No more pages of this document will come in this run."""

    summary: DocumentSummary


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run takes no more pages; those in flight finish and are saved, unless `at_once`."""

    reason: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event.

    Attributes:
        documents: in the order of the tasks.
        usage: of the pages committed in this run.
        seconds: wall time of this run.
        error: what stopped the run (limit, interruption, unreachable backend, ...); None when it ran to its end.
    """

    documents: tuple[DocumentSummary, ...]
    usage: Usage
    seconds: float
    error: DragomanError | None = None

    @property
    def exit_code(self) -> int:
        """What the command line returns: 0 done, 3 with failed segments, 1 a document failed, else of the error."""
        if self.error is not None:
            return self.error.exit_code
        if any(document.error is not None for document in self.documents):
            return 1
        return 3 if any(document.failed_segments for document in self.documents) else 0


Event = (
    RunStarted
    | Notice
    | Resumed
    | DocumentStarted
    | PageStarted
    | PageProgress
    | PageFinished
    | PageFailed
    | DocumentFinished
    | Stopping
    | RunFinished
)


def event_as_dict(event: Event) -> dict[str, Any]:  # Any: JSON
    """Plain values for one line of JSON, with the event's name under "event" ("page_finished").

    The observation of a page is shortened to its counts; the journal has all of it.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name} | {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


def _plain(value: object) -> Any:  # Any: JSON
    if isinstance(value, PageResult):
        return _plain_page(value)
    if isinstance(value, Exception):
        return {"type": type(value).__name__, "message": str(value)}
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


def _plain_page(result: PageResult) -> dict[str, Any]:  # Any: JSON
    return {
        "page_index": result.page_index,
        "lines": _plain(result.lines),
        "candidates": len(result.observation.candidates),
        "withheld": len(result.observation.withheld),
        "chosen": list(result.choice.chosen),
        "choice_status": result.choice.status.value,
        "context_tokens": result.choice.tokens,
        "policy": result.choice.policy,
        "pivot": result.pivot_lines is not None,
        "records": len(result.records),
        "withdrawn": len(result.withdrawn),
        "usage": _plain(result.usage),
        "seconds": result.seconds,
        "notes": list(result.notes),
    }
