"""`dragoman serve`: the translator as an OpenAI-compatible server."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli import arguments as arg
from dragoman.cli.guard import guarded, say
from dragoman.cli.order import translator_keywords
from dragoman.core.errors import MissingExtraError
from dragoman.defaults import DEFAULT_MODEL

if TYPE_CHECKING:  # needs the extra [serve]
    from dragoman.serve.keys import ApiKey
    from dragoman.serve.settings import ServeSettings

__all__ = ["serve"]

_MEBIBYTE = 1 << 20
_OWN = (
    *("name", "policy", "workers", "source", "target", "host", "port"),
    *("memory_url", "max_concurrent", "jobs", "max_traces", "drain", "telemetry"),
)
_RENAMED = {"source": "source_language", "target": "target_language", "jobs": "num_jobs", "drain": "drain_s"}

From = Annotated[
    str | None, typer.Option("--from", metavar="LANGUAGE", help="of texts whose request names none; default: unknown")
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="LANGUAGE", help="to translate into when a request names none; default: none"),
]
Name = Annotated[str, typer.Option("--name", help="model id that clients ask for; default: dragoman")]
Host = Annotated[str, typer.Option("--host", help="address to bind; beyond loopback with a key; default: 127.0.0.1")]
Port = Annotated[int, typer.Option("--port", help="0 takes a free one; default: 8000")]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--api-key", help="key that clients must send; repeatable; users of this machine can see it; default: none"
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--api-key-file", help="lines 'NAME KEY [per_minute=N] [concurrent=N]'; default: none"),
]
MemoryUrl = Annotated[
    str | None,
    typer.Option(
        "--memory-url",
        metavar="PLACE",
        help="SQLite file or postgresql:// URL; default: serve.sqlite of DRAGOMAN_STATE",
    ),
]
MaxBody = Annotated[int, typer.Option("--max-body", help="size of a request, at most, in MiB; default: 32 MiB")]
Cors = Annotated[
    list[str] | None,
    typer.Option(
        "--cors",
        metavar="ORIGIN",
        help="web pages that may call, * for all; repeatable; default: on loopback those of this machine and browser "
        "extensions, else none",
    ),
]
MaxConcurrent = Annotated[
    int, typer.Option("--max-concurrent", help="requests at the model at a time; default: 256 requests")
]
Jobs = Annotated[int, typer.Option("--jobs", help="jobs and batches at a time, each; default: 2")]
Traces = Annotated[int, typer.Option("--max-traces", help="explanations of answers kept; default: 10000")]
Drain = Annotated[float, typer.Option("--drain", help="seconds to finish work after SIGTERM; default: 30 s")]
Spans = Annotated[
    str | None, typer.Option("--telemetry", metavar="TARGET", help="spans to otlp:URL or file:PATH; default: none")
]


@guarded
def serve(
    source: From = None,
    target: To = None,
    dictionary: arg.Dictionary = None,
    grammar: arg.Grammar = None,
    parallel: arg.Parallel = None,
    glossed: arg.Glossed = None,
    glossary: arg.Glossary = None,
    note: arg.Note = None,
    memory: arg.MemoryFile = None,
    glosses_in: arg.GlossesIn = "auto",
    model: arg.Model = DEFAULT_MODEL,
    base_url: arg.ApiBase = None,
    tokenizer: arg.Tokenizer = None,
    timeout_s: arg.Timeout = None,
    max_attempts: arg.Attempts = None,
    backend_option: arg.BackendOption = None,
    policy: arg.Policy = "top-k",
    budget: arg.Budget = "auto",
    pivot: arg.Pivot = "never",
    workers: arg.Workers = 8,
    max_repairs: arg.Repairs = 1,
    remember: arg.Remember = "auto",
    name: Name = "dragoman",
    host: Host = "127.0.0.1",
    port: Port = 8000,
    api_key: Keys = None,
    api_key_file: KeyFile = None,
    memory_url: MemoryUrl = None,
    max_body: MaxBody = 32,
    cors: Cors = None,
    max_concurrent: MaxConcurrent = 256,
    jobs: Jobs = 2,
    max_traces: Traces = 10_000,
    drain: Drain = 30.0,
    telemetry: Spans = None,
) -> int:
    """Serve the translator to OpenAI clients, with session memory and long jobs."""
    values = locals()
    try:
        from dragoman.serve.run import run_server
    except ModuleNotFoundError as error:
        raise MissingExtraError("dragoman serve", "serve") from error
    run_server(_settings(values), announce=lambda url: say(f"serving {name} ({model}) at {url}/v1"))
    return 0


def _settings(values: Mapping[str, Any]) -> "ServeSettings":  # Any: options by name, of several types
    from dragoman.serve.settings import ServeSettings

    own = {_RENAMED.get(name, name): values[name] for name in _OWN}
    keywords = translator_keywords(values)
    return ServeSettings(
        translator={name: value for name, value in keywords.items() if name not in _OWN},
        keys=_keys(values["api_key"], values["api_key_file"]),
        max_body_bytes=values["max_body"] * _MEBIBYTE,
        cors=tuple(values["cors"] or ()),
        **own,
    )


def _keys(secrets: list[str] | None, file: Path | None) -> "tuple[ApiKey, ...]":
    from dragoman.serve.keys import make_key, read_key_file

    return (*(make_key(secret) for secret in secrets or ()), *(read_key_file(file) if file else ()))
