"""The tokenizer of dragoman-micro: every byte, exact counts, the chat format that tools know, regular pieces."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.exchange import Message
from dragoman.core.tokens import load_token_counter
from dragoman.training.micro.corpus import tokenizer_corpus
from dragoman.training.micro.tokenizer import SPECIAL_TOKENS, chat_text, save_tokenizer, train_tokenizer
from dragoman.training.simlang import generate_language

tokenizers = pytest.importorskip("tokenizers")

MESSAGES = (Message("system", "Translate A into English."), Message("user", "## Text\n1\tKofal temu."))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer(tokenizer_corpus(3), vocabulary=700), made, max_tokens=1024)
    return made


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> "tokenizers.Tokenizer":
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@settings(max_examples=60)
@given(text=st.text(max_size=60))
def test_any_text_comes_back(tokenizer: "tokenizers.Tokenizer", text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_counting_goes_through_tiktoken_and_is_exact(folder: Path, tokenizer: "tokenizers.Tokenizer") -> None:
    counter = load_token_counter(folder)
    assert type(counter).__name__ == "_TiktokenCounter"
    text = "kofal = boat (noun)\n1\tdog-PL-ACC see-PST ?\tNa\u00efve \u4f60\u597d \u2026"
    assert counter.count_tokens(text) == len(tokenizer.encode(text).ids)


def test_equal_texts_give_equal_tokenizers(tokenizer: "tokenizers.Tokenizer") -> None:
    again = train_tokenizer(tokenizer_corpus(3), vocabulary=700)
    assert again.to_str() == tokenizer.to_str()


def test_special_tokens_are_one_token_each_and_have_the_last_ids(tokenizer: "tokenizers.Tokenizer") -> None:
    assert [tokenizer.encode(token).ids for token in SPECIAL_TOKENS] == [
        [tokenizer.get_vocab_size() - len(SPECIAL_TOKENS) + place] for place in range(len(SPECIAL_TOKENS))
    ]


def test_most_stems_are_cut_alike_alone_and_in_front_of_a_suffix(tokenizer: "tokenizers.Tokenizer") -> None:
    language = generate_language(1)
    pairs = [(stem, f"{stem}t{vowel}") for stem in language.lexicon.senses for vowel in "aiu"]
    alike = 0
    for stem, inflected in pairs:
        short, whole = tokenizer.encode(f" {stem}").tokens, tokenizer.encode(f" {inflected}").tokens
        alike += whole[: len(short) - 1] == short[:-1]
    assert alike / len(pairs) > 0.8


def test_a_part_of_speech_is_one_token(tokenizer: "tokenizers.Tokenizer") -> None:
    assert len(tokenizer.encode(" (noun)").ids) == 1


def test_the_template_prints_what_training_saw(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    loaded = transformers.AutoTokenizer.from_pretrained(str(folder))
    chat = [{"role": message.role, "content": message.content} for message in MESSAGES]
    assert loaded.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) == chat_text(MESSAGES)
    assert loaded.eos_token == "<|im_end|>"


def test_the_template_is_the_one_that_trl_knows_byte_for_byte(folder: Path) -> None:
    trl = pytest.importorskip("trl")
    known = Path(trl.__file__).parent / "chat_templates" / "qwen2_5.jinja"
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["chat_template"] == known.read_text(encoding="utf-8")


def test_a_tool_call_is_printed_as_vllms_hermes_parser_reads_it(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    loaded = transformers.AutoTokenizer.from_pretrained(str(folder))
    call = {"function": {"name": "translate_to_english", "arguments": {"lines": "1"}}}
    chat = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    printed = loaded.apply_chat_template(chat, tokenize=False)
    assert '<tool_call>\n{"name": "translate_to_english", "arguments": {"lines": "1"}}\n</tool_call>' in printed
