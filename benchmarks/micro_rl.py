"""Does reinforcement learning on chrF teach the use of context where supervised training teaches the languages?

Unit: chrF of sacrebleu over all lines, 95 % interval from resampling languages, answers of all training seeds pooled.
Three models: the shipped one (base); continued supervised training; GRPO on the mean sentence chrF. The last two start
from the base and train on the same pages of the same few languages of the training split, with as many steps and as
many answers a step (supervised: the right ones; GRPO: sampled ones), the same optimiser and step size; GRPO spends more
time on the same number, so a fourth model has more supervised steps until its seconds are those of GRPO. Measured on
other pages of the languages trained on (seen) and on held-out languages and typologies (unseen), with the gloss and
with dictionary and rules alone, and without notes, where no skill of reading can help.

    .venv/bin/python benchmarks/micro_rl.py [--quick] [--seed N] [--out FILE] [--model FOLDER] [--steps N]
"""

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import add_common_arguments, finish, from_root, skip

from dragoman.agent.backends import make_backend
from dragoman.agent.backends.micro import micro_folder
from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.tokens import load_token_counter
from dragoman.training.micro.evaluate import Asked, EvaluateConfig, Scored, answer_pages, asked_pages
from dragoman.training.micro.rl import RlConfig, continue_supervised, reinforce
from dragoman.training.micro.scores import chrf_difference, condition_chrf

CONDITIONS = ("into_english", "words_only", "no_dictionary")
GROUPS = ("seen", "unseen")
ARMS = ("base", "supervised", "supervised_same_time", "rl")
PAIRS = (("rl", "base"), ("supervised", "base"), ("rl", "supervised"), ("rl", "supervised_same_time"))
FIRST_PAGE = 4  # of a document; training draws from the pages before
NUM_PAGES = 2


def main() -> int:
    """Trains, measures, prints the table, then the JSON line; 77 where TRL or the weights are missing."""
    options = _options()
    started = time.perf_counter()
    warnings.filterwarnings("ignore")  # TRL's about its own settings
    try:
        base = options.model or micro_folder()
        result = _measure(base, options)
    except (MissingExtraError, ConfigurationError) as error:
        return skip(str(error))
    settings = {key: value for key, value in vars(options).items() if key not in ("out", "model")}
    finish("micro_rl", settings | {"model": from_root(base)}, result, started, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--model", type=Path, default=None, help="model folder (default: what --model micro loads)")
    parser.add_argument("--seeds", type=int, default=3, help="training seeds (default 3)")
    parser.add_argument("--steps", type=int, default=80, help="optimiser steps (default 80)")
    parser.add_argument("--samples", type=int, default=8, help="answers a step (default 8)")
    parser.add_argument("--step-size", type=float, default=1e-4, help="of AdamW (default 1e-4)")
    parser.add_argument("--pages", type=int, default=64, help="training pages (default 64)")
    parser.add_argument("--train-languages", type=int, default=4, help="languages trained on (default 4)")
    parser.add_argument("--languages", type=int, default=10, help="unseen languages measured (default 10)")
    parser.add_argument("--split", default="test", help="of the unseen; dev while something is tuned (default test)")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.steps, options.samples, options.pages, options.languages = 1, 2, 2, 4, 1
    return options


def _measure(base: Path, options: argparse.Namespace) -> dict[str, object]:
    prompts = _prompts(base, options)
    scored = _answers(base, prompts, "base", 0)
    seconds: dict[str, list[float]] = {}
    for seed in range(options.seed, options.seed + options.seeds):
        with tempfile.TemporaryDirectory() as scratch:
            for arm, folder in _train(base, Path(scratch), options, seed, seconds):
                scored += _answers(folder, prompts, arm, seed)
        print(f"seed {seed} done", flush=True)
    return _table(scored, options) | {"training_seconds": seconds}


def _train(
    base: Path, scratch: Path, options: argparse.Namespace, seed: int, seconds: dict[str, list[float]]
) -> list[tuple[str, Path]]:
    """Model folders by arm; notes how long each took."""
    config = RlConfig(
        languages=options.train_languages,
        pages=options.pages,
        steps=options.steps,
        samples=options.samples,
        step_size=options.step_size,
        seed=seed,
    )

    def timed(arm: str, settings: RlConfig) -> tuple[str, Path]:
        began = time.perf_counter()
        folder = (reinforce if arm == "rl" else continue_supervised)(base, scratch / arm, settings)
        seconds.setdefault(arm, []).append(round(time.perf_counter() - began, 1))
        return arm, folder

    made = [timed("supervised", config), timed("rl", config)]
    longer = max(1.0, seconds["rl"][-1] / seconds["supervised"][-1])
    return [*made, timed("supervised_same_time", replace(config, steps=round(options.steps * longer)))]


def _prompts(base: Path, options: argparse.Namespace) -> list[Asked]:
    """Conditions are named "group condition"; seen and unseen languages keep numbers of their own."""
    counter = load_token_counter(base)
    first = RlConfig().first_language
    shared = {"page": FIRST_PAGE, "pages": 1 if options.quick else NUM_PAGES}
    seen = EvaluateConfig(languages=options.train_languages, start=first, split="train", **shared)
    unseen = EvaluateConfig(languages=options.languages, start=0, split=options.split, **shared)
    return [
        replace(asked, condition=f"{group} {asked.condition}")
        for group, config in zip(GROUPS, (seen, unseen), strict=True)
        for asked in asked_pages(config, counter, CONDITIONS)
    ]


def _answers(folder: Path, prompts: Sequence[Asked], arm: str, seed: int) -> list[Scored]:
    scored = answer_pages(make_backend(f"hf:{folder}"), prompts, EvaluateConfig(max_answer_tokens=512))
    named = [replace(page, asked=replace(page.asked, condition=f"{arm} {page.asked.condition}")) for page in scored]
    for group in GROUPS:
        row = condition_chrf(named, f"{arm} {group} {CONDITIONS[0]}")
        print(f"{arm} seed {seed}, {group}: {row}", flush=True)
    return named


def _table(scored: Sequence[Scored], options: argparse.Namespace) -> dict[str, object]:
    names = [f"{group} {condition}" for group in GROUPS for condition in CONDITIONS]
    print(f"\n{'':<28}" + "".join(f"{name:<24}" for name in names))
    result: dict[str, object] = {"train_pages": options.pages, "answers_a_step": options.samples}
    for arm in ARMS:
        rows = {name: condition_chrf(scored, f"{arm} {name}") for name in names}
        print(f"{arm:<28}" + "".join(f"{row!s:<24}" for row in rows.values()))
        result[arm] = {name: row.rounded() for name, row in rows.items()}
    for better, worse in PAIRS:
        rows = {name: chrf_difference(scored, f"{better} {name}", f"{worse} {name}") for name in names}
        print(f"{f'{better} - {worse}':<28}" + "".join(f"{row!s:<24}" for row in rows.values()))
        result[f"{better}_minus_{worse}"] = {name: row.rounded() for name, row in rows.items()}
    return result


if __name__ == "__main__":
    sys.exit(main())
