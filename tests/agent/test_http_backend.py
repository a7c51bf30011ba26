"""The HTTP backend against a scripted local server: answers, streams, faults and what is said about them."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.backends.http import HttpBackend, HttpConfig
from dragoman.agent.backends.http_answers import read_usage
from dragoman.agent.retries import RetryPolicy
from dragoman.core.errors import (
    AuthenticationError,
    BackendError,
    BackendUnreachableError,
    BadRequestError,
    ConfigurationError,
    ContextOverflowError,
    RateLimitError,
    UnknownNameError,
)
from dragoman.core.exchange import FinishReason, Message, Request, Sampling, Usage
from dragoman.core.protocols import StreamingBackend
from dragoman.core.tokens import EstimatedTokenCounter

Start = Callable[..., Any]  # Any: a FakeServer of tests/fake_server.py
KEY = "sk-very-secret-0123456789"
ASK = Request((Message("system", "Translate."), Message("user", "## Text\n1\tone\n2\ttwo")))


class Clock:
    """Notes pauses instead of waiting."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def backend_for(server: Any, clock: Clock | None = None, **settings: Any) -> HttpBackend:
    settings = {"retries": RetryPolicy(max_attempts=3, jitter=0.0), "api_key": KEY, **settings}
    config = HttpConfig(model="scripted", base_url=server.base_url, **settings)
    return HttpBackend(config, sleep=(clock or Clock()).sleep)


async def failure(backend: HttpBackend, request: Request = ASK) -> BackendError:
    """The error of a call; checked for what every message must keep to."""
    with pytest.raises(BackendError) as caught:
        await backend.generate(request)
    await backend.close()
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message
    assert message.startswith("scripted at http://")
    return caught.value


async def test_an_answer_comes_with_its_usage(scripted_server: Start, fake_server: ModuleType) -> None:
    server = scripted_server(lambda _: fake_server.Answer("1\teins", cached_tokens=5))
    backend = backend_for(server)
    reply = await backend.generate(ASK)
    await backend.close()
    await backend.close()
    assert (reply.text, reply.finish_reason, reply.model) == ("1\teins", FinishReason.STOP, "scripted")
    assert reply.usage == Usage(calls=1, prompt_tokens=7, cached_tokens=5, output_tokens=2)
    assert reply.latency_s > 0
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_everything_asked_for_goes_over_the_wire(scripted_server: Start) -> None:
    server = scripted_server()
    backend = backend_for(server, structured="regex", extra={"top_k": 5})
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=33, stop=("\n\n",))
    await backend.generate(Request(ASK.messages, sampling, seed=11, line_numbers=(1, 2), logprobs=True))
    await backend.close()
    assert server.requests[0] == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "Translate."},
            {"role": "user", "content": "## Text\n1\tone\n2\ttwo"},
        ],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 33,
        "stop": ["\n\n"],
        "seed": 11,
        "logprobs": True,
        "top_k": 5,
        "structured_outputs": {"regex": "1\t[^\n]+\n2\t[^\n]+"},
    }


@pytest.mark.parametrize("structured", ["none", "auto"])
async def test_line_numbers_are_not_enforced_where_the_server_is_not_vllm(
    scripted_server: Start, structured: str
) -> None:
    server = scripted_server()
    backend = backend_for(server, structured=structured)
    await backend.generate(Request(ASK.messages, line_numbers=(1, 2)))
    await backend.close()
    assert "structured_outputs" not in server.requests[0]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [("stop", FinishReason.STOP), ("length", FinishReason.LENGTH), ("content_filter", FinishReason.OTHER)],
)
async def test_finish_reasons(
    scripted_server: Start, fake_server: ModuleType, wire: str, expected: FinishReason
) -> None:
    backend = backend_for(scripted_server(lambda _: fake_server.Answer("x", finish_reason=wire)))
    assert (await backend.generate(ASK)).finish_reason is expected
    assert [delta async for delta in backend.stream(ASK)][-1].reply.finish_reason is expected  # type: ignore[union-attr]
    await backend.close()


async def test_an_empty_answer_is_an_answer(scripted_server: Start) -> None:
    backend = backend_for(scripted_server(lambda _: ""))
    assert (await backend.generate(ASK)).text == ""
    assert [delta async for delta in backend.stream(ASK)][-1].reply.text == ""  # type: ignore[union-attr]
    await backend.close()


async def test_streamed_pieces_join_to_the_text(scripted_server: Start, fake_server: ModuleType) -> None:
    backend = backend_for(scripted_server(lambda _: fake_server.Answer("1\tein  Text\n2\tübér", cached_tokens=3)))
    assert isinstance(backend, StreamingBackend)
    deltas = [delta async for delta in backend.stream(ASK)]
    await backend.close()
    assert len(deltas) > 3
    assert deltas[-1].reply is not None
    assert "".join(delta.text for delta in deltas) == deltas[-1].reply.text == "1\tein  Text\n2\tübér"
    assert (deltas[-1].reply.usage.prompt_tokens, deltas[-1].reply.usage.cached_tokens) == (7, 3)


async def test_usage_is_estimated_and_counted_where_the_server_sends_none(
    scripted_server: Start, fake_server: ModuleType
) -> None:
    backend = backend_for(scripted_server(lambda _: fake_server.Answer("two words", usage=False)))
    reply = await backend.generate(ASK)
    streamed = [delta async for delta in backend.stream(ASK)][-1].reply
    await backend.close()
    assert streamed is not None
    expected = count_prompt(ASK.messages, EstimatedTokenCounter())
    assert reply.usage == streamed.usage == Usage(calls=1, prompt_tokens=expected, output_tokens=2)
    assert backend.num_estimated_usages == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Usage(1, 9, 0, 2)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}, Usage(1, 9, 0, 2)),
        (
            {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}},
            Usage(1, 9, 8, 2),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}, Usage(1, 9, 4, 2)),
        ({"prompt_tokens": 9, "completion_tokens": None, "prompt_cache_hit_tokens": 400}, Usage(1, 9, 9, 0)),
        ({"prompt_tokens": None}, None),
        (None, None),
    ],
)
def test_usage_in_the_dialects_of_servers(body: object, expected: Usage | None) -> None:
    assert read_usage(body) == expected


# --- faults


@pytest.mark.parametrize(
    ("fault", "error", "expected"),
    [
        ({"status": 401, "message": f"bad key {KEY}"}, AuthenticationError, "check the key"),
        ({"status": 403, "message": "not allowed"}, AuthenticationError, "not allowed"),
        ({"status": 400, "message": "temperature too hot"}, BadRequestError, "temperature too hot"),
        ({"status": 422, "message": "unknown field"}, BadRequestError, "unknown field"),
        ({"status": 404, "message": "gone"}, BadRequestError, "usually ends in /v1"),
        ({"status": 429, "message": "no money", "code": "insufficient_quota"}, RateLimitError, "quota is used up"),
        ({"status": 400, "message": "x", "code": "context_length_exceeded"}, ContextOverflowError, "--budget"),
    ],
)
async def test_what_cannot_pass_is_not_retried(
    scripted_server: Start, fake_server: ModuleType, fault: dict[str, Any], error: type[BackendError], expected: str
) -> None:
    server = scripted_server(lambda _: fake_server.Fault(**fault))
    caught = await failure(backend_for(server))
    assert type(caught) is error
    assert expected in str(caught)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "message",
    [
        # OpenAI, vLLM, llama.cpp, Ollama, text-generation-inference, Anthropic, Gemini: as they word it
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096",
        "The decoder prompt (length 5014) is longer than the maximum model length of 2048.",
        "the request exceeds the available context size. try increasing the context size or enable context shift",
        "request (9001 tokens) exceeds the available context size (4096 tokens)",
        "input length exceeds the context length",
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
    ],
)
async def test_a_prompt_that_is_too_long_is_recognised(
    scripted_server: Start, fake_server: ModuleType, message: str
) -> None:
    caught = await failure(backend_for(scripted_server(lambda _: fake_server.Fault(400, message))))
    assert type(caught) is ContextOverflowError


@pytest.mark.parametrize(
    ("fault", "error", "expected"),
    [
        ({"status": 500}, BackendUnreachableError, "server error 500 in each of 3 attempts"),
        ({"status": 503}, BackendUnreachableError, "server error 503"),
        ({"status": 408}, BackendUnreachableError, "server error 408"),
        ({"status": 409}, BackendUnreachableError, "server error 409"),
        ({"status": 429}, RateLimitError, "still rate limited in each of 3 attempts"),
        ({"drop": True}, BackendUnreachableError, "connection failed"),
        ({"status": 200, "raw": '{"choices": [{"mess'}, BackendUnreachableError, "no JSON"),
        ({"status": 200, "raw": "<html>Welcome</html>"}, BackendUnreachableError, "usually ends in /v1"),
        ({"status": 200, "raw": '{"choices": []}'}, BackendUnreachableError, "no choices"),
        ({"status": 200, "raw": '{"error": "model crashed"}'}, BackendUnreachableError, "model crashed"),
    ],
)
async def test_what_may_pass_is_retried_with_growing_pauses(
    scripted_server: Start, fake_server: ModuleType, fault: dict[str, Any], error: type[BackendError], expected: str
) -> None:
    server, clock = scripted_server(lambda _: fake_server.Fault(**fault)), Clock()
    caught = await failure(backend_for(server, clock))
    assert type(caught) is error
    assert expected in str(caught)
    assert (len(server.requests), clock.pauses) == (3, [0.5, 1.0])


async def test_a_burst_that_ends_in_time_is_survived(scripted_server: Start, fake_server: ModuleType) -> None:
    faults = [fake_server.Fault(500), fake_server.Fault(429, retry_after="7")]
    clock = Clock()
    backend = backend_for(scripted_server(lambda _: faults.pop(0) if faults else "fine"), clock)
    assert (await backend.generate(ASK)).text == "fine"
    await backend.close()
    assert clock.pauses == [0.5, 7.0]


@pytest.mark.parametrize(
    ("value", "expected"), [("3", 3.0), ("9999", 60.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", 0.5)]
)
async def test_retry_after_is_honoured_up_to_a_cap(
    scripted_server: Start, fake_server: ModuleType, value: str, expected: float
) -> None:
    faults = [fake_server.Fault(429, retry_after=value)]
    clock = Clock()
    backend = backend_for(scripted_server(lambda _: faults.pop(0) if faults else "fine"), clock)
    await backend.generate(ASK)
    await backend.close()
    assert clock.pauses == [expected]


async def test_a_slow_server_times_out(scripted_server: Start, fake_server: ModuleType) -> None:
    server = scripted_server(lambda _: fake_server.Answer("late", delay_s=30))
    caught = await failure(backend_for(server, read_timeout_s=0.1))
    assert type(caught) is BackendUnreachableError
    assert "no answer in time in each of 3 attempts" in str(caught)
    assert len(server.requests) == 3


async def test_a_refused_connection_says_how_to_go_on(scripted_server: Start) -> None:
    server = scripted_server()
    server.stop()
    clock = Clock()
    caught = await failure(backend_for(server, clock))
    assert type(caught) is BackendUnreachableError
    assert caught.exit_code == 5
    assert "start the server" in str(caught)
    assert "dragoman doctor" in str(caught)
    assert len(clock.pauses) == 2


async def test_a_missing_key_is_named_when_the_server_wants_one(
    scripted_server: Start, fake_server: ModuleType
) -> None:
    server = scripted_server(lambda _: fake_server.Fault(401, "missing credentials"))
    caught = await failure(backend_for(server, api_key=None))
    assert "DRAGOMAN_API_KEY" in str(caught)
    assert server.headers[0]["authorization"] == "Bearer EMPTY"


async def test_an_unknown_model_lists_what_the_server_offers(scripted_server: Start, fake_server: ModuleType) -> None:
    server = scripted_server(lambda _: fake_server.Fault(404, "no such model"), models=("apple", "pear"))
    backend = backend_for(server)
    assert "it offers apple, pear" in str(await failure(backend))
    assert await backend.list_models() == ("apple", "pear")
    await backend.close()


async def test_a_wrong_path_is_told_from_an_unknown_model(scripted_server: Start) -> None:
    server = scripted_server()
    config = HttpConfig(model="scripted", base_url=server.base_url.removesuffix("/v1"))
    assert "usually ends in /v1" in str(await failure(HttpBackend(config)))


async def test_only_the_start_of_a_stream_is_retried(scripted_server: Start, fake_server: ModuleType) -> None:
    answers = [fake_server.Fault(500), fake_server.Answer("one two three four", break_after=2)]
    backend = backend_for(scripted_server(lambda _: answers.pop(0)))
    pieces: list[str] = []

    async def read() -> None:
        async for delta in backend.stream(ASK):
            pieces.append(delta.text)  # noqa: PERF401  # what came before the break counts

    with pytest.raises(BackendUnreachableError):
        await read()
    await backend.close()
    assert "".join(pieces) == "one two"


async def test_a_stream_may_be_left_early(scripted_server: Start) -> None:
    backend = backend_for(scripted_server(lambda _: "one two three four"))
    async for delta in backend.stream(ASK):
        assert delta.text == "one"
        break
    assert (await backend.generate(ASK)).text == "one two three four"
    await backend.close()


async def test_concurrent_calls_get_their_own_answers_in_order(scripted_server: Start) -> None:
    server = scripted_server(lambda request: request["messages"][-1]["content"].upper())
    backend = backend_for(server)
    replies = await asyncio.gather(
        *(backend.generate(Request((Message("user", f"line {number}"),))) for number in range(200))
    )
    assert [reply.text for reply in replies] == [f"LINE {number}" for number in range(200)]
    await backend.close()


# --- configuration


@pytest.mark.parametrize(
    ("settings", "error", "expected"),
    [
        ({"base_url": "localhost:8000"}, ConfigurationError, "is no http address"),
        ({"base_url": ""}, ConfigurationError, "is no http address"),
        ({"structured": "yes"}, UnknownNameError, "structured mode"),
        ({"output_limit": "limit"}, UnknownNameError, "output limit field"),
        ({"read_timeout_s": 0.0}, ConfigurationError, "read_timeout_s"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], error: type[Exception], expected: str) -> None:
    with pytest.raises(error, match=expected):
        HttpConfig(**{"model": "m", "base_url": "http://h/v1", **settings})


def test_names_hold_what_can_change_an_answer_and_no_secret() -> None:
    url = "https://user:password@host:8443/v1/?token=x"
    plain = HttpConfig("m", url, api_key=KEY)
    assert plain.name == "m at https://host:8443/v1"
    assert KEY not in repr(plain)
    assert "password" not in plain.name
    names = {plain.name, HttpConfig("m", url, structured="regex").name, HttpConfig("m", url, extra={"a": 1}).name}
    assert len(names) == 3
    assert HttpConfig("m", url, identity="my weights").name == "my weights"


@pytest.mark.parametrize(
    ("url", "setting", "expected"),
    [
        ("https://api.openai.com/v1", "auto", "max_completion_tokens"),
        ("http://localhost:8000/v1", "auto", "max_tokens"),
        ("http://localhost:8000/v1", "max_completion_tokens", "max_completion_tokens"),
    ],
)
def test_the_output_limit_has_the_name_the_server_knows(url: str, setting: str, expected: str) -> None:
    assert HttpConfig("m", url, output_limit=setting).output_limit_field == expected
