"""A line fitted by hand: its loss, and the gradient in slope and intercept."""

from __future__ import annotations

import numpy as np

from mytutor.explore.controls import Button, Choice, Point, Slider
from mytutor.explore.numbers import floor, number, sqrt
from mytutor.explore.running import extent, linear_axis
from mytutor.explore.widget import Explorable, View

__all__ = ["fitted_line"]

COUNT = 12
SLOPES, INTERCEPTS = (-2.0, 4.0), (-3.0, 5.0)


def fitted_line(
    slope: float = -1.0, intercept: float = 3.0, *, lr: float = 0.1, outlier: float = 0.0
) -> Explorable:
    """A line through twelve points, the loss of every other line, and the negative gradient.

    ``slope`` lies between -2 and 4, ``intercept`` between -3 and 5, the learning rate ``lr`` of the
    button's step between 0.001 and 1, and ``outlier``, by which the last point is raised, between 0
    and 10. Raises ValueError outside.
    """
    if not SLOPES[0] <= slope <= SLOPES[1]:
        raise ValueError(f"slope is {slope!r}; expected a number from {SLOPES[0]} to {SLOPES[1]}")
    if not INTERCEPTS[0] <= intercept <= INTERCEPTS[1]:
        low, high = INTERCEPTS
        raise ValueError(f"intercept is {intercept!r}; expected a number from {low} to {high}")
    x, y = points()
    return Explorable(
        "Loss and gradient of a line",
        [
            Choice("loss", "loss", ("squared error", "absolute error"), "squared error"),
            Slider("outlier", "raise the last point", 0.0, 10.0, outlier, "linear", 0.1),
            Slider("lr", "learning rate", 0.001, 1.0, lr, "log"),
            Point("line", "slope and intercept", (float(slope), float(intercept))),
            Button("step", "Step along the negative gradient"),
            Button("best", "Jump to the smallest squared error"),
        ],
        [
            View("loss", "Loss by slope and intercept, with the negative gradient", 0.8, "line"),
            View("data", "The points, the line and what it misses", 0.8),
        ],
        fit,
        {"x": x, "y": y, "slopes": list(SLOPES), "intercepts": list(INTERCEPTS)},
    )


def points() -> tuple[list[float], list[float]]:
    """Twelve points near the line y = 1 + 1.5 x, always the same."""
    rng = np.random.default_rng(3)
    x = np.round(np.linspace(-1, 2, COUNT), 2)
    y = np.round(1 + 1.5 * x + rng.normal(0, 0.5, COUNT), 2)
    return [float(value) for value in x], [float(value) for value in y]


# -- the model: also runs in the browser -----------------------------------------------------------


def fit(values, data):
    """The loss of a line, its gradient, and the loss of the lines around it."""
    [slope, intercept] = values["line"]
    x = data["x"]
    last = len(x) - 1
    y = [data["y"][i] + (values["outlier"] if i == last else 0) for i in range(len(x))]
    square = values["loss"] == "squared error"
    missed = [slope * x[i] + intercept - y[i] for i in range(len(x))]
    pull = [2 * miss if square else sign_of(miss) for miss in missed]
    gradient = [mean([pull[i] * x[i] for i in range(len(x))]), mean(pull)]
    best = least_squares(x, y)
    way = arrow(gradient)
    shown = extent([y, [slope * x[0] + intercept, slope * x[last] + intercept]], -50, 50)
    stepped = [slope - values["lr"] * gradient[0], intercept - values["lr"] * gradient[1]]
    return {
        "views": {
            "loss": {
                "x": linear_axis("slope", data["slopes"][0], data["slopes"][1]),
                "y": linear_axis("intercept", data["intercepts"][0], data["intercepts"][1]),
                "field": {
                    "key": f"{values['loss']} {number(values['outlier'])}",
                    "value": lambda a, b: loss_of(a, b, x, y, square),
                    "spacing": "log",
                },
                "lines": [
                    {
                        "label": "negative gradient",
                        "style": 1,
                        "kind": "path",
                        "start": True,
                        "x": [slope, slope + way[0]],
                        "y": [intercept, intercept + way[1]],
                    }
                ],
                "marks": [best],
            },
            "data": {
                "x": linear_axis("x", -1.2, 2.2),
                "y": linear_axis("y", shown[0] - 0.5, shown[1] + 0.5),
                "lines": [
                    {
                        "label": "line",
                        "style": 1,
                        "kind": "thin",
                        "x": [-1.2, 2.2],
                        "y": [intercept - 1.2 * slope, intercept + 2.2 * slope],
                    },
                    *[
                        {
                            "label": "",
                            "style": 0,
                            "kind": "line",
                            "x": [x[i], x[i]],
                            "y": [y[i] + missed[i], y[i]],
                        }
                        for i in range(len(x))
                    ],
                ],
            },
        },
        "status": "\n".join(
            [
                f"Slope {number(slope)}, intercept {number(intercept)}: {values['loss']} "
                f"{number(loss_of(slope, intercept, x, y, square))}.",
                f"Gradient: {number(gradient[0])} in the slope, {number(gradient[1])} in the "
                "intercept.",
                f"The squared error is smallest at slope {number(best[0])}, intercept "
                f"{number(best[1])}.",
            ]
        ),
        "ends": [[slope, intercept]],
        "jumps": {
            "step": {
                "line": [within(stepped[0], data["slopes"]), within(stepped[1], data["intercepts"])]
            },
            "best": {
                "line": [within(best[0], data["slopes"]), within(best[1], data["intercepts"])]
            },
        },
    }


def loss_of(slope, intercept, x, y, square):
    """The mean of the squares, or of the sizes, of what a line misses."""
    total = 0.0
    for i in range(len(x)):
        miss = slope * x[i] + intercept - y[i]
        total = total + (miss * miss if square else abs(miss))
    return total / len(x)


def mean(numbers):
    """The sum over the count."""
    total = 0.0
    for each in numbers:
        total += each
    return total / len(numbers)


def sign_of(value):
    """1, -1 or 0."""
    return 1 if value > 0 else -1 if value < 0 else 0


def least_squares(x, y):
    """Slope and intercept with the smallest squared error, from the normal equations."""
    middle = [mean(x), mean(y)]
    together = mean([(x[i] - middle[0]) * (y[i] - middle[1]) for i in range(len(x))])
    spread = mean([(each - middle[0]) * (each - middle[0]) for each in x])
    return [together / spread, middle[1] - together / spread * middle[0]]


def arrow(gradient):
    """The way down, as long as the gradient up to a length of 2 and never longer."""
    length = sqrt(gradient[0] * gradient[0] + gradient[1] * gradient[1])
    scale = 0.25 if length < 8 else 2 / length
    return [0 - scale * gradient[0], 0 - scale * gradient[1]]


def within(value, ends):
    """The value to four decimals, or the end of the range that it lies beyond."""
    kept = ends[0] if value < ends[0] else ends[1] if value > ends[1] else value
    return floor(kept * 10000 + 0.5) / 10000
