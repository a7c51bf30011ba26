"""A few lines that make it impossible to forget to escape: text is escaped unless it is `Markup` already."""

import json
from html import escape as escape_html

__all__ = ["Markup", "element", "embedded_json", "joined", "void"]


class Markup(str):
    """A text that is HTML already and is written as it stands."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: object) -> Markup:
    """The element with its children, in order.

    Args:
        name: tag name.
        children: `Markup` is kept, None is left out, anything else is turned into escaped text.
        attributes: True gives a bare attribute, None and False leave it out; `class_` is written `class`, `data_x`
            is written `data-x`.
    """
    return Markup(f"<{name}{_attributes(attributes)}>{joined(*children)}</{name}>")


def void(name: str, **attributes: object) -> Markup:
    """An element that cannot have children, such as `<input>`."""
    return Markup(f"<{name}{_attributes(attributes)}>")


def joined(*children: object) -> Markup:
    """Children without an element around them."""
    return Markup("".join(_text(child) for child in children if child is not None))


def embedded_json(value: object) -> Markup:
    """JSON that is safe inside a `<script>` element: no text in it can close the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _text(value: object) -> str:
    return value if isinstance(value, Markup) else escape_html(str(value), quote=False)


def _attributes(attributes: dict[str, object]) -> str:
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        written.append(f" {name}" if value is True else f' {name}="{escape_html(str(value))}"')
    return "".join(written)
