"""Holds policies to their contract: known ids, the hard budget, a decision for every candidate."""

from dragoman.core.context import ContextChoice, Observation
from dragoman.core.errors import PolicyError

__all__ = ["require_sound_choice"]


def require_sound_choice(observation: Observation, choice: ContextChoice, *, policy: str) -> None:
    """Nothing, when the choice keeps the contract.

    Raises:
        PolicyError: names the policy and what it broke.
    """
    fault = _fault(observation, choice)
    if fault:
        raise PolicyError(f"policy {policy!r} broke its contract: {fault}; use another --policy or correct this one")


def _fault(observation: Observation, choice: ContextChoice) -> str:
    tokens = {candidate.id: candidate.tokens for candidate in observation.candidates}
    unknown = [id for id in choice.chosen if id not in tokens]
    if unknown:
        return f"it chose {unknown[0]!r}, which was not offered"
    if len(set(choice.chosen)) < len(choice.chosen):
        return "it chose a candidate twice"
    total = sum(tokens[id] for id in choice.chosen)
    if total > observation.budget_tokens:
        return f"it chose {total} tokens, the budget is {observation.budget_tokens}"
    if total != choice.tokens:
        return f"it says {choice.tokens} tokens and chose {total}"
    return _decisions_fault(observation, choice)


def _decisions_fault(observation: Observation, choice: ContextChoice) -> str:
    offered = [candidate.id for candidate in observation.candidates]
    if [decision.candidate_id for decision in choice.decisions] != offered:
        return f"it wrote {len(choice.decisions)} decisions for {len(offered)} candidates, or in another order"
    if {decision.candidate_id for decision in choice.decisions if decision.included} != set(choice.chosen):
        return "its decisions and its chosen ids differ"
    if any(not 0 <= decision.probability <= 1 for decision in choice.decisions):
        return "a probability is not between 0 and 1"
    return ""
