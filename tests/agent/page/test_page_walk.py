"""The direct walk and the compiled graph are one agent: same result, same calls, same steps, whatever happens."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.graph import compile_page_graph
from dragoman.agent.page import PageAgent
from dragoman.agent.settings import RunSettings
from dragoman.agent.steps import APPROVE, FIRST, FLOW, STEPS, Fork
from dragoman.core.context import PivotMode
from dragoman.core.errors import BackendUnreachableError, ConfigurationError, DragomanError
from dragoman.core.exchange import FinishReason, Purpose, Reply, Request, Usage
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.trajectory import PageResult

TEXT = "Anna pemu ves.\nIl dru 12.\n...\nAn saru."
NAMES = MemoryRecord(Kind.ENTITY, "Anna", "Anne")
ALL = RunSettings(remember="always", pivot=PivotMode.ALWAYS, max_repairs=2)
FEW = RunSettings(remember="never", pivot=PivotMode.NEVER, max_repairs=0)


def good(request: Request) -> str:
    return (
        "Anna = Anne (she, person)\nabout: A house." if request.purpose is Purpose.REMEMBER else echo_lines()(request)
    )


def copies(request: Request) -> str:
    """Every draft has the same fault, so every repair is used."""
    return good(request) if request.purpose is Purpose.REMEMBER else "1\tAnna pemu ves.\n2\tIl dru 12.\n4\tAn saru."


def in_parts(request: Request) -> str | Reply:
    """The first answer is cut, the rest comes when asked for."""
    if request.purpose is not Purpose.TRANSLATE:
        return good(request)
    return Reply("1\tAnne schläft.\n2\tSie", FinishReason.LENGTH, Usage(calls=1), "scripted")


def unreachable(request: Request) -> str | BackendUnreachableError:
    return BackendUnreachableError("down") if request.purpose is Purpose.REMEMBER else echo_lines()(request)


async def took(made, script, *, direct: bool) -> tuple[object, list[Request], list[str]]:
    """What came out (an error by its text), what was asked of the model, which steps ended."""
    backend, steps = ScriptedBackend(script, max_context_tokens=made.max_context_tokens), []
    agent = PageAgent(backend, made.policy, made.settings, direct=direct)
    try:
        result: PageResult | str = await agent.run_page(made.job(), on_event=lambda event: steps.append(event.node))
    except DragomanError as error:
        result = repr(error)
    return (replace(result, seconds=0.0) if isinstance(result, PageResult) else result), backend.requests, steps


@pytest.mark.parametrize("script", [good, copies, in_parts, unreachable, lambda request: ""])
@pytest.mark.parametrize(
    "settings",
    [
        ALL,
        FEW,
        RunSettings(),
        replace(ALL, max_repairs=9),
    ],
)
async def test_graph_and_walk_agree(bench, fixed_memory, script: Callable, settings: RunSettings) -> None:
    made = bench(text=TEXT, source="qaa-x-sim:Simlish", settings=settings, memory=fixed_memory((NAMES,)))
    walked = await took(made, script, direct=True)
    assert walked == await took(made, script, direct=False)
    assert walked[2][:2] == ["recall", "choose"]


@given(
    answers=st.lists(st.text(st.sampled_from("1234\tAnne schläft.\n="), max_size=40), min_size=1, max_size=6),
    repairs=st.integers(0, 4),
    pivot=st.sampled_from(list(PivotMode)),
    remember=st.sampled_from(["auto", "always", "never"]),
    window=st.sampled_from([None, 40, 200]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_graph_and_walk_agree_on_any_answers(bench, answers, repairs, pivot, remember, window) -> None:
    given_settings = RunSettings(remember=remember, pivot=pivot, max_repairs=repairs)
    made = bench(text=TEXT, source="qaa-x-sim:Simlish", settings=given_settings, max_context_tokens=window)

    def in_turn() -> Callable[[Request], str]:
        rest = iter(answers)
        return lambda request: next(rest, "")

    assert await took(made, in_turn(), direct=True) == await took(made, in_turn(), direct=False)


def test_every_step_of_the_table_is_in_the_graph_and_leads_somewhere() -> None:
    graph = compile_page_graph().get_graph()
    edges = {(edge.source, edge.target) for edge in graph.edges}
    ways = {name: way.ways if isinstance(way, Fork) else (way or "__end__",) for name, way in FLOW.items()}
    assert edges == {("__start__", FIRST)} | {(name, target) for name, targets in ways.items() for target in targets}
    assert FLOW.keys() == {*STEPS, APPROVE}


def test_a_direct_agent_neither_saves_nor_waits_for_people(bench) -> None:
    made, backend = bench(), ScriptedBackend(good)
    with pytest.raises(ConfigurationError, match="saved or interrupted"):
        PageAgent(backend, made.policy, made.settings, direct=True, checkpointer=InMemorySaver())
    with pytest.raises(ConfigurationError, match="saved or interrupted"):
        PageAgent(backend, made.policy, RunSettings(approve_entities=True), direct=True)
