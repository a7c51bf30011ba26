"""`dragoman simlang`: a made-up language with its resources and a document, for trying things out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded
from dragoman.core.errors import ConfigurationError

__all__ = ["simlang"]


@guarded
def simlang(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="folder for the files; required")],
    seed: arg.Seed = 0,
    pages: Annotated[int, typer.Option("--pages", help="length of the document; default: 12 pages")] = 12,
) -> int:
    """Make up a language: a document, its reference, dictionary, grammar, parallel and glossed text."""
    from dragoman.training.simlang import FILE_NAMES, write_folder

    _require_own_folder(output, FILE_NAMES)
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


def _require_own_folder(folder: Path, names: Sequence[str]) -> None:
    """Replaces nothing that this command did not make: its folders end with the last of `names`.

    Raises:
        ConfigurationError: a file of somebody else's stands in the way.
    """
    foreign = [folder / name for name in names if (folder / name).exists()]
    if foreign and not (folder / names[-1]).exists():
        raise ConfigurationError(
            f"{foreign[0]} exists and was not made by dragoman simlang: give another folder with -o"
        )
