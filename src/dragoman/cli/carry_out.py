"""Carries out `dragoman translate`: plans, runs, writes each file as it ends, says what came of it."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from dragoman.agent.events import DocumentFinished, DocumentSummary, PageFinished, RunFinished
from dragoman.agent.stopping import StopSignal, stop_on_signals
from dragoman.cli.estimate import show_estimate
from dragoman.cli.guard import say
from dragoman.cli.order import Order, Read, make_order, read_documents, warn_of_problems
from dragoman.cli.progress import make_view
from dragoman.core.document import Document
from dragoman.core.errors import ConfigurationError, InputError
from dragoman.equipment import Equipment, equip
from dragoman.estimate import estimate_documents
from dragoman.outputs import Job, require_replaceable
from dragoman.report import REPORT_MARK, DocumentReport, write_report
from dragoman.results import TranslationResult, summary_line
from dragoman.session import Errand, Session

__all__ = ["carry_out"]

_FAILED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Manner:
    """How to go about it; nothing here changes a translation."""

    force: bool
    report: Path | None
    as_json: bool
    quiet: bool

    @property
    def talks(self) -> bool:
        """Whether results are told to a person."""
        return not self.quiet and not self.as_json


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is kept of a document that ended: little, because a batch may be large.

    Attributes:
        told: the line for standard output; empty when nothing was written.
        num_issues: segments with issues.
        is_copy: a gloss that changed nothing.
        failed: one line for each failed segment.
        report: only when a report was asked for.
        error: why the file could not be written.
    """

    told: str
    failed: tuple[str, ...]
    report: DocumentReport | None
    error: InputError | None = None
    num_issues: int = 0
    is_copy: bool = False


def carry_out(options: Mapping[str, Any]) -> int:  # Any: options by name, of several types
    """Translates what the options of `dragoman translate` ask for; its exit code.

    Raises:
        DragomanError: what kept the run from starting, or stopped it.
    """
    order = make_order(options)
    read = read_documents(order, format=options["format"], encoding=options["encoding"])
    equipment = equip(order.options, first=read.documents[0][1])
    warn_of_problems(equipment.problems)
    manner = _Manner(options["force"], options["report"], options["as_json"], options["quiet"])
    _guard_report(manner.report, order.jobs)
    if options["dry_run"]:
        return _show_plan(order, read, equipment, manner)
    return asyncio.run(_translate(order, read, equipment, manner))


def _show_plan(order: Order, read: Read, equipment: Equipment, manner: _Manner) -> int:
    if manner.talks:
        for job, document in read.documents:
            sys.stdout.write(f"{job.source} -> {job.output} ({document.format}, {len(document.segments):,} segments)\n")
    documents = [document for _, document in read.documents]
    forecast = estimate_documents(documents, order.options, equipment, model=order.options.model)
    show_estimate(forecast, as_json=manner.as_json)
    return _end(read, [], 0)


async def _translate(order: Order, read: Read, equipment: Equipment, manner: _Manner) -> int:
    session = Session(replace(order.options, journal=order.journal), equipment)
    try:
        _guard_outputs(session, read, force=manner.force)
        if read.failures and not manner.quiet:
            say(f"note: {_count(read)} cannot be read, the others are translated; which and why is said at the end")
        if session.is_gloss and not manner.quiet:
            say("note: model gloss puts words and remembered lines in order, it is no fluent translation; see --model")
        outcomes, finished = await _run(session, read, manner)
    finally:
        await session.close()
    _show_outcomes(outcomes, manner)
    code = _end(read, outcomes, finished.exit_code)
    if finished.error is not None:
        raise finished.error
    return code


def _count(read: Read) -> str:
    return f"{len(read.failures):,} of {len(read.failures) + len(read.documents):,} inputs"


def _guard_report(report: Path | None, jobs: Sequence[Job]) -> None:
    """Keeps the report from taking the place of a document, a translation or any other file.

    Raises:
        ConfigurationError, InputError: it would, or its place is a folder.
    """
    if report is None:
        return
    if report.resolve() in {job.output.resolve() for job in jobs}:
        raise ConfigurationError(f"--report {report} is where the translation goes: give the report another name")
    require_replaceable(report, REPORT_MARK, "report")


def _guard_outputs(session: Session, read: Read, *, force: bool) -> None:
    """Refuses to replace what no run wrote, before anything is paid.

    Raises:
        ConfigurationError: an output exists and is not ours.
    """
    foreign = [job.output for job, _ in read.documents if job.output.exists() and not session.outputs.wrote(job.output)]
    if foreign and not force:
        more = f" (and {len(foreign) - 1} more)" if len(foreign) > 1 else ""
        raise ConfigurationError(
            f"{foreign[0]}{more} exists and is not what an earlier run wrote: "
            "give another place with -o, or --force to replace it"
        )
    for path in foreign:
        say(f"note: replacing {path}")


async def _run(session: Session, read: Read, manner: _Manner) -> tuple[list[_Outcome], RunFinished]:
    """Runs to the end; each file is written as soon as its last page is there."""
    places = {str(job.output.resolve()): (job, document) for job, document in read.documents}
    errands = [Errand(document, name) for name, (_, document) in places.items()]
    view, stop = make_view(as_json=manner.as_json, quiet=manner.quiet), StopSignal()
    outcomes: dict[str, _Outcome] = {}
    paid: set[str] = set()
    finished: RunFinished | None = None
    with view.live(), stop_on_signals(stop):
        async for event in session.stream(errands, stop):  # never left early, so it needs no closing
            view.show(event)
            if isinstance(event, PageFinished):
                paid.add(event.document_id)
            if isinstance(event, DocumentFinished):
                job, document = places[event.summary.run_name]
                settled = await asyncio.to_thread(_settle, session, (job, document), event.summary, manner)
                if settled.told and event.summary.document_id not in paid:
                    settled = replace(settled, told=f"{settled.told}, all saved before: nothing new was paid")
                outcomes[event.summary.run_name] = settled
            finished = event if isinstance(event, RunFinished) else finished
    assert finished is not None, "the loop ends with RunFinished"
    return [outcomes[name] for name in places if name in outcomes], finished


def _settle(session: Session, place: tuple[Job, Document], summary: DocumentSummary, manner: _Manner) -> _Outcome:
    """Writes a complete document; what cannot be written does not stop the others."""
    job, document = place
    try:
        result = session.result(document, summary)
        told = ""
        if summary.complete:
            session.write(result, job.output)
            told = f"{job.output}: {summary_line(result)}"
    except InputError as error:
        return _Outcome("", (), None, InputError(f"{job.output}: {error}"))
    report = result.report_data if manner.report is not None else None
    return _Outcome(
        told,
        tuple(islice(_failed_lines(result), _FAILED_SHOWN + 1)),
        report,
        num_issues=sum(bool(line.issues) for line in result.segments),
        is_copy=bool(told) and result.is_gloss and bool(result.segments) and _is_copy(result),
    )


def _is_copy(result: TranslationResult) -> bool:
    return all(line.translation == line.source for line in result.segments)


def _failed_lines(result: TranslationResult) -> Iterator[str]:
    places = {segment.id: segment.path or segment.id for segment in result.document.segments}
    for line in result.failed:
        faults = "; ".join(issue.message for issue in line.issues)
        yield f"failed: {result.document.name}, {places[line.segment_id]}: {faults}"


def _show_outcomes(outcomes: Sequence[_Outcome], manner: _Manner) -> None:
    if manner.talks:
        sys.stdout.writelines(f"{outcome.told}\n" for outcome in outcomes if outcome.told)
    failed = list(islice(chain.from_iterable(outcome.failed for outcome in outcomes), _FAILED_SHOWN + 1))
    for line in failed[:_FAILED_SHOWN]:
        say(line)
    if len(failed) > _FAILED_SHOWN:
        say("failed: and more; --report lists them all")
    _show_hints(outcomes, manner)
    if manner.report is not None:
        write_report(manner.report, [outcome.report for outcome in outcomes if outcome.report is not None])
        if manner.talks:
            sys.stdout.write(f"{manner.report}: report\n")


def _show_hints(outcomes: Sequence[_Outcome], manner: _Manner) -> None:
    """Where to look next, once for all documents."""
    if not manner.talks:
        return
    if manner.report is None and any(outcome.num_issues for outcome in outcomes):
        say("note: which segments have issues: run the same command again with --report FILE.html, it costs nothing")
    copies = sum(outcome.is_copy for outcome in outcomes)
    if copies:
        what = "the output is a copy" if len(outcomes) == 1 else f"{copies:,} of {len(outcomes):,} outputs are copies"
        say(f"note: {what} of the source: gloss knows only the words you bring, give --dictionary or another --model")


def _end(read: Read, outcomes: Sequence[_Outcome], code: int) -> int:
    """Names what could not be read or written; that makes an otherwise good run end with 1."""
    unread = [str(error) if str(job.source) in str(error) else f"{job.source}: {error}" for job, error in read.failures]
    errors = unread + [str(outcome.error) for outcome in outcomes if outcome.error]
    for error in errors:
        say(f"error: {error}")
    return 1 if errors and code in (0, 3) else code
