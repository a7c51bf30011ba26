"""`dragoman translate`: plans, asks before it overwrites, runs, writes, and says what came of it."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded, say
from dragoman.cli.order import Order, Read, make_order, read_documents, warn_of_problems
from dragoman.core.errors import ConfigurationError

if TYPE_CHECKING:  # loaded when the command runs, not when its help is printed
    from dragoman.agent.events import DocumentSummary, RunFinished
    from dragoman.cli.progress import View
    from dragoman.equipment import Equipment
    from dragoman.results import TranslationResult
    from dragoman.session import Session

__all__ = ["translate"]

_FAILED_SHOWN = 20


@guarded
def translate(
    inputs: arg.Inputs,
    source: arg.From,
    target: arg.To,
    output: arg.Output = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    model: arg.Model = "gloss",
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    timeout_s: arg.Timeout = None,
    max_attempts: arg.Attempts = None,
    backend_option: arg.BackendOption = None,
    policy: arg.Policy = "top-k",
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    pivot: arg.Pivot = "never",
    wave: arg.Wave = 1,
    workers: arg.Workers = 8,
    page_tokens: arg.PageTokens = 600,
    page_lines: arg.PageLines = 10,
    max_repairs: arg.Repairs = 1,
    remember: arg.Remember = "auto",
    instructions: arg.Instructions = "",
    seed: arg.Seed = 0,
    max_cost_usd: arg.MaxCost = None,
    max_tokens: arg.MaxTokens = None,
    prompt_price: arg.PromptPrice = None,
    output_price: arg.OutputPrice = None,
    cached_price: arg.CachedPrice = None,
    format: arg.Format = None,
    encoding: arg.Encoding = None,
    journal: arg.Journal = None,
    fresh: arg.Fresh = False,
    force: arg.Force = False,
    report: arg.Report = None,
    dry_run: arg.DryRun = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> int:
    """Translate documents; the same command again resumes where it stopped."""
    values = locals()
    order = make_order(values)
    read = read_documents(order, format=format, encoding=encoding)
    from dragoman.equipment import equip

    equipment = equip(order.options)
    warn_of_problems(equipment.problems)
    if dry_run:
        return _show_plan(order, read, equipment, as_json=as_json)
    manner = _Manner(force=force, report=report, as_json=as_json, quiet=quiet)
    return asyncio.run(_translate(order, read, equipment, manner))


@dataclass(frozen=True, slots=True)
class _Manner:
    """How to go about it; nothing here changes a translation."""

    force: bool
    report: Path | None
    as_json: bool
    quiet: bool


def _show_plan(order: Order, read: Read, equipment: "Equipment", *, as_json: bool) -> int:
    from dragoman.cli.estimate import show_estimate
    from dragoman.estimate import estimate_documents

    if not as_json:
        for job, document in read.documents:
            sys.stdout.write(f"{job.source} -> {job.output} ({document.format}, {len(document.segments):,} segments)\n")
    show_estimate(estimate_documents([document for _, document in read.documents], order.options, equipment), as_json)
    return _show_failures(read, 0)


async def _translate(order: Order, read: Read, equipment: "Equipment", manner: _Manner) -> int:
    from dragoman.cli.progress import make_view
    from dragoman.session import Session

    session = Session(replace(order.options, journal=order.journal), equipment)
    try:
        _guard_outputs(session, read, force=manner.force)
        if session.is_gloss and not manner.quiet:
            say("note: model gloss puts words and remembered lines in order, it is no fluent translation; see --model")
        view = make_view(as_json=manner.as_json, quiet=manner.quiet)
        results, finished = await _run(session, read, view)
        _show_results(results, manner)
        _write_report(results, manner)
        return _show_failures(read, _end(finished))
    finally:
        await session.close()


def _guard_outputs(session: "Session", read: Read, *, force: bool) -> None:
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


async def _run(session: "Session", read: Read, view: "View") -> "tuple[list[TranslationResult], RunFinished]":
    """Runs to the end and writes each file as soon as its last page is there."""
    from dragoman.agent.events import DocumentFinished, RunFinished
    from dragoman.agent.stopping import StopSignal, stop_on_signals
    from dragoman.session import Errand

    places = {str(job.output.resolve()): (job, document) for job, document in read.documents}
    errands = [Errand(document, name) for name, (_, document) in places.items()]
    stop = StopSignal()
    finished: RunFinished | None = None
    with view.live(), stop_on_signals(stop):
        async for event in session.stream(errands, stop):  # never left early, so it needs no closing
            view.show(event)
            if isinstance(event, DocumentFinished) and event.summary.complete:
                await asyncio.to_thread(_write, session, read, event.summary)
            if isinstance(event, RunFinished):
                finished = event
    assert finished is not None, "the loop ends with RunFinished"
    results = [_result(session, read, summary) for summary in finished.documents]
    return results, finished


def _result(session: "Session", read: Read, summary: "DocumentSummary") -> "TranslationResult":
    job, document = next(pair for pair in read.documents if str(pair[0].output.resolve()) == summary.run_name)
    result = session.result(document, summary)
    return replace(result, output=job.output) if summary.complete else result


def _write(session: "Session", read: Read, summary: "DocumentSummary") -> None:
    result = _result(session, read, summary)
    assert result.output is not None, "a complete document has an output"
    session.write(result, result.output)


def _show_results(results: "Sequence[TranslationResult]", manner: _Manner) -> None:
    from dragoman.results import summary_line

    for result in results:
        if result.output is not None and not manner.quiet and not manner.as_json:
            sys.stdout.write(f"{result.output}: {summary_line(result)}\n")
    failed = [(result, line) for result in results for line in result.failed]
    for result, line in failed[:_FAILED_SHOWN]:
        faults = "; ".join(issue.message for issue in line.issues)
        say(f"failed: {result.document.name}, {_place(result, line.segment_id)}: {faults}")
    if len(failed) > _FAILED_SHOWN:
        say(f"failed: and {len(failed) - _FAILED_SHOWN:,} more; --report lists them all")


def _place(result: "TranslationResult", segment_id: str) -> str:
    return next(segment.path or segment.id for segment in result.document.segments if segment.id == segment_id)


def _write_report(results: "Sequence[TranslationResult]", manner: _Manner) -> None:
    if manner.report is None:
        return
    from dragoman.report.render import write_report

    write_report(manner.report, [result.report_data for result in results])
    if not manner.quiet and not manner.as_json:
        sys.stdout.write(f"{manner.report}: report\n")


def _end(finished: "RunFinished") -> int:
    """The exit code of the run.

    Raises:
        DragomanError: what stopped it.
    """
    if finished.error is not None:
        raise finished.error
    return finished.exit_code


def _show_failures(read: Read, code: int) -> int:
    """Names the inputs that could not be read; they make an otherwise good run end with 1."""
    for job, error in read.failures:
        say(f"error: {job.source}: {error}")
    return 1 if read.failures and code in (0, 3) else code
