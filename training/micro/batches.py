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

__all__ = ["LOOKUP_TASK", "BatchLoss", "answer_loss", "batches"]

LOOKUP_TASK = "look-up"
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
        lookup_weight: weight of the mean loss of what is to be looked up at the words of the text, as the network
            knows it two blocks before its end, where answers can still read it.
        fused: see `hidden_states`.
    """
    import torch

    ids, counted = _padded(batch)
    asked = counted[:, 1:]
    wanted = asked if not prompt_weight else _filled(batch, ids.shape[1])[:, 1:]
    places = torch.from_numpy(ids).to(model.device)
    losses, looked_up = _token_losses(model, places, (wanted, _lookups(batch, ids)), dtype, fused)
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
    if lookup_weight and len(looked_up):
        loss = loss + lookup_weight * looked_up.mean()
        by_task[LOOKUP_TASK] = float(looked_up.detach().mean())
    return BatchLoss(loss, value, by_task, constructed)


def _lookups(batch: Sequence[Encoded], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """What is looked up where, of shape (B, T); -1 for nothing."""
    found = np.full(ids.shape, -1, dtype=np.int64)
    for row, example in enumerate(batch):
        found[row, : len(example.lookups_T)] = example.lookups_T
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
    model: Any, ids_B_T: Any, asked: tuple[NDArray[np.bool_], NDArray[np.int64]], dtype: Any, fused: bool
) -> tuple[Any, Any]:  # Any: torch
    """Losses of the wanted tokens and of what is looked up; the last block is not computed before the first answer."""
    import torch
    import torch.nn.functional as F

    from dragoman.training.micro.forward import hidden_states

    wanted, lookups = asked
    first = int(np.nonzero(wanted.any(axis=0))[0][0])
    wanted_B_T = torch.from_numpy(wanted).to(model.device)
    lookups_B_T = torch.from_numpy(lookups).to(model.device)
    is_early = lookups_B_T >= 0
    hidden, early = hidden_states(model, ids_B_T, dtype, start=first, early_B_T=is_early, fused=fused)
    head = model.lm_head.weight.to(dtype)
    logits = F.linear(hidden[:, :-1][wanted_B_T[:, first:]], head).float()
    found = F.linear(early, head).float()
    return (
        F.cross_entropy(logits, ids_B_T[:, 1:][wanted_B_T], reduction="none"),
        F.cross_entropy(found, lookups_B_T[is_early], reduction="none"),
    )


def _by_task(batch: Sequence[Encoded], rows: Any, losses: Any) -> dict[str, float]:  # Any: arrays
    found: dict[str, list[float]] = defaultdict(list)
    for row in np.unique(rows):
        found[batch[row].task].extend(losses[rows == row].tolist())
    return {task: float(np.mean(values)) for task, values in found.items()}
