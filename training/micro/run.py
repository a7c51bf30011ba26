"""The folder of a training run: its tokenizer is learned once, before the first step; and the data folder it reads."""

from pathlib import Path

from dragoman.core.environment import data_folder
from dragoman.training.micro.corpus import tokenizer_corpus
from dragoman.training.micro.model import MicroConfig
from dragoman.training.micro.tokenizer import save_tokenizer, train_tokenizer

__all__ = ["prepare", "real_folder"]

_LANGUAGES = 250


def prepare(run: Path, english: Path | None = None, *, config: MicroConfig = MicroConfig()) -> None:  # noqa: B008
    """Learns the tokenizer of a new run; an old run keeps its own.

    Args:
        run: made when it does not exist.
        english: text file whose lines teach more English pieces.
        config: sizes of the network.
    """
    if (run / "tokenizer" / "tokenizer.json").is_file():
        return
    lines = english.read_text(encoding="utf-8").splitlines() if english else []
    tokenizer = train_tokenizer(tokenizer_corpus(_LANGUAGES, lines), vocabulary=config.vocabulary)
    save_tokenizer(tokenizer, run / "tokenizer", max_tokens=config.max_tokens)


def real_folder(named: Path | None) -> Path | None:
    """The folder that was named, else the data folder where it exists, else None.

    A named folder is not looked into here: training says what is missing in it.
    """
    return named or (data_folder() if data_folder().is_dir() else None)
