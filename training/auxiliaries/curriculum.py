"""From easy pages to hard ones: the probability of each level of difficulty as training goes on.

Source: Parashar et al. 2025, "E2H Reasoner" (arXiv:2506.06632), from the closed forms of its released code: cosine and
gaussian schedules with a floor of 2 / (N (N + 1)). The gaussian's floor takes 2 / (N + 1) of the mass, two thirds of
it with two levels, so it is a setting here. Levels are not labelled: ours are quantiles of a measured gap.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.training.arrays import Floats, Ints, check_shape

__all__ = ["CURRICULA", "CurriculumSettings", "difficulty_levels", "draw_pages", "level_probabilities"]


@dataclass(frozen=True, slots=True)
class CurriculumSettings:
    """Of a schedule.

    Attributes:
        num_levels: N, 1 or more; level 0 is the easiest.
        name: one of `CURRICULA`.
        exponent: gamma of the gaussian: below 1 leaves the easy levels early.
        width: sigma of the gaussian, in levels; above 0.
        floor: smallest probability, 0 to 1 / N; the released 2 / (N (N + 1)) when None.
    """

    num_levels: int
    name: str = "cosine"
    exponent: float = 0.5
    width: float = 0.5
    floor: float | None = None

    def __post_init__(self) -> None:
        if self.name not in CURRICULA:
            raise UnknownNameError("curriculum", self.name, CURRICULA)
        in_range = self.num_levels >= 1 and self.exponent > 0.0 and self.width > 0.0
        if not in_range or not 0.0 <= self.smallest <= 1.0 / self.num_levels:
            raise ConfigurationError(
                f"{self}: num_levels must be 1 or more, exponent and width above 0, floor 0 to 1 / num_levels"
            )

    @property
    def smallest(self) -> float:
        """The floor that is used."""
        released = 2.0 / (self.num_levels * (self.num_levels + 1)) if self.num_levels > 1 else 1.0
        return released if self.floor is None else self.floor


def level_probabilities(progress: float, settings: CurriculumSettings) -> Floats:
    """(N,): probability of each level, summing to 1.

    Args:
        progress: t / T, 0 at the start of training and 1 at its end.
        settings: the schedule.

    Raises:
        ConfigurationError: progress out of range.
    """
    if not 0.0 <= progress <= 1.0:
        raise ConfigurationError(f"progress is {progress}: expected 0 to 1")
    return CURRICULA[settings.name](progress, settings)


def difficulty_levels(gaps_P: Floats, num_levels: int) -> Ints:
    """(P,): level of each page by its rank, levels as equal in size as possible.

    Args:
        gaps_P: measured difficulty, such as the log of the oracle's gain; higher is harder. Ties go by place.
        num_levels: 1 or more.

    Raises:
        ShapeError: not one-dimensional.
    """
    check_shape("gaps_P", gaps_P, (None,))
    ranks = np.empty(len(gaps_P), np.int64)
    ranks[np.argsort(gaps_P, kind="stable")] = np.arange(len(gaps_P))
    result: Ints = ranks * num_levels // max(1, len(gaps_P))
    return result


def draw_pages(levels_P: Ints, probabilities_N: Floats, *, num_pages: int, generator: np.random.Generator) -> Ints:
    """(num_pages,): places of pages, drawn with replacement: first a level, then a page of it.

    Levels without pages are left out, and the others keep their proportions.

    Raises:
        ShapeError: wrong shapes.
        ConfigurationError: no page has a level with a probability above 0.
    """
    check_shape("levels_P", levels_P, (None,))
    check_shape("probabilities_N", probabilities_N, (None,))
    sizes_N = np.bincount(levels_P, minlength=len(probabilities_N))
    weights_P = (probabilities_N / np.maximum(sizes_N, 1))[levels_P]
    if weights_P.sum() <= 0.0:
        raise ConfigurationError("no page of any level that may be drawn: check levels and probabilities")
    return generator.choice(len(levels_P), size=num_pages, p=weights_P / weights_P.sum())


def _cosine(progress: float, settings: CurriculumSettings) -> Floats:
    """`p_i ∝ max(alpha (N - i) / S + (1 - alpha)(i + 1) / S, floor)`, `alpha = (1 + cos(pi t / T)) / 2`."""
    num_levels = settings.num_levels
    place = np.arange(num_levels)
    total = num_levels * (num_levels + 1) / 2
    alpha = 0.5 * (1.0 + np.cos(np.pi * progress))
    raw = np.maximum(alpha * (num_levels - place) / total + (1.0 - alpha) * (place + 1) / total, settings.smallest)
    result: Floats = raw / raw.sum()
    return result


def _gaussian(progress: float, settings: CurriculumSettings) -> Floats:
    """`p_i = floor + (1 - N floor) q_i`, `q_i ∝ exp(-(i - mu)^2 / (2 sigma^2))`, `mu = (t / T)^gamma (N - 1)`."""
    num_levels = settings.num_levels
    centre = progress**settings.exponent * (num_levels - 1)
    raw = np.exp(-((np.arange(num_levels) - centre) ** 2) / (2.0 * settings.width**2))
    result: Floats = settings.smallest + (1.0 - num_levels * settings.smallest) * raw / raw.sum()
    return result


def _balanced(progress: float, settings: CurriculumSettings) -> Floats:
    """Every level alike, at all times."""
    del progress
    return np.full(settings.num_levels, 1.0 / settings.num_levels)


CURRICULA: Mapping[str, Callable[[float, CurriculumSettings], Floats]] = MappingProxyType(
    {"cosine": _cosine, "gaussian": _gaussian, "balanced": _balanced}
)
