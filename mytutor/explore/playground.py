"""The playground: any rule on any surface, from any start, raced against another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from mytutor import trace
from mytutor.explore.controls import (
    Choice,
    Point,
    RuleChoice,
    Slider,
    hyperparameter_slider,
)
from mytutor.explore.numbers import number, sqrt
from mytutor.explore.running import (
    all_rules,
    all_surfaces,
    descend,
    extent,
    linear_axis,
    log_axis,
    plane_axes,
    rule_entry,
    surface_entry,
)
from mytutor.explore.widget import Explorable, View
from mytutor.surfaces import Surface

__all__ = ["playground", "suitable_rates"]

ASPECT = 0.86
NONE = "none"
TRIES = tuple(float(f"{m}e{k}") for k in range(-5, 1) for m in ("1", "1.5", "2.2", "3.3", "4.7"))


def playground(
    rules: Iterable[Callable[..., Any]] | None = None,
    surfaces: Iterable[Surface] | None = None,
    *,
    rule: str | None = None,
    race: str | None = "momentum",
    surface: str | None = None,
    start: tuple[float, float] | None = None,
    steps: int = 200,
    hyperparameters: Mapping[str, Mapping[str, float]] | None = None,
) -> Explorable:
    """Choose a rule and a surface, set the start by hand, race a second rule.

    By default all rules of ``mytutor.rules`` and all surfaces of ``mytutor.surfaces``; ``rule``,
    ``race`` (None for no race) and ``surface`` name what is shown first (default: adam against
    momentum on rosenbrock, as far as they are among those given). A rule's learning rate starts at
    one that suits the surface and changes with it, other hyperparameters at their published
    defaults; ``hyperparameters={"adam": {"lr": 0.1}}`` overrides. ``steps`` lies between 1 and
    1000. Raises ValueError for an empty selection, an unknown name, or a start that is no pair of
    finite numbers.
    """
    own = all_rules() if rules is None else {each.__name__: each for each in rules}
    planes = all_surfaces() if surfaces is None else {each.name: each for each in surfaces}
    _demand_some(own, "rules")
    _demand_some(planes, "surfaces")
    rule = _known(own, "rule", rule or _usual(own, "adam"))
    surface = _known(planes, "surface", surface or _usual(planes, "rosenbrock"))
    if race is not None and not (rules is not None and race == "momentum" and race not in own):
        race = _known(own, "rule", race)
    else:
        race = None
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 1000:
        raise ValueError(f"steps is {steps!r}; expected a whole number from 1 to 1000")
    begin = _point(planes[surface].start if start is None else start)
    given = _overrides(own, hyperparameters or {})
    rates = {name: suitable_rates(own, plane) for name, plane in planes.items()}
    coarse = 10 if steps % 10 == 0 else 1
    return Explorable(
        "Optimizer playground",
        [
            Choice("surface", "surface", tuple(planes), surface, _sets(planes, rates)),
            Point("start", "start", begin),
            Slider("steps", "steps", coarse, 1000, steps, "linear", coarse),
            *_rule_choices(own, rule, race, rates[surface] | given),
        ],
        [
            View("plane", "Paths over the contour lines of the surface", ASPECT, point="start"),
            View("loss", "Value of the surface by step", 0.3),
        ],
        compare,
        {
            "rules": {name: rule_entry(each) for name, each in own.items()},
            "surfaces": {name: surface_entry(each) for name, each in planes.items()},
            "aspect": ASPECT,
        },
        steps="steps",
        layout="beside",
    )


def _demand_some(found: Mapping[str, Any], what: str) -> None:
    if not found:
        raise ValueError(f"{what} is empty; expected at least one, or None for all")


def _usual(known: Mapping[str, Any], name: str) -> str:
    return name if name in known else next(iter(known))


def _known(known: Mapping[str, Any], what: str, name: str) -> str:
    if name not in known:
        raise ValueError(f"no {what} {name!r}; expected one of {', '.join(known)}")
    return name


def _point(start: Any) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in start)
    except (TypeError, ValueError):
        raise ValueError(f"start is {start!r}; expected two numbers") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"start is {start!r}; expected finite numbers")
    return x, y


def _overrides(
    own: Mapping[str, Callable[..., Any]], given: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    found = {}
    for name, values in given.items():
        known = trace.hyperparameters(own[_known(own, "rule", name)])
        for key, value in values.items():
            _known(known, f"hyperparameter of {name}", key)
            slider = hyperparameter_slider(own[name], key)
            if not slider.low <= value <= slider.high:
                expected = f"expected a number from {slider.low} to {slider.high}"
                raise ValueError(f"{name}.{key} is {value!r}; {expected}")
            found[f"{name}.{key}"] = float(value)
    return found


def _rule_choices(
    own: Mapping[str, Callable[..., Any]], rule: str, race: str | None, start: Mapping[str, float]
) -> list[RuleChoice]:
    sliders = {
        name: tuple(hyperparameter_slider(each, key) for key in trace.hyperparameters(each))
        for name, each in own.items()
    }
    second = (NONE, *own)
    return [
        RuleChoice("a", "rule", tuple(own), rule, sliders, 0, start),
        RuleChoice("b", "against", second, race or NONE, sliders, 1, start),
    ]


def _sets(
    planes: Mapping[str, Surface], rates: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, Any]]:
    """What the choice of a surface brings along: its start, and the rates that suit it."""
    return {
        name: {"start": list(plane.start)} | {f"*.{key}": v for key, v in rates[name].items()}
        for name, plane in planes.items()
    }


def suitable_rates(
    own: Mapping[str, Callable[..., Any]], surface: Surface, steps: int = 200
) -> dict[str, float]:
    """For every rule with a learning rate, one that does well from the start of the surface.

    The rate whose path ends lowest without detours and without leaving the box; the published
    default where all leave it.
    """
    found = {}
    for name, rule in own.items():
        if "lr" in trace.hyperparameters(rule):
            with np.errstate(all="ignore"):
                found[f"{name}.lr"] = _best_rate(rule, surface, steps)
    return found


def _best_rate(rule: Callable[..., Any], surface: Surface, steps: int) -> float:
    rates = np.array(TRIES)
    x = np.repeat(np.array(surface.start)[:, None], len(rates), axis=1)
    state = [np.full_like(x, value) for value in trace.state(rule).values()]
    (left, right), (bottom, top) = surface.box
    inside = np.ones(len(rates), dtype=bool)
    origin, length, heights = x, np.zeros(len(rates)), [surface.value(x)]
    for t in range(1, steps + 1):
        values = rule(x, surface.gradient(x), t, *state, lr=rates)
        before, (x, *state) = x, values if isinstance(values, tuple) else (values,)
        inside &= (left <= x[0]) & (x[0] <= right) & (bottom <= x[1]) & (x[1] <= top)
        length += abs(x - before).sum(axis=0)
        heights.append(surface.value(x))
    if not inside.any():
        return float(trace.hyperparameters(rule)["lr"])
    reached = np.where(inside, heights, np.nan)
    minima = [float(surface.value(np.array(minimum))) for minimum in surface.minima]
    lowest = min(minima, default=float(np.nanmin(reached)))
    depth = (reached[-10:].mean(axis=0) - lowest) / (reached[0] - lowest)
    detour = length / abs(x - origin).sum(axis=0)
    score = np.log(np.maximum(depth, 1e-6)) + 3 * np.log(np.maximum(detour, 1.5))
    return float(rates[np.nanargmin(score)])


# -- the model: also runs in the browser -----------------------------------------------------------


def compare(values, data):
    """The paths of one or two rules over a surface, and the height of both by step."""
    surface = data["surfaces"][values["surface"]]
    steps = values["steps"]
    shown = values["shown"]
    runners = ["a"] if values["b"] == "none" else ["a", "b"]
    axes = plane_axes(surface["box"], data["aspect"])
    bounded = len(surface["minima"]) > 0
    lowest = bottom_of(surface) if bounded else 0
    paths = []
    curves: list[Any] = []
    sentences = []
    ends = []
    for runner in runners:
        name = values[runner]
        label = name if runner == "a" or name != values["a"] else f"{name} again"
        rule = data["rules"][name]
        hyper = [values[f"{runner}.{name}.{key}"] for key in rule["hyper"]]
        [xs, ys] = descend(rule, hyper, surface["gradient"], values["start"], steps)
        style = 0 if runner == "a" else 1
        paths.append(
            {
                "label": label,
                "style": style,
                "kind": "path",
                "start": True,
                "x": xs[0 : shown + 1],
                "y": ys[0 : shown + 1],
            }
        )
        heights = [above(surface["value"](xs[t], ys[t]) - lowest, bounded) for t in range(len(xs))]
        curves.append(
            {
                "label": "",
                "style": style,
                "kind": "line",
                "x": list(range(len(heights))),
                "y": heights,
            }
        )
        last = shown if shown < len(xs) else len(xs) - 1
        ends.append([xs[last], ys[last]])
        sentences.append(f"{label}: {where_at(surface, xs, ys, shown, axes)}")
    first = curves[0]["y"][0]
    span = extent([curve["y"] for curve in curves], 1e-16, first * 1000 + 1)
    if bounded:
        height = log_axis("f \u2212 minimum" if lowest != 0 else "f", span[0], span[1])
    else:
        wide = extent([curve["y"] for curve in curves], first - 10, first + 10)
        height = linear_axis("f", wide[0], wide[1] if wide[1] > wide[0] else wide[0] + 1)
    for curve in curves:
        curve["x"] = curve["x"][0 : shown + 1]
        curve["y"] = curve["y"][0 : shown + 1]
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": values["surface"],
                    "value": surface["value"],
                    "spacing": "log" if bounded else "linear",
                },
                "lines": paths,
                "marks": surface["minima"],
            },
            "loss": {"x": linear_axis("step", 0, steps), "y": height, "lines": curves},
        },
        "status": "\n".join(sentences),
        "ends": ends,
    }


def bottom_of(surface):
    """The height of the lowest minimum."""
    return extent(
        [[surface["value"](point[0], point[1]) for point in surface["minima"]]], -1e300, 1e300
    )[0]


def above(height, bounded):
    """A height that a logarithmic axis can show."""
    return height if not bounded or height > 1e-16 else 1e-16


def where_at(surface, xs, ys, shown, axes):
    """A sentence on where a path is after so many steps."""
    if shown >= len(xs):
        return f"diverged, no longer a number after step {len(xs)}."
    x = xs[shown]
    y = ys[shown]
    place = (
        f"after {shown} steps at ({number(x)}, {number(y)}), f = {number(surface['value'](x, y))}"
    )
    gone = 0
    while gone <= shown and is_inside(xs[gone], ys[gone], axes):
        gone += 1
    outside = "" if gone > shown else f"; left the picture at step {gone}"
    if len(surface["minima"]) == 0:
        return f"{place}; the surface has no minimum{outside}."
    squares = [square(x - point[0]) + square(y - point[1]) for point in surface["minima"]]
    distance = sqrt(extent([squares], 0, 1e300)[0])
    nearest = "the minimum" if len(squares) == 1 else "the nearest minimum"
    return f"{place}, {number(distance)} from {nearest}{outside}."


def is_inside(x, y, axes):
    """Whether a point lies in the picture."""
    return axes[0]["low"] <= x <= axes[0]["high"] and axes[1]["low"] <= y <= axes[1]["high"]


def square(value):
    """The square as a product, whose last bit is the same everywhere."""
    return value * value
