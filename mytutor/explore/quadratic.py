"""Descent on a quadratic, where everything is known: the threshold 2 / L, and damping."""

from __future__ import annotations

from mytutor import rules
from mytutor.explore.controls import Button, Slider
from mytutor.explore.numbers import number, sqrt
from mytutor.explore.running import (
    descend,
    extent,
    linear_axis,
    log_axis,
    plane_axes,
    rule_entry,
)
from mytutor.explore.widget import Explorable, View

__all__ = ["damping", "learning_rate_on_quadratic"]


def learning_rate_on_quadratic(
    lr: float = 0.15, curvature: float = 2.0, *, steps: int = 30
) -> Explorable:
    """Gradient descent on L x² / 2: the learning rate decides, and 2 / L is the threshold.

    ``lr`` lies between 0 and 2.5, ``curvature`` (L) between 0.5 and 4, ``steps`` between 1 and 200.
    Raises ValueError outside.
    """
    return Explorable(
        "The learning rate on a quadratic",
        [
            Slider("lr", "learning rate", 0.0, 2.5, lr, "linear", 0.01),
            Slider("curvature", "curvature L", 0.5, 4.0, curvature, "linear", 0.1),
        ],
        [
            View("parabola", "Iterates on the parabola", 0.72),
            View("distance", "Distance from the minimum by step", 0.72),
            View("factor", "Size of the factor of a step, by learning rate", 0.2, wide=True),
        ],
        descend_parabola,
        {"rule": rule_entry(rules.sgd), "start": -1.5, "steps": _checked(steps)},
        steps=_checked(steps),
    )


def damping(
    lr: float = 0.02, mu: float = 0.9, condition: float = 30.0, *, steps: int = 150
) -> Explorable:
    """Momentum on an ill-conditioned quadratic: damped too much, too little or just right.

    ``lr`` lies between 0.0001 and 10, ``mu`` between 0 and 0.9999, ``condition`` between 1 and
    1000, ``steps`` between 1 and 200. Raises ValueError outside.
    """
    aspect = 0.72
    return Explorable(
        "Damping of momentum",
        [
            Slider("condition", "condition number", 1.0, 1000.0, condition, "log"),
            Slider("lr", "lr", 1e-4, 10.0, lr, "log"),
            Slider("mu", "mu", 0.0, 0.9999, mu, "decay"),
            Button("optimal", "Set the optimal lr and mu"),
        ],
        [
            View("plane", "Path over the contour lines of the quadratic", aspect),
            View("distance", "Distance from the minimum by step, in both directions", aspect),
        ],
        descend_valley,
        {
            "rule": rule_entry(rules.momentum),
            "start": [-3.5, 1.5],
            "box": [[-4, 4], [-2.5, 2.5]],
            "aspect": aspect,
            "steps": _checked(steps),
        },
        steps=_checked(steps),
    )


def _checked(steps: int) -> int:
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 200:
        raise ValueError(f"steps is {steps!r}; expected a whole number from 1 to 200")
    return steps


# -- models: also run in the browser ---------------------------------------------------------------


def size(value):
    """The absolute value, as far as a logarithmic axis can show it."""
    return abs(value) if abs(value) > 1e-16 else 1e-16


def descend_parabola(values, data):
    """Gradient descent on L x² / 2, whose every step multiplies x by 1 - lr L."""
    rate = values["lr"]
    curvature = values["curvature"]
    shown = values["shown"]
    steps = data["steps"]
    slope = lambda x, y: [curvature * x, 0.0]  # noqa: E731
    xs = descend(data["rule"], [rate], slope, [data["start"], 0.0], steps)[0]
    seen = xs[0 : shown + 1]
    grid = [(k - 50) / 25 for k in range(101)]
    distances = [size(x) for x in xs]
    span = extent([distances], 1e-9, 1e9)
    factor = 1 - rate * curvature
    rates = [k / 40 for k in range(101)]
    return {
        "views": {
            "parabola": {
                "x": linear_axis("x", -2, 2),
                "y": linear_axis("f(x) = L x² / 2", 0, 2.1 * curvature),
                "lines": [
                    {
                        "label": "",
                        "style": 6,
                        "kind": "thin",
                        "x": grid,
                        "y": [curvature * (x * x) / 2 for x in grid],
                    },
                    {
                        "label": "",
                        "style": 0,
                        "kind": "dots",
                        "start": True,
                        "x": seen,
                        "y": [curvature * (x * x) / 2 for x in seen],
                    },
                ],
            },
            "distance": {
                "x": linear_axis("step", 0, steps),
                "y": log_axis("|x|", span[0], span[1]),
                "lines": [
                    {
                        "label": "",
                        "style": 0,
                        "kind": "dots",
                        "x": list(range(len(seen))),
                        "y": distances[0 : shown + 1],
                    }
                ],
            },
            "factor": {
                "x": linear_axis("learning rate", 0, 2.5),
                "y": linear_axis("|1 − lr L|", 0, 2),
                "verticals": [{"x": 2 / curvature, "label": f"2 / L = {number(2 / curvature)}"}],
                "lines": [
                    {
                        "label": "",
                        "style": 6,
                        "kind": "thin",
                        "x": rates,
                        "y": [abs(1 - each * curvature) for each in rates],
                    },
                    {"label": "", "style": 0, "kind": "line", "x": [rate], "y": [abs(factor)]},
                ],
            },
        },
        "status": "\n".join(
            [
                f"1 − lr L = {number(factor)}: {behaviour(factor)}",
                f"After {shown} steps x = {number(xs[shown])}; the threshold 2 / L is "
                f"{number(2 / curvature)}.",
            ]
        ),
        "ends": [[xs[shown], curvature * (xs[shown] * xs[shown]) / 2]],
    }


def behaviour(factor):
    """What a sequence does that is multiplied by a factor at every step."""
    if abs(factor) < 1e-12:
        return "the first step lands in the minimum."
    if abs(factor - 1) < 1e-12:
        return "x stands still."
    if factor > 0:
        return f"monotone, |x| shrinks to {number(factor)} of itself at every step."
    if abs(factor + 1) < 1e-12:
        return "exactly at the threshold, x jumps from side to side for ever."
    if factor > -1:
        return f"oscillating, |x| shrinks to {number(abs(factor))} of itself at every step."
    return f"divergent, |x| grows by the factor {number(abs(factor))} at every step."


def descend_valley(values, data):
    """Momentum on (x² + condition y²) / 2, its damping in both directions and Polyak's optimum."""
    rate = values["lr"]
    mu = values["mu"]
    condition = values["condition"]
    shown = values["shown"]
    steps = data["steps"]
    slope = lambda x, y: [x, condition * y]  # noqa: E731
    path = descend(data["rule"], [rate, mu], slope, data["start"], steps)
    xs = path[0]
    ys = path[1]
    last = shown if shown < len(xs) else len(xs) - 1
    axes = plane_axes(data["box"], data["aspect"])
    flat = [size(x) for x in xs]
    steep = [size(y) for y in ys]
    span = extent([flat, steep], 1e-9, 1e9)
    times = list(range(last + 1))
    root = sqrt(condition)
    best_rate = 2 / (root + 1) * (2 / (root + 1))
    best_mu = (root - 1) / (root + 1) * ((root - 1) / (root + 1))
    slowest = extent([[rate_of(rate, mu, 1), rate_of(rate, mu, condition)]], 0, 1e9)[1]
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": number(condition),
                    "value": lambda x, y: (x * x + condition * (y * y)) / 2,
                    "spacing": "log",
                },
                "lines": [
                    {
                        "label": "momentum",
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
                        "y": flat[0 : shown + 1],
                    },
                    {
                        "label": "steep direction, |y|",
                        "style": 1,
                        "kind": "line",
                        "x": times,
                        "y": steep[0 : shown + 1],
                    },
                ],
            },
        },
        "status": "\n".join(
            [
                f"Flat direction (curvature 1): {regime(rate, mu, 1)}.",
                f"Steep direction (curvature {number(condition)}): {regime(rate, mu, condition)}.",
                f"{overall(slowest)}; at best {number((root - 1) / (root + 1))}, with lr = "
                f"{number(best_rate)} and mu = {number(best_mu)}.",
            ]
        ),
        "ends": [[xs[last], ys[last]]],
        "jumps": {"optimal": {"lr": best_rate, "mu": best_mu}},
    }


def discriminant(rate, mu, curvature):
    """Of r² - (1 + mu - lr L) r + mu = 0, whose roots are the factors of a step."""
    middle = 1 + mu - rate * curvature
    return middle * middle - 4 * mu


def rate_of(rate, mu, curvature):
    """The size of the larger root: what the distance is multiplied by at every step in the end."""
    left = discriminant(rate, mu, curvature)
    if left <= 0:
        return sqrt(mu)
    return (abs(1 + mu - rate * curvature) + sqrt(left)) / 2


def regime(rate, mu, curvature):
    """How the motion along a direction of that curvature is damped."""
    left = discriminant(rate, mu, curvature)
    factor = rate_of(rate, mu, curvature)
    if factor > 1 + 1e-12:
        return f"divergent, grows by the factor {number(factor)} a step"
    if abs(left) < 1e-9:
        return f"critically damped, factor {number(factor)} a step"
    if left < 0:
        return f"under-damped, swings, factor {number(factor)} a step"
    if 1 + mu - rate * curvature < 0:
        return f"flips its sign at every step, factor {number(factor)}"
    return f"over-damped, creeps, factor {number(factor)} a step"


def overall(slowest):
    """The speed of both directions together."""
    if slowest > 1 + 1e-12:
        return "Together: divergent"
    return f"Together: factor {number(slowest)} a step"
