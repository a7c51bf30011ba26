"""A limit on cost: pages in flight are finished and saved, and what was spent is counted once."""

from pathlib import Path
from typing import Any

import pytest

from dragoman import AsyncTranslator
from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
from dragoman.agent.events import PageFinished, PageStarted, RunFinished
from dragoman.core.errors import LimitReachedError
from dragoman.core.exchange import Purpose
from dragoman.equipment import open_document
from dragoman.session import Errand

NUM_DOCUMENTS, NUM_LINES = 6, 8
TEXTS = [
    "".join(f"Kofal {chr(97 + line)} morun {chr(97 + document)}.\n" for line in range(NUM_LINES))
    for document in range(NUM_DOCUMENTS)
]


def translator(backend: ScriptedBackend, journal: Path, **options: Any) -> AsyncTranslator:
    return AsyncTranslator(
        "x-kof", "English", backend=backend, journal=journal, page_lines=2, remember="never", **options
    )


async def test_every_page_that_was_started_is_saved(tmp_path: Path) -> None:
    backend = ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=5, scale=1.0))
    async with translator(backend, tmp_path / "j.sqlite", max_tokens=1_000, workers=4) as limited:
        documents = [errand(text, limited) for text in TEXTS]
        events = [event async for event in limited.stream(documents)]
    assert isinstance(events[-1], RunFinished)
    assert isinstance(events[-1].error, LimitReachedError)
    started = {(e.document_id, e.page_index) for e in events if isinstance(e, PageStarted)}
    saved = {(e.document_id, e.page_index) for e in events if isinstance(e, PageFinished)}
    assert started == saved
    assert 0 < len(saved) < NUM_DOCUMENTS * NUM_LINES // 2
    assert [request.purpose for request in backend.requests] == [Purpose.TRANSLATE] * len(saved)


def errand(text: str, owner: AsyncTranslator) -> Errand:
    document = open_document(text, owner.options)
    return Errand(document, document.hash)


async def test_what_is_in_the_journal_counts_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    backend, journal = ScriptedBackend(echo_lines()), tmp_path / "j.sqlite"
    async with translator(backend, journal) as free:
        first = await free.translate(TEXTS[0])
    spent = first.usage.prompt_tokens + first.usage.output_tokens
    for _ in range(2):  # the second time in a new session
        async with translator(backend, journal, max_tokens=3 * spent) as limited:
            assert [(await limited.translate(TEXTS[0])).usage for _ in range(4)] == [first.usage] * 4
            assert (await limited.translate(TEXTS[1])).failed == ()
    async with translator(backend, journal, max_tokens=spent) as limited:
        await limited.translate(TEXTS[0])  # nothing is left to pay
        with pytest.raises(LimitReachedError):
            await limited.translate(TEXTS[2])
