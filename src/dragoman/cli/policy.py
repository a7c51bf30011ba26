"""`dragoman policy`: which context policies there are."""

import inspect
import sys

import typer

from dragoman.cli.guard import guarded

__all__ = ["policy_app"]

policy_app = typer.Typer(no_args_is_help=True, help="Context policies.")


@policy_app.callback()
def _group() -> None:
    """Keeps `policy list` a command of its own."""


@policy_app.command("list")
@guarded
def list_policies() -> int:
    """List the context policies with one line each; the default is marked."""
    from dragoman.policies import DEFAULT_POLICY, POLICIES

    for name, made in POLICIES.items():
        mark = " (default)" if name == DEFAULT_POLICY else ""
        meaning = (inspect.getdoc(made) or "").partition("\n")[0]
        sys.stdout.write(f"{name + mark:<18}{meaning}\n")
    return 0
