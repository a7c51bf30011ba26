"""Where the weights of dragoman-micro lie: in the package, or where `dragoman micro export` puts them."""

from importlib import resources
from pathlib import Path

from dragoman.core import environment
from dragoman.core.errors import ConfigurationError

__all__ = ["default_export_folder", "micro_folder", "shipped_folder"]


def default_export_folder() -> Path:
    """`micro` in the state folder."""
    return environment.state_folder() / "micro"


def shipped_folder() -> Path:
    """Where the weights lie that come with the package; there may be none."""
    return Path(str(resources.files("dragoman"))) / "weights" / "micro"


def micro_folder() -> Path:
    """The folder that `--model micro` loads: the user's own export first, then the one shipped with the package.

    Raises:
        ConfigurationError: there are no weights.
    """
    for folder in (default_export_folder(), shipped_folder()):
        if (folder / "config.json").is_file():
            return folder
    raise ConfigurationError(
        "no weights of model 'micro' are installed: train them with `dragoman micro train` and "
        "`dragoman micro export`, or use gloss, hf:PATH, vllm:PATH or a server"
    )
