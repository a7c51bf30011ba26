"""The document loop: documents side by side, sliding waves of pages inside each, every page saved as it ends.

What a page reads is fixed by its index and the wave width, so results do not depend on timing, on the number of
workers, or on where a run was interrupted. The loop does not know what happens inside a page, nor how files are read
or written. One failing document never stops the others; what stops the run is said in the last event.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dragoman.agent.document_work import DocumentTask, DocumentWork
from dragoman.agent.events import Event
from dragoman.agent.loop_options import DEFAULT_OPTIONS, LoopOptions, PageRunner, pages_in_flight
from dragoman.agent.loop_run import LoopRun, close_runs
from dragoman.agent.run_config import RunConfig
from dragoman.agent.settings import RunSettings
from dragoman.agent.stopping import StopSignal
from dragoman.core.errors import ConfigurationError

if TYPE_CHECKING:  # brings SQLAlchemy, which a plain import of the loop does not need
    from dragoman.agent.journal import Journal

__all__ = ["DocumentTask", "LoopOptions", "PageRunner", "pages_in_flight", "translate_documents"]


async def translate_documents(
    tasks: Sequence[DocumentTask],
    *,
    agent: PageRunner,
    settings: RunSettings,
    config: RunConfig,
    journal: "Journal",
    options: LoopOptions = DEFAULT_OPTIONS,
    stop: StopSignal | None = None,
) -> AsyncIterator[Event]:
    """Translates documents, resuming what the journal holds; yields events, `RunFinished` last.

    Closing the iterator early gives up the pages in flight; everything committed stays.

    Args:
        tasks: the documents; run names are unique.
        agent: translates one page.
        settings: wave width and seed are read here.
        config: what the translations depend on; checked against earlier runs.
        journal: where pages are saved before they are reported.
        options: how the run is carried out.
        stop: asks for a stop from outside.

    Raises:
        ChangedRunError: an earlier run was made with another configuration; nothing was started.
        JournalError: the journal cannot be used or another process works on a run; nothing was started.
        ConfigurationError: two tasks have the same run name.
    """
    _check_names(tasks)
    loop = LoopRun(agent, settings, journal, options, stop or StopSignal())
    works = await asyncio.to_thread(_open_runs, tasks, config, journal, options.fresh)
    driver = asyncio.create_task(loop.run(works))
    driver.add_done_callback(lambda _: loop.events.put_nowait(None))
    try:
        while (event := await loop.events.get()) is not None:
            yield event
        driver.result()
    finally:
        driver.cancel()
        await asyncio.gather(driver, return_exceptions=True)


def _check_names(tasks: Sequence[DocumentTask]) -> None:
    twice = [name for name, count in Counter(task.run_name for task in tasks).items() if count > 1]
    if twice:
        raise ConfigurationError(f"two documents go to {twice[0]}: give each document an output of its own")


def _open_runs(tasks: Sequence[DocumentTask], config: RunConfig, journal: "Journal", fresh: bool) -> list[DocumentWork]:
    works: list[DocumentWork] = []
    try:
        for task in tasks:
            own = config.with_parts(task.parts)
            run = journal.open_run(task.document, task.pages, run_name=task.run_name, config=own, fresh=fresh)
            works.append(DocumentWork(task, run))
    except BaseException:
        close_runs(works, journal)
        raise
    return works
