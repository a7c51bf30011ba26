"""`dragoman simlang`: a made-up language with its resources and a document, for trying things out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["simlang"]


@guarded
def simlang(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="folder for the files; required")],
    seed: arg.Seed = 0,
    pages: Annotated[int, typer.Option("--pages", help="length of the document; default: 12 pages")] = 12,
) -> int:
    """Make up a language: a document, its reference, dictionary, grammar, parallel and glossed text."""
    from dragoman.training.simlang import write_folder

    made = write_folder(seed, pages=pages, folder=output)
    for path in (
        made.document,
        made.reference,
        made.dictionary,
        made.grammar,
        made.parallel,
        made.glossed,
        made.glossary,
    ):
        sys.stdout.write(f"{path}\n")
    sys.stdout.write(f"language: {made.language}\n")
    return 0
