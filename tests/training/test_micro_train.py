"""Training dragoman-micro for real, for seconds: it learns, resumes after a kill, exports, answers, and takes RL."""

import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
import torch

from dragoman.agent.backends import make_backend
from dragoman.training.micro.batches import batches
from dragoman.training.micro.corpus import tokenizer_corpus
from dragoman.training.micro.evaluate import EvaluateConfig, evaluate
from dragoman.training.micro.export import MAX_BYTES, export
from dragoman.training.micro.forward import hidden_states
from dragoman.training.micro.model import MicroConfig, build_model
from dragoman.training.micro.rl import RlConfig, continue_supervised, limited_examples, line_rewards, reinforce
from dragoman.training.micro.scores import condition_chrf
from dragoman.training.micro.stream import Encoded, Encoder
from dragoman.training.micro.tokenizer import save_tokenizer, train_tokenizer

pytestmark = [pytest.mark.torch]

SIZES = MicroConfig(width=64, layers=2, kv_heads=1, inner=64, vocabulary=700, max_tokens=1536)
SCRIPT = """
import sys
from pathlib import Path
from dragoman.training.micro.model import MicroConfig
from dragoman.training.micro.train import TrainConfig, train

if __name__ == "__main__":
    sizes = MicroConfig(width=64, layers=2, kv_heads=1, inner=64, vocabulary=700, max_tokens=1536)
    config = TrainConfig(minutes=float(sys.argv[2]), batch_tokens=2048, checkpoint_s=0.0, threads=1, model=sizes)
    train(Path(sys.argv[1]), config)
"""


def start(run: Path, minutes: float) -> "subprocess.Popen[bytes]":
    script = run / "go.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, str(script), str(run), str(minutes)], env=environment)


def curve(run: Path) -> list[dict[str, float]]:
    file = run / "curve.jsonl"
    return [json.loads(row) for row in file.read_text().splitlines() if row.endswith("}")] if file.is_file() else []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed in the middle and went on."""
    folder = tmp_path_factory.mktemp("run")
    save_tokenizer(train_tokenizer(tokenizer_corpus(3), vocabulary=700), folder / "tokenizer", max_tokens=1536)
    killed = start(folder, 10.0)
    deadline = time.monotonic() + 120
    while not (folder / "checkpoint.pt").is_file() and time.monotonic() < deadline:
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    steps = torch.load(folder / "checkpoint.pt", weights_only=True)["state"]["step"]
    (folder / "steps").write_text(str(steps))
    spent = torch.load(folder / "checkpoint.pt", weights_only=True)["state"]["seconds"] / 60
    left = max(0.25, 1.2 * spent)  # a busy machine took long to make the first shard and will again
    assert start(folder, spent + left).wait(timeout=400) == 0
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(run, tmp_path_factory.mktemp("model"))


def test_the_fast_forward_pass_is_the_librarys() -> None:
    network = build_model(SIZES, end_id=2, pad_id=0)
    ids = torch.randint(0, 700, (2, 64), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        right = network.model(input_ids=ids, use_cache=False).last_hidden_state
        assert torch.allclose(hidden_states(network, ids, torch.float32)[0], right, atol=1e-4)
        assert torch.allclose(hidden_states(network, ids, torch.float32, start=30)[0], right[:, 30:], atol=1e-4)


@settings(max_examples=40)
@given(lengths=st.lists(st.integers(1, 900), max_size=40), budget=st.integers(1024, 4096))
def test_batches_hold_every_example_once_within_the_budget(lengths: list[int], budget: int) -> None:
    examples = [
        Encoded(np.zeros(n, np.int16), np.ones(n, bool), str(place), *[np.full(n, -1, np.int16)] * 3)
        for place, n in enumerate(lengths)
    ]
    made = list(batches(examples, budget, random.Random(0)))
    assert sorted(int(e.task) for batch in made for e in batch) == list(range(len(examples)))
    for batch in made:
        longest = max((len(e.tokens_T) for e in batch), default=0)
        assert len(batch) <= 1 or len(batch) * longest <= budget


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ("1\tThe dog sees.\n2\tNo.", 1.0),
        ("1\tThe dog sees.", 0.5),  # the second line did not come
        ("nonsense", 0.0),
        ("2\tThe dog sees.\n1\tNo.", None),  # ids are read, never positions
    ],
)
def test_a_reward_is_the_mean_chrf_of_the_lines(answer: str, reward: float | None) -> None:
    pytest.importorskip("sacrebleu")
    found = line_rewards([answer], "1\tThe dog sees.\n2\tNo.")[0]
    assert found == pytest.approx(reward) if reward is not None else 0 <= found < 0.5


@pytest.mark.slow
def test_a_killed_run_goes_on_where_its_checkpoint_was(run: Path) -> None:
    rows = curve(run)
    steps = [row["step"] for row in rows]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) > int((run / "steps").read_text()) + 5
    assert all(later["tokens"] > earlier["tokens"] for earlier, later in itertools.pairwise(rows))


@pytest.mark.slow
def test_seconds_of_training_lower_the_loss(run: Path) -> None:
    losses = [row["loss"] for row in curve(run)]
    assert sum(losses[-10:]) / 10 < losses[0] - 1.0


@pytest.mark.slow
def test_no_shard_and_no_maker_is_left_behind(run: Path) -> None:
    assert not (run / "shards").exists()


@pytest.mark.slow
def test_an_exported_model_answers_through_the_agents_backend(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {file.name for file in model.iterdir()} >= {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert (model / "model.safetensors").stat().st_size < MAX_BYTES
    monkeypatch.setenv("DRAGOMAN_STATE", str(tmp_path))
    (tmp_path / "micro").symlink_to(model)
    backend = make_backend("micro", max_context_tokens=1536)
    conditions = ["no_dictionary"]
    scored = evaluate(backend, EvaluateConfig(languages=1, split="dev", page=0, max_answer_tokens=40), conditions)
    assert scored[0].output_tokens > 0
    assert 0 <= condition_chrf(scored, "no_dictionary").value <= 100


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TRL's imports and generation settings warn about themselves
def test_grpo_and_continued_training_take_real_steps(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    config = RlConfig(languages=1, pages=2, steps=2, samples=2, max_answer_tokens=12)
    for train in (continue_supervised, reinforce):
        made = train(model, tmp_path / train.__name__, config)
        assert (made / "model.safetensors").is_file()
        assert (made / "history.jsonl").read_text().strip()


@pytest.mark.slow
def test_the_limited_pages_are_equal_for_equal_seeds(model: Path) -> None:
    encoder = Encoder(model)
    config = RlConfig(languages=1, pages=3)
    assert limited_examples(encoder, config) == limited_examples(encoder, config)
