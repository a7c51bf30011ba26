"""Recent groups used again, with the propensities they were drawn with.

Source: Sun et al. 2025 (arXiv:2506.05316): a queue of 512 groups, only those with a spread of rewards, half of each
batch fresh. A cap on age and a floor on the effective sample are ours. The estimators weight replayed slates
themselves, from `Group.propensities_G_N`, and cap the weights (`EstimatorSettings.max_weight`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dragoman.core.errors import ConfigurationError
from dragoman.training.auxiliaries.difficulty import net_variance
from dragoman.training.estimators.group import Group
from dragoman.training.estimators.slates import item_log_ratios

__all__ = ["ReplayBuffer", "ReplaySettings", "StoredGroup", "effective_share"]


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """Of the buffer.

    Attributes:
        max_groups: the oldest leave first.
        max_age: updates after which a group is stale.
        fresh_share: of each batch, above 0 and at most 1.
        min_effective_share: a group whose slates the policy has left behind is not replayed; 0 to 1.
    """

    max_groups: int = 512
    max_age: int = 8
    fresh_share: float = 0.5
    min_effective_share: float = 0.5

    def __post_init__(self) -> None:
        counts = self.max_groups >= 1 and self.max_age >= 1
        if not counts or not 0.0 < self.fresh_share <= 1.0 or not 0.0 <= self.min_effective_share <= 1.0:
            raise ConfigurationError(
                f"{self}: max_groups and max_age must be 1 or more, fresh_share above 0, both shares at most 1"
            )


@dataclass(frozen=True, slots=True, eq=False)
class StoredGroup:
    """A group, the page to compute its logits anew from, and the update after which it was drawn."""

    group: Group
    page: str
    drawn_at: int


@dataclass(frozen=True, slots=True, eq=False)
class ReplayBuffer:
    """Groups that still teach something, oldest first."""

    settings: ReplaySettings = field(default_factory=ReplaySettings)
    stored: tuple[StoredGroup, ...] = ()

    def with_group(self, group: Group, *, page: str, drawn_at: int) -> "ReplayBuffer":
        """The buffer with a fresh group; one whose rewards differ by no more than noise is left out."""
        if net_variance(group.rewards_G, group.noise_G) == 0.0:
            return self
        kept = (*self.stored, StoredGroup(group, page, drawn_at))[-self.settings.max_groups :]
        return replace(self, stored=kept)

    def num_replayed(self, num_fresh: int) -> int:
        """How many stored groups go with so many fresh ones."""
        return round(num_fresh * (1.0 - self.settings.fresh_share) / self.settings.fresh_share)

    def replayed(
        self, num_groups: int, *, now: int, current: Callable[[StoredGroup], Group], generator: np.random.Generator
    ) -> tuple[StoredGroup, ...]:
        """Up to so many stored groups, none of them stale or left behind by the policy, drawn without replacement.

        Args:
            num_groups: most groups wanted.
            now: number of updates made; groups drawn at `now` itself are fresh and left out.
            current: the stored group under the logits of now.
            generator: of the draw.
        """
        young = [s for s in self.stored if 0 < now - s.drawn_at <= self.settings.max_age]
        chosen: list[StoredGroup] = []
        for place in generator.permutation(len(young)):
            if len(chosen) >= num_groups:
                break
            group = replace(current(young[place]), propensities_G_N=young[place].group.propensities_G_N)
            if effective_share(group) >= self.settings.min_effective_share:
                chosen.append(replace(young[place], group=group))
        return tuple(chosen)


def effective_share(group: Group) -> float:
    """Effective sample of the group under its current logits, as a share of G: `(sum w)^2 / (G sum w^2)`, 0 to 1."""
    logs = item_log_ratios(group).sum(axis=1)
    weights = np.exp(logs - logs.max())  # a common factor cancels
    return float(weights.sum() ** 2 / (weights @ weights) / group.num_slates)
