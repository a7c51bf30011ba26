"""Retries are bounded, patient and reproducible."""

from datetime import UTC, datetime
from random import Random

import pytest

from dragoman.agent.retries import RetryPolicy, Verdict, parse_retry_after, pause_s, with_retries
from dragoman.core.errors import ConfigurationError

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == expected


@pytest.mark.parametrize(
    ("attempt", "asked", "expected"),
    [(1, None, 0.5), (2, None, 1.0), (4, None, 4.0), (20, None, 30.0), (1, 7.0, 7.0), (1, 9_999.0, 60.0)],
)
def test_pauses_grow_and_the_servers_wish_counts(attempt: int, asked: float | None, expected: float) -> None:
    assert pause_s(RetryPolicy(jitter=0.0), attempt, asked, Random(0)) == expected


@pytest.mark.parametrize("asked", [None, 3.0])
def test_jitter_only_ever_adds_and_follows_the_seed(asked: float | None) -> None:
    policy = RetryPolicy()
    pauses = [pause_s(policy, 1, asked, Random(7)) for _ in range(3)]
    assert len(set(pauses)) == 1
    assert (asked or 0.5) <= pauses[0] <= (asked or 0.5) + 0.125
    assert pause_s(policy, 1, asked, Random(8)) != pauses[0]


class Flaky:
    """Fails `failures` times, then answers."""

    def __init__(self, failures: int, error: type[Exception] = OSError) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0
        self.pauses: list[float] = []

    async def call(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error("again")
        return "done"

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def run(self, *, may_pass: bool = True) -> str:
        policy = RetryPolicy(max_attempts=3, jitter=0.0)
        return await with_retries(
            self.call,
            policy=policy,
            errors=(OSError,),
            judge=lambda _: Verdict(may_pass),
            random=Random(0),
            sleep=self.sleep,
        )


async def test_a_call_that_recovers_in_time_succeeds() -> None:
    flaky = Flaky(2)
    assert await flaky.run() == "done"
    assert flaky.pauses == [0.5, 1.0]


async def test_attempts_are_bounded_and_the_last_error_stays() -> None:
    flaky = Flaky(99)
    with pytest.raises(OSError, match="again"):
        await flaky.run()
    assert (flaky.calls, flaky.pauses) == (3, [0.5, 1.0])


@pytest.mark.parametrize(("error", "may_pass"), [(OSError, False), (ValueError, True)])
async def test_errors_that_cannot_pass_are_not_retried(error: type[Exception], may_pass: bool) -> None:
    flaky = Flaky(1, error)
    with pytest.raises(error):
        await flaky.run(may_pass=may_pass)
    assert (flaky.calls, flaky.pauses) == (1, [])


@pytest.mark.parametrize("settings", [{"max_attempts": 0}, {"first_pause_s": -1.0}, {"jitter": -0.1}])
def test_senseless_policies_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        RetryPolicy(**settings)  # type: ignore[arg-type]  # a table of wrong values
