"""The agent as a compiled LangGraph: one run per page, compiled once, any checkpointer.

Saved state holds ids and small plain fields of one page, so checkpoints stay small and every saver's strict
serializer takes them. What cannot be saved (memory view, backends, policy) comes with each run as its context, a
`PageRun`. Steps and edges are those of `dragoman.agent.steps`. The one file that imports langgraph.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from dragoman.agent.answers import ProposedEntity
from dragoman.agent.page_run import PageRun, entities_from_plain, entities_to_plain
from dragoman.agent.steps import APPROVE, FIRST, FLOW, STEPS, Fork, PageState, Step, Update, initial_state, take_step

__all__ = ["Checkpointer", "Graph", "PageState", "compile_page_graph", "make_page_graph", "run_graph"]

_NUM_STEPS = 13  # without repairs, with some room

Checkpointer = BaseCheckpointSaver[Any]  # Any: the saver's own version type
Graph = CompiledStateGraph[PageState, PageRun, PageState, PageState]


def make_page_graph() -> Graph:
    """The graph as `langgraph.json` exports it, without a checkpointer."""
    return compile_page_graph()


def compile_page_graph(checkpointer: Checkpointer | None = None, *, approve: bool = False) -> Graph:
    """The compiled graph; make one and use it for every page.

    Args:
        checkpointer: saves the state after every step; its thread ids are the caller's.
        approve: whether runs stop before `remember` so that a person can correct names; this needs a checkpointer,
            and one in memory is used when none is given.
    """
    graph = StateGraph(PageState, context_schema=PageRun)
    for name, step in {**STEPS, APPROVE: _approve}.items():
        graph.add_node(name, _as_node(name, step))
    graph.add_edge(START, FIRST)
    for name, way in FLOW.items():
        if isinstance(way, Fork):
            graph.add_conditional_edges(name, _as_condition(way), list(way.ways))
        else:
            graph.add_edge(name, END if way is None else way)
    saver = InMemorySaver() if approve and checkpointer is None else checkpointer
    return graph.compile(checkpointer=saver, name="dragoman_page")


async def run_graph(
    graph: Graph,
    run: PageRun,
    *,
    thread_id: str,
    approve: Callable[[tuple[ProposedEntity, ...]], Awaitable[Iterable[ProposedEntity]]] | None = None,
) -> PageState:
    """The final state of one page. At the interrupt, `approve` is asked and the run goes on with its answer."""
    config: Any = {  # Any: RunnableConfig of langchain, a partial TypedDict
        "recursion_limit": _NUM_STEPS + 2 * run.context.settings.max_repairs,
        "configurable": {"thread_id": thread_id},
    }
    state: Any = await graph.ainvoke(initial_state(run), config, context=run)  # Any: state with or without interrupt
    while "__interrupt__" in state:
        assert approve is not None, "runs that stop for approval are started with somebody to ask"
        proposed = entities_from_plain(state["__interrupt__"][0].value["entities"])
        answer = entities_to_plain(await approve(proposed))
        state = await graph.ainvoke(Command(resume=answer), config, context=run)
    if isinstance(graph.checkpointer, InMemorySaver):
        await graph.checkpointer.adelete_thread(thread_id)  # a finished page is in the journal, not here
    final: PageState = state
    return final


async def _approve(state: PageState, _run: PageRun) -> Update:
    corrected = interrupt({"page_index": state["page_index"], "entities": state["entities"]})
    return {"entities": entities_to_plain(entities_from_plain(corrected)), "approved": True}


def _as_node(name: str, step: Step) -> Any:  # Any: langgraph's node types differ for each signature it accepts
    async def node(state: PageState, runtime: Runtime[PageRun]) -> Update:
        return await take_step(name, step, state, runtime.context)

    return node


def _as_condition(fork: Fork) -> Callable[[PageState, Runtime[PageRun]], Awaitable[str]]:
    async def condition(state: PageState, runtime: Runtime[PageRun]) -> str:
        return fork.decide(state, runtime.context)

    return condition
