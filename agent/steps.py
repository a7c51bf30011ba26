"""The steps of a page over a state of plain values, and the one table of what comes after what.

Two things go through this table and hold no order of their own: the compiled LangGraph (`dragoman.agent.graph`), which
can be saved, looked at and interrupted, and the direct walk (`dragoman.agent.walk`), for pages that need none of that.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypedDict

from dragoman.agent import nodes
from dragoman.agent.answers import MemoryUpdate
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
from dragoman.core.probe import ProbeStatus

__all__ = [
    "APPROVE",
    "FIRST",
    "FLOW",
    "STEPS",
    "Fork",
    "PageState",
    "Step",
    "Update",
    "initial_state",
    "next_step",
    "take_step",
]

FIRST = "recall"
_UNREADABLE_PROBE = "probe: the bare translation could not be read, so nothing is withheld for being known"
APPROVE = "approve"  # the one step that waits for a person; only the graph has it


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
Step = Callable[[PageState, PageRun], Awaitable[Update]]


@dataclass(frozen=True, slots=True)
class Fork:
    """A place where the way depends on the state.

    Attributes:
        decide: the name of the step to take, one of `ways`.
        ways: where it can lead.
    """

    decide: Callable[[PageState, PageRun], str]
    ways: tuple[str, ...]


def initial_state(run: PageRun) -> PageState:
    """The state of a page before its first step."""
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


async def take_step(name: str, step: Step, state: PageState, run: PageRun) -> Update:
    """What a step changes; the listener of the run hears how long it took."""
    start = time.perf_counter()
    update = await step(state, run)
    run.finished(name, time.perf_counter() - start)
    return update


def next_step(name: str, state: PageState, run: PageRun) -> str | None:
    """The step after this one; None at the end."""
    way = FLOW[name]
    return way.decide(state, run) if isinstance(way, Fork) else way


def _after_recall(_state: PageState, run: PageRun) -> str:
    return "choose" if run.context.job.probe is None else "probe"


def _after_choose(state: PageState, _run: PageRun) -> str:
    return "pivot" if state["call_pivot"] else "translate"


def _after_check(state: PageState, run: PageRun) -> str:
    return "repair" if nodes.needs_repair(run.context, _drafts(state), state["num_repairs"]) else "propose"


def _after_propose(state: PageState, run: PageRun) -> str:
    return APPROVE if run.context.settings.approve_entities and state["entities"] else "remember"


async def _recall(_state: PageState, run: PageRun) -> Update:
    recalled = await run.recalled()
    return {"page_index": recalled.page.index}


async def _probe(state: PageState, run: PageRun) -> Update:
    """Waits for the probe of the document; its books are those of the first page."""
    probe = await run.probe()
    if probe is None or state["page_index"] > 0:
        return {}
    unread = probe.status is ProbeStatus.UNREADABLE
    notes = (*probe.notes, *([_UNREADABLE_PROBE] if unread else []))
    return _books(state, probe.usage, notes)


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


async def _remember(state: PageState, run: PageRun) -> Update:
    update = MemoryUpdate(entities_from_plain(state["entities"]), state["essence"])
    run.delta = await nodes.remember_page(
        run.context, await run.observation(), _drafts(state), update, approved=state["approved"]
    )
    return {"remembered": [record.id for record in run.delta.records]}


def _drafts(state: PageState) -> tuple[Draft, ...]:
    return tuple(draft_from_plain(plain) for plain in state["drafts"])


def _drafted(state: PageState, drafting: nodes.Drafting) -> Update:
    fresh = [draft_to_plain(draft) for draft in drafting.drafts]
    return {"fresh": fresh, **_books(state, drafting.usage, drafting.notes)}


def _books(state: PageState, usage: Mapping[Purpose, Usage], notes: Iterable[str]) -> Update:
    total = spent(usage_from_plain(state["usage"]), usage)
    return {"usage": usage_to_plain(total), "notes": [*state["notes"], *notes]}


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "recall": _recall,
        "probe": _probe,
        "choose": _choose,
        "pivot": _pivot,
        "translate": _translate,
        "check": _check,
        "repair": _repair,
        "propose": _propose,
        "remember": _remember,
    }
)
"""All steps but `APPROVE`."""

FLOW: Mapping[str, str | Fork | None] = MappingProxyType(
    {
        "recall": Fork(_after_recall, ("probe", "choose")),
        "probe": "choose",
        "choose": Fork(_after_choose, ("pivot", "translate")),
        "pivot": "translate",
        "translate": "check",
        "check": Fork(_after_check, ("repair", "propose")),
        "repair": "check",
        "propose": Fork(_after_propose, (APPROVE, "remember")),
        APPROVE: "remember",
        "remember": None,
    }
)
"""What comes after each step; None is the end."""
