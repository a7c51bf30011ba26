"""A model of an engine's prefix cache: blocks of 128 tokens, least recently used ones go first.

It knows texts, not token ids: a block ends at the first word border where the prefix holds enough tokens, so block
borders depend on the text before them only, as in vLLM and in hosted services. Reported hits are rounded down, so a
simulated hit rate is never better than that of an engine with the same tokenizer.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.core.errors import ConfigurationError
from dragoman.core.exchange import Message
from dragoman.core.hashing import content_hash
from dragoman.core.protocols import TokenCounter

__all__ = ["BLOCK_TOKENS", "PrefixCache"]

BLOCK_TOKENS = 128
_WORD = re.compile(r"\s*\S+\s*?|\s+")


@dataclass(frozen=True, slots=True)
class _Block:
    """One full block: its address (which depends on everything before it) and where its text ends."""

    address: str
    end: int


class PrefixCache:
    """Remembers which prompt prefixes were computed.

    Args:
        counter: counts the tokens of a text.
        capacity_tokens: how many tokens the cache holds; at least one block.
        block_tokens: granularity; 128 is what vLLM on the CPU and hosted services use.
    """

    def __init__(
        self, counter: TokenCounter, *, capacity_tokens: int = 1 << 20, block_tokens: int = BLOCK_TOKENS
    ) -> None:
        if block_tokens < 1 or capacity_tokens < block_tokens:
            raise ConfigurationError(
                f"a prefix cache of {capacity_tokens} tokens in blocks of {block_tokens}: give room for one block"
            )
        self._counter = counter
        self._block_tokens = block_tokens
        self._max_blocks = capacity_tokens // block_tokens
        self._blocks: OrderedDict[str, None] = OrderedDict()
        self._weights: dict[str, int] = {}

    def cached_tokens(self, messages: Sequence[Message], *, prompt_tokens: int) -> int:
        """How many tokens of the prompt are there already: whole blocks, never the whole prompt.

        Changes nothing but the order in which blocks will be forgotten.
        """
        text = _render(messages)
        end = 0
        for block in self._split(text):
            if block.address not in self._blocks:
                break
            self._blocks.move_to_end(block.address)
            end = block.end
        known = min(self._counter.count_tokens(text[:end]) if end else 0, prompt_tokens - 1)
        return max(known, 0) // self._block_tokens * self._block_tokens

    def add(self, messages: Sequence[Message], answer: str = "") -> None:
        """Remembers the prompt and, when given, the answer behind it (engines keep what they generated)."""
        for block in self._split(_render(messages) + answer):
            self._blocks[block.address] = None
            self._blocks.move_to_end(block.address)
        while len(self._blocks) > self._max_blocks:
            self._blocks.popitem(last=False)

    def _split(self, text: str) -> list[_Block]:
        blocks: list[_Block] = []
        tokens, start, address = 0, 0, ""
        for word in _WORD.finditer(text):
            tokens += self._weigh(word.group())
            if tokens >= self._block_tokens:
                address = content_hash(address, text[start : word.end()])
                blocks.append(_Block(address, word.end()))
                tokens, start = 0, word.end()
        return blocks

    def _weigh(self, word: str) -> int:
        weight = self._weights.get(word)
        if weight is None:
            weight = self._weights[word] = self._counter.count_tokens(word)
        return weight


def _render(messages: Sequence[Message]) -> str:
    """A ChatML-like rendering that ends where the answer begins, so that a later turn continues it."""
    turns = "".join(f"<|{message.role}|>\n{message.content}\n" for message in messages)
    return turns + "<|assistant|>\n"
