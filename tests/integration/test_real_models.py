"""A whole document of a made-up language, with all its resources, through three real engines, streamed and not.

The model is tiny and its weights are random: what it answers is garbage. So this is about everything around a model:
no sentence is lost, garbage becomes issues, what is paid is booked, saved and not paid again.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dragoman import AsyncTranslator, TranslationResult
from dragoman.agent.backends import make_backend
from dragoman.agent.events import Event, PageFinished, PageProgress, Resumed, RunFinished
from dragoman.agent.journal import Journal
from dragoman.agent.meter import Meter, with_meter
from dragoman.agent.page import TextDelta
from dragoman.core.errors import LimitReachedError
from dragoman.core.exchange import Purpose
from dragoman.core.protocols import Backend, StreamingBackend
from dragoman.core.records import Kind
from dragoman.core.trajectory import PageResult
from dragoman.training.simlang import SimFolder, write_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.torch,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("default"),  # vLLM warns about its own dependencies
]

NUM_SENTENCES = 30
SETTINGS = {"page_lines": 5, "max_output_tokens": 120, "budget_tokens": 600}
ENGINES = ["hf", pytest.param("vllm", marks=pytest.mark.vllm), pytest.param("server", marks=pytest.mark.vllm)]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ENGINES)
async def engine(request: pytest.FixtureRequest, tiny_llama_path: Path) -> AsyncIterator[Backend]:
    """transformers in this process, vLLM in this process, and vLLM's own HTTP server."""
    made: Backend
    if request.param == "hf":
        made = make_backend(f"hf:{tiny_llama_path}")
    elif request.param == "vllm":
        pytest.importorskip("vllm")
        made = make_backend(f"vllm:{tiny_llama_path}", dtype="float32", kv_cache_gib=0.25, max_batch=16)
    else:
        url = request.getfixturevalue("vllm_server_url")
        made = make_backend("tiny", base_url=url, tokenizer=str(tiny_llama_path), max_context_tokens=2048)
    yield made
    await made.close()


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> SimFolder:
    """A document of 30 sentences with dictionary, grammar, parallel and glossed text, and a glossary."""
    return write_folder(7, pages=NUM_SENTENCES // 10, folder=tmp_path_factory.mktemp("language"))


def translator(language: SimFolder, backend: Backend, journal: Path, **options: Any) -> AsyncTranslator:
    resources = {name: getattr(language, name) for name in ("dictionary", "grammar", "parallel", "glossed", "glossary")}
    return AsyncTranslator(
        language.language, "English", backend=backend, journal=journal, **resources, **SETTINGS, **options
    )


async def test_a_whole_document_streamed_and_not_in_one_go_and_in_two(
    engine: Backend, language: SimFolder, tmp_path: Path
) -> None:
    assert isinstance(engine, StreamingBackend)
    text = language.document.read_text(encoding="utf-8")
    in_two, spent = await translate_in_two(engine, language, tmp_path / "two.sqlite")
    check_result(in_two, text)
    assert (spent.total.calls, spent.total.prompt_tokens) == (in_two.usage.calls, in_two.usage.prompt_tokens)

    events = await stream(engine, language, tmp_path / "streamed.sqlite", text)
    pages = in_order(events)
    assert [lines_of(page) for page in pages] == [lines_of(page) for page in in_two.pages]
    check_deltas(events, pages)
    check_journal(tmp_path / "two.sqlite", in_two.pages)
    check_journal(tmp_path / "streamed.sqlite", pages)

    silent = Meter()
    again = await stream(with_meter(engine, silent), language, tmp_path / "streamed.sqlite", text)
    assert silent.total.calls == 0
    assert [event.done_pages for event in again if isinstance(event, Resumed)] == [len(pages)]
    assert not any(isinstance(event, PageFinished) for event in again)


async def translate_in_two(engine: Backend, language: SimFolder, journal: Path) -> tuple[TranslationResult, Meter]:
    """Translates until a limit, then the rest; with what both parts spent."""
    meter, text = Meter(), language.document.read_text(encoding="utf-8")
    metered = with_meter(engine, meter)
    async with translator(language, metered, journal, max_tokens=3_000) as limited:
        with pytest.raises(LimitReachedError, match="run the same command"):
            await limited.translate(text, run_name="two")
    assert meter.total.calls > 0
    async with translator(language, metered, journal) as unlimited:
        return await unlimited.translate(text, run_name="two"), meter


async def stream(engine: Backend, language: SimFolder, journal: Path, text: str) -> Sequence[Event]:
    """All events of a run with streamed text."""
    async with translator(language, engine, journal, stream_text=True) as streaming:
        events = [event async for event in streaming.stream(text)]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].error is None
    assert events[-1].documents[0].complete
    return events


def check_result(result: TranslationResult, text: str) -> None:
    """Nothing is lost: every sentence has a line, in order, with a text or with the reason why not."""
    assert [line.source for line in result.segments] == [line for line in text.splitlines() if line]
    assert len(result.segments) == NUM_SENTENCES
    assert len(result.pages) >= NUM_SENTENCES // SETTINGS["page_lines"]
    for line in result.segments:
        assert line.translation.strip()
        assert not line.failed or line.translation == line.source
        assert line.issues or line.translation != line.source
    assert result.issues, "a random model makes faults"
    assert result.text.count("\n\n") == text.count("\n\n")
    assert result.usage.output_tokens > 0
    assert result.usage_by_purpose[Purpose.TRANSLATE].prompt_tokens > 10 * NUM_SENTENCES
    assert result.problems == ()
    offered = {candidate.record.kind for page in result.pages for candidate in page.observation.candidates}
    assert {Kind.ENTRY, Kind.RULE, Kind.EXEMPLAR, Kind.TRACE} <= offered


def check_deltas(events: Sequence[Event], pages: Sequence[PageResult]) -> None:
    """The pieces that were told are those of real calls, in pieces and about every page."""
    deltas = [e.detail for e in events if isinstance(e, PageProgress) and isinstance(e.detail, TextDelta)]
    assert {delta.page_index for delta in deltas} == {page.page_index for page in pages}
    calls = {(delta.page_index, delta.call) for delta in deltas}
    assert len(calls) <= sum(page.total_usage.calls for page in pages)
    assert len(deltas) > 5 * len(calls), "answers come in pieces"


def check_journal(path: Path, pages: Sequence[PageResult]) -> None:
    """The database is sound and holds exactly these pages."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    with Journal(path) as journal:
        (run,) = journal.runs()
        assert run.num_pages == len(pages)
        assert journal.results(run.id) == tuple(pages)


def in_order(events: Sequence[Event]) -> list[PageResult]:
    """The finished pages by index."""
    finished = (event.result for event in events if isinstance(event, PageFinished))
    return sorted(finished, key=lambda result: result.page_index)


def lines_of(page: PageResult) -> PageResult:
    """The page without what clocks and caches make of it."""
    usage = {purpose: replace(usage, cached_tokens=0, saved_calls=0) for purpose, usage in page.usage.items()}
    return replace(page, seconds=0.0, usage=usage)
