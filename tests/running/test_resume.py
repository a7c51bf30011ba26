"""With the real agent, memory and call cache: results depend on inputs and wave width only; what is saved is enough."""

import asyncio
import random
from pathlib import Path

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.events import PageFinished, PageProgress
from dragoman.agent.journal import Journal
from dragoman.agent.loop import DocumentTask, LoopOptions, translate_documents
from dragoman.agent.meter import Limits, Meter, with_meter
from dragoman.agent.page import PageAgent
from dragoman.agent.settings import RunSettings
from dragoman.core.errors import LimitReachedError
from dragoman.core.exchange import Reply, Request
from dragoman.core.pages import split_pages
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.memory.store import Memory
from dragoman.policies import make_policy


class UnsteadyBackend(ScriptedBackend):
    """Answers after a random pause, so that pages end in another order with every seed."""

    def __init__(self, script, seed: int) -> None:
        super().__init__(script)
        self._random = random.Random(seed)

    async def generate(self, request: Request) -> Reply:
        """The script's answer, some time later."""
        await asyncio.sleep(self._random.random() * 0.01)
        return await super().generate(request)


async def translate(world, journal: Journal, config, *, backend, wave: int, workers: int = 4, may_start=None) -> list:
    settings = RunSettings(wave=wave, page_lines=world.LINES_PER_PAGE, remember="always")
    memory, counter = Memory(), EstimatedTokenCounter()
    tasks = []
    for number, num_pages in enumerate((5, 2, 3)):
        document = world.text_document(number, num_pages)
        pages = split_pages(document, counter, max_tokens=600, max_lines=world.LINES_PER_PAGE)
        tasks.append(DocumentTask(document, pages, document.name, memory))
    options = LoopOptions(workers=workers, may_start=may_start) if may_start else LoopOptions(workers=workers)
    stream = translate_documents(
        tasks,
        agent=PageAgent(backend, make_policy("top-k"), settings),
        settings=settings,
        config=config,
        journal=journal,
        options=options,
    )
    return [event async for event in stream]


def what_counts(journal: Journal) -> dict:
    """Everything of the committed pages but times."""
    return {
        info.run_name: [
            (result.lines, result.observation, result.choice, result.records, result.withdrawn)
            for result in journal.pages(info.id)
        ]
        for info in journal.runs()
    }


@pytest.mark.parametrize("wave", [1, 3])
async def test_results_and_memory_do_not_depend_on_timing(world, config, tmp_path: Path, wave: int) -> None:
    found = []
    for seed, workers in ((1, 1), (2, 3), (3, 16)):
        with Journal(tmp_path / f"{seed}.db") as journal:
            backend = UnsteadyBackend(world.answer, seed)
            events = await translate(world, journal, config, backend=backend, wave=wave, workers=workers)
            assert events[-1].exit_code == 0
            found.append(what_counts(journal))
    assert found[0] == found[1] == found[2]
    assert [len(pages) for _, pages in sorted(found[0].items())] == [5, 2, 3]
    assert any(records for pages in found[0].values() for *_, records, _ in pages)


async def test_what_happens_inside_a_page_is_passed_on(world, journal, config) -> None:
    events = await translate(world, journal, config, backend=ScriptedBackend(world.answer), wave=1)
    nodes = {event.detail.node for event in events if isinstance(event, PageProgress)}
    assert {"recall", "translate", "remember"} <= nodes


async def test_after_a_limit_nothing_that_was_paid_is_paid_again(world, config, tmp_path: Path) -> None:
    with Journal(tmp_path / "whole.db") as whole:
        await translate(world, whole, config, backend=ScriptedBackend(world.answer), wave=2)
        expected = {name: [page[0] for page in pages] for name, pages in what_counts(whole).items()}
    inner = ScriptedBackend(world.answer)
    with Journal(tmp_path / "pieces.db") as journal:
        cache = CallCache(journal.engine)
        for most in (400, 400, None):
            meter = Meter(limits=Limits(max_total_tokens=most))
            backend = with_meter(inner, meter, cache=cache)
            events = await translate(world, journal, config, backend=backend, wave=2, may_start=meter.check_limits)
            assert (events[-1].error is None) == (most is None)
            assert most is None or isinstance(events[-1].error, LimitReachedError)
            assert most is None or any(isinstance(event, PageFinished) for event in events)
        assert {name: [page[0] for page in pages] for name, pages in what_counts(journal).items()} == expected
    assert len({request.hash("") for request in inner.requests}) == len(inner.requests)
