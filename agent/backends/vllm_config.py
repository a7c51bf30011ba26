"""Which model a vLLM engine of our own loads and how much memory it may take."""

from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import ConfigurationError, UnknownNameError

__all__ = ["VllmConfig", "engine_arguments"]

_GIB = 1 << 30
_CPU_KV_CACHE_GIB = 2.0
_STRUCTURED = ("regex", "none")


@dataclass(frozen=True, slots=True)
class VllmConfig:
    """Which model and how to run it.

    Attributes:
        path: folder with config.json, tokenizer and weights, or a hub id.
        dtype: "auto" is the type of the saved weights; or a name vLLM knows.
        max_context_tokens: prompt and answer; None means what the model's configuration says.
        kv_cache_gib: memory for keys and values. None means 2 GiB on the CPU, where vLLM would otherwise claim nearly
            all memory, and `gpu_memory_share` on a GPU.
        gpu_memory_share: share of the GPU's memory the engine may use, 0 to 1.
        max_batch: requests decoded at the same time.
        structured: "regex" enforces line numbers, "none" does not.
        enforce_eager: no graph capture; None means yes on the CPU and no on a GPU.
        seed: of the engine; requests carry their own.
    """

    path: str
    dtype: str = "auto"
    max_context_tokens: int | None = None
    kv_cache_gib: float | None = None
    gpu_memory_share: float = 0.9
    max_batch: int = 64
    structured: str = "regex"
    enforce_eager: bool | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.structured not in _STRUCTURED:
            raise UnknownNameError("structured mode", self.structured, _STRUCTURED)
        if self.kv_cache_gib is not None and not self.kv_cache_gib > 0:
            raise ConfigurationError(f"kv_cache_gib is {self.kv_cache_gib}: give GiB above 0, or leave it out")
        if not 0 < self.gpu_memory_share <= 1:
            raise ConfigurationError(f"gpu_memory_share is {self.gpu_memory_share}: give a share above 0, at most 1")
        if self.max_batch < 1:
            raise ConfigurationError(f"max_batch is {self.max_batch}: give at least 1")


def engine_arguments(
    config: VllmConfig, *, model: str, is_cpu: bool
) -> dict[str, Any]:  # Any: fields of AsyncEngineArgs
    """The engine's arguments on this kind of machine.

    Args:
        config: what the user set.
        model: folder or hub id.
        is_cpu: whether vLLM runs on the CPU here.
    """
    arguments: dict[str, Any] = {
        "model": model,
        "dtype": config.dtype,
        "gpu_memory_utilization": config.gpu_memory_share,
        "max_num_seqs": config.max_batch,
        "enable_prefix_caching": True,
        "enforce_eager": is_cpu if config.enforce_eager is None else config.enforce_eager,
        "seed": config.seed,
        "disable_log_stats": True,
    }
    gib = _CPU_KV_CACHE_GIB if config.kv_cache_gib is None and is_cpu else config.kv_cache_gib
    if gib is not None:
        arguments["kv_cache_memory_bytes"] = int(gib * _GIB)
    if config.max_context_tokens is not None:
        arguments["max_model_len"] = config.max_context_tokens
    return arguments
