"""The steps of a page as plain async functions: usable one by one, without the graph.

    observe -> choose -> (pivot) -> translate -> check -> (repair -> check) -> propose -> remember -> result

Each takes the frozen `PageContext` and what earlier steps gave, and returns something new; none writes anywhere.
"""

import inspect
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from dragoman.agent.answers import MemoryUpdate
from dragoman.agent.calls import Answer, ask_for_lines, ask_for_repairs
from dragoman.agent.check import Checks, check_drafts
from dragoman.agent.choice_check import require_sound_choice
from dragoman.agent.drafts import Draft, best_drafts, faulty
from dragoman.agent.job import PageContext
from dragoman.agent.novelty import find_novelty
from dragoman.agent.observing import observe_page
from dragoman.agent.pivot import PivotRendering, is_pivot_wanted, translate_to_english
from dragoman.agent.prompt import PromptPage
from dragoman.agent.remember import MemoryDelta, Proposal, memory_delta, propose
from dragoman.core.context import ContextChoice, Observation
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.protocols import AsyncContextPolicy
from dragoman.core.records import Kind
from dragoman.core.trajectory import PaidChoice
from dragoman.memory.entities import Rendering, resolve_all
from dragoman.policies.probing import choosable, with_withheld

__all__ = [
    "Drafting",
    "check_page",
    "choose_and_pay",
    "choose_context",
    "needs_repair",
    "observe",
    "pivot_page",
    "propose_memory",
    "remember_page",
    "repair_page",
    "translate_page",
    "wants_pivot",
]


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a translating or repairing step gave: drafts that are not checked yet."""

    drafts: tuple[Draft, ...]
    usage: Mapping[Purpose, Usage] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()


async def observe(context: PageContext) -> Observation:
    """What the policy may look at: memory's candidates and the terms of the choice. Calls no model."""
    return observe_page(context.job, context.settings, context.backend)


async def choose_context(context: PageContext, observation: Observation) -> ContextChoice:
    """The policy's choice.

    Raises:
        PolicyError: when the choice breaks the policy's contract.
    """
    return (await choose_and_pay(context, observation)).choice


async def choose_and_pay(context: PageContext, observation: Observation) -> PaidChoice:
    """The policy's choice and what it took; only a policy that asks the model takes anything.

    What a probe withholds the policy does not see; the choice names it all the same.

    Raises:
        PolicyError: when the choice breaks the policy's contract.
        BackendError: of a policy that asks the model.
    """
    policy, asked = context.policy, choosable(observation)
    if isinstance(policy, AsyncContextPolicy):
        paid = await policy.achoose(asked, context.backend, seed=context.seed)
    else:
        given: object = policy.choose(asked, seed=context.seed)  # a user's own policy may be asynchronous
        chosen = await cast(Awaitable[object], given) if inspect.isawaitable(given) else given
        paid = PaidChoice(cast(ContextChoice, chosen))
    require_sound_choice(asked, paid.choice, policy=policy.signature)
    return replace(paid, choice=with_withheld(observation, paid.choice))


def wants_pivot(context: PageContext, observation: Observation, choice: ContextChoice) -> bool:
    """Whether the tool is called for this page; a page without open lines asks nothing."""
    wanted = is_pivot_wanted(context.settings.pivot, allowed=observation.pivot_allowed, choice=choice)
    return wanted and bool(context.open_lines)


async def pivot_page(context: PageContext) -> PivotRendering:
    """The English rendering of the page's open lines: one call."""
    backend = context.pivot_backend if context.pivot_backend is not None else context.backend
    language = context.job.document.source_language
    return await translate_to_english(backend, language, context.open_lines, seed=context.seed)


async def translate_page(
    context: PageContext, observation: Observation, choice: ContextChoice, english: Mapping[int, str]
) -> Drafting:
    """A draft for every open line."""
    lines = context.open_lines
    if not lines:
        return Drafting(())
    answer = await ask_for_lines(context, _prompt_page(context, observation, choice, english))
    return _drafting(answer, lines)


def check_page(
    context: PageContext, observation: Observation, kept: Iterable[Draft], fresh: Sequence[Draft]
) -> tuple[Draft, ...]:
    """The best draft of each line after checking the fresh ones."""
    checks = Checks.of(context.job.document, context.job.page, _names(observation))
    return best_drafts(kept, check_drafts(checks, fresh))


def needs_repair(context: PageContext, drafts: Iterable[Draft], num_repairs: int) -> bool:
    """Whether another repair call is allowed and some line could gain from it."""
    return num_repairs < context.settings.max_repairs and bool(faulty(drafts))


async def repair_page(
    context: PageContext,
    observation: Observation,
    choice: ContextChoice,
    english: Mapping[int, str],
    drafts: Iterable[Draft],
) -> Drafting:
    """New drafts of the faulty lines, by one call that names the faults."""
    wanted = {draft.number: draft for draft in faulty(drafts)}
    answer = await ask_for_repairs(context, _prompt_page(context, observation, choice, english), wanted.values())
    fresh = (draft for number in wanted for draft in answer.drafts([number], repairs=wanted[number].repairs + 1))
    return Drafting(tuple(fresh), answer.usage, answer.notes)


async def propose_memory(context: PageContext, observation: Observation, drafts: Sequence[Draft]) -> Proposal:
    """What the memory call proposes; no call when there can be nothing new."""
    novelty = find_novelty(context, observation, {draft.number: draft.text or "" for draft in drafts})
    return await propose(context, observation, drafts, novelty) if novelty.lines else Proposal()


async def remember_page(
    context: PageContext,
    observation: Observation,
    drafts: Sequence[Draft],
    update: MemoryUpdate,
    *,
    approved: bool = False,
) -> MemoryDelta:
    """The records the page leaves and those it withdraws. Nothing is written here: the loop commits them."""
    return memory_delta(context, observation, drafts, update, approved=approved)


def _prompt_page(
    context: PageContext, observation: Observation, choice: ContextChoice, english: Mapping[int, str]
) -> PromptPage:
    document, by_id = context.job.document, {candidate.id: candidate for candidate in observation.candidates}
    return PromptPage(
        document.source_language,
        document.target_language,
        context.open_lines,
        tuple(by_id[id] for id in choice.chosen),
        english,
        context.settings.instructions,
    )


def _drafting(answer: Answer, numbers: Iterable[int]) -> Drafting:
    return Drafting(answer.drafts(numbers), answer.usage, answer.notes)


def _names(observation: Observation) -> tuple[Rendering, ...]:
    """Names that memory found on the page, as its rule for conflicts resolves them."""
    records = (candidate.record for candidate in observation.candidates if candidate.record.kind is Kind.ENTITY)
    return tuple(resolve_all(records).values())
