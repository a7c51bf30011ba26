"""The folder of a training run: its tokenizer is learned once, before the first step."""

from pathlib import Path

from dragoman.training.micro.corpus import tokenizer_corpus
from dragoman.training.micro.model import MicroConfig
from dragoman.training.micro.tokenizer import save_tokenizer, train_tokenizer

__all__ = ["prepare"]

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
