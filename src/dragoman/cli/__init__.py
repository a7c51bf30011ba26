"""The command line: reads options, shows progress, returns an exit code. Everything else happens below it."""

__all__ = ["main"]


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    from dragoman.cli.app import app

    app()
