"""A vLLM engine of our own: `vllm:PATH`. Works on CUDA and on the CPU; the engine core runs in a child process.

Prefix caching is on. Numbered answers are enforced with a regular expression unless `structured` is "none". Engine
processes import the main module again where the platform starts them afresh: guard a script's body with
`if __name__ == "__main__"`.
"""

import asyncio
import gc
import itertools
import os
import shutil
import time
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Any

from dragoman.agent.backends.local_model import LocalModel
from dragoman.agent.backends.structured import line_pattern
from dragoman.agent.backends.vllm_config import VllmConfig, engine_arguments
from dragoman.core.errors import (
    BackendError,
    BackendUnreachableError,
    BadRequestError,
    ConfigurationError,
    MissingExtraError,
)
from dragoman.core.exchange import Delta, FinishReason, Reply, Request, Usage

__all__ = ["VllmBackend", "VllmConfig"]


class VllmBackend(LocalModel):
    """Answers with a vLLM engine; it starts with the first call, which takes seconds to minutes.

    Raises:
        MissingExtraError: vLLM is not installed.
        ConfigurationError: there is no model at the path.
    """

    def __init__(self, config: VllmConfig) -> None:
        if find_spec("vllm") is None:
            raise MissingExtraError(f"--model vllm:{config.path}", "gpu" if shutil.which("nvidia-smi") else "cpu")
        super().__init__("vllm", config.path, window=config.max_context_tokens)
        self._config = config
        self._engine: Any = None  # vllm.v1.engine.async_llm.AsyncLLM
        self._starting = asyncio.Lock()
        self._closed = False
        self._numbers = itertools.count()

    @property
    def name(self) -> str:
        """Path, fingerprint of the files, number type and whether line numbers are enforced."""
        return f"{self._where} ({self._folder.fingerprint}, {self._config.dtype}, {self._config.structured})"

    async def generate(self, request: Request) -> Reply:
        """The engine's answer; concurrent calls are batched by the engine.

        Raises:
            ContextOverflowError: prompt and longest answer do not fit.
            BadRequestError: no chat template, or the engine refuses the request.
            BackendUnreachableError: the engine died.
        """
        async for delta in self._run(request, is_stream=False):
            if delta.reply is not None:
                return delta.reply
        raise BackendError(f"{self._where}: the engine ended the call without an answer: try again")

    def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The answer as the engine makes it.

        Raises:
            BackendError: as `generate`.
        """
        return self._run(request, is_stream=True)

    async def close(self) -> None:
        """Ends the engine and its process; a second call does nothing."""
        async with self._starting:
            self._closed = True
            engine, self._engine = self._engine, None
        if engine is not None:
            if engine.output_handler is not None:  # else it would report the end of the engine as a failure
                engine.output_handler.cancel()
                await asyncio.wait([engine.output_handler])
            await asyncio.to_thread(engine.shutdown)
            del engine
            gc.collect()  # the engine is part of cycles; its finalizer fails when it runs at interpreter exit

    async def _run(self, request: Request, *, is_stream: bool) -> AsyncIterator[Delta]:
        start = time.perf_counter()
        prompt = self._prompt_ids(request)
        engine = await self._started()
        from vllm.exceptions import VLLMClientError, VLLMServerError

        answer = _Answer(self._config.path, request, len(prompt))
        call = engine.generate(
            {"prompt_token_ids": prompt}, self._sampling(request, is_stream), f"dragoman-{next(self._numbers)}"
        )
        try:
            async for output in call:
                piece = answer.add(output)
                if piece and is_stream:
                    yield Delta(piece)
        except VLLMClientError as error:
            raise BadRequestError(f"{self._where}: request refused ({_short(error)}): check the settings") from error
        except VLLMServerError as error:
            raise BackendUnreachableError(
                f"{self._where}: the engine failed ({_short(error)}): read its log, give less memory or shorter pages"
            ) from error
        reply = answer.reply(time.perf_counter() - start)
        yield Delta("" if is_stream else reply.text, reply)

    def _sampling(self, request: Request, is_stream: bool) -> Any:  # Any: vllm.SamplingParams
        from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams

        pattern = None
        if request.line_numbers and self._config.structured == "regex":
            pattern = StructuredOutputsParams(regex=line_pattern(request.line_numbers))
        return SamplingParams(
            temperature=request.sampling.temperature,
            top_p=request.sampling.top_p,
            max_tokens=request.sampling.max_tokens,
            stop=list(request.sampling.stop) or None,
            seed=request.seed,
            logprobs=0 if request.logprobs else None,  # 0: of the chosen token only
            structured_outputs=pattern,
            output_kind=RequestOutputKind.DELTA if is_stream else RequestOutputKind.FINAL_ONLY,
        )

    def _load_tokenizer(self) -> Any:
        _prepare_environment()
        from vllm.tokenizers import get_tokenizer

        return get_tokenizer(self._folder.location)

    async def _started(self) -> Any:
        async with self._starting:
            if self._closed:
                raise BackendError(f"{self._where}: the engine is closed: make a new backend")
            if self._engine is None:
                await asyncio.to_thread(self._start)
        return self._engine

    def _start(self) -> None:
        """Sets the engine instead of returning it: a thread's result would keep it alive behind `close`."""
        _prepare_environment()
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.platforms import current_platform
        from vllm.v1.engine.async_llm import AsyncLLM

        try:
            arguments = engine_arguments(self._config, model=self._folder.location, is_cpu=current_platform.is_cpu())
            self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
        except (ValueError, RuntimeError, OSError) as error:
            raise ConfigurationError(
                f"{self._where}: the engine does not start ({_short(error)}): check the folder and the memory settings"
            ) from error


class _Answer:
    """Collects the engine's outputs for one request; they are pieces when streaming, one whole otherwise."""

    def __init__(self, model: str, request: Request, prompt_tokens: int) -> None:
        self._model = model
        self._request = request
        self._prompt_tokens = prompt_tokens
        self._cached_tokens = 0
        self._pieces: list[str] = []
        self._logprobs: list[float] = []
        self._num_tokens = 0
        self._finish: str | None = None

    def add(self, output: Any) -> str:  # Any: vllm.outputs.RequestOutput
        """Takes one output in and returns its text."""
        completion = output.outputs[0]
        self._pieces.append(completion.text)
        self._num_tokens += len(completion.token_ids)
        self._finish = completion.finish_reason or self._finish
        self._cached_tokens = output.num_cached_tokens or self._cached_tokens
        for token, chances in zip(completion.token_ids, completion.logprobs or (), strict=False):
            self._logprobs.append(float(chances[token].logprob))
        return str(completion.text)

    def reply(self, seconds: float) -> Reply:
        """The whole answer."""
        reasons = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
        usage = Usage(
            calls=1,
            prompt_tokens=self._prompt_tokens,
            cached_tokens=self._cached_tokens,
            output_tokens=self._num_tokens,
        )
        reason = reasons.get(self._finish or "", FinishReason.OTHER)
        logprobs = tuple(self._logprobs) if self._request.logprobs else None
        return Reply("".join(self._pieces), reason, usage, self._model, logprobs, seconds)


def _prepare_environment() -> None:
    """Before vLLM is imported: no usage reports, no log lines between ours; what the user set stays."""
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
