"""The context that a page needs, within a budget: what no policy can know.

Made for comparison only: it reads the needs that the generator of the language wrote down, and which item answers
which. Greedy set cover by needs answered per token, so a lower bound of the best choice.
"""

from collections.abc import Sequence

from dragoman.core.context import Candidate, Observation
from dragoman.core.records import Kind
from dragoman.training.micro.world import World
from dragoman.training.simlang import SimSentence

__all__ = ["oracle_choice"]

_Need = tuple[int, str]  # number of the line, key


def oracle_choice(world: World, sentences: Sequence[SimSentence], observation: Observation) -> tuple[Candidate, ...]:
    """Candidates that answer needs of the sentences, most needs per token first; no more than the budget holds."""
    open_needs = {(n, key) for n, s in enumerate(sentences, 1) for key in s.requires - s.given}
    answers = {c.id: _answers(world, c, sentences) & open_needs for c in observation.candidates}
    left, chosen = observation.budget_tokens, list[Candidate]()
    pool = [c for c in observation.candidates if answers[c.id]]
    while pool := [c for c in pool if c.tokens <= left and answers[c.id] & open_needs]:
        best = max(pool, key=lambda c: len(answers[c.id] & open_needs) / max(c.tokens, 1))
        chosen.append(best)
        left -= best.tokens
        open_needs -= answers[best.id]
    return tuple(chosen)


def _answers(world: World, candidate: Candidate, sentences: Sequence[SimSentence]) -> set[_Need]:
    """A gloss speaks about its own line only."""
    record = candidate.record
    keys = world.reader.record_keys(record)
    wanted = [n for n, s in enumerate(sentences, 1) if record.kind is not Kind.TRACE or s.source == record.source]
    return {(n, key) for n in wanted for key in keys}
