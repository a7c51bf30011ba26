"""The page of the documentation that lists every route, made from the routers themselves.

`python -m dragoman.serve.reference > docs/routes.md` writes it; a test compares the two.
"""

import sys
from collections.abc import Iterator

from fastapi.routing import APIRoute

from dragoman.serve.app import ROUTERS

__all__ = ["reference"]

_HEAD = """# Routes of the server

Made from the code by `python -m dragoman.serve.reference`; do not edit by hand. Fields and statuses of each stand in
`/openapi.json`; what they are for, in [serving.md](serving.md) and [web_page.md](web_page.md).
"""


def reference() -> str:
    """The page as Markdown."""
    groups: dict[str, list[str]] = {}
    for route in _routes():
        tag = str(route.tags[0]) if route.tags else "page"
        groups.setdefault(tag, []).append(_row(route))
    tables = (f"\n## {tag}\n\n| route | |\n|---|---|\n" + "".join(rows) for tag, rows in groups.items())
    return _HEAD + "".join(tables)


def _routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _row(route: APIRoute) -> str:
    methods = ", ".join(sorted(route.methods))
    first = (route.description or "").strip().splitlines()
    return f"| `{methods} {route.path_format}` | {first[0] if first else ''} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
