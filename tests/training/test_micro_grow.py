"""Deepening a network must not change what it computes."""

from dataclasses import replace

import pytest

from dragoman.training.micro.grow import deeper_weights
from dragoman.training.micro.model import MicroConfig, build_model

torch = pytest.importorskip("torch", reason="needs the extra [train]")


@pytest.mark.parametrize(("layers", "target"), [(2, 2), (2, 3), (3, 5), (4, 7), (6, 8)])
def test_a_deeper_network_computes_the_same(layers: int, target: int) -> None:
    config = MicroConfig(width=64, kv_heads=1, inner=64, vocabulary=96, layers=layers)
    shallow = build_model(config, end_id=1, pad_id=0, seed=1)
    deep = build_model(replace(config, layers=target), end_id=1, pad_id=0, seed=2)
    deep.load_state_dict(deeper_weights(shallow.state_dict(), layers=layers, target=target))
    ids = torch.arange(30).reshape(2, 15)
    with torch.no_grad():
        assert torch.equal(shallow(ids).logits, deep(ids).logits)


def test_new_blocks_can_learn() -> None:
    config = MicroConfig(width=64, kv_heads=1, inner=64, vocabulary=96, layers=2)
    shallow = build_model(config, end_id=1, pad_id=0, seed=1)
    deep = build_model(replace(config, layers=3), end_id=1, pad_id=0, seed=2)
    deep.load_state_dict(deeper_weights(shallow.state_dict(), layers=2, target=3))
    deep(torch.arange(30).reshape(2, 15)).logits.square().mean().backward()
    new = deep.model.layers[1]
    assert new.self_attn.o_proj.weight.grad.abs().sum() > 0
    assert new.mlp.down_proj.weight.grad.abs().sum() > 0
