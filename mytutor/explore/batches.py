"""Minibatches on a bowl: how far a batch's gradient lies from the true one, and what the path does.

Every example pulls towards a point of its own; the loss is the mean of their bowls, so its gradient
is known, and so is the spread of a batch's.
"""

from __future__ import annotations

import numpy as np

from mytutor.explore.controls import Slider
from mytutor.explore.numbers import floor, number, sqrt
from mytutor.explore.running import linear_axis, log_axis, plane_axes
from mytutor.explore.widget import Explorable, View

__all__ = ["minibatch_noise"]

EXAMPLES, STEPS, CURVATURES = 64, 48, (1.0, 3.0)


def minibatch_noise(batch_size: int = 8, lr: float = 0.2, *, seed: int = 0) -> Explorable:
    """The cloud of batch gradients at the start, the path they lead to, and their spread.

    ``batch_size`` is a whole number from 1 to 64, ``lr`` lies between 0.01 and 0.7. Raises
    ValueError outside.
    """
    return Explorable(
        "Minibatch noise against batch size",
        [
            Slider("batch", "batch size", 1.0, float(EXAMPLES), batch_size, "linear", 1.0),
            Slider("lr", "learning rate", 0.01, 0.7, lr, "linear", 0.01),
        ],
        [
            View("cloud", "Gradients of batches at the start, around the true one", 0.72),
            View("plane", "Path over the contour lines of the mean loss", 0.72),
            View("spread", "Spread of a batch's gradient, by batch size", 0.24, wide=True),
        ],
        follow_batches,
        {
            "examples": _examples(seed),
            "orders": _orders(seed),
            "curvatures": list(CURVATURES),
            "start": [-3.2, 1.8],
            "box": [[-4, 4], [-2.5, 2.5]],
            "circle": _circle(),
            "steps": STEPS,
            "aspect": 0.72,
        },
        steps=STEPS,
    )


def _examples(seed: int) -> list[list[float]]:
    """The points that the examples pull towards, with mean exactly in the middle of the bowl."""
    points = np.random.default_rng(seed).normal(size=(EXAMPLES, 2)) * (2.4, 1.1)
    points = np.round(points - points.mean(axis=0), 3)
    points[-1] -= points.sum(axis=0)
    return [[float(x), float(y)] for x, y in np.round(points, 3)]


def _orders(seed: int) -> list[int]:
    """A new order of all examples for each epoch, one after the other."""
    rng = np.random.default_rng(seed + 1)
    return [int(row) for _ in range(STEPS) for row in rng.permutation(EXAMPLES)]


def _circle() -> list[list[float]]:
    angles = np.linspace(0, 2 * np.pi, 49)
    points = np.round(np.stack([np.cos(angles), np.sin(angles)], axis=1), 4)
    return [[float(x), float(y)] for x, y in points]


# -- models: also run in the browser ---------------------------------------------------------------


def middles_of(data, batch):
    """The middle of every batch: of each epoch's order, as many whole batches as there are."""
    examples = data["examples"]
    orders = data["orders"]
    rows = len(examples)
    whole = floor(rows / batch)
    found = []
    for step in range(data["steps"]):
        epoch = floor(step / whole)
        first = rows * epoch + batch * (step - whole * epoch)
        x = 0
        y = 0
        for k in range(batch):
            example = examples[orders[first + k]]
            x += example[0]
            y += example[1]
        found.append([x / batch, y / batch])
    return found


def spread_of(data, batch):
    """The derived spread of a batch's gradient, drawn without replacement."""
    rows = len(data["examples"])
    a = data["curvatures"][0]
    b = data["curvatures"][1]
    total = 0
    for example in data["examples"]:
        total += a * a * (example[0] * example[0]) + b * b * (example[1] * example[1])
    return sqrt(total / rows / batch * ((rows - batch) / (rows - 1)))


def descend_middles(start, rate, a, b, middles):
    """The path of gradient descent whose t-th step pulls towards the t-th of those points."""
    path = [start]
    for middle in middles:
        last = path[len(path) - 1]
        path.append(
            [last[0] - rate * a * (last[0] - middle[0]), last[1] - rate * b * (last[1] - middle[1])]
        )
    return path


def root_mean_square(points):
    """How far points are from the origin."""
    total = 0
    for point in points:
        total += point[0] * point[0] + point[1] * point[1]
    return sqrt(total / len(points))


def curve(label, style, kind, points):
    """A line of a picture through points."""
    return {
        "label": label,
        "style": style,
        "kind": kind,
        "x": [point[0] for point in points],
        "y": [point[1] for point in points],
    }


def cloud_view(data, exact, middles, derived):
    """The gradients of the batches at the start as rays, and the circle of their derived spread."""
    a = data["curvatures"][0]
    b = data["curvatures"][1]
    rays = [[0, 0]]
    for middle in middles:
        rays.append([exact[0] - a * middle[0], exact[1] - b * middle[1]])
        rays.append([0, 0])
    around = [
        [exact[0] + derived * point[0], exact[1] + derived * point[1]] for point in data["circle"]
    ]
    return {
        "x": linear_axis("gradient, first coordinate", -10, 6),
        "y": linear_axis("second coordinate", -2, 9.52),
        "lines": [
            curve("48 batches", 4, "thin", rays),
            curve("derived spread", 1, "thin", around),
            curve("all examples", 6, "line", [[0, 0], exact]),
        ],
    }


def plane_view(data, plain, seen):
    """The path of the batches and that of all examples over the bowl."""
    a = data["curvatures"][0]
    b = data["curvatures"][1]
    axes = plane_axes(data["box"], data["aspect"])
    noisy = curve("batches", 0, "path", seen)
    noisy["start"] = True
    return {
        "x": axes[0],
        "y": axes[1],
        "field": {
            "key": "bowl",
            "value": lambda x, y: (a * (x * x) + b * (y * y)) / 2,
            "spacing": "log",
        },
        "lines": [curve("all examples", 6, "thin", plain), noisy],
        "marks": [[0, 0]],
    }


def spread_view(data, batch, measured):
    """The derived spread over the batch size, and what the batches of the path have."""
    sizes = list(range(1, len(data["examples"])))
    derived = [[size, spread_of(data, size)] for size in sizes]
    # A batch of all examples has no spread, which a logarithmic axis can't show.
    point = [[batch, measured if measured > 0.01 else 0.01]]
    return {
        "x": log_axis("batch size", 1, 100),
        "y": log_axis("spread", 0.1, 10),
        "lines": [curve("derived", 1, "thin", derived), curve("measured", 0, "line", point)],
    }


def follow_batches(values, data):
    """Gradients of batches at the start, and gradient descent along one batch after the other."""
    batch = floor(values["batch"] + 0.5)
    rate = values["lr"]
    shown = values["shown"]
    a = data["curvatures"][0]
    b = data["curvatures"][1]
    start = data["start"]
    exact = [a * start[0], b * start[1]]
    middles = middles_of(data, batch)
    derived = spread_of(data, batch)
    found = root_mean_square([[a * middle[0], b * middle[1]] for middle in middles])
    measured = found if found > 1e-12 else 0
    noisy = descend_middles(start, rate, a, b, middles)
    plain = descend_middles(start, rate, a, b, [[0, 0] for middle in middles])
    seen = noisy[0 : shown + 1]
    return {
        "views": {
            "cloud": cloud_view(data, exact, middles, derived),
            "plane": plane_view(data, plain, seen),
            "spread": spread_view(data, batch, measured),
        },
        "status": "\n".join(
            [
                f"Spread of a gradient from {number(batch)} of {len(data['examples'])} examples: "
                f"derived {number(derived)}, measured over {len(middles)} batches "
                f"{number(measured)}. The gradient of all is {number(root_mean_square([exact]))} "
                "long.",
                f"Steps 25 to {data['steps']} stay "
                f"{number(root_mean_square(noisy[25 : len(noisy)]))} from the minimum (root mean "
                f"square); the steps cost {data['steps'] * batch} gradients of single examples.",
            ]
        ),
        "ends": [[seen[len(seen) - 1][0], seen[len(seen) - 1][1]]],
    }
