"""The scripted backend and its simulated prefix cache behave like an engine."""

import asyncio
import time

import pytest

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.backends.scripted import Latency, ScriptedBackend, echo_lines, text_lines
from dragoman.agent.prefix_cache import PrefixCache
from dragoman.core.errors import ConfigurationError, ContextOverflowError, RateLimitError
from dragoman.core.exchange import Delta, FinishReason, Message, Purpose, Reply, Request, Sampling, Usage
from dragoman.core.protocols import StreamingBackend
from dragoman.core.tokens import EstimatedTokenCounter


class WordCounter:
    """One token per word: sums that can be done by hand."""

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def ask(text: str = "## Text\n1\tone\n2\ttwo", **settings: object) -> Request:
    return Request((Message("system", "Translate."), Message("user", text)), **settings)  # type: ignore[arg-type]


async def test_echo_marks_every_numbered_line() -> None:
    reply = await ScriptedBackend(echo_lines("[{}]")).generate(ask())
    assert (reply.text, reply.finish_reason) == ("1\t[one]\n2\t[two]", FinishReason.STOP)


@pytest.mark.parametrize("purpose", [Purpose.REMEMBER, Purpose.CHOOSE])
async def test_echo_has_nothing_to_say_to_memory_and_choice_calls(purpose: Purpose) -> None:
    assert (await ScriptedBackend(echo_lines()).generate(ask(purpose=purpose))).text == ""


def test_text_lines_come_from_the_text_section_and_keep_to_the_asked_numbers() -> None:
    text = "## Gloss\n1\tdog-PL\n\n## Text\n1\tone\n2\ttwo\n3\tthree"
    assert text_lines(ask(text)) == {1: "one", 2: "two", 3: "three"}
    assert text_lines(ask(text, line_numbers=(2,))) == {2: "two"}


async def test_usage_counts_prompt_markup_and_answer() -> None:
    backend = ScriptedBackend(lambda _: "three little words", counter=WordCounter())
    reply = await backend.generate(ask("a b c"))
    # 1 + 3 words, 2 messages of 4 tokens markup, 3 for the answer's header
    assert reply.usage == Usage(calls=1, prompt_tokens=4 + 8 + 3, output_tokens=3)
    assert count_prompt(ask("a b c").messages, WordCounter()) == 15


async def test_an_answer_longer_than_the_limit_is_cut_and_says_so() -> None:
    backend = ScriptedBackend(lambda _: "one two three four", counter=WordCounter())
    reply = await backend.generate(ask(sampling=Sampling(max_tokens=3)))
    assert (reply.text, reply.finish_reason, reply.usage.output_tokens) == ("one two three", FinishReason.LENGTH, 3)


async def test_whole_replies_and_errors_of_the_script_are_passed_on() -> None:
    whole = Reply("x", FinishReason.OTHER, Usage(calls=1), "m")
    assert (await ScriptedBackend(lambda _: whole).generate(ask())).finish_reason is FinishReason.OTHER
    with pytest.raises(RateLimitError, match="wait"):
        await ScriptedBackend(lambda _: RateLimitError("wait")).generate(ask())


async def test_a_prompt_that_does_not_fit_with_its_answer_is_refused() -> None:
    backend = ScriptedBackend(lambda _: "x", counter=WordCounter(), max_context_tokens=20)
    await backend.generate(ask("a b c", sampling=Sampling(max_tokens=5)))
    with pytest.raises(ContextOverflowError, match="15 prompt tokens and 6 for the answer do not fit 20"):
        await backend.generate(ask("a b c", sampling=Sampling(max_tokens=6)))


async def test_streamed_pieces_join_to_the_text() -> None:
    backend = ScriptedBackend(lambda _: "1\tone  two\n2\tthree ")
    assert isinstance(backend, StreamingBackend)
    deltas: list[Delta] = [delta async for delta in backend.stream(ask())]
    assert len(deltas) > 3
    assert deltas[-1].reply is not None
    assert "".join(delta.text for delta in deltas) == deltas[-1].reply.text == "1\tone  two\n2\tthree "


async def test_no_more_calls_run_at_once_than_there_are_slots() -> None:
    latency = Latency(fixed_ms=20, prompt_ms=0, output_ms=0)
    start = time.perf_counter()
    backend = ScriptedBackend(lambda _: "x", latency=latency, slots=2)
    await asyncio.gather(*(backend.generate(ask()) for _ in range(6)))
    assert time.perf_counter() - start >= 3 * 0.020
    with pytest.raises(ConfigurationError, match="slots is 0"):
        ScriptedBackend(lambda _: "x", slots=0)


def test_latency_is_linear_in_uncached_prompt_and_output_tokens() -> None:
    latency = Latency(fixed_ms=20, prompt_ms=0.02, output_ms=4, scale=0.5)
    assert latency.prefill_s(1000) == pytest.approx(0.5 * (0.020 + 0.020))
    assert latency.output_s(100) == pytest.approx(0.5 * 0.4)


# --- prefix cache


def chat(*contents: str) -> tuple[Message, ...]:
    return tuple(Message("user" if index % 2 == 0 else "assistant", text) for index, text in enumerate(contents))


def words(number: int, start: int = 0) -> str:
    return " ".join(f"w{start + index}" for index in range(number))


def cached(cache: PrefixCache, messages: tuple[Message, ...]) -> int:
    return cache.cached_tokens(messages, prompt_tokens=count_prompt(messages, WordCounter()))


@pytest.mark.parametrize(
    ("shared", "expected"),
    [(0, 0), (100, 0), (126, 0), (130, 128), (300, 256), (1000, 896)],
)
def test_only_whole_shared_blocks_are_hits(shared: int, expected: int) -> None:
    cache = PrefixCache(WordCounter())
    cache.add(chat(words(shared) + " first ending " + words(200, 5000)))
    assert cached(cache, chat(words(shared) + " other ending " + words(200, 9000))) == expected


def test_the_same_prompt_again_is_never_cached_whole() -> None:
    cache, prompt = PrefixCache(WordCounter()), chat(words(1000))
    assert cached(cache, prompt) == 0
    cache.add(prompt)
    total = count_prompt(prompt, WordCounter())
    assert 0 < cached(cache, prompt) < total
    assert cached(cache, prompt) == (total - 1) // 128 * 128


def test_a_difference_at_the_start_spoils_everything_behind_it() -> None:
    cache = PrefixCache(WordCounter())
    cache.add(chat("a " + words(1000)))
    assert cached(cache, chat("b " + words(1000))) == 0


def test_answers_are_kept_for_the_next_turn() -> None:
    cache = PrefixCache(WordCounter())
    cache.add(chat(words(100)), words(400, 1000))
    assert cached(cache, chat(words(100), words(400, 1000), "next")) == 384


def test_the_least_recently_used_blocks_go_first() -> None:
    cache = PrefixCache(WordCounter(), capacity_tokens=4 * 128)
    old, new = chat(words(300)), chat(words(300, 5000))
    cache.add(old)
    cache.add(new)
    assert cached(cache, old) == 256
    cache.add(chat(words(300, 9000)))
    assert cached(cache, new) == 0


def test_a_cache_smaller_than_a_block_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="room for one block"):
        PrefixCache(WordCounter(), capacity_tokens=100)


async def test_the_backend_reports_hits_of_its_prefix_cache() -> None:
    counter = EstimatedTokenCounter()
    backend = ScriptedBackend(lambda _: words(50), prefix_cache=PrefixCache(counter))
    first, second = [await backend.generate(ask(words(400))) for _ in range(2)]
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens % 128 == 0
    assert second.usage.prompt_tokens - 160 < second.usage.cached_tokens < second.usage.prompt_tokens
