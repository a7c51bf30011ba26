"""When the English pivot pays: the rule that stands in until a pivot head is trained.

Translating through English helps where the model does not understand the source (Kang, Kim, Lee 2026, "Learning When
to Translate for Multilingual Reasoning", arXiv:2606.02465) and costs a call everywhere else. What the rule can see
of "not understood" is how little of the page the user's own dictionary and glossed text explain.
"""

from dragoman.core.context import Observation, PivotVerdict

__all__ = ["COVERAGE_THRESHOLD", "coverage_verdict"]

COVERAGE_THRESHOLD = 0.5


def coverage_verdict(observation: Observation) -> PivotVerdict:
    """Calls the pivot when the user brought a dictionary and it explains less than half of the page's words.

    Without any dictionary the language is taken for one the model knows, and the pivot is not called.
    """
    if not observation.pivot_allowed:
        return PivotVerdict(call=False, probability=0.0, reason="not allowed")
    if not observation.has_dictionary:
        return PivotVerdict(call=False, probability=0.0, reason="no dictionary to judge by")
    coverage = observation.dictionary_coverage
    call = coverage < COVERAGE_THRESHOLD
    sign = "below" if call else "at least"
    reason = f"dictionary coverage {coverage:.0%}, {sign} {COVERAGE_THRESHOLD:.0%}"
    return PivotVerdict(call=call, probability=float(call), reason=reason)
