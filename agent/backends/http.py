"""Any OpenAI-compatible server: hosted services, vLLM, llama.cpp, Ollama and the like.

The client library does the wire; retries, error messages and usage are ours. Token usage comes from the server;
where it sends none, prompt and answer are counted with our own counter and `num_estimated_usages` goes up.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from json import JSONDecodeError
from random import Random
from typing import Any, TypeVar

import openai

from dragoman.agent.backends.counting import count_prompt
from dragoman.agent.backends.http_answers import Gathered, as_mapping
from dragoman.agent.backends.http_config import HttpConfig
from dragoman.agent.backends.http_errors import BrokenAnswerError, may_pass, one_line, translate_error
from dragoman.agent.backends.structured import line_pattern
from dragoman.agent.retries import Verdict, parse_retry_after, with_retries
from dragoman.core.errors import BackendError, BadRequestError
from dragoman.core.exchange import Delta, Reply, Request, Usage
from dragoman.core.tokens import EstimatedTokenCounter, load_token_counter

__all__ = ["HttpBackend", "HttpConfig"]

_Answer = TypeVar("_Answer")
_NO_KEY = "EMPTY"  # what local servers expect where a key is demanded by the client
_ERRORS = (openai.OpenAIError, BrokenAnswerError)


class HttpBackend:
    """A model behind an OpenAI-compatible server; connects at the first call.

    Args:
        config: see `HttpConfig`.
        sleep: the clock of the pauses between attempts, replaced in tests.
    """

    def __init__(self, config: HttpConfig, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._config = config
        self._counter = load_token_counter(config.tokenizer) if config.tokenizer else EstimatedTokenCounter()
        self._sleep = sleep
        self._random = Random(config.retries.seed)
        self._client: openai.AsyncOpenAI | None = None
        self._is_vllm: bool | None = None
        self._detecting = asyncio.Lock()
        self.num_estimated_usages = 0

    @property
    def name(self) -> str:
        """See `HttpConfig.name`."""
        return self._config.name

    @property
    def max_context_tokens(self) -> int | None:
        """As configured."""
        return self._config.max_context_tokens

    def count_tokens(self, text: str) -> int:
        """By the given tokenizer, else estimated."""
        return self._counter.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The server's answer.

        Raises:
            BackendError: the leaf says which; connection trouble, 408, 409, 429 and 5xx only after all attempts.
        """
        start = time.perf_counter()
        body = await self._body(request)

        async def attempt() -> Gathered:
            gathered = Gathered()
            gathered.add(as_mapping(await self._create(body)))
            gathered.check_complete()
            return gathered

        return self._reply(request, await self._try(attempt), start)

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The answer as it comes. Only the start is retried: once pieces flow, a broken stream is an error.

        Raises:
            BackendError: as `generate`.
        """
        start = time.perf_counter()
        body = await self._body(request) | {"stream": True}
        if self._config.stream_usage:
            body["stream_options"] = {"include_usage": True}
        chunks = await self._try(lambda: self._create(body))
        gathered = Gathered()
        try:
            async for chunk in chunks:
                piece = gathered.add(as_mapping(chunk))
                if piece:
                    yield Delta(piece)
            gathered.check_complete()
        except _ERRORS as error:
            raise self._translated(error, attempts=1) from error
        finally:
            await chunks.close()
        yield Delta("", self._reply(request, gathered, start))

    async def relay(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: JSON
        """The server's answer to a request that somebody else wrote; the model's name and `extra` are ours.

        Args:
            path: below the base URL, such as "/chat/completions".
            body: of the request, without `stream`.

        Raises:
            BackendError: as `generate`.
        """
        ours = {**body, **self._config.extra, "model": self._config.model, "stream": False}

        async def attempt() -> Mapping[str, Any]:  # Any: JSON
            answer = await self._post(path, body=ours)
            if not isinstance(answer, dict):
                raise BrokenAnswerError(f"the answer is no JSON object but {one_line(str(answer))[:60]!r}")
            return answer

        return await self._try(attempt)

    async def relay_stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """The same as a stream of the server's chunks; its usage is asked for. Only the start is retried.

        Raises:
            BackendError: as `generate`.
        """
        ours = {**body, **self._config.extra, "model": self._config.model, "stream": True}
        if self._config.stream_usage:
            ours["stream_options"] = {"include_usage": True}
        chunks = await self._try(
            lambda: self._post(path, body=ours, stream=True, stream_cls=openai.AsyncStream[object])
        )
        try:
            async for chunk in chunks:
                if isinstance(chunk, dict):
                    yield chunk
        except _ERRORS as error:
            raise self._translated(error, attempts=1) from error
        finally:
            await chunks.close()

    async def list_models(self) -> tuple[str, ...]:
        """Names of the models the server offers; one attempt.

        Raises:
            BackendError: the server cannot be asked or refuses.
        """
        try:
            return tuple(str(model["id"]) for model in await self._models())
        except _ERRORS as error:
            raise self._translated(error, attempts=1) from error

    async def close(self) -> None:
        """Closes the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _body(self, request: Request) -> dict[str, Any]:  # Any: JSON
        config, sampling = self._config, request.sampling
        body: dict[str, Any] = {
            "model": config.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": request.seed,
            config.output_limit_field: sampling.max_tokens,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if request.logprobs:
            body["logprobs"] = True
        extra = dict(config.extra)
        if request.line_numbers and await self._enforces_lines():
            extra["structured_outputs"] = {"regex": line_pattern(request.line_numbers)}
        return body | {"extra_body": extra} if extra else body

    async def _enforces_lines(self) -> bool:
        """Whether to send the line pattern; in auto mode the server is asked once who it is."""
        if self._config.structured != "auto":
            return self._config.structured == "regex"
        async with self._detecting:
            if self._is_vllm is None:
                models = await self._try(self._models)
                self._is_vllm = any(model.get("owned_by") == "vllm" for model in models)
        return self._is_vllm

    async def _create(self, body: dict[str, Any]) -> Any:  # Any: a completion or a stream, checked when read
        try:
            return await self._connected().chat.completions.create(**body)
        except JSONDecodeError as error:
            raise BrokenAnswerError(f"the answer is no JSON ({error})") from error

    async def _post(self, path: str, **options: Any) -> Any:  # Any: JSON or a stream of JSON, checked when read
        try:
            return await self._connected().post(path, cast_to=object, **options)
        except JSONDecodeError as error:
            raise BrokenAnswerError(f"the answer is no JSON ({error})") from error

    async def _models(self) -> list[Mapping[str, Any]]:  # Any: JSON
        try:
            listing = as_mapping(await self._connected().models.list())
        except JSONDecodeError as error:
            raise BrokenAnswerError(f"the answer is no JSON ({error})") from error
        return [model for model in listing.get("data") or () if model.get("id")]

    async def _try(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        try:
            return await with_retries(
                call, policy=self._config.retries, errors=_ERRORS, judge=_judge, random=self._random, sleep=self._sleep
            )
        except openai.NotFoundError as error:
            raise await self._not_found(error) from error
        except _ERRORS as error:
            raise self._translated(error, attempts=self._config.retries.max_attempts) from error

    async def _not_found(self, error: openai.NotFoundError) -> BackendError:
        """404 means an unknown model or a wrong base URL; the list of models tells which."""
        where = f"{self._config.model} at {self._config.shown_url}"
        names: tuple[str, ...] | None
        try:
            names = await self.list_models()
        except BackendError:
            names = None
        if names is None or self._config.model in names:
            said = self._redacted(one_line(error.message))
            return BadRequestError(f"{where}: not found ({said}): check the base URL, it usually ends in /v1")
        return BadRequestError(f"{where}: the server has no such model: it offers {', '.join(names) or 'none'}")

    def _translated(self, error: Exception, *, attempts: int) -> BackendError:
        where = f"{self._config.model} at {self._config.shown_url}"
        ours = translate_error(error, where=where, attempts=attempts, has_key=bool(self._config.api_key))
        return type(ours)(self._redacted(str(ours)))

    def _redacted(self, text: str) -> str:
        """Some servers repeat the key in their refusal; it must not reach logs."""
        return text.replace(self._config.api_key, "***") if self._config.api_key else text

    def _reply(self, request: Request, gathered: Gathered, start: float) -> Reply:
        usage = gathered.usage
        if usage is None:
            self.num_estimated_usages += 1
            prompt_tokens = count_prompt(request.messages, self._counter)
            usage = Usage(calls=1, prompt_tokens=prompt_tokens, output_tokens=self.count_tokens(gathered.text))
        logprobs = tuple(gathered.logprobs) if request.logprobs and gathered.logprobs else None
        seconds = time.perf_counter() - start
        return Reply(
            gathered.text, gathered.finish_reason, usage, gathered.model or self._config.model, logprobs, seconds
        )

    def _connected(self) -> openai.AsyncOpenAI:
        if self._client is None:
            read, connect = self._config.read_timeout_s, self._config.connect_timeout_s
            self._client = openai.AsyncOpenAI(
                base_url=self._config.base_url,
                api_key=self._config.api_key or _NO_KEY,
                timeout=openai.Timeout(read, connect=connect),
                max_retries=0,  # retries are ours: one helper, bounded and seeded
            )
        return self._client


def _judge(error: Exception) -> Verdict:
    asked = error.response.headers.get("retry-after") if isinstance(error, openai.APIStatusError) else None
    return Verdict(may_pass(error), parse_retry_after(asked))
