"""Runs the app under uvicorn until a signal ends it; pages and requests in flight are finished first."""

import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from dragoman.core.errors import ConfigurationError
from dragoman.core.protocols import Backend
from dragoman.serve.app import create_app
from dragoman.serve.logs import configure_logs
from dragoman.serve.settings import ServeSettings

__all__ = ["run_server"]

_SWITCH_S = 0.001  # a stream waits no longer for Python code of another thread, such as an index being built


def run_server(settings: ServeSettings, *, announce: Callable[[str], None], backend: Backend | None = None) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        settings: of the server.
        announce: told the address once the server answers there.
        backend: takes the place of the model that the settings name.

    Raises:
        ConfigurationError: the address is in use or does not exist.
    """
    configure_logs()
    sys.setswitchinterval(_SWITCH_S)
    app = create_app(settings, backend)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        loop="asyncio",  # under load uvloop left new connections unread for a minute; see benchmarks/LOG.md
        timeout_keep_alive=75,  # longer than the pauses of clients that keep connections, shorter than proxies'
        timeout_graceful_shutdown=round(settings.drain_s),
    )
    server = _Server(config, app, announce)
    try:
        server.run()
    except SystemExit as error:  # uvicorn's way of saying that it could not bind
        raise ConfigurationError(f"{settings.host}:{settings.port} cannot be bound: give another --port") from error


class _Server(uvicorn.Server):
    """Tells the jobs to finish their pages as soon as the signal comes, not only when all connections are closed."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._app, self._announce = app, announce

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # sockets of any kind
        """Binds, then says where."""
        await super().startup(sockets)  # type: ignore[arg-type]  # passed on as it came
        gc.collect()
        gc.freeze()  # libraries and memory stay for ever; going through them again would stop every stream at once
        for server in getattr(self, "servers", ()):
            for bound in server.sockets:
                host, port = bound.getsockname()[:2]
                self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as the class above
        """Begins to drain; a second SIGINT ends at once.

        The class above raises the signal again at the end; here a server that was drained ends with 0.
        """
        for queue in (self._app.state.jobs.queue, self._app.state.batches.queue):
            queue.begin_drain()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
