"""A job that is done again takes over the pages of the earlier job that its corrections do not reach."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from dragoman.agent.journal import Journal
from dragoman.agent.name_match import stands_in
from dragoman.agent.run_config import RunConfig
from dragoman.core.document import Document, Page
from dragoman.core.trajectory import PageResult

__all__ = ["take_over_pages"]


def take_over_pages(
    journal: Journal, document: Document, config: RunConfig, *, job_id: str, earlier_id: str, names: Sequence[str]
) -> None:
    """Saves the pages of the earlier job without one of these names as pages of this job, which cost nothing.

    Nothing happens when the earlier job was not finished, or when this job has begun.

    Args:
        journal: of both jobs.
        document: of both jobs.
        config: of this job.
        job_id: of this job.
        earlier_id: of the earlier one.
        names: whose renderings were corrected.

    Raises:
        JournalError: the journal cannot be used.
    """
    earlier = journal.runs(earlier_id)
    if not earlier or journal.runs(job_id):
        return
    results = journal.results(earlier[-1].id)
    if len(results) < earlier[-1].num_pages:
        return
    run = journal.open_run(document, _pages(document, results), run_name=job_id, config=config)
    try:
        for result in results:
            if not _is_reached(result, names):
                journal.commit(run, _free(result, earlier_id))
    finally:
        journal.close_run(run)


def _pages(document: Document, results: Sequence[PageResult]) -> list[Page]:
    """How the earlier job cut the document; this one cuts it the same way."""
    by_id = {segment.id: segment for segment in document.segments}
    return [Page(result.page_index, tuple(by_id[line.segment_id] for line in result.lines)) for result in results]


def _is_reached(result: PageResult, names: Sequence[str]) -> bool:
    return any(stands_in(name, line.source) for line in result.lines for name in names)


def _free(result: PageResult, earlier_id: str) -> PageResult:
    note = f"taken over from job {earlier_id}"
    return replace(result, usage=MappingProxyType({}), seconds=0.0, notes=(*result.notes, note))
