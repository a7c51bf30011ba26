"""Counting tokens: an estimate that needs no download, and exact counts from a model's own `tokenizer.json`."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.protocols import TokenCounter

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

__all__ = ["EstimatedTokenCounter", "load_token_counter"]

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = r"\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # vowel signs are no \w in Python
# Groups: letters | Chinese, Japanese, Korean | digits or marks | one token whatever the length
_PIECES = re.compile(rf"([^\W\d_{_CJK}]+)|([{_CJK}]+)|([0-9]+|[{_MARKS}]+)|(\n+|[^\w\s]{{1,2}}|\w)")
_LETTERS, _IDEOGRAPHS, _THREES = 1, 2, 3
_ASCII_TOKEN = re.compile(r"[A-Za-z]{1,6}|[0-9]{1,3}|\n+|[^\w\s]{1,2}|_")  # the same rules, one match for each token
_PROBE = (
    "Hello, world! It's 12345 o'clock;  don't  stop.\n\n\tTabs and   spaces \r\n"
    "Grüße, naïve café – “quotes” … Привет, мир! 你好，世界。 こんにちは 안녕하세요 שלום عالم नमस्ते ไทย "
    "👩\u200d👩\u200d👧 e\u0301 \u200b\ufeff <x1/> </g2>"
)


class EstimatedTokenCounter:
    """Estimates the tokens of a text for a multilingual byte-level BPE of a large vocabulary. Deterministic.

    One token per started six letters of an ASCII word, per started four letters of any other alphabet, per started
    three digits or combining marks, three for four Chinese, Japanese or Korean characters, and one per one or two
    punctuation marks and per run of line ends. Spaces join the word behind them. For budgets and forecasts only.

    Measured against a byte-level BPE of 64,000 tokens (trained on half of TICO-19, news and novels; the other half
    counted, eleven languages), the sum was 0.8 to 1.2 times the true count; for languages which that tokenizer had
    never seen it was as low as 0.5 times, since words fall into small pieces there.
    """

    def count_tokens(self, text: str) -> int:
        """The estimate; 0 for the empty text, at least 1 for any other."""
        if text.isascii():
            return len(_ASCII_TOKEN.findall(text)) or (1 if text else 0)
        total = 0
        for match in _PIECES.finditer(text):
            kind, length = match.lastindex, match.end() - match.start()
            if kind == _LETTERS:
                per_token = 6 if match[0].isascii() else 4
                total += (length + per_token - 1) // per_token
            elif kind == _IDEOGRAPHS:
                total += (3 * length + 3) // 4
            else:
                total += (length + 2) // 3 if kind == _THREES else 1
        return total or (1 if text else 0)


@dataclass(frozen=True, slots=True)
class _TiktokenCounter:
    encoding: "tiktoken.Encoding"

    def count_tokens(self, text: str) -> int:
        return len(self.encoding.encode_ordinary(text))


@dataclass(frozen=True, slots=True)
class _TokenizersCounter:
    tokenizer: "tokenizers.Tokenizer"

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)


def load_token_counter(path: str | Path) -> TokenCounter:
    """Exact counts with a model's own tokenizer.

    A byte-level BPE is rebuilt as a `tiktoken` encoding (six to ten times faster) when its pre-tokenizer is one
    split by a pattern followed by bytes, it has no normalizer, and ids grow in merge order; the two are then compared
    on a probe text. Everything else is counted by `tokenizers`. Special tokens in the text count as ordinary text
    with `tiktoken`.

    Args:
        path: a `tokenizer.json` or the folder that holds one.

    Raises:
        ConfigurationError: no such file, or not a tokenizer.
        MissingExtraError: the library `tokenizers` is not installed.
    """
    file = Path(path)
    file = file / "tokenizer.json" if file.is_dir() else file
    content = _read_tokenizer(file)
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError(f"counting with {file.name}", "torch") from error
    try:
        tokenizer = tokenizers.Tokenizer.from_str(content)
    except Exception as error:  # the library raises bare Exception
        raise ConfigurationError(f"{file} is not a tokenizer.json that `tokenizers` can read: {error}") from error
    encoding = _as_tiktoken(json.loads(content))
    if (
        encoding is not None
        and encoding.encode_ordinary(_PROBE) == tokenizer.encode(_PROBE, add_special_tokens=False).ids
    ):
        return _TiktokenCounter(encoding)
    return _TokenizersCounter(tokenizer)


def _read_tokenizer(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        way_out = "give a tokenizer.json or the folder of a model that has one"
        raise ConfigurationError(f"tokenizer {str(file)!r} cannot be read ({error}): {way_out}") from error


def _as_tiktoken(config: dict[str, Any]) -> "tiktoken.Encoding | None":  # Any: JSON as the tokenizers library writes it
    """The same tokenizer as a tiktoken encoding; None where the conversion would not be exact."""
    pattern = _split_pattern(config)
    if pattern is None:
        return None
    added = {token["content"]: token["id"] for token in config.get("added_tokens") or ()}
    unbyte = _unicode_to_byte()
    try:
        ranks = {bytes(unbyte[c] for c in t): i for t, i in config["model"]["vocab"].items() if t not in added}
    except KeyError:
        return None  # a token that is not made of bytes
    if not _ids_are_ranks(config["model"]["merges"], config["model"]["vocab"]):
        return None
    if not all(bytes([value]) in ranks for value in range(256)):
        return None
    import tiktoken

    return tiktoken.Encoding("own", pat_str=pattern, mergeable_ranks=ranks, special_tokens=added)


def _split_pattern(config: dict[str, Any]) -> str | None:  # Any: JSON
    """The pattern of a pre-tokenizer `Split(pattern, isolated)`, `ByteLevel(no prefix space, no pattern)`, or None."""
    model, pre = config["model"], config.get("pre_tokenizer") or {}
    plain = model.get("type") == "BPE" and not model.get("byte_fallback") and not model.get("dropout")
    affixed = model.get("continuing_subword_prefix") or model.get("end_of_word_suffix") or model.get("ignore_merges")
    if config.get("normalizer") is not None or not plain or affixed:
        return None
    match pre.get("pretokenizers"):
        case [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
        ]:
            return cast(str, pattern)
        case _:
            return None


def _ids_are_ranks(merges: list[Any], vocab: dict[str, int]) -> bool:  # Any: "a b" or ["a", "b"], by version
    pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in merges)
    ids = [vocab["".join(pair)] for pair in pairs]
    return all(low < high for low, high in pairwise(ids))


def _unicode_to_byte() -> dict[str, int]:
    """The table of GPT-2's byte-level BPE, inverted: every byte has a printable character."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [byte for byte in range(256) if byte not in kept]
    return {chr(byte): byte for byte in kept} | {chr(256 + index): byte for index, byte in enumerate(moved)}
