"""chrF of evaluated pages, with intervals, by phenomenon.

chrF is sacreBLEU's, over all lines of a condition together; the interval resamples languages (95 %, percentile).

Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; Efron 1979 for the bootstrap.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import MissingExtraError
from dragoman.training.micro.evaluate import PHENOMENA, Scored
from dragoman.training.simlang import SimSentence

__all__ = ["Interval", "chrf", "condition_chrf", "phenomenon_table"]

_RESAMPLES = 500
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95 % interval and the number of lines behind it."""

    value: float
    low: float
    high: float
    lines: int


def chrf(pairs: Pairs) -> float:
    """Corpus chrF of (answer, reference) pairs, 0 to 100; 0 for none.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return _f_score([_statistics(pairs)]) if pairs else 0.0


def condition_chrf(
    scored: Sequence[Scored], condition: str, wanted: Callable[[SimSentence], bool] = lambda _: True, *, seed: int = 0
) -> Interval:
    """chrF of the wanted sentences of a condition.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    by_page = [page.lines(wanted) for page in scored if page.asked.condition == condition]
    by_page = [pairs for pairs in by_page if pairs]
    if not by_page:
        return Interval(0.0, 0.0, 0.0, 0)
    statistics, chance = [_statistics(pairs) for pairs in by_page], random.Random(seed)
    drawn = sorted(_f_score(chance.choices(statistics, k=len(statistics))) for _ in range(_RESAMPLES))
    low, high = drawn[int(0.025 * _RESAMPLES)], drawn[int(0.975 * _RESAMPLES)]
    return Interval(_f_score(statistics), low, high, sum(map(len, by_page)))


def _metric() -> Any:  # Any: sacrebleu's CHRF, whose statistics per line have no public name
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtraError("chrF", "eval") from error
    return CHRF()


def _statistics(pairs: Pairs) -> list[int]:
    """Counts of n-grams in answers, references and both, summed over the pairs."""
    rows = _metric()._extract_corpus_statistics([answer for answer, _ in pairs], [[right for _, right in pairs]])
    return [sum(column) for column in zip(*rows, strict=True)]


def _f_score(statistics: Sequence[Sequence[int]]) -> float:
    return float(_metric()._compute_f_score([sum(column) for column in zip(*statistics, strict=True)]))


def phenomenon_table(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """For each phenomenon chrF with and without its item, on the sentences that need it and on the others."""
    table = {}
    for name, prefix in PHENOMENA.items():

        def needs(sentence: SimSentence, prefix: str = prefix) -> bool:
            return any(key.startswith(prefix) for key in sentence.needs)

        def others(sentence: SimSentence, prefix: str = prefix) -> bool:
            return not any(key.startswith(prefix) for key in sentence.needs)

        rows = {
            "needing_with": condition_chrf(scored, "into_english", needs),
            "needing_without": condition_chrf(scored, f"without {name}", needs),
            "others_with": condition_chrf(scored, "into_english", others),
            "others_without": condition_chrf(scored, f"without {name}", others),
        }
        table[name] = {key: round(row.value, 2) for key, row in rows.items()} | {"lines": rows["needing_with"].lines}
    return table
