"""chrF of evaluated pages, with intervals, by phenomenon.

chrF is sacreBLEU's, over all lines of a condition together; the interval resamples languages (95 %, percentile).

Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; Efron 1979 for the bootstrap.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import MissingExtraError
from dragoman.training.micro.evaluate import PHENOMENA, Scored
from dragoman.training.simlang import SimSentence

__all__ = ["Interval", "chrf", "chrf_difference", "condition_chrf", "needing", "phenomenon_table"]

_RESAMPLES = 500
Pairs = Sequence[tuple[str, str]]
Wanted = Callable[[SimSentence], bool]
_Counts = Sequence[int]


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95 % interval and the number of lines behind it."""

    value: float
    low: float
    high: float
    lines: int

    def __str__(self) -> str:
        return f"{self.value:.1f} [{self.low:.1f}, {self.high:.1f}]"

    def rounded(self) -> list[float]:
        """Value, low and high end, for JSON."""
        return [round(number, 2) for number in (self.value, self.low, self.high)]


def chrf(pairs: Pairs) -> float:
    """Corpus chrF of (answer, reference) pairs, 0 to 100; 0 for none.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return _f_score([_statistics(pairs)]) if pairs else 0.0


def condition_chrf(
    scored: Sequence[Scored], condition: str, wanted: Wanted = lambda _: True, *, seed: int = 0
) -> Interval:
    """chrF of the wanted sentences of a condition.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    return grouped_chrf(list(_by_language(scored, condition, wanted).values()), seed=seed)


def grouped_chrf(groups: Sequence[Pairs], *, seed: int = 0) -> Interval:
    """chrF of all pairs together; the interval resamples whole groups, such as languages or documents.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    if not groups:
        return Interval(0.0, 0.0, 0.0, 0)
    statistics, chance = [_statistics(pairs) for pairs in groups], random.Random(seed)
    drawn = [_f_score(chance.choices(statistics, k=len(statistics))) for _ in range(_RESAMPLES)]
    return _interval(_f_score(statistics), drawn, sum(map(len, groups)))


def chrf_difference(
    scored: Sequence[Scored], better: str, worse: str, wanted: Wanted = lambda _: True, *, seed: int = 0
) -> Interval:
    """chrF of one condition less that of another, on the same sentences of the same languages.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    mine, theirs = _by_language(scored, better, wanted), _by_language(scored, worse, wanted)
    pairs = [(_statistics(mine[language]), _statistics(theirs[language])) for language in mine if language in theirs]
    if not pairs:
        return Interval(0.0, 0.0, 0.0, 0)
    chance = random.Random(seed)
    drawn = [_gap(chance.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES)]
    return _interval(_gap(pairs), drawn, sum(map(len, mine.values())))


def _gap(pairs: Sequence[tuple[_Counts, _Counts]]) -> float:
    mine, theirs = zip(*pairs, strict=True)
    return _f_score(mine) - _f_score(theirs)


def _interval(value: float, drawn: list[float], lines: int) -> Interval:
    drawn.sort()
    return Interval(value, drawn[int(0.025 * _RESAMPLES)], drawn[int(0.975 * _RESAMPLES)], lines)


def _by_language(scored: Sequence[Scored], condition: str, wanted: Wanted) -> dict[int, list[tuple[str, str]]]:
    """The pairs of a condition; languages without a wanted sentence are left out."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for page in scored:
        if page.asked.condition == condition and (pairs := page.lines(wanted)):
            found[page.asked.language] += pairs
    return found


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


def _f_score(statistics: Sequence[_Counts]) -> float:
    return float(_metric()._compute_f_score([sum(column) for column in zip(*statistics, strict=True)]))


def needing(phenomenon: str) -> Wanted:
    """Whether a sentence needs an item of a phenomenon of `PHENOMENA`."""
    prefix = PHENOMENA[phenomenon]
    return lambda sentence: any(key.startswith(prefix) for key in sentence.needs)


def phenomenon_table(scored: Sequence[Scored], condition: str = "into_english") -> dict[str, dict[str, Interval]]:
    """For each phenomenon chrF with and without its items, and the loss, on the sentences that need one and on others.

    Args:
        scored: with the condition and "<condition> without <phenomenon>".
        condition: of `REDUCED_CONDITIONS`.

    Keys: needing_with, needing_without, needing_loss, others_with, others_without, others_loss. The item of a name
    tells its gender too, so sentences that need either are no others of the name.
    """
    table = {}
    for name in PHENOMENA:
        without, rows = f"{condition} without {name}", {}
        for group, wanted in (("needing", needing(name)), ("others", _untouched(name))):
            rows[f"{group}_with"] = condition_chrf(scored, condition, wanted)
            rows[f"{group}_without"] = condition_chrf(scored, without, wanted)
            rows[f"{group}_loss"] = chrf_difference(scored, condition, without, wanted)
        table[name] = rows
    return table


def _untouched(phenomenon: str) -> Wanted:
    touched = [needing(name) for name in ((phenomenon, "gender") if phenomenon == "name" else (phenomenon,))]
    return lambda sentence: not any(needs(sentence) for needs in touched)
