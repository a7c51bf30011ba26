"""Names of jobs: asked before they are remembered, corrected, and the pages that a correction reaches done again."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend, echo_lines
from dragoman.core.exchange import Purpose, Request

Serve = Callable[..., Any]
TEXT = "Tamok went home.\n\n" + "\n\n".join(f"Line {number} says nothing." for number in range(5)) + "\n"
_RENDERING = re.compile(r"^Tamok = ([^(\n]+?)(?: \(.*\))?$", re.MULTILINE)


def script(request: Request) -> str:
    """Renders Tamok as its notes say, as Thomas without notes; proposes the latter."""
    prompt = request.messages[-1].content
    if request.purpose is Purpose.REMEMBER:
        return "Tamok = Thomas (he, person)" if "Tamok" in prompt else ""
    known = _RENDERING.search(prompt)
    return echo_lines()(request).replace("Tamok", known[1] if known else "Thomas")


async def started(client: Any, **fields: Any) -> str:
    body = {"input": TEXT, "source_lang": "qaa-x-kofali:Kofali", "target_lang": "en", "page_lines": 2, **fields}
    answer = await client.post("/v1/translations/jobs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def until(client: Any, job: str, is_so: Callable[[Any, Any], bool]) -> tuple[Any, Any]:
    """The job and its names when something is so."""
    path = f"/v1/translations/jobs/{job}"
    for _ in range(400):
        state, names = (await client.get(path)).json(), (await client.get(f"{path}/names")).json()
        if is_so(state, names):
            return state, names
        await asyncio.sleep(0.02)
    raise AssertionError((state, names))


def is_over(state: Any, _: Any) -> bool:
    return state["status"] not in ("queued", "running")


async def test_a_job_waits_for_names_and_goes_on_with_the_answer(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    job = await started(client, approve_names=True)
    state, names = await until(client, job, lambda _, names: names["pending"] is not None)
    asked = {"source": "Tamok", "target": "Thomas", "gender": "he", "type": "person", "lines": ["Tamok went home."]}
    assert names["pending"] == [asked]
    assert state["pages"]["done"] == 0
    path = f"/v1/translations/jobs/{job}"
    answer = {"names": [{"source": "Tamok", "target": "Tom", "gender": "he", "type": "person"}]}
    assert (await client.post(f"{path}/names", json=answer)).status_code == 200
    state, names = await until(client, job, is_over)
    assert (state["status"], names["pending"]) == ("completed", None)
    assert names["remembered"][0]["renderings"] == ["Tom (he, person)"]
    assert (await client.post(f"{path}/names", json=answer)).status_code == 409


async def test_a_waiting_job_can_be_cancelled(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    job = await started(client, approve_names=True)
    await until(client, job, lambda _, names: names["pending"] is not None)
    assert (await client.post(f"/v1/translations/jobs/{job}/cancel")).json()["status"] == "cancelled"
    await until(client, job, lambda _, names: names["pending"] is None)


async def test_a_waiting_job_lets_another_one_have_its_place(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script), num_jobs=1)
    waiting = await started(client, approve_names=True)
    await until(client, waiting, lambda _, names: names["pending"] is not None)
    others = [await started(client) for _ in range(2)]
    for other in others:
        state, _ = await until(client, other, is_over)
        assert state["status"] == "completed"
    again = await started(client, approve_names=True)
    await until(client, again, lambda _, names: names["pending"] is not None)
    answer = {"names": [{"source": "Tamok", "target": "Tom"}]}
    for job in (again, waiting):
        assert (await client.post(f"/v1/translations/jobs/{job}/names", json=answer)).status_code == 200
    for job in (again, waiting):
        assert (await until(client, job, is_over))[0]["status"] == "completed"
    places = client.app.state.jobs.queue._places
    assert (places._value, places.locked()) == (1, False)


async def test_a_correction_pays_only_the_pages_it_reaches(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    job = await started(client)
    await until(client, job, is_over)
    answer = await client.post(
        f"/v1/translations/jobs/{job}/redo", json={"names": [{"source": "Tamok", "target": "Tom"}]}
    )
    assert (answer.status_code, answer.json()["redoes"]) == (201, job)
    again = answer.json()["id"]
    _, names = await until(client, again, is_over)
    assert names["remembered"][0]["fixed"] == "Tom"
    result = (await client.get(f"/v1/translations/jobs/{again}/result")).text
    assert result.startswith("«Tom went home.»\n\n«Line 0 says nothing.»")
    pages = (await client.get(f"/v1/translations/jobs/{again}/trace")).json()["pages"]
    assert pages[0]["calls"] > 0
    assert [page["calls"] for page in pages[1:]] == [0, 0]


@pytest.mark.parametrize(
    ("names", "status"),
    [([], 422), ([{"source": " ", "target": "Tom"}], 400), ([{"source": "Tamok"}], 400)],
)
async def test_a_correction_needs_names(serve: Serve, names: Any, status: int) -> None:
    client = await serve(ScriptedBackend(script))
    job = await started(client)
    await until(client, job, is_over)
    answer = await client.post(f"/v1/translations/jobs/{job}/redo", json={"names": names})
    assert answer.status_code == status
    assert "message" in answer.json()["error"]


async def test_a_dictionary_of_the_client_is_read_and_used(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    upload = {"file": ("words.tsv", b"headword\tpos\tglosses\nkofal\tnoun\tdog\nmira\tnoun\n")}
    kept = await client.post("/v1/translations/resources", data={"kind": "dictionary"}, files=upload)
    assert kept.status_code == 201, kept.text
    assert (kept.json()["records"], len(kept.json()["problems"])) == (1, 1)
    job = await started(client, input="kofal sela.\n", resources=[kept.json()["id"]])
    await until(client, job, is_over)
    page = (await client.get(f"/v1/translations/jobs/{job}/trace?page=0")).json()["pages"][0]
    assert "kofal = dog" in [item["text"].split(" (")[0] for item in page["context"] if item["chosen"]]


async def test_resources_that_are_none_are_refused(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    path = "/v1/translations/resources"
    for name, data, kind in (("a.tsv", b"", "dictionary"), ("../a.tsv", b"a\tb", "dictionary"), ("a", b"a", "poem")):
        answer = await client.post(path, data={"kind": kind}, files={"file": (name, data)})
        assert answer.status_code == 400, (name, answer.text)
    body = {"input": "a", "target_lang": "en", "resources": ["file-unknown"]}
    assert (await client.post("/v1/translations/jobs", json=body)).status_code == 404


async def test_the_report_of_a_job_is_a_page_that_cannot_act_for_the_server(serve: Serve) -> None:
    client = await serve(ScriptedBackend(script))
    job = await started(client)
    await until(client, job, is_over)
    report = await client.get(f"/v1/translations/jobs/{job}/report")
    assert "Translation report" in report.text
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert report.headers["content-disposition"].startswith("attachment")
