"""A transformers model in this process: `hf:PATH`.

Concurrent calls become one left-padded batch (see `batching`). Every row draws with a generator of its own (see
`decoding`), so one batch mixes temperatures and seeds, and a draw does not depend on the row's neighbours. Padding
still changes low bits of the arithmetic; `max_batch=1` avoids even that. The model's own generation defaults other
than its end tokens (penalties, beams) are not used.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from dragoman.agent.backends.batching import Batcher
from dragoman.agent.backends.decoding import Row, Sampler, Stopper
from dragoman.agent.backends.decoding_speed import growing_cache, speed_up
from dragoman.agent.backends.local_model import LocalModel
from dragoman.agent.backends.model_folder import ModelFolder
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.exchange import Delta, FinishReason, Reply, Request, Usage

__all__ = ["TransformersBackend", "TransformersConfig"]


@dataclass(frozen=True, slots=True)
class TransformersConfig:
    """Which model and how to run it.

    Attributes:
        path: folder with config.json, tokenizer and weights, or a hub id.
        device: "auto" is the first CUDA device if there is one, else the CPU; or any name torch knows.
        dtype: "auto" is the type of the saved weights; or "float32", "bfloat16", "float16".
        max_context_tokens: prompt and answer; None means what the model's configuration says.
        max_batch: rows in one batch at most.
        gather_ms: how long the first call of an idle model waits for others.
    """

    path: str
    device: str = "auto"
    dtype: str = "auto"
    max_context_tokens: int | None = None
    max_batch: int = 16
    gather_ms: float = 5.0

    def __post_init__(self) -> None:
        if self.max_batch < 1:
            raise ConfigurationError(f"max_batch is {self.max_batch}: give at least 1")
        if self.dtype not in ("auto", "float32", "bfloat16", "float16"):
            raise ConfigurationError(f"dtype is {self.dtype!r}: give auto, float32, bfloat16 or float16")


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any  # transformers.PreTrainedModel
    device: str
    end_ids: frozenset[int]
    is_fast: bool  # see `decoding_speed`


class TransformersBackend(LocalModel):
    """Answers with a transformers model; weights are loaded by the first call.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ConfigurationError: there is no model at the path.
    """

    def __init__(self, config: TransformersConfig) -> None:
        if find_spec("torch") is None or find_spec("transformers") is None:
            raise MissingExtraError(f"--model hf:{config.path}", "torch")
        super().__init__("hf", config.path, window=config.max_context_tokens)
        self._config = config
        self._loaded: _Loaded | None = None
        self._batcher: Batcher[Row, Reply] = Batcher(
            self._run_batch, max_batch=config.max_batch, gather_s=config.gather_ms / 1000
        )

    @property
    def name(self) -> str:
        """Path, fingerprint of the files and number type."""
        return f"{self._where} ({self._folder.fingerprint}, {self._config.dtype})"

    async def generate(self, request: Request) -> Reply:
        """The model's answer; calls at the same time share a batch.

        Raises:
            ContextOverflowError: prompt and longest answer do not fit.
            BadRequestError: the tokenizer has no chat template, or it refuses these messages.
        """
        return await self._submit(Row(request, self._prompt_ids(request)))

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """The answer as it grows; leaving early frees the row.

        Raises:
            BackendError: as `generate`.
        """
        loop, pieces = asyncio.get_running_loop(), asyncio.Queue[str | None]()
        row = Row(request, self._prompt_ids(request))

        def on_text(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        row.on_text = on_text
        answer = asyncio.ensure_future(self._submit(row))
        answer.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield Delta(piece)
            yield Delta("", await answer)
        finally:
            row.cancelled = True
            answer.cancel()

    async def close(self) -> None:
        """Waits for the running batch and frees the model; a second call does nothing."""
        await asyncio.to_thread(self._batcher.close)
        self._loaded = None

    async def _submit(self, row: Row) -> Reply:
        try:
            return await self._batcher.submit(row)
        except asyncio.CancelledError:
            row.cancelled = True
            raise

    def _load_tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return _or_configuration_error(AutoTokenizer.from_pretrained, self._folder)

    def _load(self) -> _Loaded:
        """Runs in the worker thread."""
        import torch
        from transformers import AutoModelForCausalLM

        device = self._config.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = self._config.dtype if self._config.dtype == "auto" else getattr(torch, self._config.dtype)
        with _quiet():
            model = _or_configuration_error(AutoModelForCausalLM.from_pretrained, self._folder, dtype=dtype)
        ends = model.generation_config.eos_token_id
        ends = [ends] if isinstance(ends, int) else list(ends or ())
        ends += [self._tokenizer.eos_token_id] if self._tokenizer.eos_token_id is not None else []
        model = model.to(device).eval()
        return _Loaded(model, device, frozenset(ends), is_fast=device == "cpu" and speed_up(model))

    def _run_batch(self, rows: Sequence[Row]) -> list[Reply]:
        """Runs in the worker thread."""
        if self._loaded is None:
            self._loaded = self._load()
        start = time.perf_counter()
        answers = _decode_batch(self._loaded, rows, self._decode)
        seconds = time.perf_counter() - start
        return [self._reply(row, ids, seconds) for row, ids in zip(rows, answers, strict=True)]

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _reply(self, row: Row, ids: list[int], seconds: float) -> Reply:
        assert self._loaded is not None
        text, stopped = row.cut_at_stop(self._decode(ids))
        row.emit(text)
        ended = stopped or (bool(ids) and ids[-1] in self._loaded.end_ids)
        reason = FinishReason.STOP if ended else FinishReason.LENGTH
        usage = Usage(calls=1, prompt_tokens=len(row.prompt), output_tokens=len(ids))
        logprobs = tuple(row.logprobs) if row.request.logprobs else None
        return Reply(text, reason, usage, self._config.path, logprobs, seconds)


def _decode_batch(loaded: _Loaded, rows: Sequence[Row], decode: Callable[[Sequence[int]], str]) -> list[list[int]]:
    """Token ids of each row's answer, its end token included."""
    import torch
    from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

    width, pad = max(len(row.prompt) for row in rows), min(loaded.end_ids, default=0)
    ids_B_T = torch.tensor([[pad] * (width - len(row.prompt)) + row.prompt for row in rows])
    mask_B_T = torch.tensor([[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in rows])
    settings = GenerationConfig(  # type: ignore[no-untyped-call]  # the library leaves it untyped
        do_sample=False,  # `Sampler` draws
        max_new_tokens=max(row.request.sampling.max_tokens for row in rows),
        eos_token_id=sorted(loaded.end_ids) or None,
        pad_token_id=pad,
    )
    stopper = Stopper(rows, width=width, end_ids=loaded.end_ids, decode=decode)
    with torch.inference_mode():
        output_B_T = loaded.model.generate(
            ids_B_T.to(loaded.device),
            attention_mask=mask_B_T.to(loaded.device),
            generation_config=settings,
            **({"past_key_values": growing_cache(loaded.model.config)} if loaded.is_fast else {}),
            logits_processor=LogitsProcessorList([Sampler(rows)]),
            stopping_criteria=StoppingCriteriaList([stopper]),
        )
    answers = output_B_T[:, width:].tolist()
    return [ids[: row.num_tokens] for row, ids in zip(rows, answers, strict=True)]


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bar of the library's own while a model loads; its setting comes back."""
    from transformers.utils import logging

    was_enabled = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    try:
        yield
    finally:
        if was_enabled:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # the library leaves it untyped


def _or_configuration_error(load: Callable[..., Any], folder: ModelFolder, **options: object) -> Any:  # Any: loaded
    try:
        return load(folder.location, **options)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigurationError(f"model {folder.spec!r} cannot be loaded ({reason}): check the folder") from error
