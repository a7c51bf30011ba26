"""`dragoman policy`: lists the context policies, and logs for, trains, evaluates and explains the learned one.

Without documents, `log`, `train` and `evaluate` use generated languages and a simulated translator; with documents and
their translations they use the model that is named.
"""

import inspect
import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded

__all__ = ["policy_app"]

policy_app = typer.Typer(no_args_is_help=True, help="Context policies.")

Sources = Annotated[
    list[Path] | None, typer.Argument(metavar="[IN...]", help="documents; without any: generated languages")
]
References = Annotated[
    list[Path] | None,
    typer.Option("--reference", help="translation of a document, in their order; repeatable; default: none"),
]
MaybeFrom = Annotated[
    str | None, typer.Option("--from", metavar="LANGUAGE", help="language of the documents; default: none")
]
MaybeTo = Annotated[
    str | None, typer.Option("--to", metavar="LANGUAGE", help="language of the translations; default: none")
]
Checkpoint = Annotated[
    Path | None, typer.Option("--checkpoint", metavar="FILE", help="trained policy; default: the one that is shipped")
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="file to write; required")]
Languages = Annotated[int, typer.Option("--languages", help="generated languages to learn from; default: 96")]
Slates = Annotated[int, typer.Option("--slates", help="choices tried per page; default: 8 choices")]
LogPages = Annotated[
    int | None,
    typer.Option("--log-pages", help="pages tried for the warm start; default: 128 pages, of generated languages 384"),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder", help="keeps state, scores, answers and learning curve; default: the output's name + .train"
    ),
]


@policy_app.callback()
def _group() -> None:
    """Keeps `policy list` a command of its own."""


@policy_app.command("list")
@guarded
def list_policies() -> int:
    """List the context policies with one line each; the default is marked."""
    from dragoman.policies import DEFAULT_POLICY, POLICIES

    for name, made in POLICIES.items():
        mark = " (default)" if name == DEFAULT_POLICY else ""
        meaning = (inspect.getdoc(made) or "").partition("\n")[0]
        sys.stdout.write(f"{name + mark:<18}{meaning}\n")
    return 0


@policy_app.command()
@guarded
def log(
    output: Output,
    inputs: Sources = None,
    reference: References = None,
    source: MaybeFrom = None,
    target: MaybeTo = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    model: arg.Model = None,
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    workers: arg.Workers = 8,
    languages: Languages = 96,
    slates: Slates = 8,
    log_pages: LogPages = None,
    folder: Folder = None,
    seed: arg.Seed = 0,
) -> int:
    """Try choices of context on pages and write what each was worth, with its chances."""
    values = locals()
    from dragoman.cli.learning import log_policy

    return log_policy(values)


@policy_app.command()
@guarded
def train(
    output: Output,
    inputs: Sources = None,
    reference: References = None,
    source: MaybeFrom = None,
    target: MaybeTo = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    model: arg.Model = None,
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    workers: arg.Workers = 8,
    languages: Languages = 96,
    slates: Slates = 8,
    log_pages: LogPages = None,
    updates: Annotated[
        int | None,
        typer.Option(
            "--updates",
            help="of the policy gradient, 128 translations each; default: 120, of generated languages 240 of 256",
        ),
    ] = None,
    estimator: Annotated[
        str, typer.Option("--estimator", help="leave-one-out, grpo, dr-grpo, tree, reg, rebel, dpo, ...; default: reg")
    ] = "reg",
    auxiliary: Annotated[
        list[str] | None,
        typer.Option(
            "--auxiliary",
            metavar="NAME",
            help="train with contrast, curriculum, difficulty, replay, rubric, step-credit; repeatable; default: none",
        ),
    ] = None,
    pivot: Annotated[
        bool, typer.Option("--pivot", help="also learn when the English pivot is worth its call; default: off")
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="train from a log of 'policy log', with no model; default: none"),
    ] = None,
    folder: Folder = None,
    seed: arg.Seed = 0,
    dry_run: arg.DryRun = False,
) -> int:
    """Train a context policy; the same command again goes on where it stopped."""
    values = locals()
    from dragoman.cli.learning import train_from

    return train_from(values)


@policy_app.command()
@guarded
def evaluate(
    inputs: Sources = None,
    reference: References = None,
    source: MaybeFrom = None,
    target: MaybeTo = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    model: arg.Model = None,
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    workers: arg.Workers = 8,
    checkpoint: Checkpoint = None,
    languages: Annotated[int, typer.Option("--languages", help="generated test languages; default: 8")] = 8,
    frontier: Annotated[
        Path | None,
        typer.Option("--frontier", metavar="FILE", help="SVG of quality against tokens over prices; default: none"),
    ] = None,
    folder: Folder = None,
    seed: arg.Seed = 0,
    as_json: arg.Json = False,
) -> int:
    """Compare the learned policy with the others on the same pages, with intervals by document."""
    values = locals()
    from dragoman.cli.learning import evaluate_policy

    return evaluate_policy(values)


@policy_app.command()
@guarded
def explain(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="documents")],
    source: arg.From,
    target: arg.To,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    checkpoint: Checkpoint = None,
    page: Annotated[int, typer.Option("--page", help="page of each document; default: 1, the first page")] = 1,
) -> int:
    """Show what the learned policy would choose for a page, and what each feature added to each gain."""
    values = locals()
    from dragoman.cli.learning import explain_pages

    return explain_pages(values)
