"""Counters for Prometheus. Labels hold few values: routes, statuses, modes, kinds; never a text, key or session."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dragoman.core.exchange import Purpose, Usage
from dragoman.core.records import Kind
from dragoman.core.trajectory import PageResult

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ("route", "status")
        self._requests = Counter("dragoman_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "dragoman_request_seconds", "Time of a request.", ("route",), registry=registry, buckets=_SECONDS
        )
        self._first = Histogram(
            "dragoman_first_token_seconds", "Time to the first text.", ("mode",), registry=registry, buckets=_SECONDS
        )
        self._calls = Counter("dragoman_model_calls", "Calls of the model.", ("purpose",), registry=registry)
        self._tokens = Counter("dragoman_model_tokens", "Tokens of the model.", ("purpose", "kind"), registry=registry)
        self._context = Counter("dragoman_context_tokens", "Tokens of chosen context.", ("kind",), registry=registry)
        self._offers = Counter("dragoman_context_items", "Items of memory offered.", ("action",), registry=registry)
        self._pivots = Counter("dragoman_pivot_calls", "Pages with an English pivot.", registry=registry)
        self._faults = Counter("dragoman_line_issues", "Faults left in translated lines.", ("code",), registry=registry)
        self._repairs = Counter("dragoman_line_repairs", "Repairs of lines.", registry=registry)
        self._failed = Counter("dragoman_failed_lines", "Lines without a usable translation.", registry=registry)
        self._not_learnt = Counter(
            "dragoman_not_learnt", "Answers nothing was learnt of.", ("error",), registry=registry
        )
        self._dropped = Counter("dragoman_traces_dropped", "Traces that came too fast to keep.", registry=registry)
        self._working = Gauge("dragoman_working_requests", "Requests that use the model now.", registry=registry)
        self._waiting = Gauge("dragoman_waiting_requests", "Requests that wait for a place.", registry=registry)
        self._sessions = Gauge("dragoman_open_sessions", "Session memories held in RAM.", registry=registry)
        self._jobs = Gauge("dragoman_jobs", "Jobs by state.", ("state",), registry=registry)

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request ended; status 0 means the client went away."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def first_text(self, mode: str, seconds: float) -> None:
        """The first text of an answer was there."""
        self._first.labels(mode).observe(seconds)

    def usage(self, spent: Mapping[Purpose, Usage]) -> None:
        """Books calls and tokens."""
        for purpose, usage in spent.items():
            self._calls.labels(purpose.value).inc(usage.calls)
            for kind, tokens in (
                ("prompt", usage.prompt_tokens),
                ("cached", usage.cached_tokens),
                ("output", usage.output_tokens),
            ):
                self._tokens.labels(purpose.value, kind).inc(tokens)

    def pages(self, pages: Iterable[PageResult]) -> None:
        """Books what happened to translated pages."""
        for page in pages:
            self.usage(page.usage)
            self._pivots.inc(page.pivot_lines is not None)
            chosen = set(page.choice.chosen)
            self._offers.labels("chosen").inc(len(chosen))
            self._offers.labels("left").inc(len(page.observation.candidates) - len(chosen))
            for candidate in page.observation.candidates:
                if candidate.id in chosen:
                    self._context.labels(candidate.record.kind.value).inc(candidate.tokens)
            for line in page.lines:
                self._repairs.inc(line.repairs)
                self._failed.inc(line.failed)
                for issue in line.issues:
                    self._faults.labels(issue.code.value).inc()

    def context(self, tokens: Mapping[Kind, int]) -> None:
        """Books context that was given to a client's own prompt."""
        for kind, number in tokens.items():
            self._context.labels(kind.value).inc(number)

    def not_learnt(self, error: str) -> None:
        """An exchange of a session could not be learnt from."""
        self._not_learnt.labels(error).inc()

    def trace_dropped(self) -> None:
        """A trace was not kept."""
        self._dropped.inc()

    @contextmanager
    def working(self) -> Iterator[None]:
        """A request works with the model while the block runs."""
        with self._working.track_inprogress():
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A request waits for a place while the block runs."""
        with self._waiting.track_inprogress():
            yield

    def sessions(self, number: int) -> None:
        """Session memories in RAM."""
        self._sessions.set(number)

    def jobs(self, by_state: Mapping[str, int]) -> None:
        """Jobs by state."""
        for state, number in by_state.items():
            self._jobs.labels(state).set(number)

    def text(self) -> bytes:
        """All counters in Prometheus' text format."""
        return generate_latest(self._registry)
