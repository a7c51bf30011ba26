"""The options that commands share; every help text names the default and the unit."""

from pathlib import Path
from typing import Annotated

import typer

from dragoman.defaults import DEFAULT_MODEL

__all__ = [
    "ApiBase",
    "Attempts",
    "BackendOption",
    "Budget",
    "CachedPrice",
    "Debug",
    "Dictionary",
    "DryRun",
    "Encoding",
    "Force",
    "Format",
    "Fresh",
    "From",
    "Glossary",
    "Glossed",
    "GlossesIn",
    "Grammar",
    "Inputs",
    "Instructions",
    "Journal",
    "JournalFile",
    "Json",
    "MaxCost",
    "MaxTokens",
    "MemoryFile",
    "Model",
    "Note",
    "Output",
    "OutputPrice",
    "PageLines",
    "PageTokens",
    "Parallel",
    "Pivot",
    "PivotBase",
    "PivotModel",
    "Policy",
    "Price",
    "Probe",
    "PromptPrice",
    "Quiet",
    "Remember",
    "Repairs",
    "Report",
    "RunName",
    "Seed",
    "Timeout",
    "To",
    "Tokenizer",
    "Wave",
    "Workers",
]

_LANGUAGE = "BCP-47 tag, glottocode, name, or tag:name; required"
_DOLLARS = "US dollars per million tokens; default: unknown"

Inputs = Annotated[list[str], typer.Argument(metavar="IN...", help="files, folders, or quoted patterns")]
From = Annotated[str, typer.Option("--from", metavar="LANGUAGE", help=f"language of the documents: {_LANGUAGE}")]
To = Annotated[str, typer.Option("--to", metavar="LANGUAGE", help=f"language to translate into: {_LANGUAGE}")]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="OUT", help="file, or folder for several inputs; default: beside each input"
    ),
]

Dictionary = Annotated[
    list[Path] | None, typer.Option("--dictionary", help="TSV, CSV or JSONL; repeatable; default: none")
]
Grammar = Annotated[list[Path] | None, typer.Option("--grammar", help="Markdown grammar; repeatable; default: none")]
Parallel = Annotated[
    list[Path] | None,
    typer.Option("--parallel", help="translated sentences, TSV, CSV or JSONL; repeatable; default: none"),
]
Glossed = Annotated[list[Path] | None, typer.Option("--glossed", help="interlinear text; repeatable; default: none")]
Glossary = Annotated[
    list[Path] | None,
    typer.Option("--glossary", help="names and terms with fixed renderings; repeatable; default: none"),
]
Note = Annotated[
    list[str] | None, typer.Option("--note", help="note on style: a file, or the words; repeatable; default: none")
]
GlossesIn = Annotated[
    str,
    typer.Option(
        "--glosses-in",
        help="language that dictionary, grammar and sentences explain words in: target, source (they are read "
        "backwards), or auto (by the words of each document); default: auto",
    ),
]
MemoryFile = Annotated[
    list[Path] | None,
    typer.Option("--memory", help="file of 'dragoman memory export'; repeatable; default: none"),
]

Model = Annotated[
    str | None,
    typer.Option(
        "--model", help=f"gloss, micro, hf:PATH, vllm:PATH, or a model name of the server; default: {DEFAULT_MODEL}"
    ),
]
ApiBase = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="OpenAI-compatible server; default: DRAGOMAN_BASE_URL; key: DRAGOMAN_API_KEY"
    ),
]
Tokenizer = Annotated[
    str | None,
    typer.Option(
        "--tokenizer", metavar="PATH", help="the server model's tokenizer.json or its folder; default: an estimate"
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", help="seconds for one answer of a server; default: that of the backend, 300 s"),
]
Attempts = Annotated[
    int | None, typer.Option("--attempts", help="tries of one call at a server; default: that of the backend, 5 tries")
]
BackendOption = Annotated[
    list[str] | None,
    typer.Option(
        "--backend-option",
        metavar="NAME=VALUE",
        help="field of the backend's config, value as JSON or text, as max_context_tokens=8192; "
        "repeatable; default: none",
    ),
]
Policy = Annotated[
    str,
    typer.Option(
        "--policy",
        help="context policy: none, random, recency, top-k, full, learned, prompted, hybrid, or a FILE.json of "
        "'policy train'; default: top-k",
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        "--budget",
        metavar="TOKENS",
        help="context tokens per page, or auto (400; 1600 with a dictionary, grammar or glossed text); default: auto",
    ),
]
Price = Annotated[
    float, typer.Option("--price", help="what 100 context tokens must bring, in chrF points; default: 0.15")
]
Pivot = Annotated[str, typer.Option("--pivot", help="English pivot: never, always, auto; default: never")]
PivotModel = Annotated[
    str | None, typer.Option("--pivot-model", help="model of the pivot tool, as --model; default: the same model")
]
PivotBase = Annotated[
    str | None,
    typer.Option("--pivot-base-url", metavar="URL", help="server of the pivot tool; default: the same server"),
]
Probe = Annotated[
    str,
    typer.Option(
        "--probe",
        help="a few bare lines show which words the model knows: never, always, auto (learned policies, a model, "
        "3 pages or more); default: auto",
    ),
]
Wave = Annotated[int, typer.Option("--wave", help="pages of one document in flight; default: 1 page")]
Workers = Annotated[int, typer.Option("--workers", help="model calls in flight; default: 8 calls")]
PageTokens = Annotated[int, typer.Option("--page-tokens", help="source tokens of a page, at most; default: 600 tokens")]
PageLines = Annotated[int, typer.Option("--page-lines", help="segments of a page, at most; default: 10 segments")]
Repairs = Annotated[int, typer.Option("--repairs", help="repair calls per page, at most; default: 1 call")]
Remember = Annotated[
    str, typer.Option("--remember", help="memory call after a page: auto, always, never; default: auto")
]
Instructions = Annotated[
    str, typer.Option("--instructions", help="your own words for the system message; default: none")
]
Seed = Annotated[int, typer.Option("--seed", help="of every random draw; default: 0")]

MaxCost = Annotated[
    float | None, typer.Option("--max-cost", help="stop at this many US dollars; needs prices; default: no limit")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", help="stop at this many prompt and output tokens; default: no limit")
]
PromptPrice = Annotated[float | None, typer.Option("--prompt-price", help=f"of prompt tokens, {_DOLLARS}")]
OutputPrice = Annotated[float | None, typer.Option("--output-price", help=f"of output tokens, {_DOLLARS}")]
CachedPrice = Annotated[
    float | None,
    typer.Option(
        "--cached-price", help="of cached prompt tokens, US dollars per million tokens; default: the prompt price"
    ),
]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="only show what would be done and what it would take; default: off")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="start over instead of resuming; default: off")]
Force = Annotated[bool, typer.Option("--force", help="replace output files that dragoman did not write; default: off")]
Journal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="PLACE",
        help="SQLite file or postgresql:// URL; default: OUT.dragoman.sqlite, or dragoman.sqlite in the output folder",
    ),
]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="write an HTML report; default: none")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="document format: text, markdown, jsonl, jsonl:FIELD,... (which fields), markdown:KEY,... (which keys of "
        "the front matter); default: from the file name",
    ),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="of the documents; default: UTF-8, or as their byte-order mark says")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one event per line; default: off")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress, no summary; default: off")]
Debug = Annotated[bool, typer.Option("--debug", help="show tracebacks; default: off")]

JournalFile = Annotated[
    str, typer.Argument(metavar="JOURNAL", help="SQLite file or postgresql:// URL of a translation")
]
RunName = Annotated[
    str | None,
    typer.Option("--run", metavar="NAME", help="one output path, document name or run id; default: all runs"),
]
