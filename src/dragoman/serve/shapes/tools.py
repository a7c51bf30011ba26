"""What the routes of other services' shapes share."""

from dataclasses import dataclass

from fastapi import Request

from dragoman.serve.detect import Detector
from dragoman.serve.shapes.billing import Billing
from dragoman.serve.shapes.glossaries import Glossaries
from dragoman.serve.shapes.texts import make_detector
from dragoman.serve.state import Serving, get_serving

__all__ = ["Tools", "get_tools"]


@dataclass(frozen=True, slots=True)
class Tools:
    """The server's state, its detector of languages, glossaries, and counts of characters."""

    serving: Serving
    detector: Detector
    glossaries: Glossaries
    billing: Billing


def get_tools(request: Request) -> Tools:
    """The tools of this app, made for its first request; a dependency of routes."""
    state = request.app.state
    if not hasattr(state, "shape_tools"):
        serving = get_serving(request)
        billing = Billing(serving.journal.engine)
        state.shape_tools = Tools(serving, make_detector(serving), Glossaries(serving.store), billing)
    tools: Tools = state.shape_tools
    return tools
