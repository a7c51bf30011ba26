"""The real server process: public clients, clients that go away, signals, and `kill -9` in the middle of a job."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest


def behind(upstream: Any) -> tuple[str, ...]:
    """Options for a server behind a scripted model."""
    return ("--model", "fake", "--base-url", upstream.base_url, "--attempts", "1")


def test_the_openai_client_works_against_the_real_server(
    process: Callable[..., Any], scripted_server: Any, fake_server: Any, tmp_path: Path
) -> None:
    def script(request: dict[str, Any]) -> Any:
        last = request["messages"][-1]["content"]
        return fake_server.echo(request) if "## Text" in last else f"answer to: {last}"

    key = tmp_path / "keys"
    key.write_text("tester sk-test-1234\n")
    server = process(*behind(scripted_server(script)), "--api-key-file", key)
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-test-1234", max_retries=0)
    assert [model.id for model in client.models.list()][:2] == ["fake", "dragoman"]
    user: list[Any] = [{"role": "user", "content": "Hello there."}]
    answer = client.chat.completions.create(model="dragoman", messages=user)
    assert answer.choices[0].message.content == "answer to: Hello there."
    options = {"translation_options": {"target_lang": "de", "document_id": "book"}}
    translated = client.chat.completions.with_raw_response.create(model="dragoman", messages=user, extra_body=options)
    assert translated.parse().choices[0].message.content == "«Hello there.»"
    trace = translated.headers["x-dragoman-trace-id"]
    assert client.get(f"/traces/{trace}", cast_to=httpx.Response).json()["mode"] == "translate"
    stream = client.chat.completions.create(
        model="dragoman:de", messages=user, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "«Hello there.»"
    assert chunks[-1].usage is not None
    completion = client.completions.create(model="dragoman", prompt="One")
    assert completion.choices[0].text == "answer to: One"
    _check_errors(client, server, user)
    _check_batch(client)


def _check_errors(client: openai.OpenAI, server: Any, user: list[Any]) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=user)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="dragoman", messages=[])
    assert bad.value.param == "messages"
    stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-wrong-999", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def _check_batch(client: openai.OpenAI) -> None:
    line = (
        '{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", '
        '"body": {"model": "dragoman:de", "messages": [{"role": "user", "content": "Hi you."}]}}'
    )
    file = client.files.create(file=("requests.jsonl", line.encode()), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    deadline = time.monotonic() + 30
    while (found := client.batches.retrieve(batch.id)).status != "completed" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found.output_file_id is not None
    assert "«Hi you.»" in client.files.content(found.output_file_id).text
    assert client.files.delete(file.id).deleted


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_away_ends_the_call_of_the_model(process: Callable[..., Any], stream: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        upstream.settimeout(30)
        port = upstream.getsockname()[1]
        base_url = f"http://127.0.0.1:{port}/v1"
        server = process("--model", "m", "--base-url", base_url, "--attempts", "1")
        body = {"messages": [{"role": "user", "content": "marker text"}], "stream": stream}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=2)
        assert _was_closed(upstream, b"marker text")


def _was_closed(upstream: socket.socket, marker: bytes) -> bool:
    """Whether the connection that carries the marker is closed by its client; the probe's connection stays."""
    kept = []
    for _ in range(8):
        connection, _ = upstream.accept()
        connection.settimeout(10)
        kept.append(connection)
        data = b""
        while b'"stream"' not in data and b"line" not in data:
            piece = connection.recv(65536)
            if not piece:
                break
            data += piece
        if marker in data:
            ended = connection.recv(1) == b""
            for each in kept:
                each.close()
            return ended
    return False


@pytest.mark.parametrize("declared", [True, False])
def test_a_client_that_sends_too_much_reads_why(process: Callable[..., Any], declared: bool) -> None:
    server = process("--max-body", "1")
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += "Connection: close\r\n"
    size = 3 << 20
    length = f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked"
    body = b"a" * size if declared else b"%x\r\n" % size + b"a" * size + b"\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(f"{head}{length}\r\n\r\n".encode() + body)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 413 "), answer
    assert b"too_large" in answer


_HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: -5\r\n\r\n{}",
        b"Content-Length: abc\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 70\r\n\r\n{}",
        b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n",
        b"X-Session-Id: a\rInjected: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"Connection: close\r\n\r\n",
    ],
)
def test_broken_heads_are_a_4xx_and_never_two_requests(one_server: Any, rest: bytes) -> None:
    with socket.create_connection(("127.0.0.1", one_server.port), timeout=20) as connection:
        connection.sendall(_HEAD + rest)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer
    assert answer.count(b"HTTP/1.1") == 1
    assert httpx.get(f"{one_server.url}/health", timeout=10).status_code == 200


def test_fifty_clients_that_go_away_at_once_leave_no_place_taken(
    process: Callable[..., Any], scripted_server: Any, fake_server: Any
) -> None:
    slow = lambda request: fake_server.Answer("late", delay_s=3.0)  # noqa: E731 - a script is a value
    server = process(*behind(scripted_server(slow)), "--max-concurrent", "60")
    body = b'{"messages": [{"role": "user", "content": "Hi"}], "stream": true}'
    opened = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(50)]
    for connection in opened:
        connection.sendall(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert {connection.recv(12) for connection in opened} == {b"HTTP/1.1 200"}
    for connection in opened:
        connection.close()
    deadline = time.monotonic() + 20
    while "dragoman_working_requests 0.0" not in (text := httpx.get(f"{server.url}/metrics", timeout=20).text):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    assert "Traceback" not in server.log


def test_sigterm_finishes_what_is_in_flight(
    process: Callable[..., Any], scripted_server: Any, fake_server: Any
) -> None:
    slow = lambda request: fake_server.Answer("late but whole", delay_s=1.5)  # noqa: E731 - a script is a value
    server = process(*behind(scripted_server(slow)))
    answers: list[httpx.Response] = []
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    asking = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=20))
    )
    asking.start()
    time.sleep(0.5)
    assert server.end(signal.SIGTERM) == 0, server.log
    asking.join()
    assert answers[0].json()["choices"][0]["message"]["content"] == "late but whole"


def test_a_port_in_use_and_a_public_bind_end_with_2(process: Callable[..., Any], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dragoman", "serve"]
    environment = {**os.environ, "DRAGOMAN_STATE": str(tmp_path)}
    public = subprocess.run(
        [*command, "--host", "0.0.0.0"], capture_output=True, text=True, env=environment, check=False
    )
    assert public.returncode == 2
    assert "no key is set" in public.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*command, "--port", str(port)], capture_output=True, text=True, env=environment, check=False
        )
    assert ended.returncode == 2
    assert "cannot be bound" in ended.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_job_of_300_pages_survives_ten_kills(
    process: Callable[..., Any], scripted_server: Any, fake_server: Any
) -> None:
    upstream = scripted_server(lambda request: fake_server.Answer(fake_server.echo(request), delay_s=0.01))
    server = process(*behind(upstream), "--remember", "never")
    lines = [f"Line number {number} of a long tale." for number in range(3000)]
    order = {"input": "\n".join(lines), "source_lang": "en", "target_lang": "de", "policy": "none"}
    job = httpx.post(f"{server.url}/v1/translations/jobs", json=order, timeout=30).json()
    path = f"{server.url}/v1/translations/jobs/{job['id']}"
    for kill in range(10):
        _wait(path, lambda body, goal=20 + 27 * kill: body["pages"]["done"] >= goal)
        server.end(signal.SIGKILL)
        server.start()
    body = _wait(path, lambda body: body["status"] not in ("queued", "running"))
    assert body["status"] == "completed", body
    assert body["pages"] == {"done": 300, "total": 300}
    result = httpx.get(f"{path}/result", timeout=30).text
    assert result == "\n".join(f"«{line}»" for line in lines)
    paid = [r for r in upstream.requests if "of a long tale" in r["messages"][-1]["content"]]
    assert 300 <= len(paid) <= 310


def _wait(path: str, is_there: Callable[[dict[str, Any]], bool], timeout_s: float = 120.0) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        body: dict[str, Any] = httpx.get(path, timeout=30).json()
        if is_there(body) or body["status"] == "failed":
            return body
        time.sleep(0.02)
    raise AssertionError(f"still {body}")
