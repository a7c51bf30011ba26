"""What the in-process engines need to know about a model before they load it: read from files, no heavy library."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dragoman.core.errors import ConfigurationError, ContextOverflowError
from dragoman.core.hashing import content_hash
from dragoman.core.protocols import TokenCounter
from dragoman.core.tokens import load_token_counter

__all__ = ["ModelFolder", "check_fits"]

_SAMPLE_BYTES = 1 << 16
# What transformers and vLLM load a model from; a README or a licence changes no answer, so it names no other model.
_READ = frozenset(
    {".json", ".jinja", ".model", ".tiktoken", ".py"}  # settings, tokenizer, chat template, code of its own
    | {".safetensors", ".bin", ".pt", ".pth", ".gguf"}  # weights
)
_VOCABULARIES = frozenset({"merges.txt", "vocab.txt"})
# How Llama-like, GPT-2-like and T5-like configurations name the longest input.
_LENGTH_FIELDS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")


@dataclass(frozen=True)  # no slots: cached_property needs a dictionary
class ModelFolder:
    """A model by path or by an id that the engine resolves.

    Args:
        spec: a folder with config.json, or an id such as "org/name".

    Raises:
        ConfigurationError: it looks like a path and there is no model in it.
    """

    spec: str

    def __post_init__(self) -> None:
        is_path = self.path.exists() or self.spec.startswith((".", "/", "~")) or self.spec.count("/") != 1
        if is_path and not (self.path / "config.json").is_file():
            raise ConfigurationError(
                f"no model in {self.spec!r}: give a folder with config.json, or an id like org/name"
            )

    @property
    def path(self) -> Path:
        """The folder; does not exist for ids."""
        return Path(self.spec).expanduser()

    @property
    def location(self) -> str:
        """What to hand to the engine."""
        return str(self.path) if self.is_local else self.spec

    @property
    def is_local(self) -> bool:
        """Whether this is a folder."""
        return (self.path / "config.json").is_file()

    @property
    def tokenizer_file(self) -> Path | None:
        """tokenizer.json, when there is one to read directly."""
        file = self.path / "tokenizer.json"
        return file if file.is_file() else None

    @cached_property
    def max_context_tokens(self) -> int | None:
        """The longest input by config.json; None when it does not say or is not here."""
        if not self.is_local:
            return None
        config: dict[str, Any] = json.loads((self.path / "config.json").read_text(encoding="utf-8"))  # Any: JSON
        for source in (config, config.get("text_config") or {}):
            for name in _LENGTH_FIELDS:
                if isinstance(source.get(name), int):
                    return int(source[name])
        return None

    def window(self, configured: int | None) -> int | None:
        """Prompt and answer together: as configured, else by config.json; None when nobody says."""
        return configured if configured is not None else self.max_context_tokens

    @cached_property
    def token_counter(self) -> TokenCounter | None:
        """Counts by tokenizer.json, read once; None when there is none."""
        return load_token_counter(self.tokenizer_file) if self.tokenizer_file is not None else None

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the files that an engine reads, of weights by samples, so that retrained weights get another name."""
        if not self.is_local:
            return self.spec
        files = sorted(file for file in self.path.iterdir() if file.is_file() and _is_read(file))
        return content_hash(*(part for file in files for part in (file.name, _sample(file))), length=12)


def check_fits(where: str, *, prompt_tokens: int, max_tokens: int, limit: int | None) -> None:
    """Nothing, when the prompt and the longest answer fit the model.

    Raises:
        ContextOverflowError: they do not.
    """
    if limit is not None and prompt_tokens + max_tokens > limit:
        raise ContextOverflowError(
            f"{where}: {prompt_tokens} prompt tokens and {max_tokens} for the answer do not fit {limit}: "
            "use a smaller --budget or shorter pages"
        )


def _is_read(file: Path) -> bool:
    """Whether an engine may read the file: weights, settings, tokenizer, chat template; no text for people."""
    return file.suffix in _READ or file.name in _VOCABULARIES


def _sample(file: Path) -> bytes:
    size = file.stat().st_size
    with file.open("rb") as stream:
        parts = [str(size).encode()]
        for start in sorted({0, size // 2, max(size - _SAMPLE_BYTES, 0)}):
            stream.seek(start)
            parts.append(stream.read(_SAMPLE_BYTES))
    return b"".join(parts)
