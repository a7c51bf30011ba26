"""Instruct mode of /v1/chat/completions: the client's own prompt, notes from memory, formats, tools, relaying."""

import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.backends.scripted import ScriptedBackend
from dragoman.core.errors import BackendUnreachableError, RateLimitError
from dragoman.core.exchange import Request

SIMLISH = {"source_language": "x-sim:Simlish", "target_language": "en"}


def body(*messages: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in messages], **fields}


async def test_notes_stand_behind_the_clients_own_system_text(serve: Any, words: Path) -> None:
    backend = ScriptedBackend(lambda request: "the old river")
    client = await serve(backend, translator={"dictionary": words}, **SIMLISH)
    chat = body(("system", "You are a translator."), ("user", "Translate into English:\nmira ten"))
    answer = await client.post("/v1/chat/completions", json=chat)
    assert answer.headers["x-dragoman-mode"] == "instruct"
    assert answer.json()["choices"][0]["message"]["content"] == "the old river"
    system, user = backend.requests[-1].messages
    assert system.content.startswith("You are a translator.\n\nNotes that may help")
    assert "## Words\nmira = river (noun)\nten = old (adj)" in system.content
    assert user.content == "Translate into English:\nmira ten"
    assert {item["text"] for item in answer.json()["dragoman"]["context"]} >= {"mira = river (noun)"}


async def test_notes_make_a_system_message_where_the_client_sent_none(serve: Any, words: Path) -> None:
    backend = ScriptedBackend(lambda request: "river")
    client = await serve(backend, translator={"dictionary": words}, **SIMLISH)
    await client.chat("Please translate: mira")
    assert [message.role for message in backend.requests[-1].messages] == ["system", "user"]


PASSED = {
    "probe": ("user", "Reply with exactly the word PONG."),
    "title": ("user", "### Task:\nGenerate a concise, 3-5 word title for a chat about how to translate mira ten."),
    "plain question": ("user", "What is mira?"),
}


@pytest.mark.parametrize("message", PASSED.values(), ids=PASSED)
async def test_what_is_no_translation_goes_to_the_model_unchanged(
    serve: Any, words: Path, message: tuple[str, str]
) -> None:
    backend = ScriptedBackend(lambda request: "PONG")
    client = await serve(backend, translator={"dictionary": words}, **SIMLISH)
    answer = await client.post("/v1/chat/completions", json=body(message))
    assert answer.headers["x-dragoman-mode"] == "pass"
    assert answer.json()["choices"][0]["message"]["content"] == "PONG"
    assert [(m.role, m.content) for m in backend.requests[-1].messages] == [message]


@pytest.mark.parametrize("model", ["gloss", "dragoman-nocontext"])
async def test_raw_and_nocontext_models_get_no_notes(serve: Any, words: Path, model: str) -> None:
    backend = ScriptedBackend(lambda request: "river")
    client = await serve(backend, translator={"dictionary": words}, **SIMLISH)
    answer = await client.chat("Translate: mira", model=model)
    assert answer.headers["x-dragoman-mode"] == "pass"
    assert len(backend.requests[-1].messages) == 1


async def test_a_session_learns_from_answers_whose_lines_match(serve: Any) -> None:
    def script(request: Request) -> str:
        if "List each new name" in request.messages[0].content:
            return "Tamok = Thomas (he, person)"
        return "Thomas has a dog.\nThomas sleeps."

    backend = ScriptedBackend(script)
    client = await serve(backend, **SIMLISH)
    first = {"session_id": "book"}
    await client.chat("Translate these lines into English:\nTamok a kofal.\nTamok nu.", **first)
    later = await client.chat("Translate into English:\nTamok a mira.", **first)
    texts = {item["text"] for item in later.json()["dragoman"]["context"]}
    assert "Tamok = Thomas (he, person)" in texts
    assert "Tamok nu. => Thomas sleeps." in texts
    asked = [r.messages for r in backend.requests if r.messages[-1].content.startswith("Translate into")]
    assert "Tamok = Thomas (he, person)" in asked[0][0].content


async def test_the_other_fields_reach_a_model_of_this_process(serve: Any) -> None:
    backend = ScriptedBackend(lambda request: "ok")
    client = await serve(backend)
    await client.chat("Hi", seed=7, temperature=0.5, top_p=0.9, max_tokens=5, stop="END", logprobs=True, n=2)
    first, second = backend.requests[-2:]
    assert (first.seed, second.seed) == (7, 8)
    assert (first.sampling.temperature, first.sampling.top_p, first.sampling.max_tokens) == (0.5, 0.9, 5)
    assert first.sampling.stop == ("END",)
    assert first.logprobs


async def test_n_gives_as_many_choices_whole_and_streamed(serve: Any, events: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: f"seed {request.seed}"))
    whole = (await client.chat("Hi", n=3, seed=1)).json()
    assert [choice["message"]["content"] for choice in whole["choices"]] == ["seed 1", "seed 2", "seed 3"]
    frames = events((await client.chat("Hi", n=2, seed=1, stream=True)).text)
    texts = {0: "", 1: ""}
    for choice in (choice for frame in frames for choice in frame["choices"]):
        texts[choice["index"]] += choice["delta"].get("content", "")
    assert texts == {0: "seed 1", 1: "seed 2"}


ACCEPTED: dict[str, dict[str, Any]] = {
    "no model": {},
    "unknown fields": {"keep_alive": "5m", "top_k": 40, "reasoning": {"effort": "low"}},
    "stop empty text": {"stop": ""},
    "stop empty list": {"stop": []},
    "limit minus one": {"max_tokens": -1},
    "explicit no stream": {"stream": False},
    "nulls": {"seed": None, "tools": None, "response_format": None, "metadata": None, "n": None},
}


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
async def test_what_real_clients_send_is_accepted(serve: Any, fields: dict[str, Any]) -> None:
    client = await serve()
    assert (await client.chat("Hi", **fields)).json()["choices"][0]["message"]["content"] == "answer to: Hi"


async def test_content_may_be_parts(serve: Any) -> None:
    client = await serve()
    parts = [{"type": "text", "text": "Hel", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "lo"}]
    answer = await client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": parts}]})
    assert answer.json()["choices"][0]["message"]["content"] == "answer to: Hello"


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no messages": ({"messages": []}, 400, "messages"),
    "messages missing": ({}, 400, "messages"),
    "too many choices": ({"messages": [{"role": "user", "content": "a"}], "n": 9}, 400, "n"),
    "wrong type": ({"messages": [{"role": "user", "content": "a"}], "stream": "yes"}, 400, "stream"),
    "unknown model": ({"messages": [{"role": "user", "content": "a"}], "model": "gpt-9"}, 404, "model"),
    "picture": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        400,
        "messages",
    ),
    "no schema": (
        {"messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_schema", "json_schema": {}}},
        400,
        "response_format",
    ),
    "bad schema": (
        {
            "messages": [{"role": "user", "content": "a"}],
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": 3}}},
        },
        400,
        "response_format",
    ),
}


@pytest.mark.parametrize(("chat", "status", "param"), REFUSED.values(), ids=REFUSED)
async def test_errors_have_openais_shape(serve: Any, chat: dict[str, Any], status: int, param: str) -> None:
    client = await serve()
    response = await client.post("/v1/chat/completions", json=chat)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["param"] == param
    assert isinstance(error["code"], str)
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'"text"', b"[" * 100_000])
async def test_a_body_that_is_no_request_is_a_400_with_the_envelope(serve: Any, content: bytes) -> None:
    client = await serve()
    response = await client.post("/v1/chat/completions", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "detail" not in response.json()
    assert response.json()["error"]["type"] == "invalid_request_error"


SCHEMA = {
    "type": "object",
    "properties": {"word": {"enum": ["PONG"]}},
    "required": ["word"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "probe", "strict": True, "schema": SCHEMA}}


async def test_an_answer_that_misses_its_schema_is_asked_again_and_then_fits(serve: Any) -> None:
    answers = iter(["PONG", '{"word": "PING"}', '```json\n{"word": "PONG"}\n```'])
    client = await serve(_after_ready(answers))
    answer = await client.chat("Answer with a word", response_format=FORMAT)
    assert json.loads(answer.json()["choices"][0]["message"]["content"]) == {"word": "PONG"}


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_never_fits_is_an_error_and_no_text(serve: Any, stream: bool, events: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: "PONG"))
    response = await client.chat("Answer with a word", response_format=FORMAT, stream=stream)
    error = events(response.text)[-1]["error"] if stream else response.json()["error"]
    assert error["code"] == "response_format_not_met"
    assert response.status_code == (200 if stream else 422)


async def test_a_checked_answer_streams_too(serve: Any, events: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: '{"a": 1}'))
    frames = events((await client.chat("x", response_format={"type": "json_object"}, stream=True)).text)
    assert "".join(frame["choices"][0]["delta"].get("content", "") for frame in frames) == '{"a": 1}'


async def test_a_schema_is_never_fetched_from_elsewhere(serve: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: "{}"))
    schema = {"$ref": "http://127.0.0.1:9/schema.json"}
    shape = {"type": "json_schema", "json_schema": {"schema": schema}}
    response = await client.chat("x", response_format=shape)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "response_format"


async def test_an_error_behind_a_stream_is_a_frame_and_the_stream_still_ends(serve: Any, events: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: BackendUnreachableError("the server is down")))
    frames = events((await client.chat("Hi", stream=True)).text)
    assert frames[0]["choices"][0]["delta"]["role"] == "assistant"
    assert frames[-1]["error"]["code"] == "model_unreachable"


ERRORS = {
    "unreachable": (BackendUnreachableError("down"), 503, "retry-after"),
    "rate limit": (RateLimitError("slow"), 429, "retry-after-ms"),
}


@pytest.mark.parametrize(("error", "status", "header"), ERRORS.values(), ids=ERRORS)
async def test_errors_of_the_model_have_a_status_and_say_when_to_retry(
    serve: Any, error: Any, status: int, header: str
) -> None:
    client = await serve(ScriptedBackend(lambda request: error))
    response = await client.chat("Hi")
    assert response.status_code == status
    assert int(response.headers[header]) > 0


async def test_data_never_stands_inside_a_frame(serve: Any, events: Any) -> None:
    client = await serve(ScriptedBackend(lambda request: 'say data: "x"\ndata: y'))
    response = await client.chat("Hi", stream=True)
    assert all(line.count("data: ") == 1 for line in response.text.splitlines() if line)
    assert (
        "".join(f["choices"][0]["delta"].get("content", "") for f in events(response.text)) == 'say data: "x"\ndata: y'
    )


async def test_a_servers_model_gets_the_clients_fields_untouched(
    serve: Any, scripted_server: Any, fake_server: Any
) -> None:
    upstream = scripted_server(lambda request: fake_server.Answer("fine", cached_tokens=1))
    client = await serve(_relay(upstream.base_url))
    fields = {"top_k": 5, "seed": 3, "logit_bias": {"1": 2}, "metadata": {"session_id": "s", "a": "b"}, "stop": ""}
    answer = (await client.chat("Hi there", temperature=0.3, **fields)).json()
    asked = [{"role": "user", "content": "Hi there"}]
    (sent,) = (request for request in upstream.requests if request["messages"] == asked)  # readiness asks too
    assert {name: sent[name] for name in ("top_k", "seed", "logit_bias", "temperature")} == {
        "top_k": 5,
        "seed": 3,
        "logit_bias": {"1": 2},
        "temperature": 0.3,
    }
    assert sent["metadata"] == {"a": "b"}
    assert sent["model"] == "scripted"
    assert "stop" not in sent
    assert answer["model"] == "dragoman"
    assert answer["choices"][0]["message"]["content"] == "fine"
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == 1


async def test_a_servers_stream_comes_with_one_role_and_the_extension(
    serve: Any, scripted_server: Any, fake_server: Any, events: Any
) -> None:
    upstream = scripted_server(lambda request: fake_server.Answer("one two three", finish_reason="length"))
    client = await serve(_relay(upstream.base_url))
    frames = events((await client.chat("Hi", stream=True, stream_options={"include_usage": True})).text)
    roles = [frame for frame in frames if frame["choices"] and "role" in frame["choices"][0]["delta"]]
    texts = [frame["choices"][0]["delta"].get("content", "") for frame in frames if frame["choices"]]
    assert len(roles) == 1
    assert "".join(texts) == "one two three"
    assert frames[-2]["choices"][0]["finish_reason"] == "length"
    assert frames[-2]["dragoman"]["mode"] == "pass"
    assert frames[-1]["usage"]["completion_tokens"] == 3
    assert {frame["id"] for frame in frames} == {frames[0]["id"]}


async def test_a_broken_stream_ends_in_an_error_frame(
    serve: Any, scripted_server: Any, fake_server: Any, events: Any
) -> None:
    upstream = scripted_server(lambda request: fake_server.Answer("one two three", break_after=1))
    client = await serve(_relay(upstream.base_url))
    frames = events((await client.chat("Hi", stream=True)).text)
    assert frames[-1]["error"]["code"] == "model_unreachable"


async def test_a_server_that_refuses_response_format_is_asked_in_words(
    serve: Any, scripted_server: Any, fake_server: Any
) -> None:
    def script(request: dict[str, Any]) -> Any:
        if "response_format" in request:
            return fake_server.Fault(400, "unknown field response_format")
        return '{"word": "PONG"}'

    upstream = scripted_server(script)
    client = await serve(_relay(upstream.base_url))
    answer = await client.chat("Which word?", response_format=FORMAT)
    assert answer.status_code == 200
    assert any("JSON schema" in request["messages"][-1]["content"] for request in upstream.requests)


class CallingModel:
    """Asks for tools first, then answers with what the tools said."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.bodies: list[Mapping[str, Any]] = []

    async def complete(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.bodies.append(body)
        said = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        arguments = json.dumps({"text": "mira ten"})
        calls = [
            {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, name in enumerate(self.names)
        ]
        message = {"role": "assistant", "content": "".join(said) or None, **({} if said else {"tool_calls": calls})}
        return {"choices": [{"index": 0, "message": message, "finish_reason": "stop" if said else "tool_calls"}]}

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        raise AssertionError("a chat whose tool runs here is gathered first")
        yield {}


async def test_the_pivot_tool_runs_on_the_server_once_and_never_leaks(serve: Any) -> None:
    client = await serve()
    model = client.app.state.serving.free_model = CallingModel("translate_to_english")
    answer = (await client.chat("Hi", tools=[{"type": "translate_to_english"}])).json()
    message = answer["choices"][0]["message"]
    assert message["content"] == '{"english": "\\u00abmira ten\\u00bb"}'
    assert "tool_calls" not in message
    assert model.bodies[0]["tools"][0]["function"]["name"] == "translate_to_english"
    assert "tools" not in model.bodies[1]


async def test_other_tools_go_to_the_client_and_do_not_run_here(serve: Any) -> None:
    client = await serve()
    client.app.state.serving.free_model = CallingModel("read_file", "translate_to_english")
    tools = [{"type": "function", "function": {"name": "read_file"}}, {"type": "translate_to_english"}]
    message = (await client.chat("Hi", tools=tools)).json()["choices"][0]["message"]
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["read_file"]


async def test_the_pivot_tool_can_be_listed_and_run_by_clients(serve: Any) -> None:
    client = await serve()
    listed = (await client.get("/v1/tools")).json()["data"]
    assert [tool["function"]["name"] for tool in listed] == ["translate_to_english"]
    ran = await client.post("/v1/tools/translate_to_english", json={"text": "mira\n\nten"})
    assert ran.json() == {"text": "«mira»\n\n«ten»"}


async def test_plain_completions_answer_every_prompt(serve: Any, events: Any) -> None:
    client = await serve()
    answer = (await client.post("/v1/completions", json={"prompt": ["a", "b"], "echo": False})).json()
    assert answer["object"] == "text_completion"
    assert [choice["text"] for choice in answer["choices"]] == ["answer to: a", "answer to: b"]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    translated = await client.post("/v1/completions", json={"prompt": "Hello.", "model": "dragoman:de"})
    assert translated.json()["choices"][0]["text"] == "«Hello.»"
    streamed = await client.post("/v1/completions", json={"prompt": "a", "stream": True})
    assert "".join(frame["choices"][0]["text"] for frame in events(streamed.text)) == "answer to: a"


async def test_models_are_listed_and_found_one_by_one(serve: Any) -> None:
    client = await serve()
    listed = [model["id"] for model in (await client.get("/v1/models")).json()["data"]]
    assert listed == ["gloss", "dragoman", "dragoman-fast", "dragoman-nocontext"]
    for name in [*listed, "dragoman:eng-deu"]:
        assert (await client.get(f"/v1/models/{name}")).json()["id"] == name
    assert (await client.get("/v1/models/gpt-9")).json()["error"]["code"] == "model_not_found"


def _after_ready(answers: Any) -> ScriptedBackend:
    """Gives the answers one by one, but not to the server's own probe."""
    return ScriptedBackend(lambda request: "1\tHallo." if request.line_numbers else next(answers))


def _relay(base_url: str) -> Any:
    from dragoman.agent.backends.http import HttpBackend, HttpConfig
    from dragoman.agent.retries import RetryPolicy

    return HttpBackend(HttpConfig("scripted", base_url, retries=RetryPolicy(max_attempts=1)))


BEFORE_A_STREAM: dict[str, tuple[dict[str, Any], int]] = {
    "unknown policy": ({"translation_options": {"target_lang": "de", "policy": "best"}}, 400),
    "unknown language": ({"translation_options": {"target_lang": "?!"}}, 400),
    "broken JSON lines": ({"translation_options": {"target_lang": "de", "format": "jsonl"}}, 400),
    "tools of a model that has none": ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400),
    "unknown model": ({"model": "gpt-9"}, 404),
}


@pytest.mark.parametrize(("fields", "status"), BEFORE_A_STREAM.values(), ids=BEFORE_A_STREAM)
async def test_what_can_be_refused_is_refused_before_a_stream_is_opened(
    serve: Any, fields: dict[str, Any], status: int
) -> None:
    client = await serve()
    response = await client.chat("Hello", stream=True, **fields)
    assert response.status_code == status
    assert response.json()["error"]["message"]


async def test_a_silent_stream_is_kept_alive_by_comments(serve: Any, events: Any) -> None:
    from dragoman.agent.backends.scripted import Latency

    slow = ScriptedBackend(lambda request: "late", latency=Latency(fixed_ms=400, prompt_ms=0, output_ms=0))
    client = await serve(slow, ping_s=0.1)
    response = await client.chat("Hi", stream=True)
    assert response.text.count(": ping\n\n") >= 2
    assert "".join(frame["choices"][0]["delta"].get("content", "") for frame in events(response.text)) == "late"
