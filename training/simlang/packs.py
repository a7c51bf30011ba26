"""Sets of languages for training, development and test, apart by seed and by typology.

A seed names a different language in each split, and no family (word order, adposition order, adjective order; see
`typology`) of one split is drawn in another, so a test language is new in its words and in its combination of settings.
"""

from collections.abc import Iterator

from dragoman.training.simlang.language import SimLanguage, generate_language

__all__ = ["pack"]


def pack(split: str, size: int, *, start: int = 0) -> Iterator[SimLanguage]:
    """The languages `start` to `start + size - 1` of a split, made one by one.

    Raises:
        UnknownNameError: no such split.
    """
    for seed in range(start, start + size):
        yield generate_language(seed, split=split)
