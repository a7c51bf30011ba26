"""Token counts: the estimate, and a model's own tokenizer."""

import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from dragoman.core import tokens
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.tokens import EstimatedTokenCounter, load_token_counter

# The split pattern of Llama 3's tokenizer.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NO_TOKEN = "\u3000"  # the ideographic space: not ASCII, and a space joins what stands beside it
CORPUS = [
    "the quick brown fox jumps over the lazy dog",
    "she sells sea shells, don't they?",
    "Größe über alles 123456",
] * 20


def train(*, normalizer: object = None, use_regex: bool = False) -> Tokenizer:
    """A tiny byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def probes() -> list[str]:
    generator = random.Random(7)
    characters = [
        chr(code) for code in (*range(1, 0x500), *range(0x900, 0x980), *range(0x4E00, 0x4E40), 0x1F600, 0x200D)
    ]
    return ["", *CORPUS[:3], *("".join(generator.choices(characters, k=40)) for _ in range(200))]


@pytest.mark.parametrize("as_folder", [True, False])
def test_a_byte_level_tokenizer_counts_the_same_token_for_token_as_tiktoken(tmp_path: Path, as_folder: bool) -> None:
    tokenizer = train()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    counter = load_token_counter(tmp_path if as_folder else tmp_path / "tokenizer.json")
    assert isinstance(counter, tokens._TiktokenCounter)
    for text in probes():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert counter.encoding.encode_ordinary(text) == ids
        assert counter.count_tokens(text) == len(ids)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train().save(str(tmp_path / "tokenizer.json"))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        load_token_counter(tmp_path)


def test_special_tokens_in_a_text_count_as_text(tmp_path: Path) -> None:
    train().save(str(tmp_path / "tokenizer.json"))
    assert load_token_counter(tmp_path).count_tokens("<|end|>") > 1


@pytest.mark.parametrize("change", ["normalizer", "regex", "unigram", "merges"])
def test_other_tokenizers_are_counted_by_their_own_library(tmp_path: Path, change: str) -> None:
    tokenizer = train(normalizer=normalizers.NFC() if change == "normalizer" else None, use_regex=change == "regex")
    if change == "unigram":
        tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0), ("b", -2.0)], unk_id=0))
    config = json.loads(tokenizer.to_str())
    if change == "merges":
        config["model"]["merges"][0], config["model"]["merges"][5] = (
            config["model"]["merges"][5],
            config["model"]["merges"][0],
        )
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    counter = load_token_counter(path)
    assert isinstance(counter, tokens._TokenizersCounter)
    assert counter.count_tokens("abba") == len(
        Tokenizer.from_file(str(path)).encode("abba", add_special_tokens=False).ids
    )


@pytest.mark.parametrize("content", [None, b"not json", b"{}", b"\xff"])
def test_what_is_no_tokenizer_is_refused_with_the_way_out(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json"):
        load_token_counter(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        (" ", 1),
        ("word", 1),
        ("two words", 2),
        ("internationalization", 4),
        ("don't", 3),
        ("1234567", 3),
        ("你好。", 3),
        ("Привет", 2),
        ("a\n\nb", 3),
    ],
)
def test_the_estimate_follows_its_rules(text: str, expected: int) -> None:
    assert EstimatedTokenCounter().count_tokens(text) == expected


@given(st.text(st.characters(codec="ascii"), min_size=1))
@example("word-for-word_2,718,281 ...\n\n\r\n\t\x00\x1c")
def test_the_fast_path_for_ascii_estimates_what_the_rules_for_all_letters_do(text: str) -> None:
    counter = EstimatedTokenCounter()
    assert counter.count_tokens(text) == counter.count_tokens(text + NO_TOKEN) == counter.count_tokens(NO_TOKEN + text)
