"""Turns what a command returns or raises into an exit code and, for errors, one line with the way out.

Exit codes: 0 done, 1 error, 2 usage, 3 finished with failed segments, 4 stopped by a limit, 5 backend unreachable,
130 interrupted with state saved, 141 the reader of standard output went away.
"""

import inspect
import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from dragoman.cli.arguments import Debug
from dragoman.core.errors import DragomanError, InterruptedRunError, LimitReachedError

__all__ = ["EXIT_CODES", "guarded", "say", "show_error"]

BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended

EXIT_CODES = (
    (0, "done"),
    (1, "error"),
    (2, "wrong usage or setting"),
    (3, "finished, with failed segments listed"),
    (4, "stopped by a limit, finished pages are saved"),
    (5, "the model's server cannot be reached, finished pages are saved"),
    (130, "interrupted, finished pages are saved"),
    (BROKEN_PIPE, "the reader of standard output, such as head, went away; finished pages are saved"),
)


def guarded(command: Callable[..., int]) -> Callable[..., None]:
    """The command as the command line calls it, with one more option, `--debug`, that shows tracebacks."""

    @wraps(command)
    def run(*args: Any, debug: bool = False, **options: Any) -> None:  # Any: whatever the command takes
        try:
            code = command(*args, **options)
        except DragomanError as error:
            show_error(error, debug=debug)
            code = error.exit_code
        except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = BROKEN_PIPE
        except KeyboardInterrupt:
            say("interrupted: finished pages are saved, run the same command again to go on")
            code = InterruptedRunError.exit_code
        except Exception as error:  # the outermost place: a fault of our own is shown in one line too
            show_unexpected(error, debug=debug)
            code = 1
        raise SystemExit(code)

    signature = inspect.signature(command)
    added = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)
    parameters = [*signature.parameters.values(), added]
    run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]  # read by typer
    run.__annotations__ = command.__annotations__ | {"debug": Debug, "return": None}
    return run


def say(message: str) -> None:
    """A line for people, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def show_error(error: Exception, *, debug: bool = False) -> None:
    """An expected error in one line, with its traceback only when asked for."""
    if debug:
        traceback.print_exception(error)
    stopped = isinstance(error, LimitReachedError | InterruptedRunError)
    message = " ".join(str(error).split())
    say(message if stopped else f"error: {message}")


def show_unexpected(error: Exception, *, debug: bool) -> None:
    """An error that nobody foresaw."""
    if debug:
        traceback.print_exception(error)
    said = " ".join(str(error).split())
    way_out = "" if debug else "; run again with --debug for the traceback and report it"
    say(f"error: {type(error).__name__}: {said}: this is a fault in dragoman{way_out}")
