"""`dragoman estimate`: what a translation would take, without a key and without a model."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded
from dragoman.cli.order import make_order, read_documents, warn_of_problems

if TYPE_CHECKING:  # loaded when the command runs, not when its help is printed
    from dragoman.estimate import Estimate

__all__ = ["estimate", "show_estimate"]


@guarded
def estimate(
    inputs: arg.Inputs,
    source: arg.From,
    target: arg.To,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    glosses_in: arg.GlossesIn = "auto",
    tokenizer: arg.Tokenizer = None,
    policy: arg.Policy = "top-k",
    budget: arg.Budget = "auto",
    price: arg.Price = 0.15,
    pivot: arg.Pivot = "never",
    probe: arg.Probe = "auto",
    page_tokens: arg.PageTokens = 600,
    page_lines: arg.PageLines = 10,
    max_repairs: arg.Repairs = 1,
    remember: arg.Remember = "auto",
    instructions: arg.Instructions = "",
    prompt_price: arg.PromptPrice = None,
    output_price: arg.OutputPrice = None,
    format: arg.Format = None,
    encoding: arg.Encoding = None,
    as_json: arg.Json = False,
) -> int:
    """Show segments, pages, calls, tokens and, with prices, dollars; asks no model."""
    values = locals()
    order = make_order(values)
    read = read_documents(order, format=format, encoding=encoding)
    from dragoman.equipment import equip
    from dragoman.estimate import estimate_documents

    equipment = equip(order.options, first=read.documents[0][1])
    warn_of_problems(equipment.problems)
    documents = [document for _, document in read.documents]
    show_estimate(estimate_documents(documents, order.options, equipment), as_json=as_json)
    for _, error in read.failures:
        raise error
    return 0


def show_estimate(estimate: "Estimate", *, as_json: bool) -> None:
    """The forecast on standard output, for people or as one JSON object."""
    if as_json:
        sys.stdout.write(json.dumps({"event": "estimate", **asdict(estimate)}) + "\n")
        return
    cost = "unknown, give --prompt-price and --output-price"
    if estimate.cost_usd is not None:
        cost = f"{estimate.cost_usd.show(digits=4)} US dollars, before any discount for cached prompts"
    rows = [
        ("documents", f"{estimate.num_documents:,}"),
        ("segments", f"{estimate.num_segments:,}"),
        ("pages", f"{estimate.num_pages:,}"),
        ("source tokens", f"{estimate.source_tokens:,}"),
        ("context tokens", f"{estimate.context_tokens:,} from what you bring, the document's own memory comes on top"),
        ("model calls", estimate.calls.show()),
        ("prompt tokens", estimate.prompt_tokens.show()),
        ("output tokens", estimate.output_tokens.show()),
        ("price", cost),
    ]
    sys.stdout.writelines(f"{name + ':':<16}{value}\n" for name, value in rows)
