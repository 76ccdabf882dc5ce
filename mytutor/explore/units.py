"""Another unit for the parameter or the loss: which rules take the same path, and which don't."""

from __future__ import annotations

from mytutor import rules, trace
from mytutor.explore.controls import Choice, Slider
from mytutor.explore.numbers import number
from mytutor.explore.running import descend, extent, linear_axis, log_axis, rule_entry
from mytutor.explore.widget import Explorable, View

__all__ = ["units"]

STEPS = 200
RATES = {"sgd": 0.05, "rmsprop": 0.02, "adam": 0.02, "adadelta": 1.0}


def units(
    rule: str = "adadelta", x_times: float = 10.0, f_times: float = 1.0, *, eps: float = 1e-4
) -> Explorable:
    """A rule on the bowl x² / 2, and on the same bowl with x and f written in other units.

    ``rule`` is 'sgd', 'rmsprop', 'adam' or 'adadelta'; ``x_times`` and ``f_times`` multiply every x
    and every f, from 0.01 to 100; ``eps`` lies between 1e-12 and 1. Raises ValueError outside.
    """
    if rule not in RATES:
        raise ValueError(f"no rule {rule!r}; expected one of {', '.join(RATES)}")
    known = {name: getattr(rules, name) for name in RATES}
    return Explorable(
        "Another unit",
        [
            Choice("rule", "rule", tuple(RATES), rule),
            Slider("x_times", "x times", 0.01, 100.0, x_times, "log"),
            Slider("f_times", "f times", 0.01, 100.0, f_times, "log"),
            Slider("eps", "eps", 1e-12, 1.0, eps, "log"),
        ],
        [
            View("path", "Position by step, in the old unit", 0.72),
            View("length", "Length of a step by step, in the old unit", 0.72),
        ],
        measure_anew,
        {
            "rules": {name: rule_entry(each) for name, each in known.items()},
            "settings": {
                name: {**trace.hyperparameters(each), "lr": RATES[name]}
                for name, each in known.items()
            },
            "steps": STEPS,
        },
        steps=STEPS,
    )


# -- the model: also runs in the browser -----------------------------------------------------------


def measure_anew(values, data):
    """The path of a rule in the old and in the new units, both drawn in the old one."""
    shown = values["shown"]
    steps = data["steps"]
    rule = data["rules"][values["rule"]]
    settings = data["settings"][values["rule"]]
    hyper = [values["eps"] if name == "eps" else settings[name] for name in rule["hyper"]]
    c = values["x_times"]
    slope = values["f_times"] / (c * c)
    old = descend(rule, hyper, lambda x, y: [x, 0.0], [1.0, 0.0], steps)[0]
    long = descend(rule, hyper, lambda x, y: [slope * x, 0.0], [c, 0.0], steps)[0]
    fresh = [x / c for x in long]
    both = len(fresh) if len(fresh) < len(old) else len(old)
    apart = extent([[abs(fresh[t] - old[t]) for t in range(both)]], 0.0, 1e300)[1]
    last = shown if shown < both else both - 1
    curves = [
        {"label": "old units", "style": 6, "kind": "thin", "y": old},
        {"label": "new units", "style": 0, "kind": "line", "y": fresh},
    ]
    lengths = [
        {"label": "old units", "style": 6, "kind": "thin", "y": lengths_of(old)},
        {"label": "new units", "style": 0, "kind": "line", "y": lengths_of(fresh)},
    ]
    low = extent([old, fresh], -3.0, 0.0)[0]
    high = extent([old, fresh], 1.0, 3.0)[1]
    span = extent([line["y"] for line in lengths], 1e-8, 1e4)
    for line in curves:
        line["y"] = line["y"][0 : shown + 1]
        line["x"] = list(range(len(line["y"])))
    for line in lengths:
        line["y"] = line["y"][0:shown]
        line["x"] = list(range(1, len(line["y"]) + 1))
    return {
        "views": {
            "path": {
                "x": linear_axis("step", 0, steps),
                "y": linear_axis("x, in the old unit", low - 0.05, high + 0.05),
                "lines": curves,
            },
            "length": {
                "x": linear_axis("step", 0, steps),
                "y": log_axis("length of the step", span[0], span[1]),
                "lines": lengths,
            },
        },
        "status": "\n".join(
            [
                f"{values['rule']}: {verdict(apart, len(fresh) <= steps)}",
                f"After {last} steps x = {number(old[last])} in the old units and "
                f"{number(fresh[last])} in the new ones.",
            ]
        ),
        "ends": [[old[last], fresh[last]]],
    }


def verdict(apart, diverged):
    """How far two paths are from each other, in words."""
    if diverged:
        return "in the new units the path diverges."
    if apart < 1e-12:
        return "the very same path."
    if apart < 1e-3:
        return f"the same path but for {number(apart)} of the way."
    return f"not the same path, up to {number(apart)} of the way apart."


def lengths_of(xs):
    """The lengths of the steps of a path, as far as a logarithmic axis can show them."""
    found = [abs(xs[t] - xs[t - 1]) for t in range(1, len(xs))]
    return [length if length > 1e-16 else 1e-16 for length in found]
