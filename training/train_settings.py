"""The settings of one training of the context policy: checked when built, saved in the checkpoint."""

from dataclasses import asdict, dataclass, field
from typing import Any

from dragoman.core.errors import ConfigurationError
from dragoman.training.estimators import EstimatorSettings, estimator

__all__ = ["LOG_RATES", "TrainSettings"]

# Inclusion rates of the log. A rate of one half alone shows what an item brings when half of all others are missing;
# the high rates show it near the point where the policy will work, where names, words and rules help each other.
LOG_RATES = (0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How the policy is trained.

    Attributes:
        num_slates: G, slates of one page; each costs one translation, and the page's baseline one more.
        log_pages: pages logged for the warm start.
        ridges: penalties of the warm start's regression to choose from.
        num_heads: bootstrap resamples of the warm start, for `hybrid`.
        updates: policy-gradient updates after the warm start.
        pages_per_update: pages drawn for one update.
        estimator: see `dragoman.training.estimators`.
        estimator_settings: its numbers.
        inner_steps: optimizer steps on the slates of one update.
        learning_rate: of Adam, points of gain per step, falling to zero along a cosine.
        temperature: of the draws, points of gain.
        epsilon: share of uniform exploration in the draws.
        eval_every: updates between two evaluations on the development pages.
        warm_start: false starts the policy gradient from zero weights.
        auxiliaries: names in `auxiliary_table.AUXILIARIES` of what is trained with besides.
        within_budget: false draws without the hard budget, so that every drawn item had its effect.
        seed: of every draw.
    """

    num_slates: int = 8
    log_pages: int = 128
    ridges: tuple[float, ...] = (1.0, 10.0, 100.0)
    num_heads: int = 8
    updates: int = 120
    pages_per_update: int = 16
    estimator: str = "leave-one-out"
    estimator_settings: EstimatorSettings = field(default_factory=EstimatorSettings)
    inner_steps: int = 1
    learning_rate: float = 0.05
    temperature: float = 0.3
    epsilon: float = 0.02
    eval_every: int = 20
    warm_start: bool = True
    auxiliaries: tuple[str, ...] = ()
    within_budget: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        estimator(self.estimator)
        for name, least in (
            ("num_slates", 2),
            ("log_pages", 2),
            ("updates", 0),
            ("num_heads", 0),
            ("pages_per_update", 1),
            ("inner_steps", 1),
            ("eval_every", 1),
        ):
            if getattr(self, name) < least:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give a whole number of at least {least}")
        if self.temperature <= 0 or not 0 <= self.epsilon < 1 or self.learning_rate <= 0:
            raise ConfigurationError(
                f"temperature {self.temperature}, epsilon {self.epsilon}, learning rate {self.learning_rate}: "
                "temperature and learning rate must be above 0, epsilon from 0 to below 1"
            )

    def as_dict(self) -> dict[str, Any]:  # Any: JSON
        """Plain values, for the checkpoint."""
        return {**asdict(self), "ridges": list(self.ridges), "auxiliaries": list(self.auxiliaries)}
