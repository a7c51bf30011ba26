"""The figures of `auxiliaries.py`: one auxiliary against the same training without it, over seeds.

`difference` is on minus off when off's translations are spent, mean over seeds with its standard error; `seeds_won`
counts the seeds in which it is positive. `share` is the part of off's translations after which the mean curve of `on`
first reaches off's mean final reward (null: never); `own_share` is the same for off itself, which may be there early,
and tests of translations compare the two. `passed` is the test in `test`, taken from the source of the auxiliary.
"""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from dragoman.training.train_state import CurvePoint

__all__ = ["TESTS", "Curves", "distractor_row", "row"]

Curves = Mapping[str, Sequence[tuple[CurvePoint, ...]]]
"""Learning curves by variant, one per seed."""

TESTS: Mapping[str, str] = {
    "contrast": "reaches off's reward with at most 70 % of its translations, pair accuracy .9 or more",
    "hints": "final reward not below off's, and permanent hints worse",
    "curriculum": "reaches off's reward with at most 80 % of its translations",
    "difficulty": "reaches off's reward with at most 75 % of its translations",
    "replay": "reaches off's reward with at most 75 % of its translations",
    "both": "reaches off's reward with at most 75 % of its translations",
    "step credit": "reward at equal translations not below off's",
    "stuck": "reward not below off's",
    "rubric": "true net reward not below off's",
    "cold hints": "final reward not below off's, and permanent hints worse",
    "cold stuck": "reward not below off's",
}
_SHARES = {"contrast": 0.7, "curriculum": 0.8, "difficulty": 0.75, "replay": 0.75, "both": 0.75}
_GRID = np.linspace(0.05, 1.0, 20)  # parts of off's translations


def row(name: str, curves: Curves) -> dict[str, object]:
    """One auxiliary against off and its control, at the translations that off used."""
    plain = curves["cold off" if name.startswith("cold") else "off"]
    spent = [curve[-1].num_translations for curve in plain]
    off, on = _finals(plain, spent), _finals(curves[name], spent)
    control = _finals(curves[f"{name} control"], spent) if f"{name} control" in curves else None
    share, own_share = _share(curves[name], plain), _share(plain, plain)
    apart = [mine - theirs for mine, theirs in zip(on, off, strict=True)]
    return {
        "on": round(statistics.fmean(on), 3),
        "off": round(statistics.fmean(off), 3),
        "difference": round(statistics.fmean(apart), 3),
        "standard_error": round(statistics.stdev(apart) / len(apart) ** 0.5, 3) if len(apart) > 1 else None,
        "seeds_won": sum(value > 0 for value in apart),
        "control": None if control is None else round(statistics.fmean(control), 3),
        "share": share,
        "own_share": own_share,
        "passed": _is_cheap(name, share, own_share) if name in _SHARES else _is_no_worse(on, off, control),
        "test": TESTS[name],
    }


def distractor_row(picks: Sequence[tuple[float, float]]) -> dict[str, object]:
    """False picks of retrieved but useless candidates, and the share of all candidates that was chosen."""
    rate = statistics.fmean(mine for mine, _ in picks)
    return {
        "on": round(rate, 4),
        "off": round(statistics.fmean(chance for _, chance in picks), 4),
        "control": None,
        "passed": rate <= 0.15,
        "test": "false-pick rate on offered but useless candidates at most .15; off is the share of all that is chosen",
    }


def _finals(curves: Sequence[Sequence[CurvePoint]], spent: Sequence[int]) -> list[float]:
    """The last evaluation of each seed within a number of translations."""
    return [
        [point.net for point in curve if point.num_translations <= limit][-1]
        for curve, limit in zip(curves, spent, strict=True)
    ]


def _share(mine: Sequence[Sequence[CurvePoint]], theirs: Sequence[Sequence[CurvePoint]]) -> float | None:
    """Part of their translations after which my mean curve first reaches their mean final reward."""
    target = statistics.fmean(curve[-1].net for curve in theirs)
    rows = []
    for curve, plain in zip(mine, theirs, strict=True):
        x = np.array([point.num_translations for point in curve]) / plain[-1].num_translations
        rows.append(np.interp(_GRID, x, [point.net for point in curve]))
    reached = _GRID[np.mean(rows, axis=0) >= target - 1e-9]
    return round(float(reached[0]), 3) if len(reached) else None


def _is_cheap(name: str, share: float | None, own_share: float | None) -> bool:
    """Whether it gets to off's reward with its part of the translations that off takes."""
    return share is not None and own_share is not None and share <= _SHARES[name] * own_share


def _is_no_worse(on: Sequence[float], off: Sequence[float], control: Sequence[float] | None) -> bool:
    """Whether it ends no lower than off, and above its control."""
    mean = statistics.fmean(on)
    return mean >= statistics.fmean(off) - 1e-9 and (control is None or statistics.fmean(control) < mean)
