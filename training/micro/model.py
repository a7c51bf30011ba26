"""The network: a Hugging Face Llama of a few million parameters, head size 64 so that vLLM runs it on a CPU."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from dragoman.core.errors import MissingExtraError

__all__ = ["MicroConfig", "build_model", "torch_or_hint"]


@dataclass(frozen=True, slots=True)
class MicroConfig:
    """Sizes of the network; 5.2 million parameters by default.

    Attributes:
        width: of the residual stream; a multiple of 64.
        layers: number of blocks.
        kv_heads: key-value heads; divides width / 64.
        inner: width of the gated layer.
        vocabulary: number of tokens, special ones included.
        max_tokens: longest prompt with its answer.
        rope_theta: base of the rotary positions.
    """

    width: int = 256
    layers: int = 8
    kv_heads: int = 2
    inner: int = 512
    vocabulary: int = 2048
    max_tokens: int = 4096
    rope_theta: float = 10000.0

    def as_dict(self) -> dict[str, int | float]:
        """Plain values, for JSON."""
        return asdict(self)


def build_model(config: MicroConfig, *, end_id: int, pad_id: int, seed: int = 0) -> Any:  # Any: LlamaForCausalLM
    """A network with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    values: dict[str, Any] = {  # Any: settings of the library
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "intermediate_size": config.inner,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.width // 64,
        "num_key_value_heads": config.kv_heads,
        "head_dim": 64,
        "max_position_embeddings": config.max_tokens,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_theta},
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": end_id,
        "pad_token_id": pad_id,
        "attn_implementation": "sdpa",
    }
    return LlamaForCausalLM(LlamaConfig(**values))  # type: ignore[no-untyped-call]  # the library leaves it untyped


def torch_or_hint(feature: str) -> Any:  # Any: the module torch
    """The module torch.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError(feature, "train")
    import torch

    return torch
