"""When the curriculum rises and how large the step is: pure functions of progress."""

from dataclasses import dataclass

__all__ = ["Competence", "step_scale"]

_WARM_UP = 0.02  # share of the run
_HIGH_TIME = (0.35, 0.5, 0.65)  # shares of the run after which each next level begins at the latest


def step_scale(progress: float, cool_down: float) -> float:
    """Factor on the step sizes: linear warm-up, constant, linear cool-down to zero (a trapezoid).

    Args:
        progress: share of the run that is done, 0 to 1.
        cool_down: share of the run in which the steps get smaller, above 0 to 1.

    Source: Hägele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations"
    (arXiv:2405.18392).
    """
    if progress < _WARM_UP:
        return max(0.02, progress / _WARM_UP)
    return min(1.0, max(0.02, (1.0 - progress) / cool_down))


@dataclass(slots=True)
class Competence:
    """The level of the curriculum: it rises when the running loss is low, or when it is high time.

    Attributes:
        level: now.
        top: highest level, at most one for each share in `_HIGH_TIME`.
        threshold: running loss, in nats a token, under which the level rises.
        least_steps: at a level before it may rise.
        loss: running mean since the level began; None before its first step.
        steps: since the level began.
    """

    level: int = 0
    top: int = len(_HIGH_TIME)
    threshold: float = 1.0
    least_steps: int = 60
    loss: float | None = None
    steps: int = 0

    def update(self, loss: float, progress: float) -> bool:
        """Takes the loss of a step; whether the level rose."""
        self.steps += 1
        self.loss = loss if self.loss is None else 0.96 * self.loss + 0.04 * loss
        if self.level >= self.top:
            return False
        late = progress > _HIGH_TIME[self.level]
        able = self.steps >= self.least_steps and self.loss < self.threshold
        if able or late:
            self.level, self.loss, self.steps = self.level + 1, None, 0
            return True
        return False
