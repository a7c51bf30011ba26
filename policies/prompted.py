"""The translating model chooses its own context: it sees the page and the notes, and answers with their numbers.

All kinds in one question where the list is short, else kind by kind with an early stop. It costs calls and tokens,
which are counted under `Purpose.CHOOSE`; on short pages that is more than the choice saves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dragoman.core.context import Candidate, ChoiceStatus, ContextChoice, Observation
from dragoman.core.errors import ConfigurationError, ContextOverflowError, PolicyError
from dragoman.core.exchange import Purpose, Request, Sampling, Usage
from dragoman.core.protocols import Backend
from dragoman.core.records import Kind
from dragoman.core.trajectory import PaidChoice
from dragoman.policies.budget import settle
from dragoman.policies.choice_prompt import Answer, choice_messages, make_question, parse_answer
from dragoman.policies.fixed import KIND_ORDER
from dragoman.policies.pivot import coverage_verdict

__all__ = ["PromptedPolicy", "no_model"]

_TOKENS_PER_NUMBER = 4
_FIXED_TOKENS = 64


@dataclass(frozen=True, slots=True)
class PromptedPolicy:
    """Asks the translating model which candidates it wants.

    Attributes:
        one_call_tokens: lists of candidates up to this many tokens are shown in one call; longer ones kind by kind.
    """

    one_call_tokens: int = 1500

    def __post_init__(self) -> None:
        if self.one_call_tokens < 0:
            raise ConfigurationError(f"one_call_tokens is {self.one_call_tokens}: give a whole number of at least 0")

    @property
    def signature(self) -> str:
        """Name, version and settings."""
        return f"prompted:1 one_call={self.one_call_tokens}"

    def choose(self, observation: Observation, *, seed: int) -> ContextChoice:
        """Refuses: there is no model to ask here.

        Raises:
            PolicyError: always; the agent calls `achoose`.
        """
        raise no_model("prompted", observation, seed)

    async def achoose(self, observation: Observation, backend: Backend, *, seed: int) -> PaidChoice:
        """The model's choice, and what asking took.

        Raises:
            BackendError: of the backend; a list that does not fit the model is an unreadable choice instead.
        """
        chosen: list[Candidate] = []
        fault, usage = "", Usage()
        for kinds in self._rounds(observation):
            answer, spent = await _ask(observation, backend, kinds, chosen, seed=seed)
            usage += spent
            chosen += answer.chosen
            fault = answer.fault
            if answer.fault or answer.stop:
                break
        return PaidChoice(self._settled(observation, chosen, fault, seed), usage)

    def _rounds(self, observation: Observation) -> list[tuple[Kind, ...]]:
        """Which kinds are asked for together."""
        offered = {candidate.record.kind for candidate in observation.candidates}
        kinds = tuple(kind for kind in KIND_ORDER if kind in offered)
        total = sum(candidate.tokens for candidate in observation.candidates)
        if not kinds or total <= self.one_call_tokens:
            return [kinds] if kinds else []
        return [(kind,) for kind in kinds]

    def _settled(self, observation: Observation, chosen: Sequence[Candidate], fault: str, seed: int) -> ContextChoice:
        wanted = [(candidate, 1.0, "the model asked for it") for candidate in chosen]
        verdict = coverage_verdict(observation)
        choice = settle(observation, wanted, pivot=verdict, policy=self.signature, seed=seed)
        if not fault:
            return choice
        reason = f"answer could not be read: {fault}"
        decisions = tuple(d if d.drawn else replace(d, reason=reason) for d in choice.decisions)
        return replace(choice, status=ChoiceStatus.UNREADABLE, decisions=decisions)


def no_model(name: str, observation: Observation, seed: int) -> PolicyError:
    """The error of a policy that was called without the model it asks."""
    where = f"page {observation.page.index + 1}, seed {seed}"
    return PolicyError(f"the {name} policy asks a model ({where}): use `achoose` with a backend, or another policy")


async def _ask(
    observation: Observation, backend: Backend, kinds: Sequence[Kind], chosen: Sequence[Candidate], *, seed: int
) -> tuple[Answer, Usage]:
    question = make_question(observation.candidates, kinds)
    num_items = sum(len(items) for items in question.sections.values())
    request = Request(
        messages=choice_messages(observation, question, chosen),
        sampling=Sampling(max_tokens=_FIXED_TOKENS + _TOKENS_PER_NUMBER * num_items),
        seed=seed,
        purpose=Purpose.CHOOSE,
    )
    try:
        reply = await backend.generate(request)
    except ContextOverflowError as error:
        return Answer(fault=f"the list of notes does not fit the model: {error}"), Usage()
    return parse_answer(reply.text, question), reply.usage
