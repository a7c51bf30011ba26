"""What a person or a program sees while a run goes on."""

import json
from collections.abc import Callable

import pytest

from dragoman.agent.events import (
    DocumentFinished,
    DocumentSummary,
    Notice,
    PageFailed,
    PageFinished,
    Resumed,
    RunStarted,
    Stopping,
)
from dragoman.cli.progress import JsonView, PlainView, QuietView, Tally, TerminalView, make_view
from dragoman.core.document import Document
from dragoman.core.errors import BadRequestError
from dragoman.core.trajectory import PageResult


class Clock:
    """Says what time it is when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def finished(document_of: Callable[..., Document], page_of: Callable[..., PageResult]) -> PageFinished:
    return PageFinished("d", "tale.txt", 0, 4, 2, page_of(document_of(1), 0))


def test_tally_gives_speed_spend_cached_share_and_time_to_go(finished: PageFinished) -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.add(RunStarted(1, 4, 1, 8))
    assert tally.eta_s(1.0) is None
    clock.now += 10
    tally.add(finished)
    # By hand: 450 prompt and 80 output tokens in 10 s; 128 of 450 cached; one page took 10 s, two are left.
    assert tally.facts() == "530 tokens, 53 tokens/s, $0.0015, 28% cached, 20 s to go"


@pytest.mark.parametrize(("seconds", "shown"), [(89, "89 s"), (120, "2 min"), (7200, "2.0 h")])
def test_time_to_go_has_a_fitting_unit(finished: PageFinished, seconds: float, shown: str) -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.add(RunStarted(1, 2, 0, 8))
    clock.now += seconds
    tally.add(finished)
    assert tally.facts().endswith(f"{shown} to go")


def test_plain_view_writes_short_lines_and_not_too_many(
    finished: PageFinished, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    view = PlainView(clock)
    with view.live():
        view.show(RunStarted(1, 4, 1, 8))
        view.show(Resumed("d", "tale.txt", 1, 4))
        clock.now += 1
        view.show(finished)
        view.show(finished)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "tale.txt: resumed, 1 of 4 pages are done already"
    assert lines[1].startswith("tale.txt page 2 of 4, 2 of 4 in all, 530 tokens")
    assert len(lines) == 2


def test_json_view_writes_one_object_per_event(finished: PageFinished, capsys: pytest.CaptureFixture[str]) -> None:
    view = JsonView()
    with view.live():
        view.show(RunStarted(1, 4, 1, 8))
        view.show(finished)
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in objects] == ["run_started", "page_finished"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (PageFailed("d", "tale.txt", 2, BadRequestError("a\nb")), "error: tale.txt page 3: a b"),
        (Notice("tale.txt", "changed"), "note: changed"),
        (Stopping("interrupted"), "stopping: interrupted"),
    ],
)
def test_even_the_quiet_view_says_what_went_wrong(event: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    view = QuietView()
    with view.live():
        view.show(event)  # type: ignore[arg-type]  # one of the events
    assert capsys.readouterr().err == line + "\n"


def test_terminal_view_shows_every_event(finished: PageFinished, capsys: pytest.CaptureFixture[str]) -> None:
    view = TerminalView()
    with view.live():
        view.show(RunStarted(1, 4, 1, 8))
        view.show(finished)
        view.show(DocumentFinished(DocumentSummary("d", "tale.txt", "out", "r", 4, 2, 40)))
    assert "tale.txt: 2 of 4 pages done" in capsys.readouterr().err


def test_view_fits_the_options() -> None:
    assert isinstance(make_view(as_json=True, quiet=True), JsonView)
    assert isinstance(make_view(as_json=False, quiet=True), QuietView)
    assert isinstance(make_view(as_json=False, quiet=False), PlainView)  # standard error is no terminal here
