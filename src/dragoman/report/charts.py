"""Inline SVG for the report: no scripts, no libraries, colours by CSS class so that they follow light and dark."""

from collections.abc import Mapping, Sequence

from dragoman.core.exchange import Purpose, Usage
from dragoman.core.records import Kind
from dragoman.report.data import KindCost
from dragoman.report.markup import Markup, element, joined

__all__ = ["cost_chart", "growth_chart", "kind_chart"]

_WIDTH, _HEIGHT = 560, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 12, 26
_ROW = 30
_LABEL = 84
_VALUE = 64


def growth_chart(growth: Mapping[Kind, Sequence[int]]) -> Markup:
    """Records in memory after each page, one band per kind, stacked."""
    if not growth:
        return element("p", "The document added nothing to memory.", class_="quiet")
    num_pages = len(next(iter(growth.values())))
    highest = max(sum(values) for values in zip(*growth.values(), strict=True)) or 1
    base = [0] * num_pages
    bands = []
    for kind, values in growth.items():
        top = [low + value for low, value in zip(base, values, strict=True)]
        bands.append(_band(kind, base, top, highest))
        base = top
    axes = joined(*_y_axis(highest), *_x_axis(num_pages))
    svg = element(
        "svg",
        axes,
        *bands,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=f"Memory records after each of {num_pages} pages, at most {highest}",
    )
    return joined(svg, _legend([(f"kind-{kind.value}", kind.value) for kind in growth]))


def cost_chart(usage: Mapping[Purpose, Usage]) -> Markup:
    """Tokens by purpose of the call: computed prompt, cached prompt, output."""
    if not any(part.prompt_tokens + part.output_tokens for part in usage.values()):
        return element("p", "No tokens were spent.", class_="quiet")
    names = {"prompt": "prompt, computed", "cached": "prompt, cached", "output": "output"}
    rows = {
        purpose.value: {"prompt": part.uncached_tokens, "cached": part.cached_tokens, "output": part.output_tokens}
        for purpose, part in usage.items()
    }
    return _bar_chart(rows, names, "Tokens by purpose of the model call")


def kind_chart(costs: Mapping[Kind, KindCost]) -> Markup:
    """Context tokens by kind of record: chosen, and offered but left out."""
    if not costs:
        return element("p", "No context was offered.", class_="quiet")
    rows = {kind.value: {"output": cost.chosen, "rest": cost.left_out} for kind, cost in costs.items()}
    return _bar_chart(rows, {"output": "chosen", "rest": "left out"}, "Context tokens by kind of record")


def _bar_chart(rows: Mapping[str, Mapping[str, int]], names: Mapping[str, str], label: str) -> Markup:
    """One bar of several parts per row.

    Args:
        rows: row label to tokens by style.
        names: style to its name in the legend.
        label: of the whole chart, for screen readers.
    """
    longest = max(max(sum(parts.values()) for parts in rows.values()), 1)
    drawn = [_bar(index, name, parts, names, longest) for index, (name, parts) in enumerate(rows.items())]
    svg = element("svg", *drawn, viewBox=f"0 0 {_WIDTH} {_ROW * len(rows) + 8}", role="img", aria_label=label)
    return joined(svg, _legend(list(names.items())))


def _bar(index: int, name: str, parts: Mapping[str, int], names: Mapping[str, str], longest: int) -> Markup:
    y = index * _ROW + 6
    scale = (_WIDTH - _LABEL - _VALUE) / longest
    x = float(_LABEL)
    boxes = []
    for style, tokens in parts.items():
        title = element("title", f"{name}, {names[style]}: {tokens:,} tokens")
        place = {"x": f"{x:.1f}", "y": y, "width": f"{tokens * scale:.1f}", "height": 18}
        boxes.append(element("rect", title, **place, class_=f"fill {style}"))
        x += tokens * scale
    total = element("text", f"{sum(parts.values()):,}", x=f"{x + 6:.1f}", y=y + 13, class_="label")
    return element("g", element("text", name, x=0, y=y + 13, class_="label"), *boxes, total)


def _band(kind: Kind, low: Sequence[int], high: Sequence[int], highest: int) -> Markup:
    upper = [_point(index, value, len(high), highest) for index, value in enumerate(high)]
    lower = [_point(index, value, len(low), highest) for index, value in enumerate(low)]
    if len(high) == 1:  # one page has no width: draw it as a bar across the chart
        upper.append((_WIDTH - _RIGHT, upper[0][1]))
        lower.append((_WIDTH - _RIGHT, lower[0][1]))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*upper, *reversed(lower)])
    title = element("title", f"{kind.value}: {high[-1] - low[-1]} records at the end")
    return element("polygon", title, points=points, class_=f"fill kind-{kind.value}")


def _point(index: int, value: int, num_pages: int, highest: int) -> tuple[float, float]:
    x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / max(num_pages - 1, 1)
    return x, _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / highest


def _y_axis(highest: int) -> list[Markup]:
    marks = sorted({0, highest // 2, highest})
    drawn = []
    for mark in marks:
        _, y = _point(0, mark, 1, highest)
        drawn.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        drawn.append(element("text", mark, x=_LEFT - 6, y=f"{y + 4:.1f}", class_="label end"))
    return drawn


def _x_axis(num_pages: int) -> list[Markup]:
    y = _HEIGHT - 8
    drawn = [element("text", "page 1", x=_LEFT, y=y, class_="label")]
    if num_pages > 1:
        drawn.append(element("text", f"page {num_pages}", x=_WIDTH - _RIGHT, y=y, class_="label end"))
    return drawn


def _legend(names: Sequence[tuple[str, str]]) -> Markup:
    items = [element("li", element("span", class_=f"swatch {style}"), label) for style, label in names]
    return element("ul", *items, class_="legend")
