"""Batch norm of one unit: what a batch becomes in training, and the same values in inference."""

from __future__ import annotations

import numpy as np

from mytutor.explore.controls import Slider
from mytutor.explore.numbers import number, sqrt
from mytutor.explore.running import extent, linear_axis
from mytutor.explore.widget import Explorable, View

__all__ = ["batch_normalization"]

STEPS, LARGEST_BATCH = 60, 32
EPS = 1e-5


def batch_normalization(
    mean: float = 3.0,
    spread: float = 2.0,
    batch_size: int = 8,
    momentum: float = 0.9,
    *,
    gamma: float = 1.0,
    beta: float = 0.0,
) -> Explorable:
    """One unit whose inputs are normal, normalized batch by batch, and its running statistics.

    ``mean`` lies between -4 and 4, ``spread`` between 0.2 and 3, ``batch_size`` between 2 and 32,
    ``momentum``, the weight of the old running value, between 0 and 0.99, ``gamma`` between 0.1 and
    3 and ``beta`` between -4 and 4. Raises ValueError outside.

    Source: Ioffe & Szegedy (2015), Algorithms 1 and 2.
    """
    aspect = 0.55
    return Explorable(
        "Batch norm of one unit",
        [
            Slider("mean", "mean of a unit", -4.0, 4.0, mean, "linear", 0.1),
            Slider("spread", "its deviation", 0.2, 3.0, spread, "linear", 0.1),
            Slider("batch_size", "batch size", 2, LARGEST_BATCH, batch_size, "linear", 1),
            Slider("momentum", "momentum", 0.0, 0.99, momentum, "decay"),
            Slider("gamma", "gamma", 0.1, 3.0, gamma, "linear", 0.1),
            Slider("beta", "beta", -4.0, 4.0, beta, "linear", 0.1),
        ],
        [
            View("before", "Distribution of the unit before, and the batch of this step", aspect),
            View("after", "The same after batch norm, in training and in inference", aspect),
            View("mean", "Mean of each batch, running mean and true mean by step", aspect),
            View("deviation", "The same for the standard deviation", aspect),
        ],
        normalize_unit,
        {"draws": standard_draws(), "outline": histogram_line(), "steps": STEPS},
        steps=STEPS,
    )


def standard_draws() -> list[float]:
    """Standard normal numbers for all batches, always the same."""
    draws = np.random.default_rng(0).normal(size=STEPS * LARGEST_BATCH)
    return [round(float(draw), 2) for draw in draws]


def histogram_line() -> dict[str, list[float]]:
    """The histogram of the draws as a line: density over their value."""
    heights, edges = np.histogram(standard_draws(), bins=26, range=(-3.25, 3.25), density=True)
    return {
        "x": [float(edge) for edge in np.repeat(edges, 2)],
        "y": [0.0, *(round(float(height), 4) for height in np.repeat(heights, 2)), 0.0],
    }


# -- the model: also runs in the browser -----------------------------------------------------------


def mean_of(values):
    """The mean of some numbers."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def batch_statistics(values):
    """Mean and biased variance of a batch, as ``batch_norm`` takes them."""
    mean = mean_of(values)
    return [mean, mean_of([(value - mean) * (value - mean) for value in values])]


def normalized(values, statistics, gamma, beta):
    """What batch norm makes of some values with a given mean and variance."""
    mean = statistics[0]
    deviation = sqrt(statistics[1] + EPS)
    return [gamma * ((value - mean) / deviation) + beta for value in values]


def normalize_unit(values, data):
    """Batches of one unit, their statistics and running averages, and the batch of the step."""
    gamma = values["gamma"]
    beta = values["beta"]
    size = values["batch_size"]
    momentum = values["momentum"]
    steps = data["steps"]
    shown = values["shown"]
    unit = [values["mean"] + values["spread"] * draw for draw in data["draws"]]
    running = [[0.0, 1.0]]
    batches = []
    for t in range(steps):
        batch = unit[t * size : (t + 1) * size]
        found = batch_statistics(batch)
        old = running[t]
        unbiased = found[1] * size / (size - 1)
        batches.append(found)
        running.append(
            [
                momentum * old[0] + (1 - momentum) * found[0],
                momentum * old[1] + (1 - momentum) * unbiased,
            ]
        )
    last = shown if shown > 0 else 1
    batch = unit[(last - 1) * size : last * size]
    in_training = normalized(batch, batches[last - 1], gamma, beta)
    in_inference = normalized(batch, running[shown], gamma, beta)
    above = [values["mean"] + values["spread"]]
    training = normalized(above, batches[last - 1], gamma, beta)[0]
    inference = normalized(above, running[shown], gamma, beta)[0]
    stretch = gamma * values["spread"] / sqrt(running[shown][1] + EPS)
    middle = normalized([values["mean"]], running[shown], gamma, beta)[0]
    return {
        "views": {
            "before": distribution(
                [shape(data["outline"], "all values", 6, values["spread"], values["mean"])],
                [strip("batch", 1, batch)],
            ),
            "after": distribution(
                [
                    shape(data["outline"], "all values, exact statistics", 6, gamma, beta),
                    shape(data["outline"], "all values, inference", 0, stretch, middle),
                ],
                [
                    strip("batch in training", 1, in_training),
                    strip("in inference", 0, in_inference),
                ],
            ),
            "mean": by_step(
                "mean",
                [found[0] for found in batches],
                [found[0] for found in running],
                values["mean"],
                shown,
            ),
            "deviation": by_step(
                "standard deviation",
                [sqrt(found[1]) for found in batches],
                [sqrt(found[1]) for found in running],
                values["spread"],
                shown,
            ),
        },
        "status": "\n".join(
            [
                f"Step {shown}: batch mean {number(batches[last - 1][0])}, running mean "
                f"{number(running[shown][0])}, true mean {number(values['mean'])}.",
                f"The input {number(above[0])}, one deviation above the mean, becomes "
                f"{number(training)} in training and {number(inference)} in inference; with exact "
                f"statistics {number(gamma + beta)}.",
            ]
        ),
        "ends": [running[shown]],
    }


def shape(outline, label, style, stretch, middle):
    """The histogram of the draws, stretched and moved."""
    return {
        "label": label,
        "style": style,
        "kind": "thin",
        "x": [middle + stretch * z for z in outline["x"]],
        "y": [height / stretch for height in outline["y"]],
    }


def strip(label, style, values):
    """Values to be drawn as dots on a horizontal line."""
    return {"label": label, "style": style, "kind": "dots", "x": values, "y": []}


def distribution(shapes, strips):
    """Histograms and, below their tops, the dots of a batch."""
    top = extent([each["y"] for each in shapes], 0.0, 1e9)[1]
    for k in range(len(strips)):
        strips[k]["y"] = [top * (0.12 + 0.12 * k) for value in strips[k]["x"]]
    return {
        "x": linear_axis("value", -10, 10),
        "y": linear_axis("density", 0, 1.1 * top),
        "lines": [*shapes, *strips],
    }


def by_step(label, batches, running, exact, shown):
    """A statistic of every batch, its running average and its true value."""
    steps = len(batches)
    span = extent([batches, running, [exact]], -1e9, 1e9)
    room = 0.06 * (span[1] - span[0]) + 1e-3
    return {
        "x": linear_axis("step", 0, steps),
        "y": linear_axis(label, span[0] - room, span[1] + room),
        "verticals": [{"x": shown, "label": ""}],
        "lines": [
            {"label": "true", "style": 6, "kind": "thin", "x": [0, steps], "y": [exact, exact]},
            {
                "label": "batch",
                "style": 1,
                "kind": "thin",
                "x": list(range(1, steps + 1)),
                "y": batches,
            },
            {
                "label": "running",
                "style": 0,
                "kind": "line",
                "x": list(range(steps + 1)),
                "y": running,
            },
        ],
    }
