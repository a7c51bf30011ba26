"""Puts a server together: routes, guards, error shapes, and what runs behind them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

import dragoman
from dragoman.core.protocols import Backend
from dragoman.serve import (
    batches,
    chat,
    completions,
    files,
    health,
    job_names,
    jobs,
    memory_routes,
    models,
    pivot_tool,
    resources,
    web,
)
from dragoman.serve.batches import BatchRunner
from dragoman.serve.errors import ErrorShape, install_error_handlers
from dragoman.serve.guards import AccessLog, BodyGuard, HostGuard, KeyGuard
from dragoman.serve.job_runner import JobRunner
from dragoman.serve.origins import OriginGuard
from dragoman.serve.settings import ServeSettings
from dragoman.serve.shapes import deepl, libretranslate
from dragoman.serve.state import Serving

__all__ = ["ERROR_SHAPES", "ROUTERS", "create_app"]

ROUTERS: tuple[APIRouter, ...] = (
    models.router,
    chat.router,
    completions.router,
    files.router,
    batches.router,
    jobs.router,
    job_names.router,
    resources.router,
    pivot_tool.router,
    memory_routes.router,
    health.router,
    libretranslate.router,
    deepl.router,
    web.router,
)

# Path prefix to the shape of errors below it; all others leave in OpenAI's envelope.
ERROR_SHAPES: Mapping[str, ErrorShape] = MappingProxyType(
    dict.fromkeys(libretranslate.PATHS, libretranslate.error_shape) | dict.fromkeys(deepl.PATHS, deepl.error_shape)
)

# Pages of this machine and browser extensions: what a loopback server may trust without a word from its owner.
_LOCAL_ORIGINS = r"(chrome|moz|safari-web)-extension://.*|https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


def create_app(settings: ServeSettings, backend: Backend | None = None) -> FastAPI:
    """The server as an ASGI app; its lifespan must run for jobs, batches and /ready.

    Args:
        settings: of the server.
        backend: takes the place of the model that the settings name.

    Raises:
        ConfigurationError, InputError, JournalError: something cannot be opened.
    """
    serving = Serving(settings, backend)
    app = FastAPI(
        title="Dragoman",
        version=dragoman.__version__,
        summary="A translator with memory behind OpenAI's API.",
        lifespan=_lifespan,
        docs_url=None,  # the pages of the library load scripts from elsewhere
        redoc_url=None,
    )
    app.state.serving = serving
    app.state.readiness = health.Readiness()
    app.state.jobs = JobRunner(serving)
    app.state.batches = BatchRunner(serving)
    for router in ROUTERS:
        app.include_router(router)
    install_error_handlers(app, ERROR_SHAPES)
    _guard(app, settings, serving)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    serving: Serving = app.state.serving
    queues = (app.state.jobs.queue, app.state.batches.queue)
    async with serving.running():
        probing = asyncio.create_task(app.state.readiness.run(serving))
        for queue in queues:
            await queue.open()
        try:
            yield
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)
            await asyncio.gather(*(queue.close(serving.settings.drain_s) for queue in queues))


def _guard(app: FastAPI, settings: ServeSettings, serving: Serving) -> None:
    """Adds the guards; the last one added sees a request first."""
    respond = app.state.respond_with_error
    app.add_middleware(BodyGuard, respond=respond, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    app.add_middleware(KeyGuard, respond=respond, keys=settings.keys)
    if settings.is_loopback and not settings.keys:
        app.add_middleware(OriginGuard, respond=respond, allowed=settings.cors, pattern=_LOCAL_ORIGINS)
        app.add_middleware(HostGuard, respond=respond)
    _allow_browsers(app, settings)
    app.add_middleware(AccessLog, metrics=serving.metrics)


def _allow_browsers(app: FastAPI, settings: ServeSettings) -> None:
    if not settings.cors and not settings.is_loopback:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors),
        allow_origin_regex=_LOCAL_ORIGINS if settings.is_loopback else None,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["x-dragoman-trace-id", "x-dragoman-mode", "retry-after-ms"],
    )
