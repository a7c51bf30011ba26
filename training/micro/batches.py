"""Batches of examples of similar length, and their loss: answers only."""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.training.micro.stream import REAL_TASK, Encoded

__all__ = ["WORD_TASKS", "BatchLoss", "answer_loss", "asked_blocks", "batches"]

WORD_TASKS = ("look-up", "label", "order")  # what is asked for at the words, see `Encoded.asked`
_LAST_ASKED = 6  # blocks: enough to find an entry, and then what stands before it
_ROUND = 32  # row lengths are multiples: fewer shapes, and rows of a batch are alike


def batches(examples: Sequence[Encoded], batch_tokens: int, chance: random.Random) -> Iterator[list[Encoded]]:
    """The examples in batches of similar length, in random order; a batch holds at most `batch_tokens` padded."""
    ordered = sorted(examples, key=lambda e: len(e.tokens_T) + chance.uniform(0, 2 * _ROUND))
    found: list[list[Encoded]] = [[]]
    longest = 0
    for example in ordered:
        longest = max(longest, _rounded(len(example.tokens_T)))
        if found[-1] and (len(found[-1]) + 1) * longest > batch_tokens:
            found.append([])
            longest = _rounded(len(example.tokens_T))
        found[-1].append(example)
    chance.shuffle(found)
    yield from found


def _rounded(length: int) -> int:
    return math.ceil(length / _ROUND) * _ROUND


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """What a batch costs.

    Attributes:
        loss: to be minimised, a scalar tensor.
        answers: mean loss of the counted tokens of answers, in nats.
        by_task: the same by task.
        constructed: `answers` without real text, whose free translations stay hard; None where there is nothing else.
    """

    loss: Any  # Any: a tensor; torch is imported late
    answers: float
    by_task: dict[str, float]
    constructed: float | None


def answer_loss(
    model: Any,  # Any: a LlamaForCausalLM
    batch: Sequence[Encoded],
    dtype: Any,  # Any: torch.dtype
    *,
    prompt_weight: float = 0.0,
    lookup_weight: float = 0.0,
    fused: bool = False,
) -> BatchLoss:
    """The loss of a batch.

    Args:
        model: a LlamaForCausalLM.
        batch: its rows.
        dtype: number type of the computation.
        prompt_weight: weight of the mean loss over the tokens of prompts, added to the mean over the counted tokens
            of answers. Text and gloss repeat words of the dictionary, so prompts teach to copy, with eight times as
            many tokens as answers.
        lookup_weight: weight of each of the mean losses of what is asked for at the words of the text, as the network
            knows it where answers can still read it.
        fused: see `hidden_states`.
    """
    import torch

    ids, counted = _padded(batch)
    asked = counted[:, 1:]
    wanted = asked if not prompt_weight else _filled(batch, ids.shape[1])[:, 1:]
    places = torch.from_numpy(ids).to(model.device)
    found = [_filled_up(rows, ids) for rows in zip(*(e.asked for e in batch), strict=True)]
    losses, early = _token_losses(model, places, (wanted, found), dtype, fused)
    is_answer = asked[wanted]
    answers = losses[torch.from_numpy(is_answer).to(losses.device)]
    rows, numbers = np.nonzero(asked)[0], answers.detach().cpu().numpy()
    paced = numbers[[not batch[row].task.startswith(REAL_TASK) for row in rows]]
    loss = answers.mean()
    value = float(loss.detach())
    if prompt_weight:
        loss = loss + prompt_weight * losses[torch.from_numpy(~is_answer).to(losses.device)].mean()
    constructed = float(paced.mean()) if len(paced) else None
    by_task = _by_task(batch, rows, numbers)
    for task, at_words in zip(WORD_TASKS, early, strict=True):
        if lookup_weight and len(at_words):
            loss = loss + lookup_weight * at_words.mean()
            by_task[task] = float(at_words.detach().mean())
    return BatchLoss(loss, value, by_task, constructed)


def asked_blocks(layers: int) -> tuple[int, ...]:
    """Behind how many blocks each of `WORD_TASKS` is asked for; answers read it in the blocks that follow."""
    last = min(_LAST_ASKED, layers - 1)
    return tuple(max(0, last - later) for later in reversed(range(len(WORD_TASKS))))


def _filled_up(rows: Sequence[NDArray[np.int16]], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of what is asked for, of shape (B, T); -1 for nothing."""
    found = np.full(ids.shape, -1, dtype=np.int64)
    for number, row in enumerate(rows):
        found[number, : len(row)] = row
    return found


def _padded(batch: Sequence[Encoded]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Token ids and which of them count, of shape (B, T)."""
    length = _rounded(max(len(e.tokens_T) for e in batch))
    ids = np.zeros((len(batch), length), dtype=np.int64)
    counted = np.zeros((len(batch), length), dtype=np.bool_)
    for row, example in enumerate(batch):
        ids[row, : len(example.tokens_T)] = example.tokens_T
        counted[row, : len(example.tokens_T)] = example.counts_T
    return ids, counted


def _filled(batch: Sequence[Encoded], length: int) -> NDArray[np.bool_]:
    """Where no padding stands, of shape (B, T)."""
    return np.arange(length)[None, :] < np.array([len(e.tokens_T) for e in batch])[:, None]


def _token_losses(
    model: Any, ids_B_T: Any, asked: tuple[NDArray[np.bool_], list[NDArray[np.int64]]], dtype: Any, fused: bool
) -> tuple[Any, list[Any]]:  # Any: torch
    """Losses of the wanted tokens and of what is asked at words; the last block is not computed before answers."""
    import torch
    import torch.nn.functional as F

    from dragoman.training.micro.forward import hidden_states

    wanted, at_words = asked
    first = int(np.nonzero(wanted.any(axis=0))[0][0])
    wanted_B_T = torch.from_numpy(wanted).to(model.device)
    targets = [torch.from_numpy(target).to(model.device) for target in at_words]
    blocks = asked_blocks(len(model.model.layers))
    early = [(number, target >= 0) for number, target in zip(blocks, targets, strict=True)]
    hidden, found = hidden_states(model, ids_B_T, dtype, start=first, early=early, fused=fused)
    head = model.lm_head.weight.to(dtype)

    def loss(states: Any, right: Any) -> Any:  # Any: tensors
        return F.cross_entropy(F.linear(states, head).float(), right, reduction="none")

    answers = loss(hidden[:, :-1][wanted_B_T[:, first:]], ids_B_T[:, 1:][wanted_B_T])
    return answers, [loss(states, target[target >= 0]) for states, target in zip(found, targets, strict=True)]


def _by_task(batch: Sequence[Encoded], rows: Any, losses: Any) -> dict[str, float]:  # Any: arrays
    found: dict[str, list[float]] = defaultdict(list)
    for row in np.unique(rows):
        found[batch[row].task].extend(losses[rows == row].tolist())
    return {task: float(np.mean(values)) for task, values in found.items()}
