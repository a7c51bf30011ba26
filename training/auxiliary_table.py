"""The auxiliaries a training can be asked for by name, and what each adds to the trainer.

Left out are those that need the oracle's choices (hints, stuck pages): finding them costs more than training does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dragoman.core.errors import ConfigurationError, UnknownNameError
from dragoman.training.auxiliaries.curriculum import CurriculumSettings, difficulty_levels
from dragoman.training.gradient_stage import Auxiliary, PickPages, uniform_pages
from dragoman.training.rollouts import Collector
from dragoman.training.switches import Contrast, Curriculum, Difficulty, Replay, StepCredit
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings

__all__ = ["AUXILIARIES", "Extras", "extras"]

_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Extras:
    """What auxiliaries add to `train_policy`.

    Attributes:
        auxiliaries: further ascents.
        pick_pages: the pages of an update.
    """

    auxiliaries: tuple[Auxiliary, ...] = ()
    pick_pages: PickPages = uniform_pages


Make = Callable[[Sequence[PageTask], TrainSettings, Collector], Extras]


def extras(tasks: Sequence[PageTask], settings: TrainSettings, collector: Collector) -> Extras:
    """What the auxiliaries that the settings name add.

    Args:
        tasks: pages to learn from.
        settings: of the training.
        collector: of the training; the rubric is its `with_rubric`.

    Raises:
        UnknownNameError: there is no such auxiliary.
        ConfigurationError: two of them pick the pages.
    """
    names = settings.auxiliaries
    for name in names:
        if name not in AUXILIARIES:
            raise UnknownNameError("auxiliary", name, AUXILIARIES)
    made = [AUXILIARIES[name](tasks, settings, collector) for name in dict.fromkeys(names)]
    pickers = [found.pick_pages for found in made if found.pick_pages is not uniform_pages]
    if len(pickers) > 1:
        raise ConfigurationError(f"auxiliaries {', '.join(names)}: more than one picks the pages; leave one out")
    added = tuple(auxiliary for found in made for auxiliary in found.auxiliaries)
    return Extras(added, pickers[0] if pickers else uniform_pages)


def _contrast(_tasks: Sequence[PageTask], settings: TrainSettings, collector: Collector) -> Extras:
    return Extras((Contrast(collector, settings, weight=1.0),))


def _curriculum(tasks: Sequence[PageTask], _settings: TrainSettings, _collector: Collector) -> Extras:
    sizes = np.array([len(task.observation.candidates) for task in tasks], dtype=np.float64)
    levels = difficulty_levels(sizes, _LEVELS)
    return Extras(pick_pages=Curriculum(levels, CurriculumSettings(_LEVELS, "gaussian")))


def _difficulty(_tasks: Sequence[PageTask], _settings: TrainSettings, _collector: Collector) -> Extras:
    picker = Difficulty()
    return Extras((picker,), picker.pick)


def _replay(_tasks: Sequence[PageTask], settings: TrainSettings, _collector: Collector) -> Extras:
    return Extras((Replay(settings),))


def _rubric(_tasks: Sequence[PageTask], _settings: TrainSettings, collector: Collector) -> Extras:
    if not collector.with_rubric:
        raise ConfigurationError("the rubric is part of the reward: give a collector made with with_rubric=True")
    return Extras()


def _step_credit(_tasks: Sequence[PageTask], settings: TrainSettings, collector: Collector) -> Extras:
    return Extras((StepCredit(collector, settings),))


AUXILIARIES: Mapping[str, Make] = MappingProxyType(
    {
        "contrast": _contrast,
        "curriculum": _curriculum,
        "difficulty": _difficulty,
        "replay": _replay,
        "rubric": _rubric,
        "step-credit": _step_credit,
    }
)
