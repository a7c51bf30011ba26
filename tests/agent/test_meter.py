"""The meter books every call once, says when a limit is reached, and knows how many calls were in flight."""

import asyncio
import threading

import pytest

from dragoman.agent.backends.scripted import Latency, ScriptedBackend
from dragoman.agent.meter import Limits, Meter, MeteredBackend, Prices, with_meter
from dragoman.core.errors import BackendError, ConfigurationError, LimitReachedError
from dragoman.core.exchange import FinishReason, Message, Purpose, Reply, Request, Usage
from dragoman.core.protocols import StreamingBackend

SPENT = Usage(calls=1, prompt_tokens=1_000, cached_tokens=400, output_tokens=200)


def answering(usage: Usage = SPENT, latency: Latency | None = None) -> ScriptedBackend:
    reply = Reply("ok", FinishReason.STOP, usage, "m")
    return ScriptedBackend(lambda _: reply, latency=latency or Latency(scale=0))


def ask(purpose: Purpose = Purpose.TRANSLATE, text: str = "x") -> Request:
    return Request((Message("user", text),), purpose=purpose)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (Prices(prompt=1.0, output=2.0), (1_000 * 1 + 200 * 2) / 1e6),
        (Prices(prompt=1.0, output=2.0, cached=0.5), (600 * 1 + 400 * 0.5 + 200 * 2) / 1e6),
        (Prices(prompt=0.0, output=0.0, cached=0.0), 0.0),
    ],
)
def test_cost_is_by_kind_of_token(prices: Prices, expected: float) -> None:
    assert prices.cost_usd(SPENT) == pytest.approx(expected)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_prices_are_numbers_of_dollars(value: float) -> None:
    with pytest.raises(ConfigurationError, match="output price"):
        Prices(prompt=1.0, output=value)


async def test_usage_is_booked_by_purpose_with_its_cost() -> None:
    meter = Meter(prices=Prices(prompt=1.0, output=2.0))
    backend = MeteredBackend(answering(), meter)
    for purpose in (Purpose.TRANSLATE, Purpose.TRANSLATE, Purpose.REMEMBER):
        reply = await backend.generate(ask(purpose))
        assert reply.usage.cost_usd == pytest.approx(0.0014)
    assert {purpose: usage.calls for purpose, usage in meter.by_purpose.items()} == {
        Purpose.TRANSLATE: 2,
        Purpose.REMEMBER: 1,
    }
    assert meter.total.prompt_tokens == 3_000
    assert meter.total.cost_usd == pytest.approx(0.0042)


async def test_a_backend_may_bring_its_own_prices() -> None:
    meter = Meter(prices=Prices(prompt=1.0, output=1.0))
    await MeteredBackend(answering(), meter, prices=Prices(prompt=0.0, output=5.0)).generate(ask())
    assert meter.total.cost_usd == pytest.approx(0.001)


async def test_streamed_calls_are_booked_too() -> None:
    meter = Meter(prices=Prices(prompt=1.0, output=2.0))
    backend = MeteredBackend(answering(), meter)
    assert isinstance(backend, StreamingBackend)
    deltas = [delta async for delta in backend.stream(ask())]
    assert deltas[-1].reply is not None
    assert deltas[-1].reply.usage.cost_usd == pytest.approx(0.0014)
    assert meter.total.calls == 1


@pytest.mark.parametrize(
    ("limits", "flag"),
    [(Limits(max_total_tokens=2_400), "--max-tokens"), (Limits(max_cost_usd=0.0028), "--max-cost")],
)
async def test_a_reached_limit_is_named_with_the_way_out(limits: Limits, flag: str) -> None:
    meter = Meter(prices=Prices(prompt=1.0, output=2.0), limits=limits)
    backend = MeteredBackend(answering(), meter)
    await backend.generate(ask())
    meter.check_limits()
    await backend.generate(ask())
    with pytest.raises(LimitReachedError, match=flag) as caught:
        meter.check_limits()
    assert "\n" not in str(caught.value)


async def test_a_page_that_was_begun_gets_all_its_calls() -> None:
    meter = Meter(limits=Limits(max_total_tokens=1))
    backend = MeteredBackend(answering(), meter)
    for calls in range(1, 4):
        assert (await backend.generate(ask())).text == "ok"
        assert meter.total.calls == calls


def test_what_an_earlier_part_of_the_run_spent_counts() -> None:
    seeded, told = (Meter(limits=Limits(max_total_tokens=1_000), spent=spent) for spent in (SPENT, None))
    told.check_limits()
    told.add_spent(SPENT)
    for meter in (seeded, told):
        with pytest.raises(LimitReachedError, match="1,200 tokens"):
            meter.check_limits()
        assert meter.total == Usage()


def test_senseless_limits_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_total_tokens is 0"):
        Limits(max_total_tokens=0)
    with pytest.raises(ConfigurationError, match="needs prices"):
        Meter(limits=Limits(max_cost_usd=1.0))
    with pytest.raises(ConfigurationError, match="workers is 0"):
        MeteredBackend(answering(), Meter(), workers=0)


async def test_no_more_than_workers_calls_are_in_flight() -> None:
    meter = Meter()
    backend = with_meter(answering(latency=Latency(fixed_ms=5)), meter, workers=3)
    await asyncio.gather(*(backend.generate(ask()) for _ in range(9)))
    assert meter.flight_statistics.most == 3
    assert meter.flight_statistics.mean == pytest.approx(3, abs=0.5)


def test_mean_in_flight_is_over_busy_time_only() -> None:
    now = [0.0]
    meter = Meter(clock=lambda: now[0])
    with meter.flight():
        now[0] = 2.0  # one call for two seconds
        with meter.flight():
            now[0] = 3.0  # two calls for one second
    now[0] = 100.0  # idle
    statistics = meter.flight_statistics
    assert (statistics.mean, statistics.most, statistics.busy_s) == (pytest.approx(4 / 3), 2, 3.0)


async def test_a_failed_call_frees_its_place_and_books_nothing() -> None:
    meter = Meter()
    backend = MeteredBackend(ScriptedBackend(lambda _: BackendError("no")), meter, workers=1)
    for _ in range(3):
        with pytest.raises(BackendError):
            await backend.generate(ask())
    assert meter.total == Usage()


def test_threads_may_book_at_the_same_time() -> None:
    meter = Meter()

    def book() -> None:
        for _ in range(500):
            meter.add(Purpose.TRANSLATE, Usage(calls=1))

    threads = [threading.Thread(target=book) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.total.calls == 2_000
