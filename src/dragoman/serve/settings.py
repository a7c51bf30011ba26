"""The settings of a server: one frozen object, checked when built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dragoman.core import environment
from dragoman.core.errors import ConfigurationError
from dragoman.options import DEFAULT_MODEL, TranslatorOptions, make_options
from dragoman.policies import DEFAULT_POLICY
from dragoman.serve.keys import ApiKey

__all__ = ["ServeSettings"]

_POSITIVE = (
    *("max_body_bytes", "body_timeout_s", "max_concurrent", "max_choices", "workers"),
    *("num_jobs", "drain_s", "ready_interval_s", "ready_timeout_s", "ping_s", "fast_deadline_s"),
)


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a server is run.

    Attributes:
        name: model id that clients ask for; aliases are made from it.
        translator: keywords of `dragoman.options.make_options`: model, base_url, resources, budget and so on.
        policy: context policy of the plain alias.
        source_language: of texts whose request names none; None means unknown.
        target_language: the same; with a model that answers only Dragoman's prompts it makes translating the default.
        host: address to bind.
        port: 0 takes a free one.
        keys: who may ask; without keys anybody who can reach a loopback address.
        memory_url: SQLite file or postgresql:// URL for sessions, jobs, files and traces; None means
            `serve.sqlite` in the state folder.
        max_body_bytes: of a request.
        body_timeout_s: for a whole request body to arrive.
        cors: origins that browsers may call from; "*" is any. Empty means pages of this machine and browser
            extensions on a loopback address, none elsewhere.
        max_concurrent: requests that work with the model at a time.
        queue_s: how long one more waits for a place before it gets 429.
        max_choices: largest `n`.
        workers: model calls in flight of one job.
        num_jobs: jobs and batches that run at a time.
        drain_s: after SIGTERM, seconds for requests and pages in flight to end.
        ready_interval_s: between two tiny generations for /ready.
        ready_timeout_s: for one of them.
        ping_s: between two comments on a silent stream.
        fast_deadline_s: of the alias -fast.
        max_traces: kept, oldest go first; 0 keeps none.
        telemetry: "otlp:URL" or "file:PATH" for OpenTelemetry spans; None means none.
    """

    name: str = "dragoman"
    translator: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # Any: see make_options
    policy: str = DEFAULT_POLICY
    source_language: str | None = None
    target_language: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    keys: tuple[ApiKey, ...] = ()
    memory_url: str | Path | None = None
    max_body_bytes: int = 32 << 20
    body_timeout_s: float = 60.0
    cors: tuple[str, ...] = ()
    max_concurrent: int = 256
    queue_s: float = 3.0
    max_choices: int = 8
    workers: int = 8
    num_jobs: int = 2
    drain_s: float = 30.0
    ready_interval_s: float = 30.0
    ready_timeout_s: float = 60.0
    ping_s: float = 10.0
    fast_deadline_s: float = 20.0
    max_traces: int = 10_000
    telemetry: str | None = None

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: give a number above 0")
        if not self.name or ":" in self.name or not self.name.isprintable():
            raise ConfigurationError(f"name {self.name!r} cannot be a model id: give letters and digits, no colon")
        if not self.is_loopback and not self.keys:
            raise ConfigurationError(
                f"host {self.host} can be reached from outside and no key is set: give --api-key or --api-key-file, "
                "or bind 127.0.0.1"
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def model(self) -> str:
        """Of the backend."""
        return str(self.translator.get("model", DEFAULT_MODEL))

    @property
    def location(self) -> str | Path:
        """Where memory is kept."""
        return self.memory_url if self.memory_url is not None else environment.state_folder() / "serve.sqlite"

    def options(self, source: Any, target: Any, **more: Any) -> TranslatorOptions:  # Any: see make_options
        """The options of a translation between two languages; `more` overrides the server's own.

        Raises:
            ConfigurationError, LanguageError: one of them cannot be used.
        """
        own = {"policy": self.policy, "workers": self.workers, **self.translator}
        return make_options(source, target, {**own, **more, "journal": self.location})
