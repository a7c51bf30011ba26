"""Hints that fade: the oracle makes the first decisions of a page, fewer of them as training goes on, then none.

Each language leaves hints for good as soon as it often finds good slates. Rewards pass gates that must all hold.

Source: Huang et al. 2026, "LANG" (arXiv:2605.22567): hint share by cosine decay (against linear and exponential 28.6,
27.1 and 24.1 on MMATH; hints that never end: 10.1), a switch per language tier on a moving average, and a conjunctive
reward. Their smoothing and threshold are not published. "Has a rollout with positive advantage" is true of almost
every group of continuous rewards, so ours asks for a slate that beats no context by a margin.
"""

import math
from dataclasses import dataclass

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.arrays import Bools, Floats, Ints, check_shape

__all__ = ["HintSettings", "HintSwitch", "HintedDraws", "conjunctive_gate", "hint_share", "hinted_draws", "num_hinted"]


@dataclass(frozen=True, slots=True)
class HintSettings:
    """When a language stops getting hints.

    Attributes:
        smoothing: weight of the past in the moving average, 0 to below 1.
        threshold: share of solved pages at which hints end.
        margin: net points above no context that a page's best slate needs to count as solved.
    """

    smoothing: float = 0.9
    threshold: float = 0.5
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.smoothing < 1.0 or not 0.0 < self.threshold <= 1.0:
            raise ConfigurationError(f"{self}: smoothing must be from 0 to below 1, threshold above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class HintSwitch:
    """State of one language: the moving average of solved pages, and whether hints have ended; they never return."""

    solved: float = 0.0
    is_off: bool = False

    def after(self, best_rewards_P: Floats, settings: HintSettings) -> "HintSwitch":
        """The state after a batch of pages of this language.

        Args:
            best_rewards_P: net reward of each page's best slate, points above no context; an empty batch changes
                nothing.
            settings: see `HintSettings`.

        Raises:
            ShapeError: not one-dimensional.
        """
        check_shape("best_rewards_P", best_rewards_P, (None,))
        if not best_rewards_P.size:
            return self
        share = float(np.mean(best_rewards_P > settings.margin))
        solved = settings.smoothing * self.solved + (1.0 - settings.smoothing) * share
        return HintSwitch(solved, self.is_off or solved >= settings.threshold)


@dataclass(frozen=True, slots=True, eq=False)
class HintedDraws:
    """Draws with the oracle's decisions in the hinted steps, and where a gradient may be taken."""

    draws_G_N: Bools
    trainable_G_N: Bools


def hint_share(step: int, num_steps: int) -> float:
    """`(1 + cos(pi * step / num_steps)) / 2`: 1 at the start, 0 from the last step on.

    Raises:
        ConfigurationError: a negative step, or no steps.
    """
    if step < 0 or num_steps < 1:
        raise ConfigurationError(f"step {step} of {num_steps}: expected 0 or more, of 1 or more")
    return 0.5 * (1.0 + math.cos(math.pi * min(step, num_steps) / num_steps))


def num_hinted(share: float, num_decisions: int, switch: HintSwitch) -> int:
    """`floor(share * num_decisions)` first decisions; none once the language's switch is off."""
    return 0 if switch.is_off else math.floor(share * num_decisions + 1e-9)  # 1e-9: a product just below a whole number


def hinted_draws(draws_G_N: Bools, oracle_N: Bools, steps_N: Ints, hinted_steps: int) -> HintedDraws:
    """The oracle's choice in the first steps; those decisions take no gradient.

    The steps that follow must be drawn *after* this, because they may depend on what the first steps drew.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("draws_G_N", draws_G_N, (None, None))
    check_shape("oracle_N", oracle_N, draws_G_N.shape[1:])
    check_shape("steps_N", steps_N, draws_G_N.shape[1:])
    is_hinted_N = steps_N < hinted_steps
    free = np.broadcast_to(~is_hinted_N, draws_G_N.shape)
    return HintedDraws(np.where(is_hinted_N, oracle_N, draws_G_N), free)


def conjunctive_gate(reward_G: Floats, passed_G_K: Bools) -> Floats:
    """The reward where every one of K checks holds (language, format, alignment ...), else 0.

    Raises:
        ShapeError: wrong shapes.
    """
    check_shape("reward_G", reward_G, (None,))
    check_shape("passed_G_K", passed_G_K, (len(reward_G), None))
    result: Floats = np.where(passed_G_K.all(axis=1), reward_G, 0.0)
    return result
