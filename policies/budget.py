"""The hard budget: the one place that decides what fits and writes the choice down."""

from collections.abc import Sequence

from dragoman.core.context import Candidate, ChoiceStatus, ContextChoice, Decision, Observation, PivotVerdict

__all__ = ["Draw", "fit_budget", "settle"]

Draw = tuple[Candidate, float, str]
"""A candidate the policy wants, the probability with which it was drawn, and one phrase for people."""


def fit_budget(wanted: Sequence[Candidate], budget_tokens: int) -> tuple[Candidate, ...]:
    """The wanted candidates that fit, in order of preference; one that is too large is passed over, not the rest."""
    chosen: list[Candidate] = []
    left = budget_tokens
    for candidate in wanted:
        if candidate.tokens <= left:
            chosen.append(candidate)
            left -= candidate.tokens
    return tuple(chosen)


def settle(
    observation: Observation,
    wanted: Sequence[Draw],
    *,
    pivot: PivotVerdict,
    policy: str,
    seed: int,
    probability_of_rest: float = 0.0,
) -> ContextChoice:
    """The choice that follows from what a policy wants.

    Args:
        observation: what the policy saw.
        wanted: drawn candidates, most wanted first; the budget drops from the end.
        pivot: the verdict on the pivot tool.
        policy: the policy's signature.
        seed: of the draw.
        probability_of_rest: probability with which each candidate that is not in `wanted` could have been drawn.
    """
    chosen = fit_budget([candidate for candidate, _, _ in wanted], observation.budget_tokens)
    kept = {candidate.id for candidate in chosen}
    drawn = {candidate.id: (probability, reason) for candidate, probability, reason in wanted}
    decisions = tuple(_decision(candidate.id, kept, drawn, probability_of_rest) for candidate in observation.candidates)
    return ContextChoice(
        status=_status(observation, chosen),
        chosen=tuple(candidate.id for candidate in chosen),
        decisions=decisions,
        pivot=pivot,
        tokens=sum(candidate.tokens for candidate in chosen),
        policy=policy,
        seed=seed,
    )


def _decision(id: str, kept: set[str], drawn: dict[str, tuple[float, str]], rest: float) -> Decision:
    if id not in drawn:
        return Decision(id, included=False, probability=rest, drawn=False, reason="not wanted")
    probability, reason = drawn[id]
    if id not in kept:
        return Decision(id, included=False, probability=probability, drawn=True, reason=f"{reason}; over the budget")
    return Decision(id, included=True, probability=probability, drawn=True, reason=reason)


def _status(observation: Observation, chosen: Sequence[Candidate]) -> ChoiceStatus:
    if not observation.candidates:
        return ChoiceStatus.NOT_ASKED
    return ChoiceStatus.CHOSE if chosen else ChoiceStatus.CHOSE_NOTHING
