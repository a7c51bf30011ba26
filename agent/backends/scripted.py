"""A backend whose answers are written by a function: for tests, documentation and cost benchmarks.

It is a real implementation of `StreamingBackend`, not a mock: it counts tokens, honours the output limit and the
context window, serves at most `slots` calls at a time, takes time by a stated law and can simulate a prefix cache.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.prefix_cache import PrefixCache
from dragoman.core.errors import BackendError, ConfigurationError, ContextOverflowError
from dragoman.core.exchange import Delta, FinishReason, Message, Purpose, Reply, Request, Usage
from dragoman.core.protocols import TokenCounter
from dragoman.core.tokens import EstimatedTokenCounter

__all__ = ["NO_LATENCY", "Latency", "Script", "ScriptedBackend", "echo_lines", "text_lines"]

Script = Callable[[Request], str | Reply | BackendError]

_NUMBERED = re.compile(r"^(\d+)\t(.*)$", re.MULTILINE)
_PIECE = re.compile(r"\s*\S+\s*?|\s+")
# The order of magnitude of a mid-size model on one modern accelerator under light load.
_FIXED_MS, _PROMPT_MS, _OUTPUT_MS = 20.0, 0.02, 4.0


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a call takes: `scale * (fixed + uncached prompt tokens * prompt + output tokens * output)`.

    Attributes:
        fixed_ms: network, queueing and scheduling.
        prompt_ms: per prompt token that is not in the prefix cache.
        output_ms: per generated token.
        scale: 1 is real time, 0 no waiting; benchmarks use small fractions.
    """

    fixed_ms: float = _FIXED_MS
    prompt_ms: float = _PROMPT_MS
    output_ms: float = _OUTPUT_MS
    scale: float = 1.0

    def prefill_s(self, uncached_tokens: int) -> float:
        """Seconds before the first token."""
        return self.scale * (self.fixed_ms + self.prompt_ms * uncached_tokens) / 1000

    def output_s(self, output_tokens: int) -> float:
        """Seconds from the first token to the last."""
        return self.scale * self.output_ms * output_tokens / 1000


NO_LATENCY = Latency(scale=0.0)


class ScriptedBackend:
    """Answers what `script` says.

    Args:
        script: gets the request; gives the answer's text, a whole `Reply`, or an error, which is raised.
        latency: how long a call takes; by default none.
        name: of the backend; give different scripts different names when they share a call cache.
        counter: counts tokens; by default the estimate of `dragoman.core.tokens`.
        prefix_cache: simulated prefix cache; without one no prompt token is ever cached.
        slots: calls served at a time, later ones wait; None means any number.
        max_context_tokens: a prompt that does not fit together with its answer is refused; None means any size.
    """

    def __init__(
        self,
        script: Script,
        *,
        latency: Latency = NO_LATENCY,
        name: str = "scripted",
        counter: TokenCounter | None = None,
        prefix_cache: PrefixCache | None = None,
        slots: int | None = None,
        max_context_tokens: int | None = None,
    ) -> None:
        if slots is not None and slots < 1:
            raise ConfigurationError(f"slots is {slots}: give at least 1, or None for no limit")
        self._script = script
        self._latency = latency
        self._name = name
        self._counter = counter if counter is not None else EstimatedTokenCounter()
        self._prefix_cache = prefix_cache
        self._slots = asyncio.Semaphore(slots) if slots is not None else None
        self._max_context_tokens = max_context_tokens
        self.requests: list[Request] = []

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def max_context_tokens(self) -> int | None:
        """As given."""
        return self._max_context_tokens

    def count_tokens(self, text: str) -> int:
        """As the counter says."""
        return self._counter.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The script's answer, after the time that the latency law gives.

        Raises:
            BackendError: what the script returned; ContextOverflowError when the prompt does not fit.
        """
        self.requests.append(request)
        if self._slots is None:
            return await self._serve(request)
        async with self._slots:
            return await self._serve(request)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The same answer word by word; the last piece carries the reply."""
        reply = await self.generate(request)
        for piece in _PIECE.findall(reply.text):
            yield Delta(piece)
            await asyncio.sleep(0)
        yield Delta("", reply)

    async def close(self) -> None:
        """Holds nothing, so frees nothing."""

    async def _serve(self, request: Request) -> Reply:
        start = time.perf_counter()
        prompt_tokens = self._measure_prompt(request)
        cached = self._look_up(request.messages, prompt_tokens)
        await _pause(self._latency.prefill_s(prompt_tokens - cached))
        if self._prefix_cache is not None:
            self._prefix_cache.add(request.messages)
        reply = self._answer(request, Usage(calls=1, prompt_tokens=prompt_tokens, cached_tokens=cached))
        await _pause(self._latency.output_s(reply.usage.output_tokens))
        if self._prefix_cache is not None:
            self._prefix_cache.add(request.messages, reply.text)
        return replace(reply, latency_s=time.perf_counter() - start)

    def _measure_prompt(self, request: Request) -> int:
        tokens = count_prompt(request.messages, self._counter)
        wanted = tokens + request.sampling.max_tokens
        if self._max_context_tokens is not None and wanted > self._max_context_tokens:
            raise ContextOverflowError(
                f"{self._name}: {tokens} prompt tokens and {request.sampling.max_tokens} for the answer do not fit "
                f"{self._max_context_tokens}: use a smaller --budget or shorter pages"
            )
        return tokens

    def _look_up(self, messages: tuple[Message, ...], prompt_tokens: int) -> int:
        if self._prefix_cache is None:
            return 0
        return self._prefix_cache.cached_tokens(messages, prompt_tokens=prompt_tokens)

    def _answer(self, request: Request, prompt_usage: Usage) -> Reply:
        answer = self._script(request)
        if isinstance(answer, BackendError):
            raise answer
        if isinstance(answer, Reply):
            return answer
        text = self._cut(answer, request.sampling.max_tokens)
        reason = FinishReason.STOP if text == answer else FinishReason.LENGTH
        usage = replace(prompt_usage, output_tokens=self.count_tokens(text))
        return Reply(text, reason, usage, self._name)

    def _cut(self, text: str, max_tokens: int) -> str:
        """The longest run of whole words from the start that keeps to the output limit."""
        if self.count_tokens(text) <= max_tokens:
            return text
        ends = [0, *(match.end() for match in _PIECE.finditer(text))]
        low, high = 0, len(ends) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.count_tokens(text[: ends[middle]]) <= max_tokens else (low, middle - 1)
        return text[: ends[low]]


def text_lines(request: Request) -> dict[int, str]:
    """The numbered lines of the last message's `## Text` section; number to source line."""
    body = request.messages[-1].content
    section = body.rpartition("## Text\n")[2].partition("\n## ")[0]
    lines = {int(number): line for number, line in _NUMBERED.findall(section)}
    wanted = request.line_numbers
    return lines if wanted is None else {number: lines.get(number, "") for number in wanted}


def echo_lines(marker: str = "«{}»") -> Script:
    """A ready script: every line comes back as `marker` filled with its source; memory and choice calls get nothing.

    Args:
        marker: a format with one `{}`.
    """

    def script(request: Request) -> str:
        if request.purpose in (Purpose.REMEMBER, Purpose.CHOOSE):
            return ""
        lines = text_lines(request)
        return "\n".join(f"{number}\t{marker.format(line)}" for number, line in lines.items())

    return script


async def _pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
