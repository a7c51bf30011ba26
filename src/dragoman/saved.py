"""What a journal tells about runs that were made before: their reports and what they remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.agent.journal import Journal, RunInfo
from dragoman.core.errors import InputError, UnknownNameError
from dragoman.core.languages import parse_language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.report.data import DocumentReport

__all__ = ["Remembered", "find_runs", "is_gloss", "open_journal", "parse_kind", "remembered", "saved_report"]

_GLOSS = "gloss"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A record that a document left in memory; `withdrawn` is the reason when it was taken back, else empty."""

    record: MemoryRecord
    page: int
    withdrawn: str = ""


def is_gloss(backend: str) -> bool:
    """Whether a backend's name is that of the built-in gloss."""
    return backend.startswith(_GLOSS)


def open_journal(location: str) -> Journal:
    """A journal that is there already; none is made.

    Raises:
        InputError: there is no such file.
        JournalError: it cannot be opened.
    """
    if "://" not in location and not Path(location).is_file():
        raise InputError(f"{location} is not there: give the journal of a translation, it stands beside the output")
    return Journal(location)


def parse_kind(name: str | None) -> Kind | None:
    """The kind of record with this name; None for None.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if name is None:
        return None
    try:
        return Kind(name)
    except ValueError:
        raise UnknownNameError("kind of record", name, [kind.value for kind in Kind]) from None


def find_runs(journal: Journal, name: str | None = None) -> tuple[RunInfo, ...]:
    """Runs whose output path, document name or id is `name`, or ends with it; all runs when it is None.

    Raises:
        InputError: there are none.
    """
    runs = journal.runs()
    found = tuple(info for info in runs if name is None or _is_named(info, name))
    if found:
        return found
    if not runs:
        raise InputError("the journal holds no run: give the journal of a translation, it stands beside the output")
    known = ", ".join(dict.fromkeys(info.document_name for info in runs))
    raise InputError(f"no run is named {name!r}: the journal holds {known}")


def saved_report(journal: Journal, info: RunInfo, *, problems: Sequence[str] = ()) -> DocumentReport:
    """The report of one run, complete or not.

    Raises:
        JournalError: the journal cannot be read.
    """
    settings = info.config.settings
    return DocumentReport(
        info.document_name,
        parse_language(settings["from"]),
        parse_language(settings["to"]),
        info.num_pages,
        journal.results(info.id),
        settings["backend"],
        settings["policy"],
        is_gloss(settings["backend"]),
        tuple(problems),
        {**settings, **info.config.resources},
    )


def remembered(journal: Journal, info: RunInfo) -> tuple[Remembered, ...]:
    """Everything a run left in memory, in the order of its pages."""
    found: dict[str, Remembered] = {}
    for page in journal.pages(info.id):
        for record in page.records:
            found[record.id] = Remembered(record, page.page_index)
        for record_id, reason in page.withdrawn:
            if record_id in found:
                known = found[record_id]
                found[record_id] = Remembered(known.record, known.page, reason)
    return tuple(found.values())


def _is_named(info: RunInfo, name: str) -> bool:
    return name in (info.id, info.run_name, info.document_name) or info.run_name.endswith(f"/{name}")
