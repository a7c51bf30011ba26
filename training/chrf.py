"""Sentence chrF by sacrebleu, in points; the one file of training that loads it.

Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation" (aclanthology.org/W15-3049); beta 2,
character 6-grams, no words: sacrebleu's own setting. Equal pairs are scored once.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from statistics import fmean
from typing import TYPE_CHECKING

from dragoman.core.errors import MissingExtraError

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

__all__ = ["page_chrf", "sentence_chrf"]

_REMEMBERED = 200_000  # pairs, some 100 MB at most


@lru_cache(maxsize=_REMEMBERED)
def sentence_chrf(translation: str, reference: str) -> float:
    """chrF of one line, 0 to 100.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    if translation == reference:
        return 100.0 if reference else 0.0
    return float(_metric().sentence_score(translation, [reference]).score)


def page_chrf(translations: Sequence[str], references: Sequence[str]) -> float:
    """Mean of the sentence scores of a page."""
    return fmean(sentence_chrf(*pair) for pair in zip(translations, references, strict=True))


@cache
def _metric() -> "CHRF":
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtraError("a chrF reward", "eval") from error
    return CHRF()
