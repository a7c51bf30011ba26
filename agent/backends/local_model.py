"""What both engines in this process do alike with a model's folder: count its tokens and turn messages into them.

Knows no engine: each brings the way it loads the tokenizer.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from dragoman.agent.backends.chat_template import render_chat
from dragoman.agent.backends.model_folder import ModelFolder, check_fits
from dragoman.core.exchange import Request

__all__ = ["LocalModel"]


class LocalModel(ABC):
    """A model by path or hub id, and its tokenizer, loaded when it is first needed.

    Args:
        engine: the word before the colon in the model's name, "hf" or "vllm".
        path: as `ModelFolder` takes it.
        window: prompt and answer in tokens; None means what the model's configuration says.

    Raises:
        ConfigurationError: there is no model at the path.
    """

    def __init__(self, engine: str, path: str, *, window: int | None) -> None:
        self._folder = ModelFolder(path)
        self._where = f"{engine}:{path}"
        self._window = window

    @property
    def max_context_tokens(self) -> int | None:
        """As configured, else by the model's configuration; None for hub ids."""
        return self._folder.window(self._window)

    def count_tokens(self, text: str) -> int:
        """By the model's own tokenizer."""
        counter = self._folder.token_counter
        if counter is not None:
            return counter.count_tokens(text)
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    @cached_property
    def _tokenizer(self) -> Any:  # Any: transformers.PreTrainedTokenizerBase
        return self._load_tokenizer()

    @abstractmethod
    def _load_tokenizer(self) -> Any:  # Any: transformers.PreTrainedTokenizerBase
        """The model's tokenizer, as the engine loads it."""

    def _prompt_ids(self, request: Request) -> list[int]:
        """The messages as the model reads them.

        Raises:
            ContextOverflowError: prompt and longest answer do not fit.
            BadRequestError: the tokenizer has no chat template, or it refuses these messages.
        """
        text = render_chat(self._tokenizer, request.messages, where=self._where)
        prompt: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        check_fits(
            self._where,
            prompt_tokens=len(prompt),
            max_tokens=request.sampling.max_tokens,
            limit=self.max_context_tokens,
        )
        return prompt
