"""Events become JSON through one function, whole enough to follow a run from outside."""

import json

import pytest

from dragoman.agent import events
from dragoman.agent.events import DocumentSummary, Event, RunFinished, event_as_dict
from dragoman.core.errors import BackendUnreachableError, LimitReachedError
from dragoman.core.exchange import Usage

SUMMARY = DocumentSummary("d1", "a.txt", "out/a.txt", "r1", num_pages=2, done_pages=1, num_segments=4)


@pytest.fixture
def result(world):
    document = world.make_document(2)
    job = type("Job", (), {})()
    job.document, job.page, job.num_pages, job.seed = document, world.cut(document)[0], 1, 0
    job.view = world.PlainView(0, ())
    return world.page_result(job)


def samples(result) -> list[Event]:
    return [
        events.RunStarted(1, 2, 0, 8),
        events.Notice("a.txt", "changed"),
        events.Resumed("d1", "a.txt", 1, 2),
        events.DocumentStarted("d1", "a.txt", "r1", 2, 4),
        events.PageStarted("d1", "a.txt", 0, 2, 0),
        events.PageProgress("d1", "a.txt", 0, Usage(calls=1)),
        events.PageFinished("d1", "a.txt", 0, 2, 1, result),
        events.PageFailed("d1", "a.txt", 1, ValueError("no")),
        events.DocumentFinished(SUMMARY),
        events.Stopping("limit"),
        RunFinished((SUMMARY,), Usage(calls=1), 0.5, LimitReachedError("enough")),
    ]


def test_every_event_becomes_json(result) -> None:
    made = [json.loads(json.dumps(event_as_dict(event))) for event in samples(result)]
    assert [entry["event"] for entry in made] == [
        "run_started", "notice", "resumed", "document_started", "page_started", "page_progress", "page_finished",
        "page_failed", "document_finished", "stopping", "run_finished",
    ]  # fmt: skip
    assert {type(event) for event in samples(result)} == set(Event.__args__)


def test_a_finished_page_shows_its_lines_and_what_was_spent(result) -> None:
    page = event_as_dict(events.PageFinished("d1", "a.txt", 0, 2, 1, result))["result"]
    assert [line["source"] for line in page["lines"]] == ["line 0 of text.txt", "line 1 of text.txt"]
    assert page["usage"]["translate"]["prompt_tokens"] == 10
    assert (page["candidates"], page["context_tokens"], page["choice_status"]) == (1, 4, "chose")


def test_errors_show_their_type_and_message() -> None:
    made = event_as_dict(RunFinished((), Usage(), 0.0, LimitReachedError("enough")))
    assert made["error"] == {"type": "LimitReachedError", "message": "enough"}


@pytest.mark.parametrize(
    ("summary", "error", "code"),
    [
        ({}, None, 0),
        ({"failed_segments": ("s1",)}, None, 3),
        ({"error": ValueError("no"), "failed_segments": ("s1",)}, None, 1),
        ({"error": ValueError("no")}, LimitReachedError("enough"), 4),
        ({}, BackendUnreachableError("gone"), 5),
    ],
)
def test_the_exit_code_says_how_the_run_ended(summary, error, code: int) -> None:
    document = DocumentSummary("d1", "a.txt", "out", "r1", num_pages=1, done_pages=1, num_segments=1, **summary)
    assert RunFinished((document,), Usage(), 0.0, error).exit_code == code
