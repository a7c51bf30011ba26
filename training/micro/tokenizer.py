"""The tokenizer of dragoman-micro: byte-level BPE that splits words it does not know into short, regular pieces.

Merges are learned from English and from the fixed words of prompts; of constructed words only pairs of letters are
seen, so that a stem is cut alike in the dictionary, in the text and in front of a suffix: looking a word up is then
matching a sequence. All 256 bytes are there. ChatML and tool-call tokens and the chat template are those of Qwen 2.5,
the format that TRL's tool loop and vLLM's parser "hermes" read.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.core.errors import MissingExtraError
from dragoman.core.exchange import Message

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["ANSWER_END", "PATTERN", "SPECIAL_TOKENS", "chat_text", "save_tokenizer", "train_tokenizer"]

ANSWER_END = "<|im_end|>"
SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    ANSWER_END,
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
)
# A part of speech in brackets is one piece, so is an affix with its hyphen; a space belongs to the word behind it.
PATTERN = r" \((?:\p{Ll}{1,5}|\p{Lu}{1,4})\)| ?-?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s"
_TEMPLATE = Path(__file__).with_name("chat_template.jinja")
_MIN_FREQUENCY = 20


def train_tokenizer(texts: Iterable[str], *, vocabulary: int = 1536) -> "Tokenizer":
    """A tokenizer learned from texts.

    Args:
        texts: what merges are learned from, in any order; equal texts in equal order give equal tokenizers.
        vocabulary: number of tokens with the special ones, which have the last ids.

    Raises:
        MissingExtraError: the library `tokenizers` is not installed.
    """
    try:
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    except ImportError as error:
        raise MissingExtraError("training a tokenizer", "train") from error
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL_TOKENS),
        min_frequency=_MIN_FREQUENCY,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def save_tokenizer(tokenizer: "Tokenizer", folder: Path, *, max_tokens: int) -> None:
    """Writes tokenizer.json, tokenizer_config.json and the chat template, as transformers and vLLM load them."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    template = _TEMPLATE.read_text(encoding="utf-8")
    config: dict[str, Any] = {  # Any: JSON
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": ANSWER_END,
        "pad_token": SPECIAL_TOKENS[0],
        "model_max_length": max_tokens,
        "clean_up_tokenization_spaces": False,
        "chat_template": template,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def chat_text(messages: Iterable[Message]) -> str:
    """The prompt as the chat template prints it, up to where the answer begins; messages begin with the system's."""
    printed = "".join(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages)
    return f"{printed}<|im_start|>assistant\n"
