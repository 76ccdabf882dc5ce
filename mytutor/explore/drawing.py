"""A plot as SVG: the first picture of an explorable, and every picture of a live one."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["picture"]

# Okabe & Ito (2008), a little darker where they would be faint on white paper.
COLOURS = ("#0072B2", "#C65200", "#00805D", "#B3568A", "#2F8FC4", "#A87400", "#78828F")
DASHES = ("", "7 4", "9 3 2 3", "2 3", "12 3", "6 2 2 2 2 2", "")
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 384, 52, 16, 8, 34
CELLS, LEVELS = 80, 8


def picture(plot: Mapping[str, Any], aspect: float, label: str, wide: bool = False) -> str:
    """A plot as a ``<div>`` with an ``<svg>`` whose alternative text is the label."""
    width = (2 if wide else 1) * WIDTH - LEFT - RIGHT
    height = round(width * aspect)
    across, up = _scale(plot["x"], 0, width), _scale(plot["y"], height, -height)
    inside = [_field(plot, width, height)] if "field" in plot else []
    inside += [_vertical(mark, across, height) for mark in plot.get("verticals", [])]
    inside += [_star(across(x), up(y)) for x, y in plot.get("marks", [])]
    inside += [_line(line, across, up) for line in plot["lines"] if len(line["x"])]
    whole = (width + LEFT + RIGHT, height + TOP + BOTTOM)
    return (
        f'<div style="flex:1 1 {whole[0] - 100}px;min-width:0;max-width:{whole[0]}px">'
        f'<svg viewBox="{-LEFT} {-TOP} {whole[0]} {whole[1]}" role="img" '
        f'aria-label="{html.escape(label)}" style="width:100%" '
        f'font-family="sans-serif" font-size="12" fill="currentColor">'
        f"{_axes(plot, across, up, width, height)}"
        f'<svg width="{width}" height="{height}" fill="none" stroke-width="2" '
        f'stroke-linejoin="round">{"".join(inside)}</svg></svg>{_legend(plot)}</div>'
    )


def _scale(axis: Mapping[str, Any], start: float, length: float) -> Callable[[Any], Any]:
    place = np.log10 if axis["scale"] == "log" else np.asarray
    low, high = place(axis["low"]), place(axis["high"])

    def scaled(value: Any) -> Any:
        # Far beyond the edge is far enough: no browser draws coordinates without bound.
        return start + length * np.clip((place(value) - low) / (high - low), -20, 20)

    return scaled


def _axes(plot: Mapping[str, Any], across: Any, up: Any, width: int, height: int) -> str:
    columns = [(round(float(across(value))), text) for value, text in plot["x"]["ticks"]]
    rows = [(round(float(up(value))), text) for value, text in plot["y"]["ticks"]]
    lines = [f"M{x} 0V{height}" for x, _ in columns] + [f"M0 {y}H{width}" for y, _ in rows]
    drawn = "" if "field" in plot else f'<path d="{"".join(lines)}" stroke-opacity=".15"/>'
    below = "".join(f'<text x="{x}" y="{height + 15}">{text}</text>' for x, text in columns)
    beside = "".join(f'<text x="-6" y="{y + 4}">{text}</text>' for y, text in rows)
    middle = f"translate(-40 {height // 2})rotate(-90)"
    return (
        f'<g fill="none" stroke="currentColor">{drawn}'
        f'<rect width="{width}" height="{height}" stroke-opacity=".5"/></g>'
        f'<g text-anchor="middle">{below}'
        f'<text x="{width // 2}" y="{height + 31}">{html.escape(plot["x"]["label"])}</text>'
        f'<text transform="{middle}">{html.escape(plot["y"]["label"])}</text></g>'
        f'<g text-anchor="end">{beside}</g>'
    )


def _field(plot: Mapping[str, Any], width: int, height: int) -> str:
    import contourpy

    x = np.linspace(plot["x"]["low"], plot["x"]["high"], CELLS + 1)
    y = np.linspace(plot["y"]["low"], plot["y"]["high"], CELLS + 1)
    heights = plot["field"]["value"](*np.meshgrid(x, y))
    low, high = float(heights.min()), float(heights.max())
    part = np.arange(LEVELS) / (LEVELS - 1)
    log = plot["field"]["spacing"] == "log"
    spaced = 10 ** (-3.2 + 3.1 * part) if log else 0.05 + 0.9 * part
    lines = contourpy.contour_generator(
        np.linspace(0, width, CELLS + 1), np.linspace(height, 0, CELLS + 1), heights
    )
    found: list[Any] = [
        line for level in low + (high - low) * spaced for line in lines.lines(level)
    ]
    path = "".join(_path(line[:, 0], line[:, 1], 6.0, digits=0) for line in found)
    return f'<path d="{path}" stroke="#7A8AA3" stroke-opacity=".6" stroke-width="1"/>'


def _path(x: Any, y: Any, apart: float, digits: int = 1) -> str:
    """An SVG path through points, leaving out those closer than so many pixels to the last kept."""
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    kept = points[:1]
    for point in points[1:-1]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= apart:
            kept.append(point)
    kept += points[-1:] if len(points) > 1 else []
    # Whole multiples of the last digit, so that rounding doesn't add up along the path.
    unit = 10**digits
    rounded = [(round(a * unit), round(b * unit)) for a, b in kept]
    moves = [((c - a) / unit, (d - b) / unit) for (a, b), (c, d) in pairwise(rounded)]
    first = f"M{_short(rounded[0][0] / unit)} {_short(rounded[0][1] / unit)}"
    drawn = " ".join(f"{_short(a)} {_short(b)}" for a, b in moves)
    return first + (f"l{drawn}" if drawn else "")


def _short(value: float) -> str:
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def _line(line: Mapping[str, Any], across: Any, up: Any) -> str:
    style = line["style"]
    x, y = across(np.array(line["x"])), up(np.array(line["y"]))
    dashes = f' stroke-dasharray="{DASHES[style]}"' if DASHES[style] else ""
    thin = ' stroke-width="1.2"' if line["kind"] == "thin" else ""
    drawn = f'<path d="{_path(x, y, 2.0)}"{dashes}{thin}/>'
    if line["kind"] == "dots":
        circles = (f"M{_short(a - 2)} {_short(b)}h4" for a, b in zip(x, y, strict=True))
        drawn += f'<path d="{"".join(circles)}" stroke-width="4.5"/>'
    if line.get("start"):
        drawn += f'<circle cx="{_short(x[0])}" cy="{_short(y[0])}" r="6" stroke="currentColor"/>'
    if line["kind"] != "thin":
        drawn += _marker(style, float(x[-1]), float(y[-1]))
    return f'<g stroke="{COLOURS[style]}">{drawn}</g>'


def _marker(style: int, x: float, y: float) -> str:
    a, b = _short(x), _short(y)
    shape = ("m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", "m-4.5-4.5h9v9h-9z", "m0-6l6 11h-12z")
    diamond = "m0-6l6 6l-6 6l-6-6z"
    return f'<path d="M{a} {b}{(*shape, diamond)[style % 4]}" fill="{COLOURS[style]}"/>'


def _star(x: float, y: float) -> str:
    a, b = _short(float(x)), _short(float(y))
    return f'<path d="M{a} {b}m-5 0h10m-5-5v10" stroke="currentColor"/>'


def _vertical(mark: Mapping[str, Any], across: Any, height: int) -> str:
    x = round(float(across(mark["x"])))
    return (
        f'<path d="M{x} 0V{height}" stroke="currentColor" stroke-width="1.2" '
        f'stroke-dasharray="4 3"/><text x="{x + 4}" y="13" fill="currentColor">'
        f"{html.escape(mark['label'])}</text>"
    )


def _legend(plot: Mapping[str, Any]) -> str:
    labelled = [line for line in plot["lines"] if line["label"]]
    entries = (
        f'<svg width="26" height="8" aria-hidden="true"><path d="M1 4H25" stroke-width="2.5" '
        f'stroke="{COLOURS[line["style"]]}" stroke-dasharray="{DASHES[line["style"]]}"/></svg> '
        f"{html.escape(line['label'])}&emsp;"
        for line in labelled
    )
    return f'<div style="padding-left:{LEFT}px">{"".join(entries)}</div>'
