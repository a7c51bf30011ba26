"""The graph saves plain values only, goes on where it stopped, and is what `langgraph.json` exports."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import aiosqlite
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.agent.graph import compile_page_graph, run_graph
from dragoman.agent.page import PageAgent
from dragoman.agent.page_run import PageRun
from dragoman.agent.settings import RunSettings
from dragoman.agent.steps import PageState, initial_state
from dragoman.core.context import PivotMode
from dragoman.core.errors import BackendUnreachableError
from dragoman.core.exchange import Purpose, Request
from dragoman.core.records import Kind

ROOT = Path(__file__).parents[3]
EVERYTHING = RunSettings(remember="always", pivot=PivotMode.ALWAYS, approve_entities=True, max_repairs=2)


def busy(request: Request) -> str:
    """Needs the pivot, a repair and a person."""
    if request.purpose is Purpose.REMEMBER:
        return "Anna = Anne (she, person)\nabout: A house."
    if request.purpose is Purpose.TRANSLATE:
        return "1\tAnna pemu ves.\n2\tIst grün."
    return echo_lines()(request)


@pytest.fixture
def run(bench) -> PageRun:
    made = bench(text="Anna pemu ves.\nIl dru.\nAn saru.", source="qaa-x-sim:Simlish", settings=EVERYTHING)
    return PageRun(made.context(busy))


def test_the_exported_graph_exists_and_compiles() -> None:
    exported = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    for place in exported["graphs"].values():
        path, _, name = place.partition(":")
        spec = importlib.util.spec_from_file_location("exported_graph", ROOT / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        graph = getattr(module, name)()
        assert {"recall", "choose", "pivot", "translate", "check", "repair", "remember"} <= set(graph.nodes)
        assert "translate" in graph.get_graph().draw_mermaid()


@pytest.fixture(params=["memory", "sqlite"])
async def saver(request, tmp_path):
    """Real savers whose serializer refuses everything but plain types, as LANGGRAPH_STRICT_MSGPACK=true makes it."""
    strict = JsonPlusSerializer(allowed_msgpack_modules=None)
    if request.param == "memory":
        yield InMemorySaver(serde=strict)
        return
    async with aiosqlite.connect(tmp_path / "graph.db") as connection:
        yield AsyncSqliteSaver(connection, serde=strict)


@pytest.mark.slow
def test_the_same_holds_under_langgraphs_own_switch() -> None:
    """The switch is read when langgraph is imported, so it needs a process of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "any_saver or broke_off", __file__]
    environment = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "true"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


async def test_any_saver_takes_the_state_and_a_fresh_process_goes_on_from_it(run, saver, caplog) -> None:
    graph = compile_page_graph(saver)
    config = {"configurable": {"thread_id": "page"}, "recursion_limit": 30}
    stopped = await graph.ainvoke(initial_state(run), config, context=run)
    assert stopped["__interrupt__"][0].value["entities"] == [
        {"source": "Anna", "target": "Anne", "gender": "she", "type": "person"}
    ]
    saved = (await graph.aget_state(config)).values
    assert saved.keys() <= PageState.__annotations__.keys()
    assert is_plain(saved)
    later = PageRun(run.context)  # knows nothing of the first run but what was saved
    calls = len(run.context.backend.requests)
    final = await compile_page_graph(saver).ainvoke(
        Command(resume=[{"source": "Anna", "target": "Anna"}]), config, context=later
    )
    assert final["approved"]
    assert [record.target for record in later.delta.records if record.kind is Kind.ENTITY] == ["Anna"]
    assert len(run.context.backend.requests) == calls
    assert "unregistered" not in caplog.text


async def test_a_page_that_broke_off_goes_on_at_the_step_that_failed(bench, saver) -> None:
    down = [True]

    def script(request: Request) -> str | BackendUnreachableError:
        if request.purpose is Purpose.REMEMBER and down[0]:
            return BackendUnreachableError("down")
        return "" if request.purpose is Purpose.REMEMBER else echo_lines()(request)

    context = bench(settings=RunSettings(remember="always")).context(script)
    graph, config = compile_page_graph(saver), {"configurable": {"thread_id": "page"}}
    with pytest.raises(BackendUnreachableError):
        await graph.ainvoke(initial_state(PageRun(context)), config, context=PageRun(context))
    down[0] = False
    resumed = PageRun(context)
    await graph.ainvoke(None, config, context=resumed)
    assert [request.purpose.value for request in context.backend.requests] == ["translate", "remember", "remember"]
    assert [record.kind for record in resumed.delta.records] == [Kind.EXEMPLAR] * 3


async def test_the_path_through_the_graph_is_streamed(run) -> None:
    graph = compile_page_graph(approve=True)
    config = {"configurable": {"thread_id": "page"}}
    path = [
        next(iter(update))
        async for update in graph.astream(initial_state(run), config, context=run, stream_mode="updates")
    ]
    assert path == ["recall", "choose", "pivot", "translate", "check", "repair", "check", "propose", "__interrupt__"]


async def test_the_most_repairs_allowed_stay_within_the_step_limit(bench) -> None:
    settings = RunSettings(remember="never", max_repairs=20)
    result, backend = await bench(settings=settings).run(lambda request: "")
    assert len(backend.requests) == 21
    assert all(line.repairs == 20 for line in result.lines)


async def test_a_finished_page_leaves_nothing_in_the_agents_own_saver(run) -> None:
    async def approve(entities):
        return entities

    graph = compile_page_graph(approve=True)
    await run_graph(graph, run, thread_id="page", approve=approve)
    assert isinstance(graph.checkpointer, InMemorySaver)
    assert not graph.checkpointer.storage["page"]


async def test_an_agent_takes_any_checkpointer(bench, saver) -> None:
    made = bench()
    backend = ScriptedBackend(echo_lines())
    agent = PageAgent(backend, made.policy, made.settings, checkpointer=saver)
    first, second = await agent.run_page(made.job()), await agent.run_page(made.job())
    assert first.lines == second.lines
    assert len(backend.requests) == 2


async def test_the_graph_costs_a_few_milliseconds_a_page(bench) -> None:
    made, backend = bench(), ScriptedBackend(echo_lines())
    agent, job = PageAgent(backend, made.policy, made.settings), made.job()
    await agent.run_page(job)
    spent_ms = []
    for _ in range(10):
        start, steps = time.perf_counter(), []
        await agent.run_page(job, on_event=lambda event, steps=steps: steps.append(event.seconds))
        spent_ms.append(1000 * (time.perf_counter() - start - sum(steps)))
    assert min(spent_ms) < 25  # 2 to 3 on one quiet core; the rest is for busy machines
