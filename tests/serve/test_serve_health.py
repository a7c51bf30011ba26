"""/health, /ready, /metrics, /openapi.json, spans."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines
from dragoman.core.errors import BackendUnreachableError, ConfigurationError
from dragoman.serve.health import Readiness
from dragoman.serve.telemetry import Telemetry

PAIR = {"target_lang": "de", "source_lang": "en"}


async def ready(client: Any) -> Any:
    for _ in range(200):
        response = await client.get("/ready")
        if "not checked yet" not in response.text:
            return response
        await asyncio.sleep(0.02)
    raise AssertionError("no check was made")


async def test_ready_says_that_the_model_answered(serve: Any) -> None:
    client = await serve()
    assert (await ready(client)).json()["status"] == "ready"


async def test_ready_is_503_while_the_model_is_down_and_health_stays_green(serve: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: BackendUnreachableError("the model is down")))
    response = await ready(client)
    assert response.status_code == 503
    assert "the model is down" in response.json()["error"]["message"]
    assert (await client.get("/health")).json() == {"status": "ok"}


async def test_a_model_that_hangs_is_not_ready(serve: Any) -> None:
    client = await serve(ScriptedBackend(echo_lines(), latency=Latency(fixed_ms=9000)), ready_timeout_s=0.1)
    readiness = Readiness()
    await readiness.check(client.app.state.serving)
    assert "did not answer within 0.1 seconds" in readiness.fault


async def test_a_model_that_breaks_is_not_ready_and_the_probe_goes_on(serve: Any) -> None:
    def broken(request: Any) -> str:
        raise RuntimeError("with a secret")

    client = await serve(ScriptedBackend(broken))
    assert "RuntimeError" in (await ready(client)).json()["error"]["message"]


async def test_traces_that_come_too_fast_are_dropped_and_counted(serve: Any) -> None:
    client = await serve()
    traces = client.app.state.serving.traces
    for number in range(600):
        traces.add(f"t{number}", "local", {"number": number})
    assert "dragoman_traces_dropped_total 100.0" in (await client.get("/metrics")).text
    assert await traces.get("t0", "local") == {"number": 0}
    assert await traces.get("t599", "local") is None
    await traces.flush()
    assert await traces.get("t499", "local") == {"number": 499}
    assert await traces.get("t499", "somebody else") is None


async def test_only_so_many_traces_are_kept(serve: Any) -> None:
    client = await serve(max_traces=2)
    traces = client.app.state.serving.traces
    for number in range(4):
        traces.add(f"t{number}", "local", {"number": number})
        await traces.flush()
    assert [await traces.get(f"t{number}", "local") is not None for number in range(4)] == [False, False, True, True]


async def test_metrics_count_requests_tokens_and_choices_without_texts(serve: Any, words: Path) -> None:
    client = await serve(translator={"dictionary": words}, source_language="x-sim:Simlish")
    await client.chat("mira ten", model="dragoman:en")
    await client.chat("Hi")
    text = (await client.get("/metrics")).text
    assert 'dragoman_requests_total{route="/v1/chat/completions",status="200"} 2.0' in text
    assert 'dragoman_context_items_total{action="chosen"}' in text
    assert 'dragoman_model_calls_total{purpose="translate"} 2.0' in text
    assert "mira" not in text


async def test_the_description_lists_every_route_with_its_errors(serve: Any) -> None:
    client = await serve()
    described = (await client.get("/openapi.json")).json()
    chat = described["paths"]["/v1/chat/completions"]["post"]
    assert {"200", "400", "401", "413", "429", "500", "503"} <= set(chat["responses"])
    assert "/v1/translations/jobs/{job_id}/result" in described["paths"]


async def test_spans_go_to_a_file_and_hold_no_text(serve: Any, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    path = tmp_path / "spans.jsonl"
    client = await serve(telemetry=f"file:{path}")
    await client.chat("Zanzibarwort.", translation_options=PAIR)
    await client.chat("Zanzibarwort?")
    client.app.state.serving.telemetry.close()
    spans = [json.loads(line) for line in path.read_text().splitlines()]
    names = {span["name"] for span in spans}
    assert {"invoke_agent dragoman", "search_memory", "chat translate"} <= names
    chat = next(span for span in spans if span["name"] == "chat translate")
    assert chat["attributes"]["gen_ai.usage.input_tokens"] > 0
    assert "Zanzibarwort" not in path.read_text()


@pytest.mark.parametrize("target", ["", "otlp", "otlp:", "smoke:signals"])
def test_an_unknown_target_for_spans_is_refused(target: str) -> None:
    with pytest.raises(ConfigurationError, match="otlp:URL or file:PATH"):
        Telemetry(target)


async def test_unknown_paths_and_methods_have_the_envelope(serve: Any) -> None:
    client = await serve()
    missing = await client.post("/v1/embeddings", json={})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    wrong = await client.get("/v1/chat/completions")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json()["error"]["code"] == "method_not_allowed"
    assert (await client.put("/v1/translations/jobs")).headers["allow"] == "GET, POST"
