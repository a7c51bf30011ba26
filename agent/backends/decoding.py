"""Rows of a batch while they are decoded: sampling with a generator per row, stopping and streaming per row.

Works on tensors through their methods, so that it imports no tensor library. Axes: B rows, T tokens, V vocabulary.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dragoman.core.exchange import Request

__all__ = ["Row", "Sampler", "Stopper"]

_Tensor = Any  # torch.Tensor
_UNFINISHED = "\ufffd"  # how a tokenizer shows a character whose last bytes are still to come
_Decode = Callable[[Sequence[int]], str]


@dataclass(slots=True)
class Row:
    """One request on its way through a batch; lives from submission to its reply.

    Attributes:
        request: what was asked.
        prompt: token ids.
        on_text: gets pieces of the answer as they become certain; called from the worker thread.
        cancelled: nobody waits any more; the row stops at the next token.
        num_tokens: length of the answer when it was done, its end token included; None while it grows.
        logprobs: of the chosen tokens, before temperature and filters, when asked for.
        emitted: characters given to `on_text` so far.
    """

    request: Request
    prompt: list[int]
    on_text: Callable[[str], None] | None = None
    cancelled: bool = False
    num_tokens: int | None = None
    logprobs: list[float] = field(default_factory=list)
    emitted: int = 0

    def emit(self, text: str) -> None:
        """Passes on what is new in `text`."""
        if self.on_text is not None and len(text) > self.emitted:
            self.on_text(text[self.emitted :])
            self.emitted = len(text)

    def cut_at_stop(self, text: str) -> tuple[str, bool]:
        """The text in front of the first stop string, and whether there was one."""
        found = [at for stop in self.request.sampling.stop if (at := text.find(stop)) >= 0]
        return (text[: min(found)], True) if found else (text, False)


class Sampler:
    """Turns logits into logits whose largest entry is the drawn token: a logits processor for greedy decoding.

    Adding Gumbel noise and taking the largest draws from the softmax of the logits.

    Source: Gumbel 1954; Maddison et al. 2014, "A* Sampling", section 2 (arXiv:1411.0030).
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._generators = [np.random.default_rng(row.request.seed) for row in rows]

    def __call__(self, _ids_B_T: _Tensor, logits_B_V: _Tensor) -> _Tensor:
        """Same shape, changed rows only where temperature is above 0."""
        drawn_B_V = logits_B_V.clone()
        for index, row in enumerate(self._rows):
            if row.num_tokens is not None:
                continue
            sampling = row.request.sampling
            if sampling.temperature > 0:
                logits_V = _keep_top(logits_B_V[index] / sampling.temperature, sampling.top_p)
                noise_V = self._generators[index].gumbel(size=logits_V.shape[0])
                drawn_B_V[index] = logits_V + logits_V.new_tensor(noise_V)
            if row.request.logprobs:
                token = drawn_B_V[index].argmax()
                row.logprobs.append(float(logits_B_V[index].log_softmax(-1)[token]))
        return drawn_B_V


class Stopper:
    """Says which rows are done: end token, own length limit, stop string, or nobody waits; streams on the way.

    Args:
        rows: of the batch.
        width: length of the padded prompts.
        end_ids: tokens that end an answer.
        decode: token ids to text, special tokens left out.
    """

    def __init__(self, rows: Sequence[Row], *, width: int, end_ids: frozenset[int], decode: _Decode) -> None:
        self._rows = rows
        self._width = width
        self._end_ids = end_ids
        self._decode = decode

    def __call__(self, ids_B_T: _Tensor, _logits: _Tensor, **_options: object) -> _Tensor:
        """One truth value per row."""
        num_tokens = ids_B_T.shape[1] - self._width
        for index, row in enumerate(self._rows):
            if row.num_tokens is None and self._is_done(row, ids_B_T[index, self._width :], num_tokens):
                row.num_tokens = num_tokens
        return ids_B_T.new_tensor([row.num_tokens is not None for row in self._rows]) != 0

    def _is_done(self, row: Row, ids_T: _Tensor, num_tokens: int) -> bool:
        if row.cancelled or int(ids_T[-1]) in self._end_ids:
            return True
        stopped = False
        if row.on_text is not None or row.request.sampling.stop:
            text, stopped = row.cut_at_stop(self._decode(ids_T.tolist()))
            row.emit(text if stopped else _certain(text, row.request.sampling.stop))
        return stopped or num_tokens >= row.request.sampling.max_tokens


def _keep_top(logits_V: _Tensor, top_p: float) -> _Tensor:
    """The logits with all but the most probable tokens that together reach `top_p` set to minus infinity."""
    if top_p >= 1:
        return logits_V
    ordered_V, order_V = logits_V.sort(descending=True)
    shares_V = ordered_V.softmax(-1)
    before_V = shares_V.cumsum(-1) - shares_V  # probability of everything more probable
    kept_V = logits_V.clone()
    kept_V[order_V[before_V >= top_p]] = -float("inf")
    return kept_V


def _certain(text: str, stops: Sequence[str]) -> str:
    """What later tokens cannot change: no unfinished character, nothing that may be the start of a stop string."""
    text = text.rstrip(_UNFINISHED)
    for length in range(max((len(stop) for stop in stops), default=1) - 1, 0, -1):
        if any(stop.startswith(text[-length:]) for stop in stops if len(stop) > length):
            return text[:-length]
    return text
