"""A deeper network that computes the same: new blocks whose outputs begin at zero.

A shallow network learns to copy in less time; looking a word up takes more steps in a row (pieces into a word, word to
entry, entry to answer) than four blocks have to spare. So a run begins shallow and goes on deeper.

Source: Wu et al. 2024, "LLaMA Pro: Progressive LLaMA with Block Expansion" (arXiv:2401.02415); Chen et al. 2016,
"Net2Net" (arXiv:1511.05641).
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["deeper_weights"]

_BLOCK = re.compile(r"model\.layers\.(\d+)\.(.+)")
_OUTPUTS = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def deeper_weights(weights: Mapping[str, Any], *, layers: int, target: int) -> dict[str, Any]:  # Any: tensors
    """The weights of a network with `target` blocks that computes what these do.

    New blocks stand between the first and the last block, spread evenly, each with the weights of the block before it
    and outputs of zero.

    Args:
        weights: of a Llama with `layers` blocks, by name.
        layers: at least 2.
        target: at least `layers`, at most twice as many less one.
    """
    import torch

    found = {name: value for name, value in weights.items() if not _BLOCK.fullmatch(name)}
    blocks: list[dict[str, Any]] = [{} for _ in range(layers)]
    for name, value in weights.items():
        if match := _BLOCK.fullmatch(name):
            blocks[int(match[1])][match[2]] = value
    gaps = _doubled(layers, target - layers)
    made: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        made.append(block)
        if number in gaps:
            made.append({k: torch.zeros_like(v) if k in _OUTPUTS else v.clone() for k, v in block.items()})
    return found | {f"model.layers.{n}.{name}": value for n, block in enumerate(made) for name, value in block.items()}


def _doubled(layers: int, number: int) -> frozenset[int]:
    """Blocks that get a new one behind them: from the last but one backwards."""
    return frozenset(range(layers - 1 - number, layers - 1))
