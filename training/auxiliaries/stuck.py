"""Pages on which every slate fails: they go to a buffer, and a full buffer gives one supervised pass.

Policy gradients learn nothing from a group without a better slate; a demonstration shows what exploration does not
find. Demonstrations are the oracle's selections, never its texts.

Source: Ma et al. 2025, "ReLIFT" (arXiv:2506.07527). There a page is stuck when all eight answers are wrong and the
buffer holds 128; with continuous rewards "fails" means no better than no context, while the oracle is.
"""

from dataclasses import dataclass, replace

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["StuckBuffer", "is_stuck"]


@dataclass(frozen=True, slots=True)
class StuckBuffer:
    """Ids of pages that are stuck, oldest first, each once.

    Attributes:
        pages: ids.
        max_pages: at this many the buffer is full, and a supervised pass over `pages` is due.
    """

    pages: tuple[str, ...] = ()
    max_pages: int = 32

    def __post_init__(self) -> None:
        if self.max_pages < 1:
            raise ConfigurationError(f"max_pages is {self.max_pages}: expected 1 or more")

    @property
    def is_full(self) -> bool:
        """Whether a pass is due."""
        return len(self.pages) >= self.max_pages

    def with_page(self, page: str, *, stuck: bool) -> "StuckBuffer":
        """The buffer after a page was tried: a page that got unstuck by itself leaves it."""
        others = tuple(kept for kept in self.pages if kept != page)
        if not stuck:
            return replace(self, pages=others)
        return self if page in self.pages else replace(self, pages=(*others, page)[-self.max_pages :])

    def emptied(self) -> "StuckBuffer":
        """The buffer after the pass."""
        return replace(self, pages=())


def is_stuck(rewards_G: Floats, oracle_reward: float, margin: float = 0.0) -> bool:
    """Whether no slate beats no context by more than the margin, and the oracle's slate does.

    Args:
        rewards_G: net rewards, points above no context.
        oracle_reward: of the oracle's slate, the same unit.
        margin: points, 0 or more; about the noise of a reward.

    Raises:
        ShapeError: not one-dimensional.
        ConfigurationError: a negative margin.
    """
    check_shape("rewards_G", rewards_G, (None,))
    if margin < 0.0:
        raise ConfigurationError(f"margin is {margin}: expected 0 or more points")
    return bool(float(rewards_G.max(initial=-float("inf"))) <= margin < oracle_reward)
