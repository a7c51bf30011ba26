"""Curves as SVG, with nothing but text: a line per series, axes with round numbers, a legend."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

__all__ = ["Points", "line_plot"]

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 440, 70, 40, 180, 55
_COLOURS = (
    "#1b6ca8",
    "#c1440e",
    "#2d8a4e",
    "#7a4fa3",
    "#b8860b",
    "#4a4a4a",
    "#d1477f",
    "#008b8b",
    "#8b5a2b",
    "#556b2f",
)


def line_plot(title: str, series: Mapping[str, Points], *, x_label: str, y_label: str) -> str:
    """An SVG document; series keep their order and their points are joined in the order given.

    Args:
        title: above the plot.
        series: name to (x, y) points; empty series are named only.
        x_label, y_label: with units.
    """
    points = [point for line in series.values() for point in line] or [(0.0, 0.0)]
    x_ticks, y_ticks = _ticks([x for x, _ in points]), _ticks([y for _, y in points])
    body = [_frame(title, x_label, y_label), _grid(x_ticks, y_ticks)]
    for number, (name, line) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        placed = [_place(point, x_ticks, y_ticks) for point in line]
        body.append(_line(placed, colour) + _legend(name, number, colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>\n"])


def _ticks(values: Sequence[float]) -> list[float]:
    """Five or so round numbers around the values."""
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** floor(log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return [number * step for number in range(first, last + 1)]


def _place(point: tuple[float, float], x_ticks: Sequence[float], y_ticks: Sequence[float]) -> tuple[float, float]:
    x = (point[0] - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
    y = (point[1] - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
    return _LEFT + x * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - y * (_HEIGHT - _TOP - _BOTTOM)


def _frame(title: str, x_label: str, y_label: str) -> str:
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    return (
        f'<text x="{middle}" y="22" text-anchor="middle" font-size="15">{escape(title)}</text>'
        f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle" font-size="12">{escape(x_label)}</text>'
        f'<text x="16" y="{_HEIGHT / 2}" text-anchor="middle" font-size="12" '
        f'transform="rotate(-90 16 {_HEIGHT / 2})">{escape(y_label)}</text>'
    )


def _grid(x_ticks: Sequence[float], y_ticks: Sequence[float]) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for tick in x_ticks:
        x, _ = _place((tick, y_ticks[0]), x_ticks, y_ticks)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" font-size="11">{tick:,g}</text>')
    for tick in y_ticks:
        _, y = _place((x_ticks[0], tick), x_ticks, y_ticks)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="11">{tick:,g}</text>')
    return "\n".join(parts)


def _line(placed: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in placed)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _legend(name: str, number: int, colour: str) -> str:
    x, y = _WIDTH - _RIGHT + 14, _TOP + 18 * number + 8
    return (
        f'<rect x="{x}" y="{y - 8}" width="10" height="10" fill="{colour}"/>'
        f'<text x="{x + 16}" y="{y + 1}" font-size="12">{escape(name)}</text>'
    )
