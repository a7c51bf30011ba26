"""What the routes of other services' shapes share."""

from dataclasses import dataclass

from fastapi import Request

from dragoman.core.languages import Language
from dragoman.serve.detect import Detector
from dragoman.serve.errors import ServeError
from dragoman.serve.keys import ApiKey
from dragoman.serve.shapes.billing import Billing
from dragoman.serve.shapes.glossaries import Glossaries, primary
from dragoman.serve.state import Serving, get_serving

__all__ = ["Tools", "get_tools", "glossary_terms"]


@dataclass(frozen=True, slots=True)
class Tools:
    """The server's state, its detector of languages, glossaries, and counts of characters."""

    serving: Serving
    detector: Detector
    glossaries: Glossaries
    billing: Billing


async def get_tools(request: Request) -> Tools:
    """The tools of this app, made for its first request; a dependency of routes."""
    state = request.app.state
    if not hasattr(state, "shape_tools"):
        serving = await get_serving(request)
        billing = Billing(serving.journal.engine)
        state.shape_tools = Tools(serving, serving.detector, Glossaries(serving.store), billing)
    tools: Tools = state.shape_tools
    return tools


async def glossary_terms(
    tools: Tools, key: ApiKey, id: str | None, source: Language | None, target: Language
) -> list[tuple[str, str]]:
    """The entries of a glossary for a pair; none without an id.

    Raises:
        ServeError: 400, the source is not named; 404, there is no such glossary or it has no such pair.
    """
    if id is None:
        return []
    if source is None:
        raise ServeError(400, "a glossary needs source_lang: name the language of the text", param="source_lang")
    glossary = await tools.glossaries.get(key.name, id)
    return list(glossary.find(primary(source), primary(target)).entries.items())
