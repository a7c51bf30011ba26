"""Reinforcement learning on chrF, beside continued supervised training on the same pages.

GRPO (TRL) samples several answers a prompt and rewards each by its mean sentence chrF; the claim repeated here at
small scale is that this teaches the use of context, where more supervised training on few languages teaches these
languages. Both start from the same model folder and see the same limited set of languages.

Source: Shao et al. 2024, "DeepSeekMath" (arXiv:2402.03300) for GRPO; Liu et al. 2025 (arXiv:2503.20783) for leaving
the division by the standard deviation out.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dragoman.agent.answers import parse_lines
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.training.chrf import sentence_chrf
from dragoman.training.micro.examples import Example, make_example
from dragoman.training.micro.stream import Encoder
from dragoman.training.micro.world import World

__all__ = ["RlConfig", "continue_supervised", "limited_examples", "line_rewards", "reinforce"]


@dataclass(frozen=True, slots=True)
class RlConfig:
    """What both ways of training on a limited set of languages share.

    Attributes:
        languages: how many; their numbers begin at `first_language`, far from those of the stream.
        first_language: of the training split.
        pages: prompts drawn in all.
        steps: optimiser steps.
        samples: answers a prompt (GRPO only); a step sees as many answers.
        step_size: of AdamW.
        temperature: of sampling (GRPO only).
        max_answer_tokens: of an answer.
        seed: of pages, samples and order.
    """

    languages: int = 4
    first_language: int = 9_000_000
    pages: int = 64
    steps: int = 100
    samples: int = 8
    step_size: float = 1e-5
    temperature: float = 1.0
    max_answer_tokens: int = 160
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 2 or self.steps < 1:
            raise ConfigurationError(f"samples is {self.samples}, steps {self.steps}: give at least 2 and 1")


def limited_examples(encoder: Encoder, config: RlConfig) -> list[Example]:
    """Pages into English, with and without gloss, of a few languages only."""
    chance = random.Random(f"limited/{config.seed}")
    numbers = range(config.first_language, config.first_language + config.languages)
    worlds = [World(number, split="train", pages=4, counter=encoder.counter) for number in numbers]
    found: list[Example] = []
    while len(found) < config.pages:
        example = make_example(chance.choice(worlds), chance, 1)
        if example.task in ("glossed", "plain"):
            found.append(example)
    return found


def line_rewards(answers: Sequence[str], reference: str) -> list[float]:
    """Mean sentence chrF over the lines of the reference, 0 to 1; a line that did not come earns 0.

    Args:
        answers: as sampled.
        reference: the right answer, numbered lines.
    """
    right = parse_lines(reference, [int(line.split("\t")[0]) for line in reference.split("\n")]).lines
    rewards = []
    for answer in answers:
        given = parse_lines(answer, right).lines
        scores = [sentence_chrf(given.get(number, ""), text) for number, text in right.items()]
        rewards.append(sum(scores) / (100 * len(scores)))
    return rewards


def reinforce(model: Path, folder: Path, config: RlConfig) -> Path:
    """GRPO from a model folder; writes another one.

    Raises:
        MissingExtraError: TRL is not installed.
    """
    try:
        from datasets import Dataset
        from trl import GRPOConfig, GRPOTrainer  # type: ignore[attr-defined]  # exported when asked for
    except ImportError as error:
        raise MissingExtraError("reinforcement learning", "train") from error
    examples = limited_examples(Encoder(model), config)
    rows = [{"prompt": _chat(example), "reference": example.answer} for example in examples]
    trainer = GRPOTrainer(
        model=_load(model),
        processing_class=_tokenizer(model),
        reward_funcs=cast(Any, _reward),  # Any: its type has optional rewards
        train_dataset=Dataset.from_list(rows),
        args=GRPOConfig(
            output_dir=str(folder / "trainer"),
            max_steps=config.steps,
            learning_rate=config.step_size,
            lr_scheduler_type="constant",
            per_device_train_batch_size=config.samples,
            num_generations=config.samples,
            max_completion_length=config.max_answer_tokens,
            temperature=config.temperature,
            scale_rewards="none",
            gradient_checkpointing=False,
            use_cpu=True,
            bf16=False,
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            seed=config.seed,
        ),
    )
    trainer.train()
    return _save(trainer.model, model, folder, trainer.state.log_history)


def continue_supervised(model: Path, folder: Path, config: RlConfig) -> Path:
    """More supervised training from a model folder on the same pages, `samples` of them a step; writes another one."""
    import torch

    from dragoman.training.micro.batches import answer_loss

    encoder = Encoder(model)
    examples = [encoder.encode(example) for example in limited_examples(encoder, config)]
    chance = random.Random(f"order/{config.seed}")
    network = _load(model)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.step_size, weight_decay=0.0)
    history = []
    for step in range(config.steps):
        drawn = chance.sample(examples, min(len(examples), config.samples))
        loss = answer_loss(network, drawn, torch.float32).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        history.append({"step": step + 1, "loss": float(loss.detach())})
    return _save(network, model, folder, history)


def _reward(completions: Sequence[Any], reference: Sequence[str], **_columns: object) -> list[float]:  # Any: chats
    texts = [completion[0]["content"] for completion in completions]
    return [line_rewards([text], right)[0] for text, right in zip(texts, reference, strict=True)]


def _chat(example: Example) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in example.messages]


def _load(model: Path) -> Any:  # Any: LlamaForCausalLM
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(str(model), dtype=torch.float32)


def _tokenizer(model: Path) -> Any:  # Any: a transformers tokenizer
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(model), padding_side="left")


def _save(network: Any, source: Path, folder: Path, history: Sequence[Any]) -> Path:  # Any: a model; rows of a log
    import json

    import torch

    folder.mkdir(parents=True, exist_ok=True)
    network.to(torch.bfloat16).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    text = "".join(json.dumps(row) + "\n" for row in history)
    (folder / "history.jsonl").write_text(text, encoding="utf-8")
    return folder
