"""The steps are plain functions: called one by one they give what the graph gives."""

from dataclasses import replace

from dragoman.agent import nodes
from dragoman.agent.backends.scripted import echo_lines
from dragoman.agent.drafts import Draft
from dragoman.agent.settings import RunSettings
from dragoman.core.exchange import Purpose, Request
from dragoman.core.records import Kind, MemoryRecord

TRACE_FREE = (MemoryRecord(Kind.ENTITY, "Anna", "Anne"), MemoryRecord(Kind.ENTRY, "house", "Haus"))


def script(request: Request) -> str:
    if request.purpose is Purpose.REMEMBER:
        return "She = Sie (she, person)\nabout: A house."
    return "1\tAnne sieht ein Haus.\n3\tSie geht." if request.purpose is Purpose.TRANSLATE else echo_lines()(request)


async def test_the_steps_without_the_graph_give_what_the_graph_gives(bench, fixed_memory) -> None:
    made = bench(settings=RunSettings(remember="always"), memory=fixed_memory(TRACE_FREE))
    context = made.context(script)
    observation = await nodes.observe(context)
    choice = await nodes.choose_context(context, observation)
    drafting = await nodes.translate_page(context, observation, choice, {})
    drafts = nodes.check_page(context, observation, (), drafting.drafts)
    assert not nodes.needs_repair(context, drafts, 0)
    proposal = await nodes.propose_memory(context, observation, drafts)
    delta = await nodes.remember_page(context, observation, drafts, proposal.update)
    result, backend = await made.run(script)
    assert (result.observation, result.choice) == (observation, choice)
    assert [line.translation for line in result.lines] == [draft.text for draft in drafts]
    assert (result.records, result.withdrawn) == (delta.records, delta.withdrawn)
    assert backend.requests == context.backend.requests


async def test_the_observation_carries_the_terms_of_the_choice(bench, fixed_memory) -> None:
    settings = RunSettings(budget_tokens=77, price_per_100_tokens=0.3, pivot_price=0.7)
    made = bench(settings=settings, memory=fixed_memory(TRACE_FREE, version=2), page_index=2)
    observation = await nodes.observe(made.context(script))
    assert (observation.budget_tokens, observation.price_per_100_tokens, observation.pivot_price) == (77, 0.3, 0.7)
    assert (observation.memory_version, observation.num_pages, observation.pivot_allowed) == (2, 3, False)
    assert [candidate.record for candidate in observation.candidates] == list(TRACE_FREE)


async def test_a_step_changes_nothing_it_is_given(bench) -> None:
    context = bench().context(script)
    observation = await nodes.observe(context)
    drafts = (Draft(1, "Anne"), Draft(2, None), Draft(3, ""))
    before = [replace(draft) for draft in drafts]
    nodes.check_page(context, observation, (), drafts)
    assert list(drafts) == before
