"""Jobs, files and batches: long work in the background, found again after a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
from dragoman.core.errors import BackendUnreachableError
from dragoman.core.exchange import Purpose

JOBS = "/v1/translations/jobs"


async def finished(
    client: Any, path: str, over: tuple[str, ...] = ("completed", "failed", "cancelled")
) -> dict[str, Any]:
    """The thing at `path` once it is over."""
    for _ in range(600):
        body: dict[str, Any] = (await client.get(path)).json()
        if body["status"] in over:
            return body
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} is still {body['status']}")


async def until_pages(client: Any, path: str, done: int) -> None:
    """Waits until so many pages are done; a job that is over before is an error."""
    for _ in range(400):
        body = (await client.get(path)).json()
        if body["pages"]["done"] >= done:
            return
        assert body["status"] in ("queued", "running"), body
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} makes no pages")


async def start(client: Any, **order: Any) -> str:
    response = await client.post(JOBS, json={"target_lang": "de", "source_lang": "en", **order})
    assert response.status_code == 201, response.text
    return f"{JOBS}/{response.json()['id']}"


def tale(num_lines: int) -> str:
    return "".join(f"Line number {number} of the tale.\n" for number in range(num_lines))


async def test_a_text_becomes_a_job_with_status_result_and_trace(serve: Any) -> None:
    client = await serve()
    path = await start(client, input=tale(25), name="tale.txt")
    body = await finished(client, path)
    assert body["status"] == "completed"
    assert body["pages"] == {"done": 3, "total": 3}
    assert body["failed_segments"] == 0
    result = await client.get(f"{path}/result")
    assert result.text == "".join(f"«Line number {number} of the tale.»\n" for number in range(25))
    assert 'filename="tale.txt"' in result.headers["content-disposition"]
    trace = (await client.get(f"{path}/trace")).json()
    assert [page["lines"] for page in trace["pages"]] == [10, 10, 5]
    page = (await client.get(f"{path}/trace?page=2")).json()["pages"][0]
    assert page["lines"][0]["source"] == "Line number 20 of the tale."
    assert (await client.get(f"{path}/trace?page=3")).status_code == 404
    assert [job["id"] for job in (await client.get(JOBS)).json()["data"]] == [body["id"]]


async def test_an_uploaded_file_keeps_its_bytes_where_nothing_was_translated(serve: Any) -> None:
    client = await serve()
    data = "\ufeff# Title\r\n\r\nSome *text* here.\r\n".encode()
    upload = {"file": ("book.md", data)}
    file = (await client.post("/v1/files", data={"purpose": "translate"}, files=upload)).json()
    assert (file["bytes"], file["filename"], file["purpose"]) == (len(data), "book.md", "translate")
    path = await start(client, file_id=file["id"])
    await finished(client, path)
    result = await client.get(f"{path}/result")
    assert result.content.decode().startswith("\ufeff# «Title»\r\n\r\n")
    assert result.headers["content-type"].startswith("text/markdown")
    assert (await client.delete(f"/v1/files/{file['id']}")).json()["deleted"] is True
    assert (await client.get(f"{path}/result")).status_code == 200


async def test_terms_of_a_job_are_offered_on_every_page(serve: Any) -> None:
    client = await serve()
    path = await start(client, input="The mainboard is new.", terms=[{"source": "mainboard", "target": "Hauptplatine"}])
    await finished(client, path)
    page = (await client.get(f"{path}/trace?page=0")).json()["pages"][0]
    assert "mainboard = Hauptplatine" in {item["text"] for item in page["context"] if item["chosen"]}


async def test_a_job_that_runs_can_be_cancelled_and_resumed(serve: Any) -> None:
    backend = ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=150, prompt_ms=0, output_ms=0))
    client = await serve(backend)
    path = await start(client, input=tale(60), model="dragoman-nocontext")
    await until_pages(client, path, 2)
    assert (await client.get(f"{path}/result")).status_code == 409
    assert "«Line number 0" in (await client.get(f"{path}/result?partial=true")).text
    assert (await client.post(f"{path}/cancel")).json()["status"] == "cancelled"
    assert (await client.post(f"{path}/cancel")).status_code == 409
    assert (await client.post(f"{path}/resume")).json()["status"] == "queued"
    assert (await finished(client, path))["status"] == "completed"
    calls = [request for request in backend.requests if request.purpose is Purpose.TRANSLATE and "tale" in str(request)]
    assert len({request.messages for request in calls}) == 6
    assert len(calls) <= 7


async def test_a_job_whose_model_is_down_fails_with_the_reason_and_can_be_resumed(serve: Any) -> None:
    is_down = True

    def script(request: Any) -> Any:
        return BackendUnreachableError("nobody answers: start the model") if is_down else echo_lines()(request)

    client = await serve(ScriptedBackend(script))
    path = await start(client, input="A line.")
    body = await finished(client, path)
    assert body["status"] == "failed"
    assert body["error"]["message"] == "nobody answers: start the model"
    is_down = False
    await client.post(f"{path}/resume")
    assert (await finished(client, path))["status"] == "completed"


async def test_a_job_goes_on_in_the_next_process(serve: Any, tmp_path: Path) -> None:
    slow = ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=100, prompt_ms=0, output_ms=0))
    settings = {"memory_url": tmp_path / "shared.sqlite", "drain_s": 5}
    first = await serve(slow, **settings)
    path = await start(first, input=tale(50), model="dragoman-nocontext")
    await until_pages(first, path, 1)
    await first.app.state.jobs.queue.close(5)
    assert (await first.get(path)).json()["status"] == "queued"
    again = ScriptedBackend(echo_lines())
    second = await serve(again, **settings)
    assert (await finished(second, path))["pages"] == {"done": 5, "total": 5}
    asked = [request for request in again.requests if "tale" in request.messages[-1].content]
    assert 1 <= len(asked) <= 4


WRONG = {
    "neither text nor file": ({}, 422),
    "both": ({"input": "a", "file_id": "file-1"}, 422),
    "unknown file": ({"file_id": "file-1"}, 404),
    "no language": ({"input": "a", "target_lang": "!!!"}, 400),
    "unknown policy": ({"input": "a", "policy": "best"}, 400),
    "unknown model": ({"input": "a", "model": "gpt-9"}, 404),
    "unknown type": ({"input": "a", "name": "book.docx"}, 415),
    "broken JSON lines": ({"input": "{", "name": "a.jsonl"}, 400),
}


@pytest.mark.parametrize(("order", "status"), WRONG.values(), ids=WRONG)
async def test_a_wrong_order_is_refused_at_once(serve: Any, order: dict[str, Any], status: int) -> None:
    client = await serve()
    response = await client.post(JOBS, json={"target_lang": "de", **order})
    assert response.status_code == status
    assert (await client.get(JOBS)).json()["data"] == []


def batch_file(*bodies: dict[str, Any], url: str = "/v1/chat/completions") -> dict[str, Any]:
    lines = [
        json.dumps({"custom_id": f"r{n}", "method": "POST", "url": url, "body": body}) for n, body in enumerate(bodies)
    ]
    return {"file": ("requests.jsonl", "\n".join(lines).encode())}


async def start_batch(client: Any, upload: dict[str, Any], endpoint: str = "/v1/chat/completions") -> dict[str, Any]:
    file = (await client.post("/v1/files", data={"purpose": "batch"}, files=upload)).json()
    order = {"input_file_id": file["id"], "endpoint": endpoint, "completion_window": "24h"}
    created: dict[str, Any] = (await client.post("/v1/batches", json=order)).json()
    return created


async def test_a_batch_answers_every_line_and_names_the_wrong_ones(serve: Any) -> None:
    client = await serve()
    hello = {"messages": [{"role": "user", "content": "Hello."}]}
    batch = await start_batch(client, batch_file({"model": "dragoman:de", **hello}, hello, {"messages": []}))
    assert batch["object"] == "batch"
    body = await finished(client, f"/v1/batches/{batch['id']}")
    assert body["status"] == "completed"
    assert body["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
    output = (await client.get(f"/v1/files/{body['output_file_id']}/content")).text
    answers = {line["custom_id"]: line["response"] for line in map(json.loads, output.splitlines())}
    assert answers["r0"]["body"]["choices"][0]["message"]["content"] == "«Hello.»"
    assert answers["r1"]["body"]["choices"][0]["message"]["content"] == "answer to: Hello."
    assert answers["r2"]["status_code"] == 400
    assert answers["r2"]["body"]["error"]["param"] == "messages"


async def test_a_batch_of_plain_completions_works_too(serve: Any) -> None:
    client = await serve()
    upload = batch_file({"prompt": "a"}, url="/v1/completions")
    batch = await start_batch(client, upload, "/v1/completions")
    body = await finished(client, f"/v1/batches/{batch['id']}")
    assert body["request_counts"] == {"total": 1, "completed": 1, "failed": 0}


@pytest.mark.parametrize("data", [b"", b"{}\n", b"no JSON\n"])
async def test_a_batch_file_that_holds_no_requests_is_refused(serve: Any, data: bytes) -> None:
    client = await serve()
    upload = {"file": ("requests.jsonl", data)}
    file = (await client.post("/v1/files", data={"purpose": "batch"}, files=upload)).json()
    order = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions"}
    response = await client.post("/v1/batches", json=order)
    assert response.status_code == 422
    assert response.json()["error"]["param"] == "input_file_id"


async def test_lists_go_on_behind_an_id(serve: Any) -> None:
    client = await serve()
    ids = []
    for number in range(3):
        upload = {"file": (f"{number}.txt", b"a")}
        ids.append((await client.post("/v1/files", data={"purpose": "translate"}, files=upload)).json()["id"])
    first = (await client.get("/v1/files?limit=2")).json()
    assert [file["id"] for file in first["data"]] == [ids[2], ids[1]]
    assert first["has_more"] is True
    rest = (await client.get(f"/v1/files?limit=2&after={ids[1]}")).json()
    assert [file["id"] for file in rest["data"]] == [ids[0]]
    assert rest["has_more"] is False


@pytest.mark.slow
async def test_everything_can_live_in_postgresql(serve: Any, postgres_url: str) -> None:
    client = await serve(memory_url=postgres_url)
    options = {"translation_options": {"target_lang": "de", "source_lang": "en", "document_id": "book"}}
    answer = await client.chat("Tamok has a dog.", **options)
    path = await start(client, input=tale(12))
    assert (await finished(client, path))["status"] == "completed"
    await client.app.state.serving.traces.flush()
    again = await serve(memory_url=postgres_url)
    assert (await again.get("/v1/sessions/book")).json()["memory"] == [{"languages": "en>de", "pages": 1}]
    assert (await again.get(f"/v1/traces/{answer.headers['x-dragoman-trace-id']}")).status_code == 200
    assert (await again.get(f"{path}/result")).text.count("«") == 12
    await again.app.state.serving.store.check_writable()
