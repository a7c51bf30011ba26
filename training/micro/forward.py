"""The forward pass of a Llama in bf16 with few, large operations: what training on a CPU spends its time in.

The same computation as `LlamaForCausalLM` without a cache, on its own parameters (a test compares the two); the
library's modules upcast and copy more than a network of this size can afford. The last block is computed only where
its output is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["hidden_states"]


def hidden_states(model: Any, ids_B_T: "Tensor", dtype: Any, *, start: int = 0) -> "Tensor":
    """The normalised last hidden states from place `start` on, shape (B, T - start, D).

    Args:
        model: a LlamaForCausalLM, whose parameters are used, whatever their number type.
        ids_B_T: token ids; rows begin on the left, padding stands on the right.
        dtype: number type of the computation.
        start: first place whose state is asked for.
    """
    import torch.nn.functional as F

    turn = _rotations(model.config, ids_B_T.shape[1], dtype, ids_B_T.device)
    x = F.embedding(ids_B_T, model.model.embed_tokens.weight.to(dtype))
    last = len(model.model.layers) - 1
    for number, layer in enumerate(model.model.layers):
        first = start if number == last else 0
        mixed = _attention(layer, _norm(x, layer.input_layernorm, dtype), turn, first, dtype)
        x = x[:, first:] + mixed
        x = x + _gated(layer.mlp, _norm(x, layer.post_attention_layernorm, dtype), dtype)
    return _norm(x, model.model.norm, dtype)


def _norm(x: "Tensor", norm: Any, dtype: Any) -> "Tensor":  # Any: LlamaRMSNorm, torch.dtype
    import torch

    return torch.nn.functional.rms_norm(x, (x.shape[-1],), norm.weight.to(dtype), norm.variance_epsilon)


def _attention(layer: Any, x: "Tensor", turn: tuple["Tensor", "Tensor"], first: int, dtype: Any) -> "Tensor":  # Any: "
    """Attention of the places from `first` on to all places before them."""
    import torch
    import torch.nn.functional as F

    own = layer.self_attn
    q = _turned(_heads(F.linear(x[:, first:], own.q_proj.weight.to(dtype)), own.head_dim), turn, first)
    both = _heads(F.linear(x, torch.cat([own.k_proj.weight, own.v_proj.weight]).to(dtype)), own.head_dim)
    k, v = both.chunk(2, dim=1)
    k = _turned(k, turn, 0)
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


def _turned(x: "Tensor", turn: tuple["Tensor", "Tensor"], first: int) -> "Tensor":
    """Rotary positions from `first` on."""
    import torch

    cos, sin = (table[first:] for table in turn)
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def _gated(mlp: Any, x: "Tensor", dtype: Any) -> "Tensor":  # Any: LlamaMLP, torch.dtype
    import torch
    import torch.nn.functional as F

    both = F.linear(x, torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]).to(dtype))
    gate, up = both.chunk(2, dim=-1)
    return F.linear(F.silu(gate) * up, mlp.down_proj.weight.to(dtype))


def _rotations(config: Any, length: int, dtype: Any, device: Any) -> tuple["Tensor", "Tensor"]:  # Any: as above
    """Cosines and sines of shape (T, head size), computed in fp32 as the library does."""
    import torch

    size, base = config.head_dim, config.rope_parameters["rope_theta"]
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float32, device=device) / size)
    angles = torch.arange(length, dtype=torch.float32, device=device)[:, None] * frequencies
    both = torch.cat((angles, angles), dim=-1)
    return both.cos().to(dtype), both.sin().to(dtype)
