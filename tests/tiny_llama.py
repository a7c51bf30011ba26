"""Makes a tiny random Llama with a byte-level BPE tokenizer: a real model folder in seconds, no download."""

from pathlib import Path

VOCABULARY = 1024
CONTEXT_TOKENS = 2048

# Written for this purpose; only its variety of words and scripts matters.
_TEXT = """
The ferry leaves before dawn, and nobody waits for the miller's daughter. She counts seventeen lamps on the quay.
Translate the lines. Use the notes. Keep every line number and tag. Answer with one line per line.
1\tThe house stands by the river.\n2\tWho sees the house?\n3\tThree children carried water home.
Das Haus steht am Fluss. Wer sieht das Haus? La maison est près de la rivière. El río baja frío y claro.
Дом стоит у реки. Τρία παιδιά έφεραν νερό. 三个孩子把水带回家。 ثلاثة أطفال حملوا الماء.
kofal temu nari. sabo kofal-ne temu. nari-ta sabo lume. ## Rules ## Names ## Words ## Examples ## Gloss ## Text
"""

# Splits at letters, digits, punctuation and white space, as large byte-level tokenizers do.
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tiny_llama(folder: Path, *, dtype: str = "float32", seed: int = 0) -> Path:
    """Writes config, tokenizer and random weights; 128 wide, 2 layers, heads of 64."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    end = _make_tokenizer(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        initializer_range=0.3,  # far apart logits: greedy choices do not hang on rounding
    )
    model = LlamaForCausalLM(config).to(getattr(torch, dtype))
    model.generation_config.eos_token_id = end
    model.save_pretrained(folder)
    return folder


def _make_tokenizer(folder: Path) -> int:
    """Trains and saves the tokenizer; returns the id of its end token."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXT.splitlines(), trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>")
    fast.chat_template = _CHAT_TEMPLATE
    fast.save_pretrained(folder)
    return int(tokenizer.token_to_id("<|im_end|>"))
