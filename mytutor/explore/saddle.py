"""Escape from a saddle point: without noise as long as the start is close, with noise in time."""

from __future__ import annotations

import numpy as np

from mytutor import rules
from mytutor.explore.controls import Choice, Slider
from mytutor.explore.numbers import decade, log10, number, sqrt
from mytutor.explore.running import linear_axis, log_axis, plane_axes, rule_entry
from mytutor.explore.widget import Explorable, View

__all__ = ["saddle_escape"]

STEPS = 300
BESIDE, ON_RIDGE = "beside the ridge", "exactly on the ridge"


def saddle_escape(
    lr: float = 0.1, noise: float = 1e-3, offset: float = 1e-8, *, seed: int = 2
) -> Explorable:
    """Gradient descent from the ridge of a saddle, with noise on the gradient and without.

    The surface is (x² - y²) / 2 + y⁴ / 4: a saddle at 0 and minima at (0, 1) and (0, -1). ``lr``
    lies between 0.01 and 1, ``noise`` (its standard deviation) between 1e-10 and 0.1, ``offset``
    (y at the start) between 1e-12 and 1; ``seed`` draws the noise. Raises ValueError outside.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed is {seed!r}; expected a whole number of at least 0")
    draws = np.random.default_rng(seed).standard_normal((2, STEPS)).round(2)
    aspect = 0.72
    return Explorable(
        "Escape from a saddle",
        [
            Slider("lr", "learning rate", 0.01, 1.0, lr, "log"),
            Slider("noise", "noise", 1e-10, 0.1, noise, "log"),
            Choice("start", "start", (BESIDE, ON_RIDGE), BESIDE),
            Slider("offset", "start offset y", 1e-12, 1.0, offset, "log"),
        ],
        [
            View("plane", "Paths over the contour lines of the saddle", aspect),
            View("distance", "Distance from the ridge by step, on a logarithmic axis", aspect),
        ],
        leave_saddle,
        {
            "rule": rule_entry(rules.sgd),
            "start": -1.3,
            "draws": draws.tolist(),
            "box": [[-1.5, 1.5], [-1.25, 1.25]],
            "aspect": aspect,
            "steps": STEPS,
        },
        steps=STEPS,
    )


# -- models: also run in the browser ---------------------------------------------------------------


def leave_saddle(values, data):
    """Two paths from one start, without noise and with it, and what a linear model predicts."""
    rate = values["lr"]
    noise = values["noise"]
    offset = values["offset"] if values["start"] == BESIDE else 0.0
    shown = values["shown"]
    steps = data["steps"]
    still = walk(data, rate, 0.0, offset)
    noisy = walk(data, rate, noise, offset)
    # Noise enters at every step; all of it together is worth a start this far from the ridge.
    kick = sqrt(rate * (noise * noise) / (2 + rate))
    reach = sqrt(offset * offset + kick * kick)
    times = list(range(shown + 1))
    axes = plane_axes(data["box"], data["aspect"])
    lowest = offset if 0 < offset < rate * noise else rate * noise
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": "saddle",
                    "value": lambda x, y: (x * x - y * y) / 2 + y * y * (y * y) / 4,
                    "spacing": "linear",
                },
                "lines": [
                    {
                        "label": "without noise",
                        "style": 1,
                        "kind": "path",
                        "start": True,
                        "x": still[0][0 : shown + 1],
                        "y": still[1][0 : shown + 1],
                    },
                    {
                        "label": "with noise",
                        "style": 0,
                        "kind": "path",
                        "x": noisy[0][0 : shown + 1],
                        "y": noisy[1][0 : shown + 1],
                    },
                ],
                "marks": [[0, 1], [0, -1]],
            },
            "distance": {
                "x": linear_axis("step", 0, steps),
                "y": log_axis("|y|", lowest / 10, 2),
                "lines": [
                    {
                        "label": "without noise",
                        "style": 1,
                        "kind": "line",
                        "x": times if offset > 0 else [],
                        "y": [visible(y) for y in still[1][0 : shown + 1]] if offset > 0 else [],
                    },
                    {
                        "label": "with noise",
                        "style": 0,
                        "kind": "line",
                        "x": times,
                        "y": [visible(y) for y in noisy[1][0 : shown + 1]],
                    },
                    {
                        "label": "predicted size",
                        "style": 6,
                        "kind": "thin",
                        "x": list(range(steps + 1)),
                        "y": predicted(rate, noise, offset, steps),
                    },
                ],
            },
        },
        "status": "\n".join(
            [
                f"Without noise: {told(still[1], offset, rate)}",
                f"With noise: {told(noisy[1], reach, rate)}",
                f"The noise of all steps is worth a start at y = {number(kick)}; one step "
                f"multiplies y by 1 + lr = {number(1 + rate)}.",
            ]
        ),
        "ends": [[still[0][shown], still[1][shown]], [noisy[0][shown], noisy[1][shown]]],
    }


def walk(data, rate, noise, offset):
    """The path of the rule on the saddle with noisy gradients: a list of x and of y."""
    draws = data["draws"]
    step = data["rule"]["step"]
    x = data["start"]
    y = offset
    xs = [x]
    ys = [y]
    for t in range(1, data["steps"] + 1):
        x = step(x, x + noise * draws[0][t - 1], t, rate)[0]
        y = step(y, y * (y * y) - y + noise * draws[1][t - 1], t, rate)[0]
        xs.append(x)
        ys.append(y)
    return [xs, ys]


def predicted(rate, noise, offset, steps):
    """The root mean square of y by step where y³ is negligible, up to the height of the minima."""
    square = offset * offset
    sizes = [visible(offset)]
    for _ in range(steps):
        square = (1 + rate) * (1 + rate) * square + rate * noise * (rate * noise)
        sizes.append(sqrt(square) if square < 1 else 1)
    return sizes


def visible(value):
    """The absolute value, as far as a logarithmic axis can show it."""
    return abs(value) if abs(value) > decade(-30) else decade(-30)


def told(ys, reach, rate):
    """When a path was first more than 1/2 away from the ridge, and when that was predicted."""
    if reach == 0:
        return "it stays on the ridge for ever and ends in the saddle."
    first = 0
    while first < len(ys) and abs(ys[first]) < 0.5:
        first += 1
    when = f"|y| passes 1/2 at step {first}"
    if first == len(ys):
        when = f"|y| is below 1/2 for all {len(ys) - 1} steps"
    far = log10(0.5 / reach) / log10(1 + rate)
    return f"{when}; predicted {number(far if far > 0 else 0)}."
