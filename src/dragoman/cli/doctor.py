"""`dragoman doctor`: one line for each thing that must be there."""

import sys

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["doctor"]


@guarded
def doctor(base_url: arg.ApiBase = None, journal: arg.Journal = None) -> int:
    """Look at Python, packages, extras, the model's server, journal and data folder; ends with 1 if one is missing."""
    from dragoman.doctor import State, examine

    missing = 0
    for check in examine(base_url=base_url, journal=journal):
        missing += check.state is State.MISSING
        way_out = f"; {check.way_out}" if check.way_out else ""
        sys.stdout.write(f"{check.state.value:<9}{check.name}: {check.detail}{way_out}\n")
    sys.stdout.write("all is there\n" if not missing else f"{missing} missing\n")
    return 1 if missing else 0
