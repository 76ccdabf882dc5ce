"""Gradient descent seen one eigen-direction at a time: who is slow, and what the rate can do."""

from __future__ import annotations

from mytutor import rules
from mytutor._checks import check_whole
from mytutor.explore.controls import Button, Slider
from mytutor.explore.numbers import log10, number, sqrt
from mytutor.explore.running import descend, extent, linear_axis, log_axis, plane_axes, rule_entry
from mytutor.explore.widget import Explorable, View

__all__ = ["descent_by_direction"]


def descent_by_direction(
    condition: float = 20.0, rate: float = 1.0, *, steps: int = 150
) -> Explorable:
    """Gradient descent on a bowl with curvatures from L / condition to L, each with its factor.

    ``rate`` is the learning rate times L, from 0.02 to 2.2; ``condition`` lies between 1 and 1000,
    ``steps`` between 1 and 200. Raises ValueError outside.
    """
    check_whole("steps", steps, 1)
    if steps > 200:
        raise ValueError(f"steps is {steps!r}; expected a whole number from 1 to 200")
    aspect = 0.72
    return Explorable(
        "Gradient descent by direction",
        [
            Slider("condition", "condition number", 1.0, 1000.0, condition, "log"),
            Slider("rate", "learning rate × L", 0.02, 2.2, rate, "linear", 0.02),
            Button("cautious", "Set the rate 1 / L"),
            Button("best", "Set the best constant rate"),
        ],
        [
            View("plane", "Path over the contour lines of the bowl", aspect),
            View("distance", "Distance from the minimum by step, in both directions", aspect),
            View("factor", "Factor of a step, by curvature of the direction", 0.2, wide=True),
        ],
        descend_bowl,
        {
            "rule": rule_entry(rules.sgd),
            "start": [-3.5, 1.5],
            "box": [[-4, 4], [-2.5, 2.5]],
            "aspect": aspect,
            "steps": steps,
        },
        steps=steps,
    )


# -- model: also run in the browser ----------------------------------------------------------------


def descend_bowl(values, data):
    """Gradient descent on (x² / condition + y²) / 2, where L is 1."""
    rate = values["rate"]
    condition = values["condition"]
    shown = values["shown"]
    steps = data["steps"]
    least = 1 / condition
    slope = lambda x, y: [least * x, y]  # noqa: E731
    path = descend(data["rule"], [rate], slope, data["start"], steps)
    xs = path[0]
    ys = path[1]
    last = shown if shown < len(xs) else len(xs) - 1
    axes = plane_axes(data["box"], data["aspect"])
    flat = [visible(x) for x in xs]
    steep = [visible(y) for y in ys]
    span = extent([flat, steep], 1e-9, 1e9)
    times = list(range(last + 1))
    factors = [abs(1 - rate * least), abs(1 - rate)]
    slowest = factors[0] if factors[0] > factors[1] else factors[1]
    # curvatures in equal ratios from L / condition, or a tenth of L, up to L
    low = least if least < 0.1 else 0.1
    curvatures = powers(low, 40)
    best = 2 * condition / (condition + 1)
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": number(condition),
                    "value": lambda x, y: (least * (x * x) + y * y) / 2,
                    "spacing": "log",
                },
                "lines": [
                    {
                        "label": "gradient descent",
                        "style": 0,
                        "kind": "path",
                        "start": True,
                        "x": xs[0 : shown + 1],
                        "y": ys[0 : shown + 1],
                    }
                ],
                "marks": [[0, 0]],
            },
            "distance": {
                "x": linear_axis("step", 0, steps),
                "y": log_axis("distance", span[0], span[1]),
                "lines": [
                    {
                        "label": "flat direction, |x|",
                        "style": 2,
                        "kind": "line",
                        "x": times,
                        "y": flat[0 : last + 1],
                    },
                    {
                        "label": "steep direction, |y|",
                        "style": 1,
                        "kind": "line",
                        "x": times,
                        "y": steep[0 : last + 1],
                    },
                ],
            },
            "factor": {
                "x": log_axis("curvature / L", low, 1),
                "y": linear_axis("|1 − lr λ|", 0, 1.25),
                "verticals": [{"x": least, "label": f"flattest = {number(least)}"}],
                "lines": [
                    {
                        "label": "",
                        "style": 6,
                        "kind": "thin",
                        "x": curvatures,
                        "y": [abs(1 - rate * each) for each in curvatures],
                    },
                    {
                        "label": "",
                        "style": 2,
                        "kind": "line",
                        "x": [least],
                        "y": [factors[0]],
                    },
                    {"label": "", "style": 1, "kind": "line", "x": [1], "y": [factors[1]]},
                ],
            },
        },
        "status": "\n".join(
            [
                f"Flat direction: factor {number(factors[0])} a step. "
                f"Steep direction: factor {number(factors[1])} a step.",
                f"{patience(slowest)} The best constant rate, {number(best)} / L, has the factor "
                f"{number((condition - 1) / (condition + 1))}.",
            ]
        ),
        "ends": [[xs[last], ys[last]]],
        "jumps": {"cautious": {"rate": 1}, "best": {"rate": best}},
    }


def visible(value):
    """The absolute value, as far as a logarithmic axis can show it."""
    return abs(value) if abs(value) > 1e-16 else 1e-16


def powers(low, count):
    """Numbers in equal ratios from low to 1, built by roots alone: count + 1 of them."""
    ratio = low
    values = [low, 1]
    while len(values) <= count:
        ratio = sqrt(ratio)
        finer = [values[0]]
        for value in values[1:]:
            finer.append(value * ratio)
            finer.append(value)
        values = finer
    return values


def patience(slowest):
    """How many steps it takes until the slower direction is a thousand times closer."""
    if slowest > 1 + 1e-12:
        return f"Divergent: the distance grows by the factor {number(slowest)} a step."
    if slowest > 1 - 1e-12:
        return "One direction gets no closer at all."
    if slowest < 1e-12:
        return "One step lands in the minimum."
    return f"A thousand times closer takes {number(3 / (0 - log10(slowest)))} steps."
