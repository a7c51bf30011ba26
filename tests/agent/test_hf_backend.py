"""The transformers backend on a tiny random Llama."""

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dragoman.agent.backends.transformers_local import TransformersBackend, TransformersConfig
from dragoman.core.errors import BackendError, BadRequestError, ConfigurationError, ContextOverflowError
from dragoman.core.exchange import Delta, FinishReason, Message, Reply, Request, Sampling
from dragoman.core.protocols import StreamingBackend

pytestmark = [pytest.mark.slow, pytest.mark.torch, pytest.mark.asyncio(loop_scope="module")]


def ask(text: str = "one", sampling: Sampling = Sampling(max_tokens=24), **settings: object) -> Request:  # noqa: B008
    messages = (Message("system", "Translate the lines."), Message("user", f"## Text\n1\t{text}"))
    return Request(messages, sampling, **settings)  # type: ignore[arg-type]  # a table of settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(tiny_llama_path: Path) -> AsyncIterator[TransformersBackend]:
    made = TransformersBackend(TransformersConfig(str(tiny_llama_path)))
    yield made
    await made.close()


def copy_without(part: str, source: Path, target: Path) -> None:
    for file in source.iterdir():
        if part not in file.name:
            (target / file.name).write_bytes(file.read_bytes())


async def streamed(backend: StreamingBackend, request: Request) -> tuple[list[Delta], Reply]:
    deltas = [delta async for delta in backend.stream(request)]
    assert deltas[-1].reply is not None
    assert "".join(delta.text for delta in deltas) == deltas[-1].reply.text
    return deltas, deltas[-1].reply


async def test_greedy_answers_equal_the_librarys_own(backend: TransformersBackend, tiny_llama_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama_path)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama_path)
    chat = [{"role": m.role, "content": m.content} for m in ask().messages]
    ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = model.generate(**ids, do_sample=False, max_new_tokens=24)
    width = ids["input_ids"].shape[1]
    reply = await backend.generate(ask())
    assert reply.text == tokenizer.decode(output[0, width:], skip_special_tokens=True)
    assert (reply.usage.prompt_tokens, reply.usage.output_tokens) == (width, output.shape[1] - width)


async def test_calls_at_the_same_time_get_what_they_would_get_alone(backend: TransformersBackend) -> None:
    requests = [ask("word " * number, Sampling(max_tokens=8 + number)) for number in range(1, 9)]
    together = await asyncio.gather(*(backend.generate(request) for request in requests))
    alone = [await backend.generate(request) for request in requests]
    assert [reply.text for reply in together] == [reply.text for reply in alone]
    assert [reply.usage for reply in together] == [reply.usage for reply in alone]
    assert len({reply.latency_s for reply in together}) < len(together)  # some shared a batch


async def test_each_row_keeps_its_own_length_limit(backend: TransformersBackend) -> None:
    short, long = await asyncio.gather(*(backend.generate(ask("x", Sampling(max_tokens=n))) for n in (3, 12)))
    assert (short.usage.output_tokens, short.finish_reason) == (3, FinishReason.LENGTH)
    assert long.text.startswith(short.text.rstrip("\ufffd"))


async def test_streamed_pieces_join_to_the_text(backend: TransformersBackend) -> None:
    deltas, reply = await streamed(backend, ask())
    assert len(deltas) > 3
    assert reply.text == (await backend.generate(ask())).text


async def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(backend: TransformersBackend) -> None:
    whole = (await backend.generate(ask())).text
    stop = whole[4:7]
    request = ask(sampling=Sampling(max_tokens=24, stop=("never there", stop)))
    reply = await backend.generate(request)
    assert (reply.text, reply.finish_reason) == (whole[: whole.index(stop)], FinishReason.STOP)
    assert (await streamed(backend, request))[1].text == reply.text


async def test_sampling_follows_the_seed_and_not_the_neighbours(backend: TransformersBackend) -> None:
    hot = Sampling(temperature=1.0, top_p=0.9, max_tokens=16)
    alone = await backend.generate(ask(sampling=hot, seed=3))
    together = await asyncio.gather(*(backend.generate(ask(sampling=hot, seed=seed)) for seed in range(6)))
    assert together[3].text == alone.text
    assert len({reply.text for reply in together}) == 6


async def test_logprobs_are_those_of_the_chosen_tokens(backend: TransformersBackend) -> None:
    reply = await backend.generate(ask(logprobs=True))
    assert reply.logprobs is not None
    assert len(reply.logprobs) == reply.usage.output_tokens
    assert all(-math.log(1024) * 3 < logprob <= 0 for logprob in reply.logprobs)
    assert (await backend.generate(ask())).logprobs is None


async def test_a_small_nucleus_is_greedy(backend: TransformersBackend) -> None:
    nucleus = Sampling(temperature=1.0, top_p=1e-6, max_tokens=24)
    assert (await backend.generate(ask(sampling=nucleus, seed=5))).text == (await backend.generate(ask())).text


async def test_tokens_are_counted_by_the_models_tokenizer(backend: TransformersBackend, tiny_llama_path: Path) -> None:
    from transformers import AutoTokenizer

    text = "Three children carried water home. Дом стоит у реки. 三个孩子"
    assert backend.count_tokens(text) == len(AutoTokenizer.from_pretrained(tiny_llama_path).encode(text))
    assert backend.count_tokens("") == 0


async def test_a_prompt_that_does_not_fit_is_refused(backend: TransformersBackend) -> None:
    assert backend.max_context_tokens == 2048
    with pytest.raises(ContextOverflowError, match="do not fit 2048"):
        await backend.generate(ask("word " * 3_000))
    with pytest.raises(ContextOverflowError, match="4000 for the answer"):
        await backend.generate(ask(sampling=Sampling(max_tokens=4_000)))


async def test_leaving_a_stream_frees_its_row(backend: TransformersBackend) -> None:
    stream = backend.stream(ask(sampling=Sampling(max_tokens=1_500)))
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator
    assert (await asyncio.wait_for(backend.generate(ask()), timeout=20)).text


async def test_a_tokenizer_without_chat_template_is_named(tiny_llama_path: Path, tmp_path: Path) -> None:
    copy_without("chat_template", tiny_llama_path, tmp_path)
    made = TransformersBackend(TransformersConfig(str(tmp_path)))
    with pytest.raises(BadRequestError, match="no chat template"):
        await made.generate(ask())
    await made.close()


async def test_a_folder_with_broken_weights_is_named(tiny_llama_path: Path, tmp_path: Path) -> None:
    copy_without(".safetensors", tiny_llama_path, tmp_path)
    made = TransformersBackend(TransformersConfig(str(tmp_path)))
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        await made.generate(ask())
    await made.close()


async def test_a_closed_backend_says_so(tiny_llama_path: Path) -> None:
    made = TransformersBackend(TransformersConfig(str(tiny_llama_path)))
    await made.close()
    await made.close()
    with pytest.raises(BackendError, match="make a new backend"):
        await made.generate(ask())
