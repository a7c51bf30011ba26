"""From the options of a command to what the packages below understand: translator options, jobs, documents."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.cli.guard import say
from dragoman.core.errors import ConfigurationError, InputError

if TYPE_CHECKING:  # loaded when a command runs, not when its help is printed
    from dragoman.core.document import Document
    from dragoman.options import TranslatorOptions
    from dragoman.outputs import Job

__all__ = ["Order", "Read", "make_order", "read_documents", "translator_keywords", "warn_of_problems"]

_PROBLEMS_SHOWN = 5
_RENAMED = {"memory": "remembered", "budget": "budget_tokens", "price": "price_per_100_tokens"}
_KEYWORDS = (
    *("dictionary", "grammar", "parallel", "glossed", "glossary", "note", "memory", "glosses_in"),
    *(
        "model",
        "base_url",
        "tokenizer",
        "timeout_s",
        "max_attempts",
        "policy",
        "workers",
        "max_cost_usd",
        "max_tokens",
        "fresh",
    ),
    *(
        "budget",
        "price",
        "pivot",
        "probe",
        "wave",
        "page_tokens",
        "page_lines",
        "max_repairs",
        "remember",
        "instructions",
        "seed",
    ),
)


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    Attributes:
        options: of the translator, without its journal.
        jobs: inputs with their outputs.
        journal: where pages are saved.
    """

    options: "TranslatorOptions"
    jobs: "tuple[Job, ...]"
    journal: str | Path


@dataclass(frozen=True, slots=True)
class Read:
    """Inputs as documents, and those that could not be read."""

    documents: "tuple[tuple[Job, Document], ...]"
    failures: "tuple[tuple[Job, InputError], ...]"


def make_order(values: Mapping[str, Any]) -> Order:  # Any: options by name, of several types
    """The order that the values of a command's parameters stand for.

    Raises:
        ConfigurationError, LanguageError, InputError: an option cannot be used.
    """
    from dragoman.core.formats import FORMATS
    from dragoman.options import make_options
    from dragoman.outputs import default_journal, earlier_outputs, plan_outputs

    options = make_options(values["source"], values["target"], translator_keywords(values))
    suffixes = tuple(extension for known in FORMATS.values() for extension in known.extensions)
    jobs = plan_outputs(values["inputs"], values.get("output"), options.target_language.tag, suffixes)
    skipped = earlier_outputs(values["inputs"], options.target_language.tag, suffixes)
    if skipped and values.get("output"):
        more = f" and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
        say(f"note: {skipped[0]}{more} left out: looks like a translation made before; name a file to translate it")
    _note_languages(options)
    return Order(options, jobs, values.get("journal") or default_journal(jobs, values.get("output")))


def _note_languages(options: "TranslatorOptions") -> None:
    from dragoman.core.context import PivotMode

    source, target = options.source_language, options.target_language
    if source.tag == target.tag:
        say(f"note: {source.name} is translated into itself: check --from and --to")
    elif options.settings.pivot is PivotMode.ALWAYS and (source.is_english or target.is_english):
        say("note: --pivot always has no effect: English is one of the two languages already")


def translator_keywords(values: Mapping[str, Any]) -> dict[str, Any]:  # Any: see make_order
    """The keywords of a translator among the values of a command's parameters.

    Raises:
        ConfigurationError: a backend option or the prices cannot be used.
    """
    keywords = {_RENAMED.get(name, name): values[name] for name in _KEYWORDS if values.get(name) not in (None, [])}
    keywords["prices"] = _prices(values)
    keywords["backend_options"] = dict(_backend_option(given) for given in values.get("backend_option") or [])
    return keywords


def read_documents(order: Order, *, format: str | None, encoding: str | None) -> Read:
    """All inputs; one that cannot be read does not stop the others.

    Raises:
        InputError: none can be read.
    """
    from dragoman.equipment import open_document

    documents: list[tuple[Job, Document]] = []
    failures: list[tuple[Job, InputError]] = []
    for job in order.jobs:
        try:
            documents.append((job, open_document(job.source, order.options, format=format, encoding=encoding)))
        except InputError as error:
            failures.append((job, error))
    if not documents:
        raise failures[0][1]
    return Read(_named_apart(documents), tuple(failures))


def _named_apart(documents: "Sequence[tuple[Job, Document]]") -> "tuple[tuple[Job, Document], ...]":
    """Documents of one file name get as much of their path as tells them apart."""
    sources = [job.source for job, _ in documents]
    names = Counter(document.name for _, document in documents)
    return tuple(
        (job, document if names[document.name] == 1 else replace(document, name=_apart(job.source, sources)))
        for job, document in documents
    )


def _apart(path: Path, others: Sequence[Path]) -> str:
    for num_parts in range(2, len(path.parts) + 1):
        end = path.parts[-num_parts:]
        if sum(other.parts[-num_parts:] == end for other in others) == 1:
            return str(Path(*end))
    return str(path)


def warn_of_problems(problems: Sequence[str]) -> None:
    """Says which rows of resources were skipped or contradict others."""
    if not problems:
        return
    shown = "; ".join(problems[:_PROBLEMS_SHOWN])
    more = f"; and {len(problems) - _PROBLEMS_SHOWN:,} more" if len(problems) > _PROBLEMS_SHOWN else ""
    rows = "1 row" if len(problems) == 1 else f"{len(problems):,} rows"
    say(f"warning: {rows} of the resources could not be read or contradict others, the rest is used: {shown}{more}")


def _backend_option(given: str) -> tuple[str, Any]:  # Any: JSON
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise ConfigurationError(f"backend option {given!r} is no NAME=VALUE: write it as max_context_tokens=8192")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _prices(values: Mapping[str, Any]) -> tuple[float, ...] | None:  # Any: see make_order
    prompt, output, cached = (values.get(f"{name}_price") for name in ("prompt", "output", "cached"))
    if prompt is None and output is None and cached is None:
        return None
    if prompt is None or output is None:
        raise ConfigurationError(
            "prices are incomplete: give --prompt-price and --output-price, in US dollars per million"
        )
    return (prompt, output) if cached is None else (prompt, output, cached)
