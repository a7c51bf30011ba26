"""From a checkpoint to a folder that transformers and vLLM load: bf16 weights, tokenizer, chat template."""

import json
import shutil
from pathlib import Path
from typing import Any

from dragoman.core.errors import ConfigurationError
from dragoman.training.micro.model import MicroConfig, build_model, torch_or_hint
from dragoman.training.micro.tokenizer import ANSWER_END, SPECIAL_TOKENS

__all__ = ["MAX_BYTES", "export"]

MAX_BYTES = 25_000_000
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def export(run: Path, folder: Path) -> Path:
    """Writes the weights of a training run as a model folder.

    Args:
        run: holds `checkpoint.pt` and `tokenizer/`.
        folder: made when it does not exist; files of the same names are replaced.

    Raises:
        ConfigurationError: no checkpoint, or weights of more than `MAX_BYTES`.
        MissingExtraError: torch or transformers is not installed.
    """
    torch = torch_or_hint("exporting the micro model")
    checkpoint = run / "checkpoint.pt"
    if not checkpoint.is_file():
        raise ConfigurationError(f"no checkpoint in {str(run)!r}: give the folder of `dragoman micro train`")
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = _model(content, run / "tokenizer")
    folder.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    for name in _TOKENIZER_FILES:
        shutil.copyfile(run / "tokenizer" / name, folder / name)
    size = (folder / "model.safetensors").stat().st_size
    if size > MAX_BYTES:
        raise ConfigurationError(f"the weights have {size:,} bytes, more than {MAX_BYTES:,}: train a smaller network")
    return folder


def _model(content: dict[str, Any], tokenizer: Path) -> Any:  # Any: a checkpoint; LlamaForCausalLM
    added = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    ids = {token["content"]: token["id"] for token in added}
    model = build_model(
        MicroConfig(**content["config"]["model"]), end_id=ids[ANSWER_END], pad_id=ids[SPECIAL_TOKENS[0]]
    )
    model.load_state_dict(content["model"])
    model.generation_config.eos_token_id = ids[ANSWER_END]
    model.generation_config.pad_token_id = ids[SPECIAL_TOKENS[0]]
    return model
