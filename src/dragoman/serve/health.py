"""/health, /ready and /metrics.

/health says that the process lives. /ready says that the model really answers: a tiny generation on an interval,
because servers have been seen to hang with a green /health.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dragoman.agent.prompt import PromptPage, translate_messages
from dragoman.core.errors import DragomanError
from dragoman.core.exchange import Request as ModelRequest
from dragoman.core.exchange import Sampling
from dragoman.core.languages import ENGLISH, Language
from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.metrics import CONTENT_TYPE
from dragoman.serve.state import Serving, get_serving

__all__ = ["Readiness", "router"]

router = APIRouter(tags=["health"])
_PROBE = PromptPage(ENGLISH, Language("de", "German"), {1: "Hello."})


@dataclass(slots=True)
class Readiness:
    """What the last tiny generation told; the one thing here that changes.

    Attributes:
        fault: why the server is not ready; empty when it is.
        checked_at: seconds since the epoch; None before the first check.
        seconds: that the generation took.
    """

    fault: str = "not checked yet"
    checked_at: float | None = None
    seconds: float = 0.0

    async def run(self, serving: Serving) -> None:
        """Checks again and again, until cancelled."""
        while True:
            await self.check(serving)
            await asyncio.sleep(serving.settings.ready_interval_s)

    async def check(self, serving: Serving) -> None:
        """Asks the model for one short answer and the database for one row."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(serving.settings.ready_timeout_s):
                await serving.backend.generate(
                    ModelRequest(translate_messages(_PROBE), Sampling(max_tokens=8), line_numbers=(1,))
                )
                await serving.store.check_writable()
            self.fault = ""
        except TimeoutError:
            self.fault = f"the model did not answer within {serving.settings.ready_timeout_s:g} seconds"
        except DragomanError as error:
            self.fault = " ".join(str(error).split())
        except Exception as error:  # recorded and shown: whatever broke, the server is not ready
            self.fault = f"the model failed with {type(error).__name__}"
        self.checked_at, self.seconds = time.time(), time.perf_counter() - began


@router.get("/health")
async def health() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok"}


@router.get("/ready", responses={503: ERRORS[503]})
async def ready(request: Request) -> dict[str, Any]:  # Any: JSON
    """Whether the model answered lately and memory can be written."""
    readiness: Readiness = request.app.state.readiness
    if readiness.fault:
        raise ServeError(503, f"not ready: {readiness.fault}", code="not_ready", headers={"retry-after": "5"})
    return {"status": "ready", "checked_at": readiness.checked_at, "seconds": round(readiness.seconds, 4)}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, 401: ERRORS[401]})
async def metrics(serving: Annotated[Serving, Depends(get_serving)]) -> Response:
    """Counters for Prometheus."""
    return Response(serving.metrics.text(), media_type=CONTENT_TYPE)
