"""The table of commands."""

from typing import Annotated

import typer

import dragoman
from dragoman.cli.doctor import doctor
from dragoman.cli.estimate import estimate
from dragoman.cli.memory import memory_app
from dragoman.cli.micro import micro_app
from dragoman.cli.policy import policy_app
from dragoman.cli.report import report
from dragoman.cli.serve import serve
from dragoman.cli.simlang import simlang
from dragoman.cli.translate import translate

__all__ = ["app"]

app = typer.Typer(
    name="dragoman",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Translates long documents and low-resource languages with an agent that remembers and looks things up.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dragoman {dragoman.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show the version and end")
    ] = False,
) -> None:
    """Options of all commands."""


app.command()(translate)
app.command()(estimate)
app.command()(report)
app.command()(serve)
app.add_typer(memory_app, name="memory")
app.add_typer(policy_app, name="policy")
app.add_typer(micro_app, name="micro")
app.command()(simlang)
app.command()(doctor)
