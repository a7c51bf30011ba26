"""`dragoman micro`: trains, measures and exports the small neural model."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["micro_app"]

micro_app = typer.Typer(no_args_is_help=True, help="The small neural model: train, evaluate, export.")

Run = Annotated[Path, typer.Option("--run", metavar="FOLDER", help="folder of the training run; default: micro-run")]


@micro_app.command()
@guarded
def train(
    run: Run = Path("micro-run"),
    minutes: Annotated[float, typer.Option("--minutes", help="length of the run; default: 170 minutes")] = 170.0,
    threads: Annotated[int, typer.Option("--threads", help="of the trainer; default: 2")] = 2,
    english: Annotated[
        Path | None,
        typer.Option("--english", metavar="FILE", help="English lines for a new tokenizer; default: none"),
    ] = None,
    real: Annotated[
        Path | None,
        typer.Option("--real", metavar="FOLDER", help="data folder with real sentences; default: DRAGOMAN_DATA"),
    ] = None,
    no_real: Annotated[bool, typer.Option("--no-real", help="constructed languages alone; default: no")] = False,
    fused: Annotated[
        bool, typer.Option("--fused/--no-fused", help="compile small operations, needs a C++ compiler; default: no")
    ] = False,
    cool_down: Annotated[
        float, typer.Option("--cool-down", help="last share of the run, with smaller steps, up to 1; default: 0.35")
    ] = 0.35,
    seed: arg.Seed = 0,
) -> int:
    """Train from nothing, or go on with the run that stands in the folder.

    Without --real and --no-real the data folder is used where there is one.
    """
    from dragoman.training.micro.run import prepare, real_folder
    from dragoman.training.micro.train import TrainConfig
    from dragoman.training.micro.train import train as train_run

    found = None if no_real else real_folder(real)
    sys.stderr.write(f"real sentences: {found or 'none'}\n")
    config = TrainConfig(minutes=minutes, threads=threads, seed=seed, real=found, fused=fused, cool_down=cool_down)
    prepare(run, english)
    checkpoint = train_run(run, config)
    sys.stdout.write(f"{checkpoint}\n{run / 'curve.jsonl'}\n")
    return 0


@micro_app.command()
@guarded
def evaluate(
    model: Annotated[str, typer.Option("--model", help="micro, gloss, hf:PATH, vllm:PATH; default: micro")] = "micro",
    languages: Annotated[int, typer.Option("--languages", help="held-out languages; default: 20")] = 20,
    conditions: Annotated[
        str | None, typer.Option("--conditions", help="names with commas between; default: the main ones")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="test or dev; default: test")] = "test",
    lines: Annotated[int, typer.Option("--lines", help="lines of a prompt, 5 or 10; default: 10")] = 10,
) -> int:
    """Print chrF on held-out languages, condition by condition, with 95 % intervals."""
    from dragoman.agent.backends import make_backend
    from dragoman.training.micro.evaluate import MAIN_CONDITIONS, EvaluateConfig
    from dragoman.training.micro.evaluate import evaluate as evaluate_backend
    from dragoman.training.micro.scores import condition_chrf

    names = conditions.split(",") if conditions else list(MAIN_CONDITIONS)
    scored = evaluate_backend(make_backend(model), EvaluateConfig(languages=languages, split=split, lines=lines), names)
    for name in names:
        row = condition_chrf(scored, name)
        sys.stdout.write(f"{name:<20}{row.value:7.1f}   [{row.low:.1f}, {row.high:.1f}]   {row.lines} lines\n")
    return 0


@micro_app.command()
@guarded
def export(
    run: Run = Path("micro-run"),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="model folder; default: where --model micro looks"),
    ] = None,
) -> int:
    """Write the weights of a run as a model folder, for micro, hf: and vllm:."""
    from dragoman.agent.backends.micro import default_export_folder
    from dragoman.training.micro.export import export as export_run

    sys.stdout.write(f"{export_run(run, output or default_export_folder())}\n")
    return 0
