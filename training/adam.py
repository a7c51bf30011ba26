"""Adam, for weights of any shape, going up.

Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1 (arXiv:1412.6980). The second
moment decays faster than in the paper (0.99), because a training has a hundred steps and not a hundred thousand.
"""

from dataclasses import dataclass

import numpy as np

from dragoman.training.arrays import Floats

__all__ = ["AdamState", "adam_step"]

_DECAY_1, _DECAY_2, _SMALL = 0.9, 0.99, 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class AdamState:
    """Moments of the gradients seen so far."""

    first: Floats
    second: Floats
    steps: int = 0

    @classmethod
    def like(cls, weights: Floats) -> "AdamState":
        """Before the first step."""
        return cls(np.zeros_like(weights), np.zeros_like(weights))


def adam_step(weights: Floats, ascent: Floats, state: AdamState, learning_rate: float) -> tuple[Floats, AdamState]:
    """The weights one step up, and the state after it."""
    steps = state.steps + 1
    first = _DECAY_1 * state.first + (1 - _DECAY_1) * ascent
    second = _DECAY_2 * state.second + (1 - _DECAY_2) * ascent**2
    step = (first / (1 - _DECAY_1**steps)) / (np.sqrt(second / (1 - _DECAY_2**steps)) + _SMALL)
    return weights + learning_rate * step, AdamState(first, second, steps)
