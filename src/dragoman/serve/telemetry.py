"""Spans in OpenTelemetry's GenAI conventions, only when configured. The one file that knows their names.

The conventions are still in development, so the version is pinned here: open-telemetry/semantic-conventions-genai as
of autumn 2026. Spans carry names, counts and times; never text.
"""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from dragoman.core.errors import ConfigurationError, MissingExtraError
from dragoman.core.exchange import Purpose, Usage
from dragoman.core.trajectory import PageResult

__all__ = ["Telemetry"]

_FORMS = "otlp:URL or file:PATH"
_OPERATIONS: Mapping[Purpose, str] = {Purpose.PIVOT: "execute_tool", Purpose.REMEMBER: "update_memory"}


class Telemetry:
    """Where spans go.

    Args:
        target: "otlp:URL", "file:PATH" (JSON lines), or None for nowhere.

    Raises:
        ConfigurationError: another target.
        MissingExtraError: OpenTelemetry is not installed.
    """

    def __init__(self, target: str | None) -> None:
        self._provider: Any = None  # Any: a library that is loaded only when it is asked for
        self._tracer: Any = None  # Any: see above
        if target is None:
            return
        kind, _, place = target.partition(":")
        if kind not in ("otlp", "file") or not place:
            raise ConfigurationError(f"telemetry target {target!r} is unknown: give {_FORMS}")
        self._provider, self._tracer = _open(kind, place)

    def pages(self, model: str, policy: str, pages: Iterable[PageResult], *, seconds: float) -> None:
        """A span for one translation, with one below it for each kind of call."""
        if self._tracer is None:
            return
        end, done = time.time_ns(), list(pages)
        start = end - int(seconds * 1e9)
        names = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "dragoman",
            "gen_ai.request.model": model,
        }
        root = self._tracer.start_span("invoke_agent dragoman", start_time=start, attributes=names)
        root.set_attribute("dragoman.policy", policy)
        for page in done:
            documents = [
                {"id": candidate.id, "score": round(candidate.features.similarity, 3)}
                for candidate in page.observation.candidates
                if candidate.id in page.choice.chosen
            ]
            attributes = {"gen_ai.operation.name": "search_memory", "gen_ai.retrieval.documents": json.dumps(documents)}
            self._child(root, "search_memory", attributes, start, end)
            for purpose, usage in page.usage.items():
                operation = _OPERATIONS.get(purpose, "chat")
                self._child(root, f"{operation} {purpose.value}", _usage(operation, model, usage), start, end)
        root.end(end_time=end)

    def chat(self, model: str, usage: Usage, *, seconds: float) -> None:
        """A span for one answer to a client's own messages."""
        if self._tracer is None:
            return
        end = time.time_ns()
        start = end - int(seconds * 1e9)
        self._tracer.start_span(f"chat {model}", start_time=start, attributes=_usage("chat", model, usage)).end(end)

    def close(self) -> None:
        """Sends what waits."""
        if self._provider is not None:
            self._provider.shutdown()

    def _child(self, root: Any, name: str, attributes: Mapping[str, Any], start: int, end: int) -> None:  # Any: a span
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(root)
        self._tracer.start_span(name, context=context, start_time=start, attributes=attributes).end(end)


def _usage(operation: str, model: str, usage: Usage) -> dict[str, Any]:  # Any: values of attributes
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
    }


def _open(kind: str, place: str) -> tuple[Any, Any]:  # Any: provider and tracer of a library loaded late
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter: Any = _otlp(place) if kind == "otlp" else _FileExporter(Path(place))  # Any: see above
    except ImportError as error:
        raise MissingExtraError("--telemetry", "telemetry") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "dragoman"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider, provider.get_tracer("dragoman")


def _otlp(url: str) -> Any:  # Any: see _open
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=url)


class _FileExporter:
    """Writes spans as JSON lines; an exporter by its methods."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def export(self, spans: Iterable[Any]) -> Any:  # Any: the library's spans and result
        """Appends spans."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.writelines(span.to_json(indent=None) + "\n" for span in spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Holds nothing open."""

    def force_flush(self, timeout_millis: int = 0) -> bool:  # noqa: ARG002 - the library's signature
        """Nothing waits here."""
        return True
