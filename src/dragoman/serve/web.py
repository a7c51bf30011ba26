"""The web page at `/`. Style and script stand inside it, and its policy allows no others, by their hashes.

So nothing that a document holds can run, load or send anything, whatever the page should do wrong with it.
"""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from dragoman.core.languages import parse_language
from dragoman.memory.resources import RESOURCE_KINDS
from dragoman.policies import DEFAULT_POLICY, POLICIES
from dragoman.report.markup import embedded_json
from dragoman.serve.modes import model_ids
from dragoman.serve.settings import ServeSettings
from dragoman.serve.state import Serving, get_serving

__all__ = ["render_page", "router"]

router = APIRouter(tags=["page"])
_SCRIPTS = ("server.js", "form.js", "lines.js", "names.js", "main.js")
_SLOT = re.compile(r"<!--slot:(\w+)-->")
_SUGGESTED = (
    *("Arabic", "Chinese", "Czech", "Dutch", "English", "French", "German", "Greek", "Hindi", "Indonesian", "Italian"),
    *("Japanese", "Korean", "Persian", "Polish", "Portuguese", "Russian", "Spanish", "Swahili", "Turkish", "Ukrainian"),
    *("Vietnamese", "Yoruba", "Zulu"),
)


@router.get("/", response_class=HTMLResponse)
async def page(serving: Annotated[Serving, Depends(get_serving)]) -> HTMLResponse:
    """The page."""
    html, policy = render_page(serving.settings)
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


def render_page(settings: ServeSettings) -> tuple[str, str]:
    """The page and its content security policy."""
    style = _asset("page.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_asset(name) for name in _SCRIPTS) + "\n})();\n"
    slots = {"style": style, "script": script, "facts": embedded_json(_facts(settings))}
    html = _SLOT.sub(lambda match: slots[match[1]], _asset("template.html"))
    rules = (
        "default-src 'none'",
        f"script-src {_hash(script)}",
        f"style-src {_hash(style)}",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return html, "; ".join(rules)


def _facts(settings: ServeSettings) -> dict[str, Any]:  # Any: JSON
    """What the form offers."""
    own = [name for name in (settings.source_language, settings.target_language) if name]
    return {
        "kinds": RESOURCE_KINDS,
        "policies": list(POLICIES),
        "policy": settings.policy or DEFAULT_POLICY,
        "models": [id for id, model in model_ids(settings).items() if not model.is_raw],
        "source": settings.source_language,
        "target": settings.target_language,
        "languages": list(dict.fromkeys((*own, *_SUGGESTED))),
        "tags": {name: parse_language(name).tag for name in (*own, *_SUGGESTED)},
    }


def _asset(name: str) -> str:
    return files("dragoman.serve.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
