"""What a prompt gives for each word of its text, and the loss that asks for it at the word itself."""

import random
from pathlib import Path

import numpy as np
import pytest

from dragoman.agent.prompt import parse_prompt
from dragoman.core.errors import TrainingError
from dragoman.core.records import Kind
from dragoman.core.tokens import EstimatedTokenCounter
from dragoman.training.micro.corpus import tokenizer_corpus
from dragoman.training.micro.drawing import Example
from dragoman.training.micro.examples import make_example
from dragoman.training.micro.lookups import UNMARKED, preceding
from dragoman.training.micro.stream import Encoded, Encoder, read_shards
from dragoman.training.micro.tokenizer import save_tokenizer, train_tokenizer
from dragoman.training.micro.world import World

pytest.importorskip("tokenizers")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer(tokenizer_corpus(2), vocabulary=700), folder, max_tokens=4096)
    return Encoder(folder)


@pytest.fixture(scope="module")
def world() -> World:
    return World(3, split="train", pages=2, counter=EstimatedTokenCounter())


def drawn(world: World, task: str) -> list[Example]:
    return [make_example(world, random.Random(seed), 2, task=task) for seed in range(6)]


def entries(example: Example) -> dict[str, str]:
    prompt = parse_prompt(example.messages)
    items = [*prompt.items(Kind.ENTRY), *prompt.items(Kind.ENTITY)]
    return {item.partition(" = ")[0]: item.partition(" = ")[2].partition(" (")[0] for item in items}


@pytest.mark.parametrize("task", ["plain", "words"])
def test_what_is_looked_up_stands_in_the_prompt(world: World, task: str) -> None:
    for example in drawn(world, task):
        given = {word for target in entries(example).values() for word in target.lower().replace(";", " ").split()}
        wanted = [what for line in example.lookups.values() for what in line if what]
        assert wanted
        assert {what.lower().split(".")[0] for what in wanted} <= given


def test_out_of_english_the_stems_of_the_language_are_looked_up(world: World) -> None:
    found = [(example, what) for example in drawn(world, "out") for line in example.lookups.values() for what in line]
    assert any(what for _, what in found)
    assert all(what in entries(example).values() for example, what in found if what)


def test_with_a_gloss_nothing_is_looked_up(world: World) -> None:
    assert not any(example.lookups for example in drawn(world, "glossed"))


def test_it_is_asked_for_at_the_last_token_of_the_word(world: World, encoder: Encoder) -> None:
    for example in drawn(world, "plain"):
        encoded = encoder.encode(example)
        places = np.flatnonzero(encoded.lookups_T >= 0)
        wanted = sum(bool(what) for line in example.lookups.values() for what in line)
        assert 0.9 * wanted <= len(places) <= wanted  # a word that does not end where a token ends is left out
        assert not encoded.counts_T[places].any()


def test_a_maker_of_shards_that_ended_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has ended"):
        next(read_shards(tmp_path, lambda: False))


def test_the_loss_of_looking_up_is_added_and_reported(world: World, encoder: Encoder) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from dragoman.training.micro.batches import WORD_TASKS, answer_loss
    from dragoman.training.micro.model import MicroConfig, build_model

    rows: list[Encoded] = [encoder.encode(example) for example in drawn(world, "words")]
    network = build_model(MicroConfig(width=64, layers=3, kv_heads=1, inner=64, vocabulary=700), end_id=0, pad_id=0)
    without = answer_loss(network, rows, torch.float32)
    found = answer_loss(network, rows, torch.float32, lookup_weight=0.5)
    looked_up = found.by_task["look-up"]
    at_words = sum(found.by_task[task] for task in WORD_TASKS if task in found.by_task)
    assert float(found.loss.detach()) == pytest.approx(float(without.loss.detach()) + 0.5 * at_words, rel=1e-5)
    assert not set(WORD_TASKS) & without.by_task.keys()
    assert looked_up == pytest.approx(np.log(700), rel=0.1)  # a network that knows nothing


@pytest.mark.parametrize(("layers", "asked"), [(2, (0, 0, 1)), (3, (0, 1, 2)), (6, (3, 4, 5)), (8, (4, 5, 6))])
def test_states_behind_earlier_blocks_are_the_networks_own(layers: int, asked: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from dragoman.training.micro.batches import asked_blocks
    from dragoman.training.micro.forward import hidden_states
    from dragoman.training.micro.model import MicroConfig, build_model

    sizes = MicroConfig(width=64, layers=layers, kv_heads=1, inner=64, vocabulary=90)
    network = build_model(sizes, end_id=0, pad_id=0)
    ids = torch.arange(12)[None]
    with torch.no_grad():
        everywhere = torch.ones_like(ids, dtype=torch.bool)
        _, early = hidden_states(network, ids, torch.float32, early=[(n, everywhere) for n in asked])
        states = network(ids, output_hidden_states=True).hidden_states
        for blocks, found in zip(asked, early, strict=True):
            assert torch.allclose(found, network.model.norm(states[blocks])[0], atol=1e-5)
    assert asked_blocks(layers) == asked


@pytest.mark.parametrize(
    ("lookups", "answer", "before"),
    [
        (["king", "", "see", "queen"], "The queen saw the king.", ["queen", "", "", "7"]),
        (["king", "walk"], "Kings walked.", ["7", "king"]),
        (["in", "under", "in"], "in under in", ["7", "in", "under"]),
        (["ropa", "nelu"], "Nelukan biropam.", ["nelu", "7"]),
        (["he"], "The heron.", [""]),
        ([], "Nothing.", []),
    ],
)
def test_what_stands_before_a_found_word_in_the_answer(lookups: list[str], answer: str, before: list[str]) -> None:
    assert list(preceding(lookups, answer, 7)) == before


def test_an_answer_begins_with_the_word_that_follows_its_number(world: World, encoder: Encoder) -> None:
    encoded = [encoder.encode(example) for example in drawn(world, "words")]
    asked = [(e.before_T >= 0).sum() / (e.lookups_T >= 0).sum() for e in encoded]
    assert min(asked) > 0.9


def test_labels_are_asked_for_where_the_prompt_explains_them(world: World) -> None:
    for example in drawn(world, "plain"):
        labels = {label for line in example.labels.values() for label in line} - {"", UNMARKED}
        assert all(f"({label})" in example.messages[-1].content for label in labels)
    assert any(example.labels for example in drawn(world, "plain"))
    assert not any(example.labels for example in drawn(world, "glossed"))
