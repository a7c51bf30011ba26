"""Carries out `dragoman policy log`, `train`, `evaluate` and `explain`: options in, lines out."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from dragoman.cli.guard import say
from dragoman.cli.order import translator_keywords
from dragoman.core.errors import ConfigurationError
from dragoman.options import TranslatorOptions, make_options
from dragoman.policies.checkpoint import default_checkpoint, load_checkpoint, save_checkpoint
from dragoman.policies.explain import explain_choice
from dragoman.policies.learned import LearnedPolicy
from dragoman.training.auxiliary_table import extras
from dragoman.training.learning_job import (
    DOCUMENT_SETTINGS,
    SIM_SETTINGS,
    TaskSplit,
    document_tasks,
    first_observations,
    held_out_tasks,
    open_model,
    pivot_tasks,
    simlang_split,
    split_tasks,
)
from dragoman.training.log_file import read_log, write_log
from dragoman.training.pivot_stage import PivotTraining, train_pivot
from dragoman.training.policy_table import Row, compare, frontier, frontier_plot, score_all
from dragoman.training.rollouts import Collector, ScoreFile
from dragoman.training.tasks import PageTask
from dragoman.training.train_settings import TrainSettings
from dragoman.training.train_state import CurvePoint
from dragoman.training.trainer import checkpoint_from_log, train_policy
from dragoman.training.warm_start import log_rollouts

__all__ = ["evaluate_policy", "explain_pages", "log_policy", "train_from"]

Values = Mapping[str, Any]  # Any: options by name, of several types
Result = TypeVar("Result")

_SHOWN_PARTS = 6


def log_policy(values: Values) -> int:
    """`dragoman policy log`."""
    settings = _settings(values)

    async def run(tasks: Sequence[PageTask]) -> int:
        collector = Collector(_scores(values))
        rollouts = await log_rollouts(tasks, settings, collector)
        write_log(rollouts, values["output"])
        sys.stdout.write(f"logged {collector.num_translations:,} translations of {len(rollouts):,} pages\n")
        return 0

    return asyncio.run(_with_tasks(values, run, lambda: simlang_split(values["languages"], seed=values["seed"]).train))


def train_from(values: Values) -> int:
    """`dragoman policy train`."""
    settings = _settings(values)
    if values["log_file"] is not None:
        checkpoint = checkpoint_from_log(read_log(values["log_file"]), settings)
        save_checkpoint(checkpoint, values["output"])
        sys.stdout.write(f"trained {values['output']} from {values['log_file']}\n")
        return 0
    if values["dry_run"]:
        return _forecast(values, settings)

    async def run(tasks: Sequence[PageTask]) -> int:
        split = split_tasks(tasks) if values["inputs"] else TaskSplit((), ())
        if not values["inputs"]:
            split = simlang_split(values["languages"], seed=values["seed"])
        return await _train(split, settings, values)

    return asyncio.run(_with_tasks(values, run, tuple))


async def _train(split: TaskSplit, settings: TrainSettings, values: Values) -> int:
    say(f"{'stage':<16} {'update':>6} {'translations':>12} {'net':>8} {'chrF':>7} {'tokens':>7} {'seconds':>8}")
    collector = Collector(_scores(values), with_rubric="rubric" in settings.auxiliaries)
    added = extras(split.train, settings, collector)
    result = await train_policy(
        split.train,
        split.develop,
        settings,
        collector=collector,
        folder=_folder(values),
        pick_pages=added.pick_pages,
        auxiliaries=added.auxiliaries,
        on_point=_show_point,
    )
    checkpoint = result.checkpoint
    if values["pivot"]:
        tasks = split.train if values["inputs"] else pivot_tasks(values["languages"], seed=values["seed"])
        checkpoint = await train_pivot(tasks, checkpoint, collector, PivotTraining(seed=values["seed"]))
        say(f"pivot head from {checkpoint.training['pivot_pages']} pages")
    save_checkpoint(checkpoint, values["output"])
    curve = "" if _folder(values) is None else f"; learning curve in {_folder(values)}"
    sys.stdout.write(f"trained {values['output']} with {result.curve[-1].num_translations:,} translations{curve}\n")
    return 0


def _show_point(point: CurvePoint) -> None:
    say(
        f"{point.stage:<16} {point.update:>6} {point.num_translations:>12,} {point.net:>8.2f} {point.quality:>7.2f} "
        f"{point.tokens:>7.0f} {point.seconds:>8.1f}"
    )


def _forecast(values: Values, settings: TrainSettings) -> int:
    logged = settings.log_pages * (settings.num_slates + 1)
    climbed = settings.updates * settings.pages_per_update * settings.num_slates
    pages = f"{len(values['inputs'])} documents" if values["inputs"] else f"{values['languages']} generated languages"
    sys.stdout.write(
        f"would train on {pages}: at most {logged:,} page translations for the warm start and {climbed:,} for "
        f"{settings.updates} updates; pages translated before are not paid again\n"
    )
    return 0


def evaluate_policy(values: Values) -> int:
    """`dragoman policy evaluate`."""
    given = values["checkpoint"]
    policy = LearnedPolicy(default_checkpoint() if given is None else load_checkpoint(given))

    async def run(tasks: Sequence[PageTask]) -> int:
        collector = Collector(_scores(values))
        rows = compare(await score_all(tasks, policy, collector, seed=values["seed"]), seed=values["seed"])
        _show_table(rows, as_json=values["as_json"])
        if values["frontier"] is not None:
            points = {"learned": await frontier(tasks, policy, collector)}
            values["frontier"].write_text(frontier_plot(points), encoding="utf-8")
        return 0

    return asyncio.run(_with_tasks(values, run, lambda: held_out_tasks(values["languages"], seed=values["seed"])))


def _show_table(rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.writelines(json.dumps({"event": "policy", **asdict(row)}) + "\n" for row in rows)
        return
    sys.stdout.write(f"{'policy':<10} {'net':>7} {'chrF':>7} {'tokens':>7} {'calls':>6}  net against top-k (95 %)\n")
    for row in rows:
        found = row.against
        interval = "" if found is None else f"{found.value:+7.2f}  [{found.low:+.2f}, {found.high:+.2f}]"
        score = row.score
        numbers = f"{score.net:>7.2f} {score.quality:>7.2f} {score.tokens:>7.0f} {score.calls:>6.2f}"
        sys.stdout.write(f"{row.name:<10} {numbers} {interval}\n")


def explain_pages(values: Values) -> int:
    """`dragoman policy explain`."""
    given = values["checkpoint"]
    checkpoint = default_checkpoint() if given is None else load_checkpoint(given)
    policy = LearnedPolicy(checkpoint)
    for name, observation in first_observations(values["inputs"], _options(values), values["page"]):
        choice = policy.choose(observation, seed=0)
        parts = explain_choice(checkpoint, observation, choice)
        sys.stdout.write(f"{name}, page {values['page']}: {choice.tokens} tokens of {observation.budget_tokens}\n")
        for candidate, decision in zip(observation.candidates, choice.decisions, strict=True):
            mark = "+" if decision.included else "-"
            shown = ", ".join(f"{column} {value:+.2f}" for column, value in parts[candidate.id][:_SHOWN_PARTS])
            record = candidate.record
            what = f"{record.kind} {record.source or record.target}"[:40]
            sys.stdout.write(f"{mark} {what:<40} gain {decision.gain or 0:+6.2f}, {candidate.tokens} tokens: {shown}\n")
    return 0


async def _with_tasks(
    values: Values,
    run: Callable[[Sequence[PageTask]], Awaitable[Result]],
    generated: Callable[[], Sequence[PageTask]],
) -> Result:
    """Runs with the pages of the documents while their model is open, or with generated pages."""
    if not values["inputs"]:
        return await run(generated())
    folder = _folder(values)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    options = _options(values)
    async with open_model(options, None if folder is None else folder / "answers.sqlite") as (backend, _):
        return await run(await document_tasks(values["inputs"], values["reference"] or (), options, backend))


def _options(values: Values) -> TranslatorOptions:
    if not values["source"] or not values["target"]:
        raise ConfigurationError("documents without languages: give --from and --to")
    asked = {**values, "pivot": "auto" if values.get("pivot") else "never"}
    return make_options(values["source"], values["target"], translator_keywords(asked))


def _settings(values: Values) -> TrainSettings:
    """What the options say; where they say nothing, what suits documents or generated languages."""
    usual = DOCUMENT_SETTINGS if values["inputs"] else SIM_SETTINGS
    given = {name: values[name] for name in ("log_pages", "updates", "estimator") if values.get(name) is not None}
    if given.get("estimator", usual.estimator) != usual.estimator:
        any_other = TrainSettings()
        given |= {"learning_rate": any_other.learning_rate, "inner_steps": any_other.inner_steps}
    auxiliaries = tuple(values.get("auxiliary") or ())
    return replace(usual, num_slates=values["slates"], auxiliaries=auxiliaries, seed=values["seed"], **given)


def _folder(values: Values) -> Path | None:
    if values["folder"] is not None:
        return Path(values["folder"])
    output = values.get("output")
    return None if output is None else output.with_name(output.name + ".train")


def _scores(values: Values) -> ScoreFile:
    """Rewards of real documents are kept on disk; those of generated ones cost nothing to make again."""
    folder = _folder(values)
    if folder is None or not values["inputs"]:
        return ScoreFile()
    folder.mkdir(parents=True, exist_ok=True)
    return ScoreFile(folder / "scores.jsonl")
