"""The loop: order, waves, independence of timing, failures that stay where they are, limits and stops."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from dragoman.agent.events import (
    DocumentFinished,
    DocumentStarted,
    Event,
    Notice,
    PageFailed,
    PageFinished,
    PageStarted,
    Resumed,
    RunFinished,
    RunStarted,
    Stopping,
)
from dragoman.agent.journal import Journal
from dragoman.agent.loop import DocumentTask, LoopOptions, translate_documents
from dragoman.agent.output import assemble, write_output
from dragoman.agent.settings import RunSettings
from dragoman.agent.stopping import StopSignal, stop_on_signals
from dragoman.core.errors import (
    AuthenticationError,
    BackendUnreachableError,
    BadRequestError,
    ChangedRunError,
    ConfigurationError,
    InputError,
    InterruptedRunError,
    JournalError,
    LimitReachedError,
)
from dragoman.core.trajectory import Issue, IssueCode

LENGTHS = (14, 3, 0, 9, 1)


def tasks_of(world, lengths=LENGTHS, memory=None) -> list[DocumentTask]:
    documents = [world.make_document(length, name=f"text{index}.txt") for index, length in enumerate(lengths)]
    memory = memory or world.PlainMemory()
    return [DocumentTask(document, world.cut(document), f"out/{document.name}", memory) for document in documents]


async def run(tasks, agent, journal, config, *, wave=1, on_event: Callable[[Event], None] | None = None, **options):
    stop = options.pop("stop", None)
    events = []
    stream = translate_documents(
        tasks,
        agent=agent,
        settings=RunSettings(wave=wave),
        config=config,
        journal=journal,
        options=LoopOptions(**options),
        stop=stop,
    )
    async for event in stream:
        events.append(event)
        if on_event is not None:
            on_event(event)
    return events


def of_kind(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def saved(journal: Journal) -> dict:
    return {info.run_name: journal.results(info.id) for info in journal.runs()}


async def test_events_tell_the_whole_run_in_order(world, journal, config) -> None:
    events = await run(tasks_of(world), world.PlainAgent(), journal, config, workers=3)
    assert events[0] == RunStarted(num_documents=5, num_pages=15, done_pages=0, workers=3)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 0
    assert events[-1].error is None
    assert events[-1].usage.calls == 15
    for task in tasks_of(world):
        mine = [event for event in events if getattr(event, "document_id", None) == task.document.hash]
        finished = [event.summary for event in of_kind(events, DocumentFinished)]
        (summary,) = [summary for summary in finished if summary.document_id == task.document.hash]
        assert summary.complete
        assert summary.done_pages == len(task.pages)
        if task.pages:
            assert isinstance(mine[0], DocumentStarted)
        started = [event.page_index for event in of_kind(mine, PageStarted)]
        assert started == list(range(len(task.pages)))
        assert [event.done_pages for event in of_kind(mine, PageFinished)] == [
            index + 1 for index in range(len(task.pages))
        ]


async def test_a_page_is_in_the_journal_before_it_is_reported(world, journal, config) -> None:
    def check(event: Event) -> None:
        if isinstance(event, PageFinished):
            (info,) = journal.runs("out/text0.txt")
            assert event.result in journal.results(info.id)

    events = await run(tasks_of(world, (6,)), world.PlainAgent(), journal, config, on_event=check)
    assert len(of_kind(events, PageFinished)) == 3


@pytest.mark.parametrize("wave", [1, 2, 5])
async def test_results_and_memory_do_not_depend_on_timing(world, config, tmp_path: Path, wave: int) -> None:
    outcomes = []
    for seed, workers in ((0, 1), (1, 4), (2, 16), (3, 2)):
        memory = world.PlainMemory()
        with Journal(tmp_path / f"{seed}.db") as journal:
            agent = world.PlainAgent(pause_s=0.004, seed=seed)
            await run(tasks_of(world, memory=memory), agent, journal, config, wave=wave, workers=workers)
            assert agent.most_in_flight <= workers
            deltas = sorted(str(sorted(opened.deltas.items())) for opened in memory.opened)
            outcomes.append((saved(journal), deltas))
    assert all(outcome == outcomes[0] for outcome in outcomes)


async def test_a_page_reads_exactly_the_memory_of_its_wave(world, journal, config) -> None:
    agent = world.PlainAgent(pause_s=0.003)
    events = await run(tasks_of(world, (20,)), agent, journal, config, wave=3, workers=8)
    versions = {event.page_index: event.memory_version for event in of_kind(events, PageStarted)}
    assert versions == {page: max(0, page - 2) for page in range(10)}
    assert agent.most_in_flight == 3


async def test_one_failing_document_does_not_stop_the_others(world, journal, config) -> None:
    def fail(job) -> None:
        if job.document.name == "text3.txt" and job.page.index == 1:
            raise BadRequestError("the server refused")
        if job.document.name == "text1.txt":
            raise ZeroDivisionError("a fault of ours")

    events = await run(tasks_of(world), world.PlainAgent(before=fail), journal, config)
    finished = {event.summary.name: event.summary for event in of_kind(events, DocumentFinished)}
    assert {name: type(summary.error) for name, summary in finished.items()} == {
        "text0.txt": type(None),
        "text1.txt": ZeroDivisionError,
        "text2.txt": type(None),
        "text3.txt": BadRequestError,
        "text4.txt": type(None),
    }
    assert finished["text3.txt"].done_pages == 1
    assert {(event.name, event.page_index) for event in of_kind(events, PageFailed)} == {
        ("text1.txt", 0),
        ("text3.txt", 1),
    }
    assert (events[-1].exit_code, events[-1].error) == (1, None)


@pytest.mark.parametrize(("error", "code"), [(BackendUnreachableError, 5), (AuthenticationError, 1)])
async def test_an_error_that_meets_everybody_stops_the_run(world, journal, config, error, code: int) -> None:
    def fail(job) -> None:
        if job.page.index == 1:
            raise error("no way to the model")

    agent = world.PlainAgent(before=fail)
    events = await run(tasks_of(world), agent, journal, config, workers=1)
    assert isinstance(events[-1].error, error)
    assert events[-1].exit_code == code
    assert len(agent.asked) == 2, "nothing starts after the error"
    assert len(of_kind(events, Stopping)) == 1
    assert len(of_kind(events, DocumentFinished)) == 5
    assert sum(len(pages) for pages in saved(journal).values()) == 1


async def test_after_an_error_the_same_command_resumes(world, journal, config) -> None:
    def fail(job) -> None:
        if job.page.index == 2:
            raise BackendUnreachableError("gone")

    await run(tasks_of(world), world.PlainAgent(before=fail), journal, config, wave=2, workers=4)
    agent = world.PlainAgent()
    done = {(name.removeprefix("out/"), r.page_index) for name, results in saved(journal).items() for r in results}
    events = await run(tasks_of(world), agent, journal, config, wave=2, workers=4)
    assert events[-1].exit_code == 0
    assert events[0].done_pages == len(done) > 0
    assert set(agent.asked).isdisjoint(done)
    assert len(agent.asked) == 15 - len(done)
    assert {event.name for event in of_kind(events, Resumed)} == {name for name, _ in done}
    summaries = {summary.name: summary for summary in events[-1].documents}
    assert summaries["text0.txt"].usage.calls == 7, "pages of earlier runs count in a document's usage"


async def test_the_loop_resumes_in_every_database(world, any_journal, config) -> None:
    tasks = [replace(task, run_name=f"every/{task.run_name}") for task in tasks_of(world, (14, 8))]
    agent = world.PlainAgent(before=_limit_after(3))
    first = await run(tasks, agent, any_journal, config, wave=2)
    second = await run(tasks, world.PlainAgent(), any_journal, config, wave=2)
    assert (first[-1].exit_code, second[-1].exit_code) == (4, 0)
    assert second[0].done_pages == sum(summary.done_pages for summary in first[-1].documents) > 0
    assert [summary.complete for summary in second[-1].documents] == [True, True]


async def test_a_resumed_run_gives_what_an_uninterrupted_one_gives(world, config, tmp_path: Path) -> None:
    def outcome(journal: Journal) -> dict:
        return {name: [result.lines for result in results] for name, results in saved(journal).items()}

    with Journal(tmp_path / "whole.db") as whole:
        await run(tasks_of(world), world.PlainAgent(), whole, config, wave=3)
        expected = outcome(whole)
    with Journal(tmp_path / "pieces.db") as pieces:
        for _ in range(40):
            stop = StopSignal()

            def stop_soon(event: Event, stop: StopSignal = stop) -> None:
                if isinstance(event, PageFinished):
                    stop.request()

            events = await run(
                tasks_of(world), world.PlainAgent(), pieces, config, wave=3, workers=2, on_event=stop_soon, stop=stop
            )
            if events[-1].error is None:
                break
            assert isinstance(events[-1].error, InterruptedRunError)
        assert events[-1].exit_code == 0
        assert outcome(pieces) == expected


async def test_a_finished_run_is_not_paid_again(world, journal, config) -> None:
    await run(tasks_of(world), world.PlainAgent(), journal, config)
    agent = world.PlainAgent()
    events = await run(tasks_of(world), agent, journal, config)
    assert agent.asked == []
    assert events[0].done_pages == 15
    assert events[-1].usage.calls == 0
    assert sum(summary.usage.calls for summary in events[-1].documents) == 15


async def test_fresh_pays_everything_again(world, journal, config) -> None:
    await run(tasks_of(world), world.PlainAgent(), journal, config)
    agent = world.PlainAgent()
    await run(tasks_of(world), agent, journal, config, fresh=True)
    assert len(agent.asked) == 15
    assert len(journal.runs(archived=True)) == 10


async def test_a_changed_configuration_is_refused_before_anything_starts(world, journal, config) -> None:
    await run(tasks_of(world), world.PlainAgent(), journal, config)
    agent = world.PlainAgent()
    changed = replace(config, settings={**config.settings, "budget_tokens": "800"})
    with pytest.raises(ChangedRunError, match="budget_tokens: 400 -> 800"):
        await run(tasks_of(world), agent, journal, changed)
    assert agent.asked == []
    await run(tasks_of(world), agent, journal, config)


async def test_a_changed_document_is_said(world, journal, config) -> None:
    await run(tasks_of(world, (4,)), world.PlainAgent(), journal, config)
    events = await run(tasks_of(world, (6,)), world.PlainAgent(), journal, config)
    (notice,) = of_kind(events, Notice)
    assert "text0.txt is not the document that was translated" in notice.message


async def test_two_documents_of_one_name_are_refused(world, journal, config) -> None:
    (task,) = tasks_of(world, (4,))
    with pytest.raises(ConfigurationError, match="give each document an output of its own"):
        await run([task, task], world.PlainAgent(), journal, config)


async def test_a_refused_start_gives_the_other_runs_back(world, journal, config) -> None:
    first, second = tasks_of(world, (4, 4))
    held = journal.open_run(second.document, second.pages, run_name=second.run_name, config=config)
    with pytest.raises(JournalError, match="is being translated"):
        await run([first, second], world.PlainAgent(), journal, config)
    journal.close_run(held)
    assert (await run([first, second], world.PlainAgent(), journal, config))[-1].exit_code == 0


async def test_a_limit_stops_cleanly_and_pages_in_flight_are_saved(world, journal, config) -> None:
    starts = 0

    def may_start() -> None:
        nonlocal starts
        starts += 1
        if starts > 4:
            raise LimitReachedError("stopped at the limit")

    agent = world.PlainAgent(pause_s=0.01)
    events = await run(tasks_of(world), agent, journal, config, wave=4, workers=4, may_start=may_start)
    assert (events[-1].exit_code, str(events[-1].error)) == (4, "stopped at the limit")
    assert len(of_kind(events, PageFinished)) == len(agent.asked) == 4
    assert sum(len(pages) for pages in saved(journal).values()) == 4


async def test_a_limit_reached_by_the_last_page_is_no_failure(world, journal, config) -> None:
    pages = 0

    def may_start() -> None:
        if pages == 15:
            raise LimitReachedError("stopped at the limit")

    def count(event: Event) -> None:
        nonlocal pages
        pages += isinstance(event, PageFinished)

    events = await run(tasks_of(world), world.PlainAgent(), journal, config, may_start=may_start, on_event=count)
    assert events[-1].error is None


async def test_failed_segments_are_listed_and_set_the_exit_code(world, journal, config) -> None:
    class Poor(world.PlainAgent):
        async def run_page(self, job, **more):
            result = await super().run_page(job, **more)
            first = result.lines[0]
            issue = Issue(first.segment_id, IssueCode.MISSING, "no line")
            return replace(result, lines=(replace(first, issues=(issue,)), *result.lines[1:]))

    for _ in range(2):  # the second run counts what the first one saved
        events = await run(tasks_of(world, (6,)), Poor(), journal, config)
        assert events[-1].exit_code == 3
        assert events[-1].documents[0].failed_segments == ("text0.txt-0", "text0.txt-2", "text0.txt-4")
        assert events[-1].documents[0].num_issues == 3


async def test_closing_the_iterator_early_keeps_what_is_committed_and_frees_the_run(world, journal, config) -> None:
    stream = translate_documents(
        tasks_of(world), agent=world.PlainAgent(0.002), settings=RunSettings(), config=config, journal=journal
    )
    async for event in stream:
        if isinstance(event, PageFinished):
            break
    await stream.aclose()
    done = sum(len(pages) for pages in saved(journal).values())
    assert done >= 1
    events = await run(tasks_of(world), world.PlainAgent(), journal, config)
    assert (events[0].done_pages, events[-1].exit_code) == (done, 0)


async def test_a_page_cancelled_from_inside_is_a_failure_not_a_silence(world, journal, config) -> None:
    def cancel(job) -> None:
        raise asyncio.CancelledError

    events = await run(tasks_of(world, (4,)), world.PlainAgent(before=cancel), journal, config)
    assert events[-1].exit_code == 1
    assert "cancelled by its own backend" in str(events[-1].documents[0].error)


async def test_a_journal_that_breaks_stops_the_run(world, journal, config, monkeypatch) -> None:
    def broken(run: object, result: object) -> bool:
        raise JournalError("journal cannot grow")

    monkeypatch.setattr(journal, "commit", broken)
    agent = world.PlainAgent()
    events = await run(tasks_of(world), agent, journal, config, workers=1)
    assert str(events[-1].error) == "journal cannot grow"
    assert len(agent.asked) == 1


async def test_a_run_that_was_taken_over_stops_by_itself(world, journal, config, monkeypatch) -> None:
    monkeypatch.setattr("dragoman.agent.loop_run.HEARTBEAT_S", 0.01)
    (task,) = tasks_of(world, (40,))

    def take_over(event: Event) -> None:
        if isinstance(event, PageFinished) and event.page_index == 2:
            with journal.engine.begin() as connection:
                connection.execute(text("UPDATE runs SET owner = NULL"))

    agent = world.PlainAgent(pause_s=0.05)
    events = await run([task], agent, journal, config, on_event=take_over)
    assert isinstance(events[-1].error, JournalError)
    assert "taken over" in str(events[-1].error)
    assert len(saved(journal)["out/text0.txt"]) == 3


async def test_heartbeats_and_the_end_of_documents_do_not_meet_badly(world, journal, config, monkeypatch) -> None:
    monkeypatch.setattr("dragoman.agent.loop_run.HEARTBEAT_S", 0.0)
    events = await run(tasks_of(world, [2] * 30), world.PlainAgent(pause_s=0.002), journal, config)
    assert (events[-1].error, events[-1].exit_code) == (None, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_finishes_the_pages_in_flight(world, journal, config, number) -> None:
    stop, agent = StopSignal(), world.PlainAgent(pause_s=0.05)
    before = signal.getsignal(number)

    def interrupt(event: Event) -> None:
        if isinstance(event, PageStarted) and event.page_index == 1:
            os.kill(os.getpid(), number)

    with stop_on_signals(stop):
        events = await run(tasks_of(world, (40,)), agent, journal, config, wave=4, on_event=interrupt, stop=stop)
    assert signal.getsignal(number) is before
    assert (events[-1].exit_code, type(events[-1].error)) == (130, InterruptedRunError)
    assert len(of_kind(events, PageFinished)) == len(agent.asked) < 20
    assert f"{len(agent.asked)} of 20 pages are saved" in str(events[-1].error)


async def test_the_second_signal_stops_now_and_the_journal_is_whole(world, journal, config) -> None:
    stop, agent = StopSignal(), world.PlainAgent(pause_s=60.0)
    quick = tasks_of(world, (40,))
    await run(quick, world.PlainAgent(before=_limit_after(5)), journal, config, wave=1)

    def interrupt(event: Event) -> None:
        if isinstance(event, PageStarted | Stopping):
            os.kill(os.getpid(), signal.SIGINT)

    with stop_on_signals(stop):
        events = await asyncio.wait_for(run(quick, agent, journal, config, on_event=interrupt, stop=stop), timeout=10)
    assert [event.at_once for event in of_kind(events, Stopping)] == [False, True]
    assert "5 of 20 pages are saved" in str(events[-1].error)
    assert (await run(quick, world.PlainAgent(), journal, config))[-1].exit_code == 0


def _limit_after(pages: int) -> Callable[[object], None]:
    def check(job) -> None:
        if job.page.index == pages:
            raise LimitReachedError("enough")

    return check


async def test_a_stop_after_the_last_page_is_no_interruption(world, journal, config) -> None:
    stop = StopSignal()

    def interrupt(event: Event) -> None:
        if isinstance(event, PageStarted) and event.page_index == 1:
            stop.request()

    agent = world.PlainAgent(pause_s=0.02)
    events = await run(tasks_of(world, (4,)), agent, journal, config, wave=2, on_event=interrupt, stop=stop)
    assert (len(agent.asked), events[-1].error) == (2, None)


async def test_the_output_is_put_together_from_the_journal(world, journal, config) -> None:
    (task,) = tasks_of(world, (6,))
    await run([task], world.PlainAgent(), journal, config)
    (info,) = journal.runs()
    translations = assemble(task.document, journal.pages(info.id))
    assert list(translations) == [segment.id for segment in task.document.segments]
    assert translations["text0.txt-0"].startswith("line 0 of text0.txt / ")
    assert list(assemble(task.document, journal.results(info.id)[:1])) == ["text0.txt-0", "text0.txt-1"]


def test_an_output_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.txt"
    write_output(path, b"first")
    path.chmod(0o640)
    write_output(path, b"second")
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["out.txt"]


def test_an_output_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot be written .* give another path with -o"):
        write_output(tmp_path / "folder", b"text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_at_least_one(workers: int) -> None:
    with pytest.raises(ConfigurationError, match=f"workers is {workers}"):
        LoopOptions(workers=workers)
