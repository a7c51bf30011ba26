"""The agent as a compiled LangGraph: one run per page, compiled once, any checkpointer.

Saved state holds ids and small plain fields of one page, so checkpoints stay small and every saver's strict
serializer takes them. What cannot be saved (memory view, backends, policy) comes with each run as its context, a
`PageRun`. The one file that imports langgraph.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from dragoman.agent import nodes
from dragoman.agent.answers import MemoryUpdate, ProposedEntity
from dragoman.agent.calls import spent
from dragoman.agent.drafts import Draft, draft_from_plain, draft_to_plain
from dragoman.agent.page_run import (
    PageRun,
    entities_from_plain,
    entities_to_plain,
    lines_from_plain,
    lines_to_plain,
    usage_from_plain,
    usage_to_plain,
)
from dragoman.core.exchange import Purpose, Usage

__all__ = ["Checkpointer", "Graph", "PageState", "compile_page_graph", "make_page_graph", "run_graph"]

_NUM_STEPS = 12  # without repairs, with some room


class PageState(TypedDict):
    """What is saved about a page: plain values only.

    Attributes:
        page_index: 0-based.
        chosen: ids of the chosen candidates.
        call_pivot: whether the pivot is called.
        english: [number, text] of the pivot's lines; None when it gave nothing.
        fresh: drafts not checked yet.
        drafts: best drafts, checked.
        num_repairs: repair calls so far.
        entities: proposed names, corrected by a person when that is asked for.
        essence: proposed summary line.
        approved: whether a person saw the names.
        remembered: ids of the records the page leaves.
        notes: what a person should know about this page.
        usage: numbers of `Usage` by purpose.
    """

    page_index: int
    chosen: list[str]
    call_pivot: bool
    english: list[list[Any]] | None  # Any: a number and a text
    fresh: list[dict[str, Any]]  # Any: plain values of a draft
    drafts: list[dict[str, Any]]  # Any: plain values of a draft
    num_repairs: int
    entities: list[dict[str, str]]
    essence: str
    approved: bool
    remembered: list[str]
    notes: list[str]
    usage: dict[str, list[float]]


Update = dict[str, Any]  # Any: some fields of PageState
Checkpointer = BaseCheckpointSaver[Any]  # Any: the saver's own version type
Graph = CompiledStateGraph[PageState, PageRun, PageState, PageState]
_Step = Callable[[PageState, PageRun], Awaitable[Update]]


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
    for name, step in _STEPS.items():
        graph.add_node(name, _timed(name, step))
    graph.add_edge(START, "recall")
    graph.add_edge("recall", "choose")
    graph.add_conditional_edges("choose", _after_choose, ["pivot", "translate"])
    graph.add_edge("pivot", "translate")
    graph.add_edge("translate", "check")
    graph.add_conditional_edges("check", _after_check, ["repair", "propose"])
    graph.add_edge("repair", "check")
    graph.add_conditional_edges("propose", _after_propose, ["approve", "remember"])
    graph.add_edge("approve", "remember")
    graph.add_edge("remember", END)
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
    state: Any = await graph.ainvoke(_initial_state(run), config, context=run)  # Any: state with or without interrupt
    while "__interrupt__" in state:
        assert approve is not None, "runs that stop for approval are started with somebody to ask"
        proposed = entities_from_plain(state["__interrupt__"][0].value["entities"])
        answer = entities_to_plain(await approve(proposed))
        state = await graph.ainvoke(Command(resume=answer), config, context=run)
    if isinstance(graph.checkpointer, InMemorySaver):
        await graph.checkpointer.adelete_thread(thread_id)  # a finished page is in the journal, not here
    final: PageState = state
    return final


def _initial_state(run: PageRun) -> PageState:
    return PageState(
        page_index=run.context.job.page.index,
        chosen=[],
        call_pivot=False,
        english=None,
        fresh=[],
        drafts=[],
        num_repairs=0,
        entities=[],
        essence="",
        approved=False,
        remembered=[],
        notes=[],
        usage={},
    )


async def _recall(_state: PageState, run: PageRun) -> Update:
    observation = await run.observation()
    return {"page_index": observation.page.index}


async def _choose(state: PageState, run: PageRun) -> Update:
    choice = await run.choice()
    call = nodes.wants_pivot(run.context, await run.observation(), choice)
    asked = {Purpose.CHOOSE: run.choice_usage} if run.choice_usage != Usage() else {}
    return {"chosen": list(choice.chosen), "call_pivot": call, **_books(state, asked, ())}


async def _pivot(state: PageState, run: PageRun) -> Update:
    rendering = await nodes.pivot_page(run.context)
    english = lines_to_plain(rendering.lines) if rendering.lines else None
    return {"english": english, **_books(state, rendering.usage, (rendering.note,) if rendering.note else ())}


async def _translate(state: PageState, run: PageRun) -> Update:
    english = lines_from_plain(state["english"] or ())
    drafting = await nodes.translate_page(run.context, await run.observation(), await run.choice(), english)
    return _drafted(state, drafting)


async def _check(state: PageState, run: PageRun) -> Update:
    fresh = [draft_from_plain(plain) for plain in state["fresh"]]
    best = nodes.check_page(run.context, await run.observation(), _drafts(state), fresh)
    return {"drafts": [draft_to_plain(draft) for draft in best], "fresh": []}


async def _repair(state: PageState, run: PageRun) -> Update:
    english = lines_from_plain(state["english"] or ())
    observation, choice = await run.observation(), await run.choice()
    drafting = await nodes.repair_page(run.context, observation, choice, english, _drafts(state))
    return {"num_repairs": state["num_repairs"] + 1, **_drafted(state, drafting)}


async def _propose(state: PageState, run: PageRun) -> Update:
    proposal = await nodes.propose_memory(run.context, await run.observation(), _drafts(state))
    entities = entities_to_plain(proposal.update.entities)
    books = _books(state, proposal.usage, proposal.notes)
    return {"entities": entities, "essence": proposal.update.essence, **books}


async def _approve(state: PageState, _run: PageRun) -> Update:
    corrected = interrupt({"page_index": state["page_index"], "entities": state["entities"]})
    return {"entities": entities_to_plain(entities_from_plain(corrected)), "approved": True}


async def _remember(state: PageState, run: PageRun) -> Update:
    update = MemoryUpdate(entities_from_plain(state["entities"]), state["essence"])
    run.delta = await nodes.remember_page(
        run.context, await run.observation(), _drafts(state), update, approved=state["approved"]
    )
    return {"remembered": [record.id for record in run.delta.records]}


_STEPS: dict[str, _Step] = {
    "recall": _recall,
    "choose": _choose,
    "pivot": _pivot,
    "translate": _translate,
    "check": _check,
    "repair": _repair,
    "propose": _propose,
    "approve": _approve,
    "remember": _remember,
}


async def _after_choose(state: PageState) -> str:
    return "pivot" if state["call_pivot"] else "translate"


async def _after_check(state: PageState, runtime: Runtime[PageRun]) -> str:
    wanted = nodes.needs_repair(runtime.context.context, _drafts(state), state["num_repairs"])
    return "repair" if wanted else "propose"


async def _after_propose(state: PageState, runtime: Runtime[PageRun]) -> str:
    return "approve" if runtime.context.context.settings.approve_entities and state["entities"] else "remember"


def _timed(name: str, step: _Step) -> Any:  # Any: langgraph's node types differ for each signature it accepts
    async def node(state: PageState, runtime: Runtime[PageRun]) -> Update:
        start = time.perf_counter()
        update = await step(state, runtime.context)
        runtime.context.finished(name, time.perf_counter() - start)
        return update

    return node


def _drafts(state: PageState) -> tuple[Draft, ...]:
    return tuple(draft_from_plain(plain) for plain in state["drafts"])


def _drafted(state: PageState, drafting: nodes.Drafting) -> Update:
    fresh = [draft_to_plain(draft) for draft in drafting.drafts]
    return {"fresh": fresh, **_books(state, drafting.usage, drafting.notes)}


def _books(state: PageState, usage: Mapping[Purpose, Usage], notes: Iterable[str]) -> Update:
    total = spent(usage_from_plain(state["usage"]), usage)
    return {"usage": usage_to_plain(total), "notes": [*state["notes"], *notes]}
