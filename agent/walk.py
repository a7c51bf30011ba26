"""The steps of a page called one after the other, in the order of the shared table, without LangGraph.

For pages that nobody saves, looks at or interrupts on their way, such as those of the server's chat requests: LangGraph
takes 2 to 3 ms of processor time for a page (channels, tasks, contexts), this takes hundredths of one. A test holds
both to the same result, the same calls and the same steps.
"""

from typing import cast

from dragoman.agent.page_run import PageRun
from dragoman.agent.steps import FIRST, STEPS, PageState, initial_state, next_step, take_step

__all__ = ["walk"]


async def walk(run: PageRun) -> PageState:
    """The final state of one page, as `run_graph` gives it; names cannot be approved on the way."""
    state = initial_state(run)
    name: str | None = FIRST
    while name is not None:
        state = cast(PageState, {**state, **await take_step(name, STEPS[name], state, run)})
        name = next_step(name, state, run)
    return state
