"""Inside a rule: what it remembers of a sequence of gradients, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mytutor import trace
from mytutor.explore.controls import Choice, hyperparameter_slider
from mytutor.explore.numbers import isfinite, number
from mytutor.explore.running import extent, linear_axis, observer
from mytutor.explore.widget import Explorable, View

__all__ = ["inside"]

STEPS = 60
PANELS = {1: "Like the gradient", 2: "Like its square", 0: "Without unit"}


def inside(rule: Callable[..., Any], gradients: str = "noisy") -> Explorable:
    """The inner state of a rule on gradients that are constant, noisy, sparse or flip their sign.

    Every name that the rule assigns becomes a curve, in a panel with those that scale alike when
    the gradients do; the last panel shows the step that the parameter makes. Raises ValueError for
    an unknown kind of gradients and for a function that is no rule.
    """
    sequences = gradient_sequences()
    if gradients not in sequences:
        known = ", ".join(sequences)
        raise ValueError(f"no gradients {gradients!r}; expected one of {known}")
    names, observe = observer(rule)
    panels = _panels(rule, names, observe)
    hyper = list(trace.hyperparameters(rule))
    odd = len(panels) % 2 == 1
    return Explorable(
        f"Inside {rule.__name__}",
        [
            Choice("gradients", "gradients", tuple(sequences), gradients),
            *(hyperparameter_slider(rule, name) for name in hyper),
        ],
        [
            *(View(each["name"], each["title"], 0.5) for each in panels),
            View("step", "Change of x", *((0.5, None, False) if odd else (0.22, None, True))),
        ],
        watch,
        {
            "rule": rule.__name__,
            "observe": observe,
            "state": [float(value) for value in trace.state(rule).values()],
            "slots": [names.index(name) for name in trace.state(rule)],
            "position": names.index("x"),
            "names": names,
            "hyper": hyper,
            "panels": panels,
            "sequences": sequences,
        },
        steps=STEPS,
    )


def gradient_sequences() -> dict[str, list[float]]:
    """Sixty gradients of every kind, the noisy ones always the same."""
    noise = np.random.default_rng(0).normal(0.5, 1.0, STEPS)
    return {
        "constant": [1.0] * STEPS,
        "noisy": [round(float(value), 2) for value in noise],
        "sparse": [1.0 if t % 10 == 4 else 0.0 for t in range(STEPS)],
        "sign-flipping": [1.0 if t % 2 == 0 else -1.0 for t in range(STEPS)],
    }


def _panels(rule: Callable[..., Any], names: list[str], observe: Any) -> list[dict[str, Any]]:
    """The curves that belong together: those that grow alike when the gradients grow."""
    found: dict[int, list[int]] = {1: []}
    for index, power in enumerate(_powers(rule, observe)):
        if names[index] != "x":
            found.setdefault(power, []).append(index)
    panels = []
    for power, indices in found.items():
        title = PANELS.get(power, f"Like its power {power}")
        panels.append({"name": f"power{power}", "title": title, "power": power, "curves": indices})
    return panels


def _powers(rule: Callable[..., Any], observe: Any) -> list[int]:
    """For every assigned name, the power of the gradients that it scales with."""
    state = [float(value) for value in trace.state(rule).values()]
    hyper = list(trace.hyperparameters(rule).values())
    with np.errstate(all="ignore"):
        once, twice = (observe(0.0, g, 1, *state, *hyper) for g in (1.0, 2.0))
    ratios = [b / a if a else 1.0 for a, b in zip(once, twice, strict=True)]
    return [round(math.log2(abs(r))) if r and math.isfinite(r) else 0 for r in ratios]


# -- the model: also runs in the browser -----------------------------------------------------------


def watch(values, data):
    """Every quantity of a rule at every step of a sequence of gradients."""
    gradients = data["sequences"][values["gradients"]]
    shown = values["shown"]
    steps = len(gradients)
    hyper = [values[name] for name in data["hyper"]]
    curves: list[list[float]] = [[] for name in data["names"]]
    state = data["state"]
    x = 0.0
    moves = []
    for t in range(1, steps + 1):
        found = data["observe"](x, gradients[t - 1], t, *state, *hyper)
        moves.append(found[data["position"]] - x)
        x = found[data["position"]]
        state = [found[slot] for slot in data["slots"]]
        for k in range(len(found)):
            curves[k].append(found[k])
    times = list(range(1, steps + 1))
    last = shown if shown > 0 else 1
    cursor = [{"x": last, "label": ""}]
    views = {}
    told = [f"g = {number(gradients[last - 1])}"]
    for panel in data["panels"]:
        lines = []
        if panel["power"] == 1:
            lines.append({"label": "g", "style": 6, "kind": "thin", "x": times, "y": gradients})
        for k in panel["curves"]:
            ys = curves[k]
            told.append(f"{data['names'][k]} = {number(ys[last - 1])}")
            style = len(lines) if len(lines) < 6 else 5
            name = data["names"][k]
            lines.append({"label": name, "style": style, "kind": "line", "x": times, "y": ys})
        views[panel["name"]] = panel_plot(panel["title"], lines, steps, cursor)
    told.append(f"step = {number(moves[last - 1])}")
    line = {"label": "", "style": 0, "kind": "line", "x": times, "y": moves}
    views["step"] = panel_plot("change of x", [line], steps, cursor)
    return {
        "views": views,
        "status": f"{data['rule']} at step {last}: {', '.join(told)}.",
        "ends": [[x, moves[last - 1]]],
    }


def panel_plot(label, lines, steps, cursor):
    """Curves by step in one picture that includes zero, a cursor at the step shown."""
    for line in lines:
        kept = [t for t in range(steps) if isfinite(line["y"][t])]
        line["x"] = [line["x"][t] for t in kept]
        line["y"] = [line["y"][t] for t in kept]
    low = extent([line["y"] for line in lines], -1e30, 0.0)[0]
    high = extent([line["y"] for line in lines], 0.0, 1e30)[1]
    room = 0.06 * (high - low) if high > low else 1.0
    return {
        "x": linear_axis("step", 0, steps),
        "y": linear_axis(label, low - room, high + room),
        "verticals": cursor,
        "lines": lines,
    }
