"""`dragoman memory`: shows what documents taught, writes it to a file, and checks such files."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded
from dragoman.cli.order import warn_of_problems

__all__ = ["memory_app"]

memory_app = typer.Typer(no_args_is_help=True, help="What documents taught: show it, export it, import it.")

KindOption = Annotated[
    str | None, typer.Option("--kind", help="essence, entity, entry, exemplar, style or rule; default: all kinds")
]
Target = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="JSON Lines file; required")]


@memory_app.command()
@guarded
def show(journal: arg.JournalFile, run: arg.RunName = None, kind: KindOption = None) -> int:
    """List the records of a journal, withdrawn ones with the reason."""
    from dragoman.core.rendering import render_item
    from dragoman.saved import find_runs, open_journal, parse_kind, remembered

    wanted = parse_kind(kind)
    with open_journal(journal) as opened:
        for info in find_runs(opened, run):
            sys.stdout.write(f"{info.document_name} ({info.run_name})\n")
            for found in remembered(opened, info):
                if wanted is None or found.record.kind is wanted:
                    note = f"  [withdrawn: {found.withdrawn}]" if found.withdrawn else ""
                    place = f"page {found.page + 1}"
                    sys.stdout.write(f"  {place:<9}{found.record.kind.value:<10}{render_item(found.record)}{note}\n")
    return 0


@memory_app.command()
@guarded
def export(
    journal: arg.JournalFile,
    output: Target,
    run: arg.RunName = None,
    kind: KindOption = None,
) -> int:
    """Write the records of a journal to a file, for --memory of another translation; withdrawn ones are left out."""
    from dragoman.memory.export import EXPORT_MARK, export_records
    from dragoman.outputs import require_replaceable
    from dragoman.saved import find_runs, open_journal, parse_kind, remembered

    require_replaceable(output, EXPORT_MARK, "exported memory")
    wanted = parse_kind(kind)
    with open_journal(journal) as opened:
        found = [item for info in find_runs(opened, run) for item in remembered(opened, info) if not item.withdrawn]
    records = {item.record.id: item.record for item in found if wanted is None or item.record.kind is wanted}
    export_records(records.values(), output)
    sys.stdout.write(f"{output}: {len(records):,} records\n")
    return 0


@memory_app.command("import")
@guarded
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="files of 'dragoman memory export'")],
    output: Target,
) -> int:
    """Check exported files (edited by hand or not) and merge them into one, each record once."""
    from dragoman.memory.export import EXPORT_MARK, export_records, import_records
    from dragoman.outputs import require_replaceable

    require_replaceable(output, EXPORT_MARK, "exported memory")
    resources = [import_records(path) for path in files]
    warn_of_problems([problem for resource in resources for problem in resource.problems])
    records = {record.id: record for resource in resources for record in resource.records}
    export_records(records.values(), output)
    sys.stdout.write(f"{output}: {len(records):,} records, give it to --memory\n")
    return 0
