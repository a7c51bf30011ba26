"""Token counts of whole prompts, for backends whose engine does not tell them."""

from collections.abc import Iterable

from dragoman.core.exchange import Message
from dragoman.core.protocols import TokenCounter

__all__ = ["TOKENS_PER_MESSAGE", "TOKENS_PER_PROMPT", "count_prompt"]

# What ChatML-like templates put around a message and in front of the answer (OpenAI cookbook, "How to count tokens").
TOKENS_PER_MESSAGE = 4
TOKENS_PER_PROMPT = 3


def count_prompt(messages: Iterable[Message], counter: TokenCounter) -> int:
    """Tokens of a chat prompt: the contents as `counter` sees them and the markup of a ChatML-like template."""
    counts = [counter.count_tokens(message.content) + TOKENS_PER_MESSAGE for message in messages]
    return sum(counts) + TOKENS_PER_PROMPT
