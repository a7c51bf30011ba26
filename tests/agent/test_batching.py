"""Dynamic batching: jobs that wait together run together, results go to their owners, closing is clean."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from dragoman.agent.backends.batching import Batcher
from dragoman.core.errors import BackendError


class Recorder:
    """Doubles numbers; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = threading.Event()
        self.go = threading.Event()

    def run(self, jobs: Sequence[int]) -> list[int]:
        self.batches.append(list(jobs))
        self.started.set()
        assert self.go.wait(10)
        return [2 * job for job in jobs]


async def busy(recorder: Recorder, batcher: Batcher[int, int]) -> "asyncio.Task[int]":
    """A first job that keeps the worker busy until `recorder.go` is set."""
    first = asyncio.ensure_future(batcher.submit(0))
    await asyncio.to_thread(recorder.started.wait, 10)
    return first


async def test_jobs_that_arrive_while_a_batch_runs_make_the_next_ones_in_order() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.run, max_batch=3, gather_s=0.0)
    first = await busy(recorder, batcher)
    rest = [asyncio.ensure_future(batcher.submit(number)) for number in range(1, 6)]
    await asyncio.sleep(0.01)
    recorder.go.set()
    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10]
    assert recorder.batches == [[0], [1, 2, 3], [4, 5]]
    batcher.close()


async def test_an_idle_batcher_waits_a_moment_for_company() -> None:
    recorder = Recorder()
    recorder.go.set()
    batcher = Batcher(recorder.run, max_batch=4, gather_s=5.0)
    assert await asyncio.gather(*(batcher.submit(number) for number in range(4))) == [0, 2, 4, 6]
    assert recorder.batches == [[0, 1, 2, 3]]  # full at once: nobody waited five seconds
    batcher.close()


async def test_a_job_cancelled_before_it_starts_never_runs() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.run, gather_s=0.0)
    first = await busy(recorder, batcher)
    unwanted, wanted = asyncio.ensure_future(batcher.submit(1)), asyncio.ensure_future(batcher.submit(2))
    await asyncio.sleep(0.01)
    unwanted.cancel()
    await asyncio.sleep(0.01)
    recorder.go.set()
    assert await asyncio.gather(first, wanted) == [0, 4]
    assert recorder.batches == [[0], [2]]
    batcher.close()


async def test_an_error_reaches_all_of_its_batch_and_the_next_batch_runs() -> None:
    calls = 0

    def run(jobs: Sequence[int]) -> list[int]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("broken batch")
        return list(jobs)

    batcher = Batcher(run, max_batch=2, gather_s=5.0)
    results = await asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True)
    assert [str(result) for result in results] == ["broken batch"] * 2
    assert await asyncio.gather(batcher.submit(3), batcher.submit(4)) == [3, 4]
    batcher.close()


async def test_closing_finishes_what_runs_and_refuses_the_rest() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder.run, gather_s=0.0)
    first = await busy(recorder, batcher)
    waiting = asyncio.ensure_future(batcher.submit(1))
    await asyncio.sleep(0.01)
    closing = asyncio.ensure_future(asyncio.to_thread(batcher.close))
    with pytest.raises(BackendError, match="closed before"):
        await waiting
    recorder.go.set()
    assert await first == 0
    await closing
    batcher.close()
    with pytest.raises(BackendError, match="make a new backend"):
        await batcher.submit(2)
