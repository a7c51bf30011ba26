"""Training of dragoman-micro from nothing: one command, two processes, resumes after a kill, writes its curve.

Muon for the matrices and AdamW for embeddings and norms, loss on answers only, batches by tokens with rows of similar
length, bf16 arithmetic on fp32 weights, a curriculum by competence. The same script uses a GPU where torch sees one.

Source: Jordan et al. 2024, "Muon", as in `torch.optim.Muon`; the small step is our own finding (docs/micro.md).
"""

import json
import multiprocessing
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dragoman.core.errors import ConfigurationError, TrainingError
from dragoman.core.whole_file import written_whole
from dragoman.training.micro.batches import BatchLoss, answer_loss, batches
from dragoman.training.micro.grow import deeper_weights
from dragoman.training.micro.model import MicroConfig, build_model, torch_or_hint
from dragoman.training.micro.real_sources import require_data
from dragoman.training.micro.schedule import Competence, step_scale
from dragoman.training.micro.stream import REAL_SHARE, Encoded, make_shards, read_shards, write_level
from dragoman.training.micro.tokenizer import ANSWER_END, SPECIAL_TOKENS

__all__ = ["TrainConfig", "train"]


_DEEP_LEVEL = 2  # of the curriculum, from which on the network has all its blocks


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train.

    Attributes:
        minutes: length of the run, over all its resumptions.
        batch_tokens: padded tokens of one step.
        muon_step: for matrices.
        adamw_step: for embeddings and norms.
        prompt_weight: weight of the prompts' own tokens while the level is 0, see `answer_loss`.
        lookup_weight: weight of what is looked up at the words of the text from level 1 on, see `answer_loss`;
            asked for earlier it delays copying, which looking up needs.
        threshold: running loss under which the curriculum rises.
        checkpoint_s: seconds between checkpoints.
        threads: of the trainer; the maker of shards is one more process.
        seed: of the weights.
        first_shard: number of the first shard.
        real: the data folder whose real sentences are mixed in from level 1 on; None for constructed languages alone.
        real_share: of real examples.
        first_layers: blocks until pages begin (level 2); then the network is deepened to `model.layers`, see `grow`.
        cool_down: last share of the run, in which the steps get smaller, above 0 to 1.
        fused: see `hidden_states`; a quarter to a third more tokens a second.
        model: sizes of the network.
    """

    minutes: float = 60.0
    batch_tokens: int = 8192
    muon_step: float = 0.004
    adamw_step: float = 0.002
    prompt_weight: float = 0.3
    lookup_weight: float = 0.5
    threshold: float = 1.0
    checkpoint_s: float = 120.0
    threads: int = 2
    seed: int = 0
    first_shard: int = 0
    real: Path | None = None
    real_share: float = REAL_SHARE
    first_layers: int = 6
    cool_down: float = 0.35
    fused: bool = False
    model: MicroConfig = field(default_factory=MicroConfig)

    def __post_init__(self) -> None:
        if self.minutes <= 0 or self.batch_tokens < 1024:
            raise ConfigurationError(
                f"minutes is {self.minutes}, batch_tokens {self.batch_tokens}: give more than 0 and at least 1024"
            )
        if not 0.0 < self.cool_down <= 1.0:
            raise ConfigurationError(f"cool_down is {self.cool_down}: give a share of the run, above 0 to 1")
        if not 0.0 <= self.real_share < 1.0:
            raise ConfigurationError(f"real_share is {self.real_share}: give a share of the examples, 0 to below 1")


@dataclass(slots=True)
class _State:
    """Where a run stands; everything but weights is plain, so that a checkpoint is read without executing anything."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    next_shard: int = 0
    layers: int = 6
    competence: Competence = field(default_factory=Competence)


def train(folder: Path, config: TrainConfig) -> Path:
    """Trains until the minutes are over; continues a run that stands in the folder.

    Args:
        folder: holds `tokenizer/`; gets `checkpoint.pt`, `curve.jsonl` and, for the time of the run, `shards/`.
        config: see `TrainConfig`.

    Returns:
        The last checkpoint.

    Raises:
        ConfigurationError: there is no tokenizer, or a named data folder is not there.
        TrainingError: the process that makes the examples has ended.
        MissingExtraError: torch or transformers is not installed.
    """
    torch = torch_or_hint("training the micro model")
    if not (folder / "tokenizer" / "tokenizer.json").is_file():
        raise ConfigurationError(f"no tokenizer in {folder / 'tokenizer'}: run `dragoman micro train` from the start")
    if config.real is not None:
        require_data(config.real)  # here, because an error of the maker would only show as missing shards
    torch.set_num_threads(config.threads)
    for kind in (np.float32, np.float64):
        np.finfo(kind)  # numpy looks at the smallest numbers once and warns when they are flushed
    torch.set_flush_denormal(True)
    trainer = _Trainer(folder, config)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shards, maker = _start_maker(folder, trainer.state, config)
    try:
        trainer.run(shards, maker.is_alive)
    finally:
        maker.terminate()
        maker.join()
        shutil.rmtree(shards, ignore_errors=True)
    return trainer.checkpoint


def _start_maker(folder: Path, state: _State, config: TrainConfig) -> tuple[Path, Any]:  # Any: a process
    shards = folder / "shards"
    shutil.rmtree(shards, ignore_errors=True)
    shards.mkdir(parents=True)
    write_level(shards, state.competence.level)
    maker = multiprocessing.get_context("spawn").Process(
        target=make_shards,
        args=(shards, folder / "tokenizer"),
        kwargs={
            "start": max(state.next_shard, config.first_shard),
            "real": config.real,
            "real_share": config.real_share,
        },
        daemon=True,
    )
    maker.start()
    return shards, maker


class _Trainer:
    """Weights, optimisers and the state of a run."""

    def __init__(self, folder: Path, config: TrainConfig) -> None:
        import torch

        self.config = config
        self.checkpoint = folder / "checkpoint.pt"
        self.state = _State(
            layers=min(config.first_layers, config.model.layers), competence=Competence(threshold=config.threshold)
        )
        self._curve = folder / "curve.jsonl"
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._ids = _special_ids(folder / "tokenizer")
        self._started = time.monotonic()
        self._saved = time.monotonic()
        content = self._last()
        self.model = self._network(self.state.layers)
        self._optimisers = self._make_optimisers()
        if content:
            self._take(content)

    def _network(self, layers: int) -> Any:  # Any: LlamaForCausalLM
        config, ids = replace(self.config.model, layers=layers), self._ids
        made = build_model(config, end_id=ids[ANSWER_END], pad_id=ids[SPECIAL_TOKENS[0]], seed=self.config.seed)
        return made.to(self._device)

    def _grow(self) -> None:
        """Deepens the network where pages begin; the optimisers begin anew."""
        target = self.config.model.layers
        if self.state.competence.level < _DEEP_LEVEL or self.state.layers >= target:
            return
        weights = deeper_weights(self.model.state_dict(), layers=self.state.layers, target=target)
        self.state.layers = target
        self.model = self._network(target)
        self.model.load_state_dict(weights)
        self._optimisers = self._make_optimisers()

    def _make_optimisers(self) -> list[Any]:  # Any: torch optimisers
        import torch

        named = list(self.model.named_parameters())
        matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in named if p.ndim != 2 or "embed" in name]
        return [
            torch.optim.Muon(matrices, lr=self.config.muon_step, weight_decay=0.01),
            torch.optim.AdamW(others, lr=self.config.adamw_step, betas=(0.9, 0.95), weight_decay=0.0),
        ]

    @property
    def progress(self) -> float:
        """Share of the run that is done."""
        return min(1.0, self._seconds / (60 * self.config.minutes))

    @property
    def _seconds(self) -> float:
        return self.state.seconds + time.monotonic() - self._started

    def run(self, shards: Path, maker_lives: Callable[[], bool]) -> None:
        """Trains on shards until the time is over, or until an interrupt or the maker's end, which save first."""
        number = self.state.next_shard
        try:
            for number, level, examples in read_shards(shards, maker_lives):
                self._grow()
                chance = random.Random(f"batches/{number}")
                for batch in batches(examples, self.config.batch_tokens, chance):
                    self._step(batch, level, shards)
                    if self.progress >= 1.0:
                        self._save(number + 1)
                        return
                if time.monotonic() - self._saved > self.config.checkpoint_s:
                    self._save(number + 1)
        except (KeyboardInterrupt, TrainingError):
            self._save(number)
            raise

    def _step(self, batch: Sequence[Encoded], level: int, shards: Path) -> None:
        import torch

        started = time.monotonic()
        found = answer_loss(
            self.model,
            batch,
            torch.bfloat16,
            prompt_weight=self.config.prompt_weight if level == 0 else 0.0,
            lookup_weight=self.config.lookup_weight if level else 0.0,
            fused=self.config.fused,
        )
        found.loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        scale = step_scale(self.progress, self.config.cool_down)
        for optimiser, step in zip(self._optimisers, (self.config.muon_step, self.config.adamw_step), strict=True):
            optimiser.param_groups[0]["lr"] = step * scale
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.state.step += 1
        num_tokens = sum(len(e.tokens_T) for e in batch)
        self.state.tokens += num_tokens
        competence, pace = self.state.competence, found.constructed
        if level == competence.level and pace is not None and competence.update(pace, self.progress):
            write_level(shards, competence.level)
        self._log(level, found, num_tokens / (time.monotonic() - started))

    def _log(self, level: int, found: BatchLoss, tokens_per_s: float) -> None:
        row = {
            "step": self.state.step,
            "minutes": round(self._seconds / 60, 3),
            "tokens": self.state.tokens,
            "level": level,
            "loss": round(found.answers, 4),
            "tokens_per_s": round(tokens_per_s),
            "by_task": {task: round(value, 4) for task, value in found.by_task.items()},
        }
        with self._curve.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")

    def _save(self, next_shard: int) -> None:
        import torch

        self.state.next_shard = next_shard
        self._saved = time.monotonic()
        model = replace(self.config.model, layers=self.state.layers)
        content = {
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "state": asdict(self.state) | {"seconds": self._seconds},
            "config": asdict(replace(self.config, model=model)) | {"real": str(self.config.real or "")},
        }
        with written_whole(self.checkpoint) as partial:
            torch.save(content, partial)

    def _last(self) -> dict[str, Any]:  # Any: what `_save` wrote
        """The last checkpoint, whose state is taken at once; empty for a new run."""
        import torch

        if not self.checkpoint.is_file():
            return {}
        content: dict[str, Any] = torch.load(self.checkpoint, map_location=self._device, weights_only=True)  # Any: "
        state = content["state"]
        self.state = _State(**{**state, "competence": Competence(**state["competence"])})
        return content

    def _take(self, content: dict[str, Any]) -> None:  # Any: what `_save` wrote
        self.model.load_state_dict(content["model"])
        for optimiser, saved in zip(self._optimisers, content["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self._forget_lost_steps()

    def _forget_lost_steps(self) -> None:
        """Takes the rows behind the checkpoint out of the curve: those steps are trained again."""
        rows = self._curve.read_text(encoding="utf-8").splitlines(keepends=True) if self._curve.is_file() else []
        kept = [row for row in rows if row.endswith("\n") and json.loads(row)["step"] <= self.state.step]
        with written_whole(self._curve) as partial:
            partial.write_text("".join(kept), encoding="utf-8")


def _special_ids(tokenizer: Path) -> dict[str, int]:
    content = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))
    return {token["content"]: token["id"] for token in content["added_tokens"]}
