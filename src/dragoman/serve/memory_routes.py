"""What sessions remember and why answers are as they are: GET /v1/traces/{id}, /v1/sessions/{id}."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from dragoman.serve.errors import ERRORS, ServeError
from dragoman.serve.guards import current_key
from dragoman.serve.keys import ApiKey
from dragoman.serve.state import Serving, get_serving

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["memory"], responses=ERRORS)
ServingNow = Annotated[Serving, Depends(get_serving)]
Key = Annotated[ApiKey, Depends(current_key)]


@router.get("/traces/{trace_id}")
async def get_trace(trace_id: str, serving: ServingNow, key: Key) -> dict[str, Any]:  # Any: JSON
    """What was offered, chosen and paid for one answer; its id is in the header x-dragoman-trace-id."""
    trace = await serving.traces.get(trace_id, key.name)
    if trace is None:
        raise ServeError(404, f"no trace {trace_id!r}: it is unknown, too old, or another key's")
    return trace


@router.get("/sessions/{session_id}")
async def get_session(session_id: str, serving: ServingNow, key: Key) -> dict[str, Any]:  # Any: JSON
    """How much a session remembers."""
    pairs = await serving.store.session_pairs(key.name, session_id)
    if not pairs:
        raise ServeError(404, f"no session {session_id!r}: nothing was remembered under this name")
    listed = [{"languages": row["pair"], "pages": row["pages"]} for row in pairs]
    return {"object": "session", "id": session_id, "memory": listed}


@router.delete("/sessions/{session_id}")
async def delete_session(session_id: str, serving: ServingNow, key: Key) -> dict[str, Any]:  # Any: JSON
    """Forgets a session."""
    if not await serving.sessions.forget(key.name, session_id):
        raise ServeError(404, f"no session {session_id!r}: nothing was remembered under this name")
    return {"object": "session", "id": session_id, "deleted": True}
