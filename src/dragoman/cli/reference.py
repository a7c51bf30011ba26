"""The page of the documentation that lists every command and option, made from the code itself.

`python -m dragoman.cli.reference > docs/cli.md` writes it; a test compares the two.
"""

import inspect
import sys
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from dragoman.cli.app import app
from dragoman.cli.guard import EXIT_CODES

__all__ = ["reference"]

_HEAD = """# Command line

Made from the code by `python -m dragoman.cli.reference`; do not edit by hand.

Results go to standard output, everything else to standard error. The same `translate` command again resumes where it
stopped: finished pages are in the journal, `OUT.dragoman.sqlite` beside a single output or `dragoman.sqlite` in the
output folder. Environment: `DRAGOMAN_API_KEY` (else `OPENAI_API_KEY`), `DRAGOMAN_BASE_URL` (else `OPENAI_BASE_URL`),
`DRAGOMAN_DATA`, `DRAGOMAN_STATE`.

| exit code | meaning |
|---|---|
"""


def reference() -> str:
    """The page as Markdown."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES)
    return _HEAD + codes + "".join(_command(name, command) for name, command in _commands())


def _commands() -> Iterator[tuple[str, CommandInfo]]:
    for command in app.registered_commands:
        yield _name(command), command
    for group in app.registered_groups:
        assert group.typer_instance is not None, "every group is an app of its own"
        for command in group.typer_instance.registered_commands:
            yield f"{group.name} {_name(command)}", command


def _name(command: CommandInfo) -> str:
    assert command.callback is not None, "every command has a function"
    return command.name or command.callback.__name__


def _command(name: str, command: CommandInfo) -> str:
    callback: Any = command.callback  # Any: a function of any signature
    lines = [f"\n## dragoman {name}\n", f"\n{inspect.getdoc(callback)}\n", "\n| option | meaning |\n|---|---|\n"]
    rows = [_row(info) for info in _infos(callback)]
    return "".join(lines + rows) if rows else "".join(lines[:2])


def _infos(callback: Any) -> Iterator[ArgumentInfo | OptionInfo]:  # Any: see _command
    hints = get_type_hints(callback, include_extras=True)
    for parameter in inspect.signature(callback).parameters:
        hint = hints[parameter]
        if get_origin(hint) is Annotated:
            yield from (part for part in get_args(hint)[1:] if isinstance(part, ArgumentInfo | OptionInfo))


def _row(info: ArgumentInfo | OptionInfo) -> str:
    # Typer takes the first name for a default value; it is put right only when the command line runs.
    given = [info.default, *(info.param_decls or ())]
    options = [name for name in given if isinstance(name, str) and name.startswith("-")]
    names = " ".join(f"`{name}`" for name in options) or f"`{info.metavar}`"
    return f"| {names} | {(info.help or '').replace('|', '&#124;')} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
