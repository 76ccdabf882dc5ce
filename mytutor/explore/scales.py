"""Two features on different scales: the bowl of their weights, before and after scaling."""

from __future__ import annotations

from mytutor import rules
from mytutor.explore.controls import Choice, Slider
from mytutor.explore.numbers import log10, number, sqrt
from mytutor.explore.running import (
    descend,
    extent,
    linear_axis,
    log_axis,
    plane_axes,
    rule_entry,
)
from mytutor.explore.widget import Explorable, View

__all__ = ["feature_scales"]

SCALINGS = ("as they are", "divided by their std", "standardized", "whitened")


def feature_scales(
    scaling: str = "as they are",
    ratio: float = 5.0,
    correlation: float = 0.5,
    mean: float = 0.0,
    rate: float = 1.8,
    *,
    steps: int = 60,
) -> Explorable:
    """Gradient descent on a linear regression with two features, in the weights that it learns.

    The features have the standard deviations ``ratio`` (1 to 10) and 1, a ``correlation`` between
    -0.99 and 0.99, and both a ``mean`` of 0 to 5 standard deviations; the model has no bias, and
    the target is exactly linear. ``scaling`` is 'as they are', 'divided by their std',
    'standardized' or 'whitened' (by ZCA). ``rate`` is the learning rate times the largest
    curvature, between 0.05 and 2.2, ``steps`` lies between 1 and 400. Raises ValueError outside.
    """
    if scaling not in SCALINGS:
        raise ValueError(f"scaling is {scaling!r}; expected one of {', '.join(SCALINGS)}")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 400:
        raise ValueError(f"steps is {steps!r}; expected a whole number from 1 to 400")
    aspect = 0.72
    return Explorable(
        "Two features on different scales",
        [
            Choice("scaling", "features", SCALINGS, scaling),
            Slider("ratio", "scale ratio", 1.0, 10.0, ratio, "linear", 0.1),
            Slider("correlation", "correlation", -0.99, 0.99, correlation, "linear", 0.01),
            Slider("mean", "mean / std", 0.0, 5.0, mean, "linear", 0.1),
            Slider("rate", "lr × L", 0.05, 2.2, rate, "linear", 0.05),
        ],
        [
            View("plane", "Path of the two weights over the contour lines of the loss", aspect),
            View("loss", "Loss by step", aspect),
        ],
        descend_scaled,
        {
            "rule": rule_entry(rules.sgd),
            "box": [[-1, 3], [-0.8, 2.2]],
            "aspect": aspect,
            "steps": steps,
        },
        steps=steps,
    )


# -- models: also run in the browser ---------------------------------------------------------------


def curvatures(scaling, ratio, correlation, mean):
    """The Hessian [xx, xy, yy] of half the mean squared error: the mean of x xᵀ."""
    shift = mean * mean
    if scaling == "whitened":
        return [1, 0, 1]
    if scaling == "standardized":
        return [1, correlation, 1]
    if scaling == "divided by their std":
        return [1 + shift, correlation + shift, 1 + shift]
    return [ratio * ratio * (1 + shift), ratio * (correlation + shift), 1 + shift]


def best_weights(scaling, ratio, correlation):
    """Where the minimum lies, for a target that is 2 z_1 + 1.5 z_2 of the standardized features."""
    if scaling == "as they are":
        return [2 / ratio, 1.5]
    if scaling == "whitened":
        plus = sqrt(1 + correlation)
        minus = sqrt(1 - correlation)
        same = (plus + minus) / 2
        other = (plus - minus) / 2
        return [2 * same + 1.5 * other, 2 * other + 1.5 * same]
    return [2, 1.5]


def ends_of(hessian):
    """The smallest and the largest eigenvalue of a symmetric matrix [xx, xy, yy]."""
    middle = (hessian[0] + hessian[2]) / 2
    half = (hessian[0] - hessian[2]) / 2
    radius = sqrt(half * half + hessian[1] * hessian[1])
    largest = middle + radius
    return [(hessian[0] * hessian[2] - hessian[1] * hessian[1]) / largest, largest]


def positive(value):
    """A value as far as a logarithmic axis can show it."""
    return value if value > 1e-16 else 1e-16


def descend_scaled(values, data):
    """Gradient descent from weights of zero, in the coordinates that the scaling makes."""
    scaling = values["scaling"]
    ratio = values["ratio"]
    correlation = values["correlation"]
    shown = values["shown"]
    steps = data["steps"]
    hessian = curvatures(scaling, ratio, correlation, values["mean"])
    best = best_weights(scaling, ratio, correlation)
    eigenvalues = ends_of(hessian)
    condition = eigenvalues[1] / eigenvalues[0]
    rate = values["rate"] / eigenvalues[1]
    slope = lambda x, y: [  # noqa: E731
        hessian[0] * (x - best[0]) + hessian[1] * (y - best[1]),
        hessian[1] * (x - best[0]) + hessian[2] * (y - best[1]),
    ]
    height = lambda x, y: (  # noqa: E731
        hessian[0] * ((x - best[0]) * (x - best[0])) / 2
        + hessian[1] * ((x - best[0]) * (y - best[1]))
        + hessian[2] * ((y - best[1]) * (y - best[1])) / 2
    )
    path = descend(data["rule"], [rate], slope, [0, 0], steps)
    xs = path[0]
    ys = path[1]
    losses = [positive(height(xs[k], ys[k])) for k in range(len(xs))]
    span = extent([losses], 1e-8, 1e6)
    axes = plane_axes(data["box"], data["aspect"])
    axes[0]["label"] = "weight of the first feature"
    axes[1]["label"] = "weight of the second"
    last = shown if shown < len(xs) else len(xs) - 1
    slow = abs(1 - values["rate"] / condition)
    fast = abs(1 - values["rate"])
    factor = slow if slow > fast else fast
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": f"{scaling} {ratio} {correlation} {values['mean']}",
                    "value": height,
                    "spacing": "log",
                },
                "lines": [
                    {
                        "label": "",
                        "style": 0,
                        "kind": "path",
                        "start": True,
                        "x": xs[0 : shown + 1],
                        "y": ys[0 : shown + 1],
                    }
                ],
                "marks": [best],
            },
            "loss": {
                "x": linear_axis("step", 0, steps),
                "y": log_axis("loss above the minimum", span[0], span[1]),
                "lines": [
                    {
                        "label": "",
                        "style": 0,
                        "kind": "line",
                        "x": list(range(last + 1)),
                        "y": losses[0 : last + 1],
                    }
                ],
            },
        },
        "status": "\n".join(
            [
                f"Curvatures {number(eigenvalues[0])} and L = {number(eigenvalues[1])}: condition "
                f"number {number(condition)}; lr = {number(rate)}.",
                speed(factor),
            ]
        ),
        "ends": [[xs[last], ys[last]]],
    }


def speed(factor):
    """How fast the slowest direction goes, in words."""
    if factor > 1 - 1e-12:
        return "The distance from the minimum doesn't shrink: the rate is at 2 / L or above."
    if factor < 1e-12:
        return "One step is enough."
    digits = 0 - 1 / log10(factor)
    return (
        f"The slowest direction shrinks to {number(factor)} of itself at every step; a digit takes "
        f"{number(digits)} steps."
    )
