"""What tokens cost, and how much of both a run may spend."""

from dataclasses import dataclass

from dragoman.core.errors import ConfigurationError
from dragoman.core.exchange import Usage

__all__ = ["Limits", "Prices"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens.

    Attributes:
        prompt: per million prompt tokens that are not cached.
        output: per million generated tokens.
        cached: per million prompt tokens from the server's prefix cache; None means the full prompt price.
    """

    prompt: float
    output: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("prompt", self.prompt), ("output", self.output), ("cached", self.cached or 0.0)):
            if not 0 <= value < float("inf"):
                raise ConfigurationError(f"{name} price is {value}: give US dollars per million tokens, 0 or more")

    def cost_usd(self, usage: Usage) -> float:
        """What `usage` costs."""
        cached = self.prompt if self.cached is None else self.cached
        tokens = usage.uncached_tokens * self.prompt + usage.cached_tokens * cached + usage.output_tokens * self.output
        return tokens / _MILLION


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops; None means no limit. Pages in flight are finished, so the total may end a little above.

    Attributes:
        max_cost_usd: by the price table.
        max_total_tokens: prompt (cached ones included) and output together.
    """

    max_cost_usd: float | None = None
    max_total_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_cost_usd", "max_total_tokens"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"{name} is {value}: give a number above 0, or leave it out")
