"""What the models of the explorables are built from: rules, surfaces, descents and axes.

The functions from ``descend`` on are written in the part of Python that ``translate`` knows and run
in the browser too.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from mytutor import rules, surfaces, trace
from mytutor.explore.numbers import decade, floor, isfinite, log10, number

__all__ = ["Twin", "all_rules", "all_surfaces", "observer", "rule_entry", "surface_entry"]


class Twin:
    """A Python function and the JavaScript that computes the same numbers."""

    def __init__(self, function: Callable[..., Any], javascript: str) -> None:
        self.function = function
        self.javascript = javascript

    def __call__(self, *arguments: Any) -> Any:
        """What the Python function returns."""
        return self.function(*arguments)


def all_rules() -> dict[str, Callable[..., Any]]:
    """The update rules: every function of ``mytutor.rules``, in the order of the file."""
    return trace.functions_of(rules)


def all_surfaces() -> dict[str, surfaces.Surface]:
    """The test functions of ``mytutor.surfaces``, families of them with their defaults."""
    found = {}
    for name in surfaces.__all__:
        value = getattr(surfaces, name)
        if inspect.isfunction(value):
            value = value()
        if isinstance(value, surfaces.Surface):
            found[value.name] = value
    return found


def rule_entry(rule: Callable[..., Any]) -> dict[str, Any]:
    """A rule as a model finds it: ``step(x, g, t, *state, *hyperparameters)`` returns a list."""
    slots, names = trace.state(rule), list(trace.hyperparameters(rule))
    state = [float(value) for value in slots.values()]

    def step(*arguments: float) -> list[float]:
        # Arrays of one element: NumPy squares them exactly as JavaScript multiplies, while a
        # number's ** asks the C library, whose last bit may differ.
        x, g, t, *rest = arguments
        given = [np.array([value]) for value in rest[: len(slots)]]
        values = rule(
            np.array([x]),
            np.array([g]),
            t,
            *given,
            **dict(zip(names, rest[len(slots) :], strict=True)),
        )
        return [float(value[0]) for value in (values if isinstance(values, tuple) else (values,))]

    return {"step": Twin(step, trace.javascript(rule)), "state": state, "hyper": names}


def surface_entry(surface: surfaces.Surface) -> dict[str, Any]:
    """A surface as a model finds it: value and gradient of (x, y), its minima and its box."""

    def value(x: Any, y: Any) -> Any:
        heights = surface.value(np.array([np.atleast_1d(x), np.atleast_1d(y)]))
        return heights if np.ndim(x) else float(heights[0])

    def gradient(x: float, y: float) -> list[float]:
        return [float(g[0]) for g in surface.gradient(np.array([[x], [y]]))]

    found = re.fullmatch(
        r"\{value: (.*), gradient: (.*)\}", trace.javascript_surface(surface), re.DOTALL
    )
    if not found:
        raise ValueError(f"no JavaScript for surface {surface.name!r}")
    return {
        "value": Twin(value, found[1]),
        "gradient": Twin(gradient, found[2]),
        "minima": [list(point) for point in surface.minima],
        "box": [list(side) for side in surface.box],
    }


def observer(rule: Callable[..., Any]) -> tuple[list[str], Twin]:
    """The names that a rule assigns, in order, and a function that returns their values.

    Python runs the rule's own lines and JavaScript those of ``trace.javascript``; only the last
    line, the return, is another.
    """
    names = [equation.name for equation in trace.read(rule).equations]
    tree = ast.parse(textwrap.dedent(inspect.getsource(rule)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    values = ast.List([ast.Name(name, ast.Load()) for name in names], ast.Load())
    function.body[-1] = ast.Return(values)
    scope = dict(rule.__globals__)
    exec(compile(ast.fix_missing_locations(tree), "<observer>", "exec"), scope)
    slots, hyper = len(trace.state(rule)), list(trace.hyperparameters(rule))

    def observe(*arguments: float) -> list[float]:
        x, g, t, *rest = arguments
        arrays = [np.array([value]) for value in (x, g)], [np.array([v]) for v in rest[:slots]]
        keywords = dict(zip(hyper, rest[slots:], strict=True))
        found = scope[rule.__name__](*arrays[0], t, *arrays[1], **keywords)
        return [float(np.broadcast_to(value, (1,))[0]) for value in found]

    lines = trace.javascript(rule).rpartition("  return")[0]
    identifiers = re.findall(r"^ *const (\w+) =", lines, re.MULTILINE)
    return names, Twin(observe, f"{lines}  return [{', '.join(identifiers)}];\n}}")


# -- models: also run in the browser ---------------------------------------------------------------


def descend(rule, hyper, gradient, start, steps):
    """The path of a rule over a plane, a list of x and of y, as long as they are finite."""
    x = [start[0], *rule["state"]]
    y = [start[1], *rule["state"]]
    xs = [start[0]]
    ys = [start[1]]
    for t in range(1, steps + 1):
        g = gradient(x[0], y[0])
        x = rule["step"](x[0], g[0], t, *x[1:], *hyper)
        y = rule["step"](y[0], g[1], t, *y[1:], *hyper)
        if not (isfinite(x[0]) and isfinite(y[0])):
            break
        xs.append(x[0])
        ys.append(y[0])
    return [xs, ys]


def linear_axis(label, low, high):
    """An axis from low to high with about five round ticks."""
    span = high - low
    unit = decade(floor(log10(span / 4)))
    ratio = span / 4 / unit
    step = unit * (1 if ratio < 1.5 else 2 if ratio < 3.5 else 5 if ratio < 7.5 else 10)
    k = 0 - floor((0 - low) / step + 1e-9)
    ticks = []
    while k * step <= high + 1e-9 * step:
        ticks.append([k * step, number(k * step)])
        k += 1
    return {"label": label, "low": low, "high": high, "scale": "linear", "ticks": ticks}


def log_axis(label, low, high):
    """An axis of whole decades around low and high, both positive, with at most six ticks."""
    first = floor(log10(low) + 1e-9)
    last = 0 - floor(1e-9 - log10(high))
    if last <= first:
        last = first + 1
    step = 1 + floor((last - first) / 6)
    ticks = []
    k = first
    while k <= last:
        ticks.append([decade(k), number(decade(k))])
        k += step
    return {
        "label": label,
        "low": decade(first),
        "high": decade(last),
        "scale": "log",
        "ticks": ticks,
    }


def extent(series, low, high):
    """The smallest and the largest value of some lists, no further apart than low and high."""
    least = high
    most = low
    for values in series:
        for value in values:
            if value < least:
                least = value
            if value > most:
                most = value
    return [least if least > low else low, most if most < high else high]


def plane_axes(box, aspect):
    """Two axes of the same unit around a box, for a picture ``aspect`` times as high as wide."""
    width = box[0][1] - box[0][0]
    height = box[1][1] - box[1][0]
    right = (height / aspect - width) / 2 if height > width * aspect else 0
    up = (width * aspect - height) / 2 if height < width * aspect else 0
    return [
        linear_axis("x", box[0][0] - right, box[0][1] + right),
        linear_axis("y", box[1][0] - up, box[1][1] + up),
    ]
