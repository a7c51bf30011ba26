"""The one retry helper: bounded attempts, growing pauses with jitter, and the server's own wishes honoured."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import TypeVar

from dragoman.core.errors import ConfigurationError

__all__ = ["RetryPolicy", "Verdict", "parse_retry_after", "pause_s", "with_retries"]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently to try again.

    Attributes:
        max_attempts: calls in all, the first one included; 1 means no retry.
        first_pause_s: before the second attempt.
        growth: every later pause is this many times longer.
        max_pause_s: longest pause of our own choice.
        max_retry_after_s: longest pause a server may ask for; longer wishes are cut to it.
        jitter: share of a pause that is drawn at random on top, so that many workers do not return at once.
        seed: of that draw.
    """

    max_attempts: int = 5
    first_pause_s: float = 0.5
    growth: float = 2.0
    max_pause_s: float = 30.0
    max_retry_after_s: float = 60.0
    jitter: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ConfigurationError(f"max_attempts is {self.max_attempts}: give at least 1")
        for name in ("first_pause_s", "max_pause_s", "max_retry_after_s", "jitter"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give 0 or more")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an error may pass, and how many seconds the server asked us to wait (None when it did not say)."""

    may_pass: bool
    retry_after_s: float | None = None


async def with_retries(
    call: Callable[[], Awaitable[_Result]],
    *,
    policy: RetryPolicy,
    errors: tuple[type[Exception], ...],
    judge: Callable[[Exception], Verdict],
    random: Random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> _Result:
    """The result of the first attempt that succeeds.

    Args:
        call: makes one attempt.
        policy: see `RetryPolicy`.
        errors: what may be retried at all; everything else propagates at once.
        judge: says of one such error whether it may pass.
        random: for the jitter; seed it with `policy.seed`.
        sleep: the clock, replaced in tests.

    Raises:
        Exception: the last error, when it cannot pass or the attempts are used up.
    """
    attempt = 1
    while True:
        try:
            return await call()
        except errors as error:
            verdict = judge(error)
            if not verdict.may_pass or attempt >= policy.max_attempts:
                raise
        await sleep(pause_s(policy, attempt, verdict.retry_after_s, random))
        attempt += 1


def pause_s(policy: RetryPolicy, attempt: int, retry_after_s: float | None, random: Random) -> float:
    """Seconds to wait after failed attempt `attempt` (1-based); never less than the server asked, up to its cap."""
    if retry_after_s is not None:
        asked = min(max(retry_after_s, 0.0), policy.max_retry_after_s)
        return asked + policy.first_pause_s * policy.jitter * random.random()
    own = min(policy.first_pause_s * policy.growth ** (attempt - 1), policy.max_pause_s)
    return own * (1 + policy.jitter * random.random())


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or an HTTP date; None when absent or unreadable.

    Source: RFC 9110, section 10.2.3.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_until(value, now if now is not None else datetime.now(UTC))
    return seconds if 0 <= seconds < float("inf") else None


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000" means UTC of unknown origin
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)
