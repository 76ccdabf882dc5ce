"""Clipping at a cliff: one recurrent unit, whose loss has a wall that its own steps build."""

from __future__ import annotations

import math

from mytutor import rules
from mytutor.explore.controls import Choice, Point, Slider
from mytutor.explore.numbers import isfinite, number, sqrt
from mytutor.explore.running import extent, linear_axis, log_axis, plane_axes, rule_entry
from mytutor.explore.widget import Explorable, View

__all__ = ["clipping", "unit_loss", "unit_slope"]

KINDS = ("none", "by norm", "by value")


def clipping(
    kind: str = "none",
    limit: float = 0.1,
    lr: float = 3.0,
    length: int = 12,
    *,
    start: tuple[float, float] = (7.25, -2.92),
    steps: int = 100,
) -> Explorable:
    """Gradient descent on the loss of one recurrent unit, with and without clipping.

    The unit is h = w s(h) + b, ``length`` times (1 to 40) from h = 0, and the loss (s(h) - 0.7)²,
    after Pascanu, Mikolov & Bengio (2013), Figure 6. Its sigmoid is s(h) = (1 + h / (2 + abs(h)))
    / 2, which has the slope 1/4 at 0. ``kind`` is 'none', 'by norm' or 'by value', ``limit`` lies
    between 0.001 and 10, ``lr`` between 0.01 and 100, ``steps`` between 1 and 400; ``start`` is
    (w, b). Raises ValueError outside.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 400:
        raise ValueError(f"steps is {steps!r}; expected a whole number from 1 to 400")
    if not all(map(math.isfinite, start)):
        raise ValueError(f"start is {start!r}; expected two finite numbers")
    aspect = 0.72
    return Explorable(
        "Clipping at a cliff",
        [
            Choice("kind", "clipping", KINDS, kind),
            Slider("limit", "limit", 0.001, 10.0, limit, "log"),
            Slider("lr", "lr", 0.01, 100.0, lr, "log"),
            Slider("length", "steps of the unit", 1, 40, length, "linear", 1),
            Point("start", "start", (float(start[0]), float(start[1]))),
        ],
        [
            View("plane", "Path over the contour lines of the loss", aspect, point="start"),
            View("loss", "Loss by step", aspect),
            View("norm", "Norm of the gradient before clipping, by step", 0.3, wide=True),
        ],
        descend_cliff,
        {
            "rule": rule_entry(rules.sgd),
            "box": [[3, 9], [-5, -0.5]],
            "aspect": aspect,
            "steps": steps,
        },
        steps=steps,
    )


# -- models: also run in the browser ---------------------------------------------------------------


def squash(h):
    """A sigmoid without exponentials, from 0 to 1, with the slope 1/4 at 0."""
    return (1 + h / (2 + abs(h))) / 2


def squash_slope(h):
    """The derivative of squash."""
    return 1 / ((2 + abs(h)) * (2 + abs(h)))


def unit_loss(w, b, length):
    """The loss after so many steps of the unit; w and b are numbers or arrays."""
    h = 0 * w
    for _ in range(length):
        h = w * squash(h) + b
    return (squash(h) - 0.7) * (squash(h) - 0.7)


def unit_slope(w, b, length):
    """The gradient in w and b: at every step the derivatives so far are multiplied by w s'(h)."""
    h = 0 * w
    by_w = 0 * w
    by_b = 0 * w
    for _ in range(length):
        factor = w * squash_slope(h)
        by_w = squash(h) + factor * by_w
        by_b = 1 + factor * by_b
        h = w * squash(h) + b
    error = 2 * (squash(h) - 0.7) * squash_slope(h)
    return [error * by_w, error * by_b]


def limited(g, kind, limit):
    """A gradient of two numbers after clipping, and its norm before."""
    norm = sqrt(g[0] * g[0] + g[1] * g[1])
    if kind == "by value":
        return [within(g[0], limit), within(g[1], limit), norm]
    if kind == "by norm" and norm > limit:
        return [g[0] * (limit / norm), g[1] * (limit / norm), norm]
    return [g[0], g[1], norm]


def within(value, limit):
    """A number moved into [-limit, limit]."""
    if value > limit:
        return limit
    return value if value > 0 - limit else 0 - limit


def positive(value):
    """A value as far as a logarithmic axis can show it."""
    return value if value > 1e-12 else 1e-12


def descend_cliff(values, data):
    """Gradient descent on the unit's loss; the gradient may be clipped before every step."""
    kind = values["kind"]
    limit = values["limit"]
    rate = values["lr"]
    length = values["length"]
    start = values["start"]
    shown = values["shown"]
    box = data["box"]
    step = data["rule"]["step"]
    w = start[0]
    b = start[1]
    ws = [w]
    bs = [b]
    losses = [positive(unit_loss(w, b, length))]
    norms = []
    clipped = 0
    for t in range(1, shown + 1):
        g = limited(unit_slope(w, b, length), kind, limit)
        if not isfinite(g[2]):
            break
        w = step(w, g[0], t, rate)[0]
        b = step(b, g[1], t, rate)[0]
        ws.append(w)
        bs.append(b)
        losses.append(positive(unit_loss(w, b, length)))
        norms.append(positive(g[2]))
        if kind != "none" and g[2] > limit:
            clipped = clipped + 1
    axes = plane_axes(box, data["aspect"])
    axes[0]["label"] = "w"
    axes[1]["label"] = "b"
    seen = extent([losses], 1e-9, 1)
    steepest = extent([norms, [limit]], 1e-6, 1e12)
    last = len(ws) - 1
    outside = abs(w - 6) > 4 or abs(b + 2.75) > 3.25
    gone = "The last point is outside the picture. " if outside else ""
    cut = "no gradient was clipped" if clipped == 0 else f"{clipped} gradients were clipped"
    what = "Without clipping" if kind == "none" else f"Clipped {kind}, {cut}"
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": number(length),
                    "value": lambda x, y: unit_loss(x, y, length),
                    "spacing": "linear",
                },
                "lines": [
                    {"label": "", "style": 0, "kind": "dots", "start": True, "x": ws, "y": bs}
                ],
            },
            "loss": {
                "x": linear_axis("step", 0, data["steps"]),
                "y": log_axis("loss", seen[0], seen[1]),
                "lines": [
                    {
                        "label": "",
                        "style": 0,
                        "kind": "line",
                        "x": list(range(len(losses))),
                        "y": losses,
                    }
                ],
            },
            "norm": {
                "x": linear_axis("step", 0, data["steps"]),
                "y": log_axis("norm", steepest[0], steepest[1]),
                "lines": [
                    {
                        "label": "gradient",
                        "style": 0,
                        "kind": "line",
                        "x": [k + 1 for k in range(len(norms))],
                        "y": norms,
                    },
                    {
                        "label": "limit",
                        "style": 1,
                        "kind": "thin",
                        "x": [0, data["steps"]],
                        "y": [limit, limit],
                    },
                ],
            },
        },
        "status": "\n".join(
            [
                f"{gone}After {last} steps w = {number(w)}, b = {number(b)} and the loss is "
                f"{number(unit_loss(w, b, length))}.",
                f"{what}; the largest norm of a gradient was "
                f"{number(extent([norms, [0]], 0, 1e300)[1])}.",
            ]
        ),
        "ends": [[w, b]],
    }
