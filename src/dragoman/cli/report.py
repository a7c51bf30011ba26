"""`dragoman report`: the HTML report of runs that a journal holds."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["report"]


@guarded
def report(
    journal: arg.JournalFile,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="the HTML file; required")],
    run: arg.RunName = None,
) -> int:
    """Write the HTML report of translations made before, complete or not."""
    from dragoman.outputs import require_replaceable
    from dragoman.report import REPORT_MARK, write_report
    from dragoman.saved import find_runs, open_journal, saved_report

    require_replaceable(output, REPORT_MARK, "report")
    with open_journal(journal) as opened:
        reports = [saved_report(opened, info) for info in find_runs(opened, run)]
    write_report(output, reports)
    sys.stdout.write(f"{output}: report of {len(reports)} document{'' if len(reports) == 1 else 's'}\n")
    return 0
