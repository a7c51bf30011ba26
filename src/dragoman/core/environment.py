"""The only file that reads environment variables."""

import os
from pathlib import Path

__all__ = ["api_key", "base_url", "data_folder", "state_folder"]


def api_key() -> str | None:
    """`DRAGOMAN_API_KEY`, else `OPENAI_API_KEY`, else None."""
    return os.environ.get("DRAGOMAN_API_KEY") or os.environ.get("OPENAI_API_KEY") or None


def base_url() -> str | None:
    """`DRAGOMAN_BASE_URL`, else `OPENAI_BASE_URL`, else None."""
    return os.environ.get("DRAGOMAN_BASE_URL") or os.environ.get("OPENAI_BASE_URL") or None


def data_folder() -> Path:
    """`DRAGOMAN_DATA`: real documents and resources for benchmarks; default `../shared/data`."""
    return Path(os.environ.get("DRAGOMAN_DATA", "../shared/data"))


def state_folder() -> Path:
    """Default home of journals: `DRAGOMAN_STATE`, else `$XDG_STATE_HOME/dragoman`, else `~/.local/state/dragoman`."""
    named = os.environ.get("DRAGOMAN_STATE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "dragoman"
