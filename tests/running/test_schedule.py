"""Which page comes next: waves inside a document, the longest document first between documents."""

import heapq
import random

import pytest

from dragoman.agent.schedule import PageSlot, Schedule, memory_version


@pytest.mark.parametrize(
    ("page", "wave", "version"), [(0, 1, 0), (1, 1, 1), (5, 1, 5), (0, 4, 0), (3, 4, 0), (4, 4, 1), (9, 4, 6)]
)
def test_a_page_reads_what_the_pages_before_its_wave_left(page: int, wave: int, version: int) -> None:
    assert memory_version(page, wave) == version


def taken(schedule: Schedule) -> list[PageSlot]:
    return list(iter(schedule.take, None))


def test_a_wave_slides_over_the_committed_pages() -> None:
    schedule = Schedule([(5, ())], wave=2)
    assert taken(schedule) == [PageSlot(0, 0), PageSlot(0, 1)]
    schedule.commit(PageSlot(0, 1))
    assert taken(schedule) == []
    schedule.commit(PageSlot(0, 0))
    assert taken(schedule) == [PageSlot(0, 2), PageSlot(0, 3)]


def test_pages_committed_earlier_are_skipped() -> None:
    schedule = Schedule([(5, (0, 2)), (1, (0,)), (0, ())], wave=2)
    assert taken(schedule) == [PageSlot(0, 1)]
    assert [schedule.is_over(index) for index in range(3)] == [False, True, True]
    schedule.commit(PageSlot(0, 1))
    assert taken(schedule) == [PageSlot(0, 3), PageSlot(0, 4)]


def test_the_document_with_most_pages_left_goes_first() -> None:
    schedule = Schedule([(2, ()), (9, ()), (4, ())], wave=3)
    assert [slot.document for slot in taken(schedule)] == [1, 1, 1, 2, 2, 2, 0, 0]


def test_a_failed_document_takes_no_more_pages() -> None:
    schedule = Schedule([(5, ()), (0, ())], wave=2)
    assert taken(schedule) == [PageSlot(0, 0), PageSlot(0, 1)]
    schedule.fail(PageSlot(0, 0))
    assert not schedule.is_over(0)
    schedule.commit(PageSlot(0, 1))
    assert schedule.is_over(0)
    assert taken(schedule) == []


def busy_share(lengths: list[int], *, wave: int, slots: int, seed: int) -> float:
    """Mean number of busy slots, pages taking about one unit of time each, in a simulated clock."""
    times = random.Random(seed)
    schedule = Schedule([(length, ()) for length in lengths], wave=wave)
    running: list[tuple[float, PageSlot]] = []
    now = spent = 0.0
    while True:
        while len(running) < slots and (slot := schedule.take()) is not None:
            seconds = times.uniform(0.5, 1.5)
            spent += seconds
            heapq.heappush(running, (now + seconds, slot))
        if not running:
            return spent / now
        now, slot = heapq.heappop(running)
        schedule.commit(slot)


@pytest.mark.parametrize("wave", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_sixteen_unequal_documents_keep_fourteen_of_sixteen_slots_busy(wave: int, seed: int) -> None:
    lengths = [random.Random(f"{seed} {index}").randint(10, 60) for index in range(16)]
    assert busy_share(lengths, wave=wave, slots=16, seed=seed) >= 14


def test_many_documents_are_handed_out_quickly() -> None:
    schedule = Schedule([(2, ())] * 20_000, wave=1)
    count = 0
    while (slot := schedule.take()) is not None:
        schedule.commit(slot)
        count += 1
    assert count == 40_000
