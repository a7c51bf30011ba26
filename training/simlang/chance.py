"""The only source of chance in SimLang: a seeded stream that gives the same draws on every machine.

Only `random.Random(str).random()` is used (string seeds go through SHA-512, and the stream of `random()` is
guaranteed not to change between Python versions); the library's own `shuffle` and `choice` carry no such promise.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Chance"]

T = TypeVar("T")


class Chance:
    """A stream of draws named by its parts; different names give unrelated streams."""

    __slots__ = ("_random",)

    def __init__(self, *parts: str | int) -> None:
        self._random = random.Random("/".join(str(part) for part in parts)).random

    def unit(self) -> float:
        """A number from 0 to 1, 1 excluded."""
        return self._random()

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        return int(self._random() * limit)

    def happens(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each equally likely."""
        return items[int(self._random() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in a random order (Fisher-Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = int(self._random() * (last + 1))
            result[last], result[other] = result[other], result[last]
        return result

    def sample(self, items: Sequence[T], number: int) -> list[T]:
        """At most `number` different positions of `items`, in random order."""
        return self.shuffled(items)[:number]
