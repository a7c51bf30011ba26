"""The documentation's list of routes is the one in the code, and the one that the server describes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dragoman.serve.reference import reference

DOCS = Path(__file__).resolve().parents[2] / "docs"
_PATH = re.compile(r"`(/[\w./{}-]*)`|`(?:GET|POST|DELETE)[^`]*? (/[\w./{}-]*)`")


def test_docs_list_is_up_to_date() -> None:
    found = (DOCS / "routes.md").read_text(encoding="utf-8")
    assert found == reference(), "run: python -m dragoman.serve.reference > docs/routes.md"


async def test_every_described_route_is_listed_with_its_methods(serve: Callable[..., Any]) -> None:
    client = await serve()
    listed = set(re.findall(r"^\| `([A-Z, ]+) (\S+)` \|", reference(), re.MULTILINE))
    named = {(method, path) for methods, path in listed for method in methods.split(", ")}
    paths = (await client.get("/openapi.json")).json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described <= named
    assert {path for _, path in named - described} <= {"/"}  # the page itself is no part of the API


async def test_every_path_that_the_guides_name_exists(serve: Callable[..., Any]) -> None:
    client = await serve()
    known = [*(await client.get("/openapi.json")).json()["paths"], "/", "/openapi.json"]
    for page in ("serving.md", "web_page.md"):
        rows = [line for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
        named = [found for row in rows for pair in _PATH.findall(row.split("|")[1]) for found in pair if found]
        assert named, page
        for path in named:
            shape = re.sub(r"\{\w+\}", "{}", path)
            assert any(re.sub(r"\{[\w:]+\}", "{}", each).startswith(shape) for each in known), f"{page}: {path}"
