"""Batches of examples of similar length, and their loss: answers only."""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dragoman.training.micro.stream import Encoded

__all__ = ["answer_loss", "batches"]

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


def answer_loss(model: Any, batch: Sequence[Encoded], dtype: Any) -> tuple[Any, dict[str, float]]:  # Any: torch
    """Mean loss of the counted tokens of a batch, in nats, as a tensor, and means by task."""
    import torch
    import torch.nn.functional as F

    from dragoman.training.micro.forward import hidden_states

    length = _rounded(max(len(e.tokens_T) for e in batch))
    ids = np.zeros((len(batch), length), dtype=np.int64)
    counted = np.zeros((len(batch), length), dtype=bool)
    for row, example in enumerate(batch):
        ids[row, : len(example.tokens_T)] = example.tokens_T
        counted[row, : len(example.tokens_T)] = example.counts_T
    asked = counted[:, 1:]
    first = int(np.nonzero(asked.any(axis=0))[0][0])  # nothing in front of the first answer is asked
    ids_B_T = torch.from_numpy(ids).to(model.device)
    asked_B_T = torch.from_numpy(asked).to(model.device)
    hidden = hidden_states(model, ids_B_T, dtype, start=first)[:, :-1][asked_B_T[:, first:]]
    logits = F.linear(hidden, model.lm_head.weight.to(dtype)).float()
    losses = F.cross_entropy(logits, ids_B_T[:, 1:][asked_B_T], reduction="none")
    return losses.mean(), _by_task(batch, np.nonzero(asked)[0], losses.detach().cpu().numpy())


def _by_task(batch: Sequence[Encoded], rows: Any, losses: Any) -> dict[str, float]:  # Any: arrays
    found: dict[str, list[float]] = defaultdict(list)
    for row in np.unique(rows):
        found[batch[row].task].extend(losses[rows == row].tolist())
    return {task: float(np.mean(values)) for task, values in found.items()}
