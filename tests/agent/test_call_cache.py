"""Answers that were paid once come back for free, from SQLite and PostgreSQL, and only whole ones are kept."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dragoman.agent.backends.scripted import Latency, ScriptedBackend
from dragoman.agent.call_cache import CallCache
from dragoman.agent.database import open_engine
from dragoman.agent.meter import CachedBackend, Meter, Prices, with_meter
from dragoman.core.errors import BackendError, JournalError
from dragoman.core.exchange import FinishReason, Message, Purpose, Reply, Request, Sampling, Usage
from dragoman.core.protocols import StreamingBackend

REPLY = Reply("1\tтекст «x»", FinishReason.STOP, Usage(calls=1, prompt_tokens=9, output_tokens=4), "m", (-0.5, -1.0))


def ask(text: str = "x", **settings: object) -> Request:
    return Request((Message("user", text),), **settings)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CallCache]:
    """An empty cache in each kind of database."""
    is_sqlite = request.param == "sqlite"
    engine = open_engine(tmp_path / "calls.sqlite" if is_sqlite else request.getfixturevalue("postgres_url"))
    made = CallCache(engine)
    yield made
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE model_calls")
    engine.dispose()


async def test_an_answer_comes_back_as_it_was(cache: CallCache) -> None:
    assert await cache.get("k") is None
    await cache.put("k", "backend", REPLY)
    await cache.put("k", "backend", Reply("other", FinishReason.STOP, Usage(), "m"))
    assert await cache.get("k") == REPLY
    assert await cache.get("other") is None


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.OTHER])
async def test_cut_answers_are_not_kept(reason: FinishReason, tmp_path: Path) -> None:
    cache = CallCache(f"sqlite:///{tmp_path}/calls.sqlite")
    await cache.put("k", "backend", Reply("half", reason, Usage(), "m"))
    assert await cache.get("k") is None
    cache.close()


async def test_a_second_process_finds_what_the_first_one_paid(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.sqlite"
    inside = ScriptedBackend(lambda _: "answer")
    for saved in (0, 1):
        cache, meter = CallCache(url), Meter(prices=Prices(1.0, 1.0))
        reply = await with_meter(inside, meter, cache=cache).generate(ask())
        assert (reply.text, reply.usage.saved_calls, meter.total.saved_calls) == ("answer", saved, saved)
        assert (meter.total.calls, meter.total.cost_usd > 0) == (1 - saved, not saved)
        cache.close()
    assert len(inside.requests) == 1


async def test_what_can_change_the_answer_is_part_of_the_address(tmp_path: Path) -> None:
    cache, inside = CallCache(f"sqlite:///{tmp_path}/calls.sqlite"), ScriptedBackend(lambda _: "answer")
    backend = CachedBackend(inside, cache, Meter())
    different = [
        ask(),
        ask("y"),
        ask(seed=1),
        ask(sampling=Sampling(temperature=1.0)),
        ask(line_numbers=(1,)),
        ask(logprobs=True),
    ]
    for request in [*different, *different]:
        await backend.generate(request)
    assert len(inside.requests) == len(different)
    await backend.generate(ask(purpose=Purpose.REPAIR))  # what it is for is not
    assert len(inside.requests) == len(different)
    renamed = CachedBackend(ScriptedBackend(lambda _: "another model", name="other"), cache, Meter())
    assert (await renamed.generate(ask())).text == "another model"
    cache.close()


async def test_identical_requests_at_the_same_time_are_paid_once(cache: CallCache) -> None:
    inside = ScriptedBackend(lambda _: "answer", latency=Latency(fixed_ms=5))
    meter = Meter()
    backend = with_meter(inside, meter, cache=cache)
    replies = await asyncio.gather(*(backend.generate(ask(str(number % 2))) for number in range(10)))
    assert {reply.text for reply in replies} == {"answer"}
    assert (meter.total.calls, meter.total.saved_calls, len(inside.requests)) == (2, 8, 2)


async def test_errors_are_not_kept_and_the_next_one_in_line_tries_itself(tmp_path: Path) -> None:
    answers: list[str | BackendError] = [BackendError("first fails"), "answer"]
    cache = CallCache(f"sqlite:///{tmp_path}/calls.sqlite")
    backend = with_meter(ScriptedBackend(lambda _: answers.pop(0)), Meter(), cache=cache)
    results = await asyncio.gather(backend.generate(ask()), backend.generate(ask()), return_exceptions=True)
    assert isinstance(results[0], BackendError)
    assert isinstance(results[1], Reply)
    cache.close()


async def test_streams_fill_the_cache_and_come_from_it(tmp_path: Path) -> None:
    cache, inside = CallCache(f"sqlite:///{tmp_path}/calls.sqlite"), ScriptedBackend(lambda _: "one two three")
    backend = with_meter(inside, Meter(), cache=cache)
    assert isinstance(backend, StreamingBackend)
    async for delta in backend.stream(ask()):
        assert delta.text == "one"
        break  # left early: nothing is kept
    for _ in range(2):
        deltas = [delta async for delta in backend.stream(ask())]
        assert "".join(delta.text for delta in deltas) == "one two three"
    assert deltas[-1].reply is not None
    assert (deltas[-1].reply.usage.saved_calls, len(inside.requests)) == (1, 2)
    cache.close()


async def test_two_caches_share_a_file_and_an_engine_stays_open(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/calls.sqlite")
    first, second = CallCache(engine), CallCache(engine)
    await asyncio.gather(*((first, second)[n % 2].put(f"k{n}", "b", REPLY) for n in range(40)))
    assert [await second.get(f"k{n}") for n in range(40)] == [REPLY] * 40
    first.close()
    assert await second.get("k1") == REPLY
    engine.dispose()


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look like one" * 20])
def test_a_database_that_cannot_be_used_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite").write_bytes(content)
    with pytest.raises(JournalError, match=r"calls\.sqlite is not a journal") as caught:
        CallCache(tmp_path / "calls.sqlite")
    assert "\n" not in str(caught.value)


async def test_prompts_and_answers_stay_out_of_error_messages(tmp_path: Path) -> None:
    cache = CallCache(tmp_path / "calls.sqlite")
    engine = create_engine(f"sqlite:///{tmp_path}/calls.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE model_calls")
    engine.dispose()
    with pytest.raises(JournalError) as caught:
        await cache.put("k", "backend", REPLY)
    assert "текст" not in str(caught.value)
    cache.close()
