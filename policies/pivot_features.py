"""What the pivot head sees of a page, and how its predicted gain becomes a verdict.

The head is one row of weights: predicted gain of one call, in points, against the price mu of the observation.
"""

import numpy as np

from dragoman.core.context import Candidate, Observation, PivotVerdict
from dragoman.core.records import Kind
from dragoman.policies.scorer import sigmoid
from dragoman.policies.scorer_table import FloatArray

__all__ = ["PIVOT_COLUMNS", "pivot_row", "pivot_verdict"]

PIVOT_COLUMNS: tuple[str, ...] = (
    "always",
    "words not covered",
    "no dictionary",
    "no rules chosen",
    "rules chosen",
    "no gloss chosen",
    "no essence chosen",
    "words chosen",
    "budget spent",
    "lines",
)


def pivot_row(observation: Observation, chosen: tuple[Candidate, ...]) -> FloatArray:
    """The page and what was chosen for it, shape (len(PIVOT_COLUMNS),), all about 0 to 1."""
    num_lines = max(1, len(observation.page.segments))
    counts = dict.fromkeys(Kind, 0)
    for candidate in chosen:
        counts[candidate.record.kind] += 1
    values = {
        "always": 1.0,
        "words not covered": 1.0 - observation.dictionary_coverage,
        "no dictionary": float(not observation.has_dictionary),
        "no rules chosen": float(counts[Kind.RULE] == 0),
        "rules chosen": min(1.0, counts[Kind.RULE] / 12),
        "no gloss chosen": float(counts[Kind.TRACE] == 0),
        "no essence chosen": float(counts[Kind.ESSENCE] == 0),
        "words chosen": min(1.0, counts[Kind.ENTRY] / (5 * num_lines)),
        "budget spent": min(1.0, sum(c.tokens for c in chosen) / max(1, observation.budget_tokens)),
        "lines": min(2.0, num_lines / 10),
    }
    return np.array([values[name] for name in PIVOT_COLUMNS])


def pivot_verdict(
    weights: FloatArray,
    observation: Observation,
    chosen: tuple[Candidate, ...],
    *,
    temperature: float,
    uniform: float | None = None,
) -> PivotVerdict:
    """Whether one call is worth its price.

    Args:
        weights: points per unit of each of `PIVOT_COLUMNS`.
        observation: the page.
        chosen: what stands in its prompt.
        temperature: points that make the odds e times higher.
        uniform: a draw from [0, 1); None decides by the sign alone.
    """
    if not observation.pivot_allowed:
        return PivotVerdict(call=False, probability=0.0, reason="not allowed")
    gain = float(weights @ pivot_row(observation, chosen))
    excess = gain - observation.pivot_price
    probability = float(sigmoid(np.array(excess / temperature))) if uniform is not None else float(excess > 0)
    call = uniform < probability if uniform is not None else excess > 0
    reason = f"predicted gain {gain:+.2f} points, price {observation.pivot_price:g}"
    return PivotVerdict(call=call, probability=probability, reason=reason)
