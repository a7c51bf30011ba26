"""Nothing is lost: a translation is killed with SIGKILL again and again, and the file comes out the same."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.journal import Journal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DRIVER = Path(__file__).with_name("kill_driver.py")
STEPS = ("begin", "owned", "records", "lines", "memory_deltas", "withdrawals", "usage", "choices", "written")
ONE = {"documents": 1, "pages": 60, "workers": 1, "pause_s": 0.004}
MANY = {"documents": 12, "pages": 4, "workers": 12, "pause_s": 0.01}
REFUSED = 9
CALLS_PER_PAGE = 2  # translate, remember


class Driver:
    """The process that starts translations."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._line() == "ready"

    def start(self, command: dict[str, Any]) -> int:
        """The process id of a translation that runs now."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self._line())

    def wait(self) -> int:
        """Its return code."""
        return int(self._line())

    def run(self, command: dict[str, Any]) -> int:
        """Runs a translation to its end."""
        self.start(command)
        return self.wait()

    def run_and_kill(self, command: dict[str, Any], log: Path, *, after_requests: int, pause_s: float) -> int:
        """Kills the translation's process group once so many more requests were paid, and a little later."""
        target = len(paid(log)) + after_requests
        pid = self.start(command)
        end = time.monotonic() + 60
        while len(paid(log)) < target and _is_running(pid):
            assert time.monotonic() < end
            time.sleep(0.001)
        time.sleep(pause_s)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        return self.wait()

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def _is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and ") Z" not in state.read_text()


def paid(log: Path) -> list[list[str]]:
    """Every request that was paid: document, purpose, prompt."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def paid_again(log: Path) -> Counter[str]:
    """How many requests each document paid more than once."""
    again: Counter[str] = Counter()
    for request, count in Counter(map(tuple, paid(log))).items():
        again[request[0]] += count - 1
    return again


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.out"))}


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    made = Driver()
    yield made
    made.close()


@pytest.fixture(scope="module", params=[ONE, MANY], ids=["one document", "twelve documents"])
def whole(request: pytest.FixtureRequest, driver: Driver, tmp_path_factory: pytest.TempPathFactory):
    """A command and what it writes when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("whole")
    assert driver.run({**request.param, "folder": str(folder)}) == 0
    assert len(paid(folder / "requests.log")) == CALLS_PER_PAGE * request.param["documents"] * request.param["pages"]
    expected = outputs(folder)
    assert len(expected) == request.param["documents"]
    return request.param, expected


def check_resumed(command: dict[str, Any], folder: Path, expected: dict[str, bytes], *, kills: int) -> None:
    """The result is the undisturbed one, and a kill costs each document at most one page."""
    assert outputs(folder) == expected
    again = paid_again(folder / "requests.log")
    assert max(again.values(), default=0) <= kills  # requests: less than a page, thanks to the call cache
    assert len(again) == command["documents"]
    with Journal(folder / "journal.db") as journal:
        runs = journal.runs()
        assert len(runs) == command["documents"]
        for info in runs:
            assert [result.page_index for result in journal.pages(info.id)] == list(range(command["pages"]))


def test_killed_at_twenty_points_the_file_is_the_same(driver: Driver, whole, tmp_path: Path) -> None:
    command, expected = whole
    command = {**command, "folder": str(tmp_path)}
    log = tmp_path / "requests.log"
    requests = CALLS_PER_PAGE * command["documents"] * command["pages"]
    times = random.Random(5)
    killed = 0
    for number in range(20):
        left = requests - len(paid(log))  # on a busy machine a run gets further than it was asked to
        code = driver.run_and_kill(
            command, log, after_requests=max(1, left // (22 - number)), pause_s=times.uniform(0.0, 0.03)
        )
        killed += code == -signal.SIGKILL
    assert killed >= 18, "the kills are spread over the run"
    assert driver.run(command) == 0
    check_resumed(command, tmp_path, expected, kills=killed)


def test_killed_inside_a_commit_the_file_is_the_same(driver: Driver, whole, tmp_path: Path) -> None:
    command, expected = whole
    command = {**command, "folder": str(tmp_path)}
    points = [(step, 1 + index % 3) for index, step in enumerate((*STEPS, "committed"))] + [("rename", 1)]
    for point in points:
        assert driver.run({**command, "die_at": point}) == -signal.SIGKILL, point
    assert driver.run(command) == 0
    check_resumed(command, tmp_path, expected, kills=len(points))


def test_a_second_process_is_refused_while_the_first_lives(driver: Driver, tmp_path: Path) -> None:
    command = {**ONE, "folder": str(tmp_path), "pause_s": 0.05}
    pid = driver.start(command)
    while not paid(tmp_path / "requests.log"):
        time.sleep(0.005)
    second = Driver()
    assert second.run(command) == REFUSED
    second.close()
    os.killpg(pid, signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL
    assert driver.run({**command, "pause_s": 0.0}) == 0


def test_killed_once_at_most_one_page_is_paid_again(driver: Driver, whole, tmp_path: Path) -> None:
    command, expected = whole
    command = {**command, "folder": str(tmp_path)}
    code = driver.run_and_kill(command, tmp_path / "requests.log", after_requests=40, pause_s=0.01)
    assert code == -signal.SIGKILL
    assert driver.run(command) == 0
    check_resumed(command, tmp_path, expected, kills=1)
