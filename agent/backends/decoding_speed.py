"""What makes decoding with transformers fast on a CPU: grouped attention without copies, a cache that grows in place.

The library repeats keys and values once for each query head when a mask is given (its rule for CUDA), and copies the
whole cache at every token. Both cost far more than the arithmetic of a small model: 13 times the attention of a step of
16 rows of 2,000 tokens. Results are the same up to rounding.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["growing_cache", "speed_up"]

_NAME = "dragoman_grouped_sdpa"
_ROOM = 256  # tokens that fit before a cache is copied again


def speed_up(model: Any) -> bool:  # Any: transformers.PreTrainedModel
    """Sets the grouped attention on a decoder that computes with the library's `sdpa`; whether it did."""
    is_plain = getattr(model.config, "_attn_implementation", None) == "sdpa" and not model.config.is_encoder_decoder
    if not is_plain or not model._supports_attention_backend or not model._supports_default_dynamic_cache():
        return False
    _register()
    model.set_attn_implementation(_NAME)
    return True


def growing_cache(config: Any) -> Any:  # Any: a model's configuration; transformers.DynamicCache
    """The library's cache with room to grow; layers of other kinds, such as sliding windows, stay the library's."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    made = DynamicCache(config=config)
    made.layers = [_growing_layer()() if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made


@cache
def _register() -> None:
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(_NAME, _grouped)
    ALL_MASK_ATTENTION_FUNCTIONS.register(_NAME, sdpa_mask)


def _grouped(
    module: Any,  # Any: the attention layer
    query: "Tensor",
    key: "Tensor",
    value: "Tensor",
    attention_mask: "Tensor | None",
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    is_causal: bool | None = None,
    **options: Any,  # Any: what other models hand to their attention
) -> "tuple[Tensor, None]":
    """Attention of (B, heads, T, D) queries to (B, groups, S, D) keys and values; returns (B, T, heads, D)."""
    import torch.nn.functional as F

    if options.get("position_bias") is not None:
        return _librarys(module, query, key, value, attention_mask, dropout, scaling, is_causal, **options)
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    mixed = F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=attention_mask,
        dropout_p=dropout,
        scale=scaling,
        is_causal=causal and attention_mask is None and query.shape[2] > 1,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return mixed.transpose(1, 2).contiguous(), None


def _librarys(*arguments: Any, **options: Any) -> "tuple[Tensor, None]":  # Any: as `_grouped`
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    return sdpa_attention_forward(*arguments, **options)


@cache
def _growing_layer() -> type[Any]:  # Any: a class of the library, imported late
    from transformers.cache_utils import DynamicLayer

    class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # the library leaves it untyped
        """Keys and values of shape (B, groups, S, D), views of longer buffers; rows cannot be reordered (no beams)."""

        def update(
            self, key_states: "Tensor", value_states: "Tensor", *_args: Any, **_kwargs: Any
        ) -> "tuple[Tensor, Tensor]":
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self._buffers: list[Tensor] = []
            start = self.get_seq_length()
            end = start + key_states.shape[-2]
            if not self._buffers or end > self._buffers[0].shape[-2]:
                self._buffers = [
                    _roomier(held, new) for held, new in ((self.keys, key_states), (self.values, value_states))
                ]
            for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
                buffer[..., start:end, :] = new
            self.keys, self.values = (buffer[..., :end, :] for buffer in self._buffers)
            return self.keys, self.values

    return GrowingLayer


def _roomier(held: Any, new: "Tensor") -> "Tensor":  # Any: a tensor, None before the first
    """A buffer that begins with what is held and has room for what comes."""
    start = held.shape[-2] if held.numel() else 0
    made = new.new_empty((*new.shape[:-2], start + new.shape[-2] + _ROOM, new.shape[-1]))
    if start:
        made[..., :start, :] = held
    return made
