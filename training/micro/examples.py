"""Training examples: prompts of the agent, printed by its own builder, with the answers their context supports."""

import random
from collections.abc import Callable, Mapping

from dragoman.training.micro.drawing import MAX_LEVEL, Draw, Example
from dragoman.training.micro.follow_ups import complete, remember, repair
from dragoman.training.micro.translating import between, headwords, into_english, out_of_english, without_notes
from dragoman.training.micro.world import World

__all__ = ["MAX_LEVEL", "TASKS", "Example", "make_example"]

TASKS: Mapping[str, Callable[[Draw], Example]] = {
    "glossed": lambda draw: into_english(draw, glossed=True, task="glossed"),
    "plain": lambda draw: into_english(draw, glossed=False, task="plain"),
    "out": out_of_english,
    "between": between,
    "words": headwords,
    "complete": complete,
    "repair": repair,
    "remember": remember,
    "nothing": without_notes,
}
_REST = {"between": 2, "complete": 2, "repair": 2, "remember": 4, "nothing": 2}
_SHARES: tuple[Mapping[str, float], ...] = (  # copying is learned from glosses, looking up from lists, then pages
    {"glossed": 80, "plain": 10, "words": 10},
    {"glossed": 24, "plain": 24, "out": 10, "words": 30} | _REST,
    {"glossed": 34, "plain": 30, "out": 24, "words": 3} | _REST,
)


def make_example(world: World, chance: random.Random, level: int, *, task: str = "") -> Example:
    """An example of a level, 0 (words and few lines) to `MAX_LEVEL` (pages); the task is drawn unless it is named."""
    names, weights = zip(*_SHARES[min(level, len(_SHARES) - 1)].items(), strict=True)
    return TASKS[task or chance.choices(names, weights)[0]](Draw(world, chance, level))
