"""The exponentially weighted average of a noisy curve: window, delay and bias correction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mytutor import rules
from mytutor.explore.controls import Choice, Slider
from mytutor.explore.numbers import number, sqrt
from mytutor.explore.running import extent, linear_axis, rule_entry
from mytutor.explore.widget import Explorable, View

__all__ = ["moving_average"]

CORRECTIONS = ("on", "off")
AGES = 60


def moving_average(
    values: Sequence[float], truth: Sequence[float], beta: float = 0.9
) -> Explorable:
    """The average of a noisy curve, the weights of its values by age, and how far it is off.

    ``values`` are the numbers averaged and ``truth`` what they are noisy versions of, both as long,
    from 2 to 400 finite numbers, rounded to three digits after the point. ``beta`` lies between 0
    and 0.999. Raises ValueError outside.
    """
    checked = [_checked("values", values), _checked("truth", truth)]
    if len(checked[0]) != len(checked[1]):
        raise ValueError(
            f"values has {len(checked[0])} numbers and truth {len(checked[1])}; expected as many"
        )
    return Explorable(
        "The moving average",
        [
            Slider("beta", "beta", 0.0, 0.999, beta, "decay"),
            Choice("correction", "correction", CORRECTIONS, "on"),
        ],
        [
            View("curve", "The noisy curve, what it is a noisy version of, and the average", 0.72),
            View("weights", "Weight of a value in the average, by its age", 0.72),
        ],
        average_curve,
        {
            "rule": rule_entry(rules.ema_momentum),
            "values": checked[0],
            "truth": checked[1],
        },
        steps=len(checked[0]),
    )


def _checked(name: str, values: Sequence[float]) -> list[float]:
    found = [round(float(value), 3) for value in values]
    if not 2 <= len(found) <= 400 or not all(map(math.isfinite, found)):
        raise ValueError(f"{name} has {len(found)} numbers; expected 2 to 400, all of them finite")
    return found


# -- models: also run in the browser ---------------------------------------------------------------


def average_curve(values, data):
    """The average of all steps shown, its weights at the last of them, and how far it is off."""
    beta = values["beta"]
    corrected = values["correction"] == "on"
    shown = values["shown"] if values["shown"] > 0 else 1
    last = shown - 1
    averages = averages_of(data["rule"]["step"], data["values"], beta, corrected)
    weights = weights_of(beta, shown, corrected)
    span = extent([data["values"], data["truth"], [0]], -1e9, 1e9)
    steps = len(data["values"])
    all_steps = list(range(1, steps + 1))
    seen = all_steps[0:shown]
    top = extent([weights, [0.01]], 0, 1e9)[1]
    window = 1 / (1 - beta)
    return {
        "views": {
            "curve": {
                "x": linear_axis("step", 0, steps),
                "y": linear_axis("loss", span[0], span[1]),
                "lines": [
                    {
                        "label": "one batch",
                        "style": 6,
                        "kind": "thin",
                        "x": all_steps,
                        "y": data["values"],
                    },
                    {
                        "label": "all images",
                        "style": 1,
                        "kind": "line",
                        "x": seen,
                        "y": data["truth"][0:shown],
                    },
                    {
                        "label": "average",
                        "style": 0,
                        "kind": "line",
                        "x": seen,
                        "y": averages[0:shown],
                    },
                ],
            },
            "weights": {
                "x": linear_axis("age in steps", 0, AGES),
                "y": linear_axis("weight", 0, 1.05 * top),
                "verticals": [{"x": window, "label": f"window {number(window)}"}]
                if window < AGES
                else [],
                "lines": [
                    {
                        "label": "",
                        "style": 0,
                        "kind": "dots",
                        "x": list(range(len(weights[0 : AGES + 1]))),
                        "y": weights[0 : AGES + 1],
                    }
                ],
            },
        },
        "status": "\n".join(
            [
                f"Window 1 / (1 − beta) = {number(window)} steps, mean age "
                f"{number(beta / (1 - beta))}; of independent noise the part "
                f"{number((1 - beta) / (1 + beta))} of the variance is left.",
                f"At step {shown} the weights add up to {number(total(weights))} and the average "
                f"is {number(averages[last])}; the loss of all images is "
                f"{number(data['truth'][last])}.",
                f"Distance of the two, root mean square over the first {shown} steps: "
                f"{number(distance(averages, data['truth'], shown))}.",
            ]
        ),
        "ends": [[shown, averages[last]]],
    }


def averages_of(step, series, beta, corrected):
    """The average after every step, corrected for its start at zero or not."""
    m = 0.0
    found = []
    for t in range(1, len(series) + 1):
        after = step(0.0, series[t - 1], t, m, 1.0, beta)
        m = after[1]
        found.append(0 - after[0] if corrected else m)
    return found


def weights_of(beta, count, corrected):
    """The weights of so many values, the newest first; corrected, they add up to one."""
    weight = 1 - beta
    weights = []
    for _ in range(count):
        weights.append(weight)
        weight = weight * beta
    missing = weight / (1 - beta)
    return [each / (1 - missing) for each in weights] if corrected else weights


def total(values):
    """The sum of a list."""
    found = 0.0
    for value in values:
        found += value
    return found


def distance(averages, truth, count):
    """The root mean square of the differences of the first values of two lists."""
    found = 0.0
    for i in range(count):
        off = averages[i] - truth[i]
        found += off * off
    return sqrt(found / count)
