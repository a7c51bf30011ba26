"""The grouped attention and the growing cache compute what the library's own do."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from dragoman.agent.backends import decoding_speed
from dragoman.agent.backends.decoding_speed import growing_cache, speed_up

pytestmark = [pytest.mark.torch]


def small_model(**settings: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.3}
    return LlamaForCausalLM(LlamaConfig(**{**sizes, **heads, **settings})).eval()


@pytest.mark.parametrize("padding", [0, 5])
def test_a_sped_up_model_gives_the_librarys_logits(padding: int) -> None:
    ids = torch.randint(3, 64, (3, 20), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, :padding] = 0
    with torch.no_grad():
        right, fast = small_model(), small_model()
        assert speed_up(fast)
        expected = right(input_ids=ids, attention_mask=mask).logits
        cache = growing_cache(fast.config)
        parts = [
            fast(input_ids=ids[:, start:end], attention_mask=mask[:, :end], past_key_values=cache).logits
            for start, end in ((0, 12), (12, 13), (13, 20))
        ]
        found = torch.cat(parts, dim=1)
    kept = mask.bool()
    assert torch.allclose(found[kept], expected[kept], atol=1e-4)


def test_a_cache_grows_beyond_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_speed, "_ROOM", 2)
    model = small_model()
    asked = {"inputs": torch.tensor([[5, 6, 7]]), "do_sample": False, "max_new_tokens": 12, "pad_token_id": 0}
    expected = model.generate(**asked)
    assert speed_up(model)
    cache = growing_cache(model.config)
    assert model.generate(**asked, past_key_values=cache).tolist() == expected.tolist()
    assert cache.get_seq_length() == expected.shape[1] - 1
    cache.crop(-4)
    assert cache.get_seq_length() == expected.shape[1] - 5


def test_layers_of_other_kinds_stay_the_librarys() -> None:
    from transformers import MistralConfig

    sliding = MistralConfig(num_hidden_layers=2, sliding_window=8)
    kinds = {type(layer).__name__ for layer in growing_cache(sliding).layers}
    assert kinds == {"DynamicSlidingWindowLayer"}
    assert {type(layer).__name__ for layer in growing_cache(small_model().config).layers} == {"GrowingLayer"}


def test_a_model_with_another_attention_is_left_alone(tmp_path: Path) -> None:
    model = small_model(attn_implementation="eager")
    assert not speed_up(model)
    assert model.config._attn_implementation == "eager"
