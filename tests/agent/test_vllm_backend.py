"""vLLM on a tiny random Llama: the engine in this process, and vLLM's own HTTP server behind the HTTP backend."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dragoman.agent.backends.http import HttpBackend, HttpConfig
from dragoman.agent.backends.transformers_local import TransformersBackend, TransformersConfig
from dragoman.agent.backends.vllm_engine import VllmBackend, VllmConfig
from dragoman.core.errors import BackendError, BadRequestError, ContextOverflowError
from dragoman.core.exchange import FinishReason, Message, Request, Sampling
from dragoman.core.protocols import StreamingBackend

pytestmark = [
    pytest.mark.slow,
    pytest.mark.torch,
    pytest.mark.vllm,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("default"),  # vLLM warns about its own dependencies
]


def ask(text: str = "one", sampling: Sampling = Sampling(max_tokens=24), **settings: object) -> Request:  # noqa: B008
    messages = (Message("system", "Translate the lines."), Message("user", f"## Text\n1\t{text}"))
    return Request(messages, sampling, **settings)  # type: ignore[arg-type]  # a table of settings


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["engine", "server"])
async def backend(request: pytest.FixtureRequest, tiny_llama_path: Path) -> AsyncIterator[VllmBackend | HttpBackend]:
    """The same model twice: in this process and behind HTTP."""
    pytest.importorskip("vllm")
    made: VllmBackend | HttpBackend
    if request.param == "engine":
        config = VllmConfig(str(tiny_llama_path), dtype="float32", kv_cache_gib=0.25, max_batch=16)
        made = VllmBackend(config)
    else:
        url = request.getfixturevalue("vllm_server_url")
        tokenizer = str(tiny_llama_path)
        made = HttpBackend(HttpConfig("tiny", url, tokenizer=tokenizer, structured="auto", max_context_tokens=2048))
    yield made
    await made.close()


async def test_greedy_text_equals_that_of_transformers(
    backend: VllmBackend | HttpBackend, tiny_llama_path: Path
) -> None:
    local = TransformersBackend(TransformersConfig(str(tiny_llama_path)))
    for text in ("one", "The house stands by the river.", "kofal temu nari"):
        ours, theirs = await local.generate(ask(text)), await backend.generate(ask(text))
        assert (theirs.text, theirs.finish_reason) == (ours.text, ours.finish_reason)
        assert theirs.usage.prompt_tokens == ours.usage.prompt_tokens
        assert theirs.usage.output_tokens == ours.usage.output_tokens
    await local.close()


async def test_streamed_pieces_join_to_the_text(backend: VllmBackend | HttpBackend) -> None:
    assert isinstance(backend, StreamingBackend)
    deltas = [delta async for delta in backend.stream(ask())]
    assert len(deltas) > 3
    assert deltas[-1].reply is not None
    whole = await backend.generate(ask())
    assert "".join(delta.text for delta in deltas) == deltas[-1].reply.text == whole.text
    assert deltas[-1].reply.usage.output_tokens == whole.usage.output_tokens


async def test_calls_at_the_same_time_get_what_they_would_get_alone(backend: VllmBackend | HttpBackend) -> None:
    requests = [ask("word " * number) for number in range(1, 9)]
    together = await asyncio.gather(*(backend.generate(request) for request in requests))
    alone = [await backend.generate(request) for request in requests]
    assert [reply.text for reply in together] == [reply.text for reply in alone]


async def test_line_numbers_are_enforced(backend: VllmBackend | HttpBackend) -> None:
    reply = await backend.generate(ask(sampling=Sampling(max_tokens=400), line_numbers=(7, 9), seed=1))
    assert reply.text.startswith("7\t")
    if reply.finish_reason is FinishReason.STOP:
        assert [line.split("\t")[0] for line in reply.text.split("\n")] == ["7", "9"]


async def test_the_prefix_cache_is_on_and_its_hits_are_reported(backend: VllmBackend | HttpBackend) -> None:
    request = ask("a long prompt " * 100)
    await backend.generate(request)
    usage = (await backend.generate(request)).usage
    assert usage.cached_tokens >= 128
    assert usage.cached_tokens < usage.prompt_tokens


async def test_seeded_sampling_repeats(backend: VllmBackend | HttpBackend) -> None:
    hot = Sampling(temperature=1.0, top_p=0.9, max_tokens=16)
    texts = [(await backend.generate(ask(sampling=hot, seed=seed))).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


async def test_logprobs_are_one_per_token(backend: VllmBackend | HttpBackend) -> None:
    reply = await backend.generate(ask(logprobs=True))
    assert reply.logprobs is not None
    assert len(reply.logprobs) == reply.usage.output_tokens
    assert all(logprob <= 0 for logprob in reply.logprobs)


async def test_a_stop_string_ends_the_answer(backend: VllmBackend | HttpBackend) -> None:
    whole = (await backend.generate(ask())).text
    reply = await backend.generate(ask(sampling=Sampling(max_tokens=24, stop=(whole[4:7],))))
    assert (reply.text, reply.finish_reason) == (whole[: whole.index(whole[4:7])], FinishReason.STOP)


async def test_tokens_are_counted_by_the_models_tokenizer(backend: VllmBackend | HttpBackend) -> None:
    assert backend.max_context_tokens == 2048
    assert backend.count_tokens("") == 0
    single, double = (backend.count_tokens("The house stands by the river. " * n) for n in (1, 2))
    assert 0 < single < double <= 2 * single


async def test_a_prompt_that_does_not_fit_is_refused(backend: VllmBackend | HttpBackend) -> None:
    with pytest.raises(ContextOverflowError, match="--budget"):
        await backend.generate(ask("word " * 3_000))
    assert (await backend.generate(ask())).text  # the backend goes on


async def test_vllms_server_lists_its_model_and_refuses_others(vllm_server_url: str) -> None:
    known = HttpBackend(HttpConfig("tiny", vllm_server_url))
    assert await known.list_models() == ("tiny",)
    await known.close()
    unknown = HttpBackend(HttpConfig("other", vllm_server_url))
    with pytest.raises(BadRequestError, match="it offers tiny"):
        await unknown.generate(ask())
    await unknown.close()


async def test_a_closed_engine_says_so(tiny_llama_path: Path) -> None:
    pytest.importorskip("vllm")
    made = VllmBackend(VllmConfig(str(tiny_llama_path)))
    await made.close()
    await made.close()
    with pytest.raises(BackendError, match="make a new backend"):
        await made.generate(ask())
