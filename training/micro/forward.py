"""The forward pass of a Llama in bf16 with few, large operations: what training on a CPU spends its time in.

The same computation as `LlamaForCausalLM` without a cache, on its own parameters (a test compares the two); the
library's modules upcast and copy more than a network of this size can afford. The last block is computed only where
its output is asked for.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["hidden_states"]


def hidden_states(
    model: Any,  # Any: a LlamaForCausalLM
    ids_B_T: "Tensor",
    dtype: Any,  # Any: torch.dtype
    *,
    start: int = 0,
    early: "Sequence[tuple[int, Tensor]]" = (),
    fused: bool = False,
) -> tuple["Tensor", list["Tensor"]]:
    """The normalised last hidden states from place `start` on, and those of some places behind earlier blocks.

    Args:
        model: a LlamaForCausalLM, whose parameters are used, whatever their number type.
        ids_B_T: token ids; rows begin on the left, padding stands on the right.
        dtype: number type of the computation.
        start: first place whose state is asked for.
        early: numbers of blocks, less than there are, ascending, each with a mask of shape (B, T): true for the
            places whose state behind so many blocks is asked for.
        fused: whether what stands between the matrix products is compiled, which needs a C++ compiler and takes some
            20 s once.

    Returns:
        Shape (B, T - start, D), and for each entry of `early` (N, D) for its N places.
    """
    import torch.nn.functional as F

    parts = _fused_parts() if fused else _Parts(_norm, _turned, _gate)
    turn = _rotations(model.config, ids_B_T.shape[1], dtype, ids_B_T.device)
    x = F.embedding(ids_B_T, model.model.embed_tokens.weight.to(dtype))
    last = len(model.model.layers) - 1
    found: list[Tensor] = []
    for number, layer in enumerate(model.model.layers):
        found += [x[places] for blocks, places in early if blocks == number]
        first = start if number == last else 0
        normed = parts.norm(x, layer.input_layernorm.weight, layer.input_layernorm.variance_epsilon)
        x = x[:, first:] + _attention(layer, normed, turn, first, parts)
        normed = parts.norm(x, layer.post_attention_layernorm.weight, layer.post_attention_layernorm.variance_epsilon)
        x = x + _gated(layer.mlp, normed, parts)
    x, *found = (parts.norm(y, model.model.norm.weight, model.model.norm.variance_epsilon) for y in (x, *found))
    return x, found


class _Parts(NamedTuple):
    """What stands between the matrix products: many small operations, bound by memory."""

    norm: Callable[..., "Tensor"]
    turned: Callable[..., "Tensor"]
    gate: Callable[..., "Tensor"]


@cache
def _fused_parts() -> _Parts:
    import torch

    return _Parts(*(torch.compile(part, dynamic=True) for part in (_norm, _turned, _gate)))


def _norm(x: "Tensor", weight: "Tensor", epsilon: float) -> "Tensor":
    import torch

    return torch.nn.functional.rms_norm(x, (x.shape[-1],), weight.to(x.dtype), epsilon)


def _attention(layer: Any, x: "Tensor", turn: tuple["Tensor", "Tensor"], first: int, parts: _Parts) -> "Tensor":
    """Attention of the places from `first` on to all places before them."""
    import torch
    import torch.nn.functional as F

    own, dtype = layer.self_attn, x.dtype
    q = parts.turned(_heads(F.linear(x[:, first:], own.q_proj.weight.to(dtype)), own.head_dim), *turn, first)
    both = _heads(F.linear(x, torch.cat([own.k_proj.weight, own.v_proj.weight]).to(dtype)), own.head_dim)
    k, v = both.chunk(2, dim=1)
    k = parts.turned(k, *turn, 0)
    grouped = q.shape[1] != k.shape[1]
    if first:
        places = torch.arange(x.shape[1], device=x.device)
        mask = places[None, :] <= places[first:, None]  # (T - first, T)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=grouped)
    else:
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped)
    return F.linear(mixed.transpose(1, 2).flatten(2), own.o_proj.weight.to(dtype))


def _heads(x: "Tensor", size: int) -> "Tensor":
    """(B, T, heads * size) as (B, heads, T, size)."""
    return x.view(*x.shape[:2], -1, size).transpose(1, 2)


def _turned(x: "Tensor", cos: "Tensor", sin: "Tensor", first: int) -> "Tensor":
    """Rotary positions from `first` on."""
    import torch

    cos, sin, half = cos[first:], sin[first:], x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def _gated(mlp: Any, x: "Tensor", parts: _Parts) -> "Tensor":  # Any: LlamaMLP
    import torch
    import torch.nn.functional as F

    both = F.linear(x, torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]).to(x.dtype))
    return F.linear(parts.gate(both), mlp.down_proj.weight.to(x.dtype))


def _gate(both: "Tensor") -> "Tensor":
    import torch

    gate, up = both.chunk(2, dim=-1)
    return torch.nn.functional.silu(gate) * up


def _rotations(config: Any, length: int, dtype: Any, device: Any) -> tuple["Tensor", "Tensor"]:  # Any: as above
    """Cosines and sines of shape (T, head size), computed in fp32 as the library does."""
    import torch

    size, base = config.head_dim, config.rope_parameters["rope_theta"]
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float32, device=device) / size)
    angles = torch.arange(length, dtype=torch.float32, device=device)[:, None] * frequencies
    both = torch.cat((angles, angles), dim=-1)
    return both.cos().to(dtype), both.sin().to(dtype)
