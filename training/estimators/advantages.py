"""How much better each slate did than its group."""

import numpy as np

from dragoman.core.errors import ShapeError
from dragoman.training.arrays import Floats, check_shape

__all__ = ["centred_advantages", "leave_one_out_advantages", "standardised_advantages"]


def centred_advantages(rewards_G: Floats) -> Floats:
    """Rewards minus the mean of the group; sums to zero.

    Its gradient is `(G - 1) / G` times the leave-one-out gradient.

    Raises:
        ShapeError: not one-dimensional, or fewer than two slates.

    Source: Liu et al. 2025, "Understanding R1-Zero-Like Training" (Dr.GRPO, arXiv:2503.20783).
    """
    _check_group(rewards_G)
    result: Floats = rewards_G - rewards_G.mean()
    return result


def leave_one_out_advantages(rewards_G: Floats) -> Floats:
    """Rewards minus the mean of the *other* rewards; with two slates r1 - r2 and r2 - r1.

    Raises:
        ShapeError: not one-dimensional, or fewer than two slates.

    Source: Kool, van Hoof, Welling 2019, "Buy 4 REINFORCE samples, get a baseline for free!".
    """
    return centred_advantages(rewards_G) * (rewards_G.size / (rewards_G.size - 1))


def standardised_advantages(rewards_G: Floats, floor: float) -> Floats:
    """Centred rewards over their standard deviation (of the population, at least `floor`).

    Over-weights groups that are nearly tied, which are the noisy ones.

    Raises:
        ShapeError: not one-dimensional, or fewer than two slates.

    Source: Shao et al. 2024, "DeepSeekMath", section 4.1 (arXiv:2402.03300).
    """
    result: Floats = centred_advantages(rewards_G) / max(float(np.std(rewards_G)), floor)
    return result


def _check_group(rewards_G: Floats) -> None:
    check_shape("rewards_G", rewards_G, (None,))
    if rewards_G.size < 2:
        raise ShapeError("a group has one slate: comparing within a group needs two or more; draw more slates a page")
