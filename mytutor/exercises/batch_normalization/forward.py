"""Implement the forward pass of batch norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.checking import Case, FunctionQuestion, Misconception
from mytutor.exercises.batch_normalization.page import CHAPTER, PAGE
from mytutor.layers._rows import normalize_rows

# Square ones first: there a mean over the wrong axis has the right shape and other values.
SMALL_BATCHES = (
    [[1, 2], [3, -2]],
    [[0, 1], [4, 3]],
    [[2, 1], [-2, 5]],
    [[1, 0, 2], [3, 2, 0], [5, -2, 4]],
    [[0, 1, -1], [2, 1, 1], [1, 4, 3]],
    [[1, 2, 6], [-1, 0, 2], [3, 1, 1]],
)


def _forward_case(
    x: Any, gamma: Any, beta: Any, eps: float | None, about: str = "", optional: bool = False
) -> Case:
    inputs = {"x": x, "gamma": gamma, "beta": beta} | ({} if eps is None else {"eps": eps})
    return Case(inputs, 3, about, optional)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    def draw(rows: int, channels: int, eps: float | None, about: str = "") -> Case:
        x = np.round(2 * rng.normal(size=(rows, channels)) + 1, 3)
        gamma = np.round(rng.uniform(0.5, 2, channels) * rng.choice([-1, 1], channels), 3)
        return _forward_case(x, gamma, np.round(rng.normal(size=channels), 3), eps, about)

    small = []
    for rows in SMALL_BATCHES:
        x = np.array(rows, dtype=float)
        gamma, beta = np.array([2.0, -1.0, 3.0]), np.array([1.0, 3.0, -2.0])
        channels = x.shape[1]
        small.append(_forward_case(x, gamma[:channels], beta[:channels], 0.5))
    several = [draw(*shape, eps) for shape, eps in zip(SHAPES, EPSILONS, strict=True)]
    equal = np.full((4, 2), 3.0)
    far = np.round(rng.normal(size=(6, 2)), 3) + 1000.0
    single = draw(6, 3, 0.1).inputs
    special = [
        draw(5, 3, None, "calls that leave eps at its default"),
        draw(6, 1, 0.3, "a single channel"),
        _forward_case(equal, np.array([2.0, 1.0]), np.array([1.0, 0.0]), 0.25, "equal rows"),
        _forward_case(far, np.ones(2), np.zeros(2), 0.1, "values far from zero"),
        Case(
            {k: v.astype(np.float32) if k != "eps" else v for k, v in single.items()},
            3,
            "arrays of float32",
        ),
    ]
    return [*small, *several, *special]


SHAPES = ((2, 3), (5, 2), (8, 4), (4, 4), (3, 6))
EPSILONS = (0.1, 0.3, 0.05, 0.5, 0.2)

forward = FunctionQuestion(
    name="batch-norm",
    reference=normalize_rows,
    variable="batch_norm",
    outputs=("y", "xhat", "mean", "variance"),
    make_cases=_forward_cases,
    chapter=CHAPTER,
    page=PAGE,
    section="The rule",
    misconceptions=(
        Misconception(
            "variance divided by N - 1",
            "Batch norm normalizes by the biased variance, which divides by the number of rows; "
            "the unbiased one belongs into the running average.",
            {"(centered**2).mean(0)": "(centered**2).sum(0) / (len(x) - 1)"},
            section="Inference",
        ),
        Misconception(
            "over the wrong axis",
            "Mean and variance of a channel are taken over the batch, axis 0; over axis 1 each "
            "example is normalized by itself.",
            {"x.mean(0)": "x.mean(1)", "(centered**2).mean(0)": "(centered**2).mean(1)"},
        ),
        Misconception(
            "over axis 1",
            "Mean and variance of a channel are taken over the batch, axis 0; these are those of "
            "each example, and can't be subtracted from the channels.",
            {"x.mean(0)": "x.mean(1)", "(centered**2).mean(0)": "x.var(1)"},
        ),
        Misconception(
            "over the features, as in layer norm",
            "Every row is normalized over its own channels. Batch norm takes one channel over all "
            "rows, axis 0.",
            {
                "x.mean(0)": "x.mean(1)",
                "x - mean": "x - mean[:, None]",
                "(centered**2).mean(0)": "(centered**2).mean(1)",
                "variance + eps": "variance[:, None] + eps",
            },
        ),
        Misconception(
            "divided by the unbiased deviation",
            "xhat is divided by the root of the very variance that is returned, the biased one.",
            {"variance + eps": "variance * len(x) / (len(x) - 1) + eps"},
        ),
        Misconception(
            "epsilon outside the root",
            "eps is added to the variance, inside the root.",
            {"sqrt(variance + eps)": "(sqrt(variance) + eps)"},
        ),
        Misconception(
            "epsilon outside the fraction",
            "eps protects the division, so it is added to the variance and not to the fraction.",
            {"centered / sqrt(variance + eps)": "centered / sqrt(variance) + eps"},
        ),
        Misconception(
            "missing epsilon",
            "Without eps a channel that is constant over the batch divides zero by zero.",
            {"variance + eps": "variance"},
        ),
        Misconception(
            "epsilon subtracted",
            "eps is added, to keep the denominator away from zero.",
            {"variance + eps": "variance - eps"},
        ),
        Misconception(
            "squared epsilon",
            "eps is added as it is; squared it hardly protects at all.",
            {"variance + eps": "variance + eps**2"},
        ),
        Misconception(
            "epsilon as a lower bound",
            "eps is added to the variance; a maximum of the two is another function.",
            {"variance + eps": "maximum(variance, eps)"},
        ),
        Misconception(
            "missing root",
            "Divide by the deviation, which is the root of the variance: only then is the variance "
            "of the result one.",
            {"sqrt(variance + eps)": "(variance + eps)"},
        ),
        Misconception(
            "brackets forgotten around x - mean",
            "A division goes before a subtraction: without brackets only the mean is divided.",
            {"centered / sqrt(variance + eps)": "x - mean / sqrt(variance + eps)"},
        ),
        Misconception(
            "mean not subtracted",
            "What is divided by the deviation is x minus its mean.",
            {"centered / sqrt(variance + eps)": "x / sqrt(variance + eps)"},
        ),
        Misconception(
            "mean added",
            "The mean is subtracted, so that the mean of the result is zero.",
            {"x - mean": "x + mean"},
        ),
        Misconception(
            "mean of the squares in place of the variance",
            "The variance is the mean square distance from the mean; here the distance from zero "
            "is squared.",
            {"(centered**2).mean(0)": "(x**2).mean(0)"},
        ),
        Misconception(
            "mean distance in place of the variance",
            "The distances from the mean are squared before they are averaged.",
            {"(centered**2).mean(0)": "abs(centered).mean(0)"},
        ),
        Misconception(
            "sum of squares in place of the variance",
            "The squared distances are averaged over the rows, not added up.",
            {"(centered**2).mean(0)": "(centered**2).sum(0)"},
        ),
        Misconception(
            "sum in place of the mean",
            "The mean is the sum over the batch divided by the number of rows.",
            {"x.mean(0)": "x.sum(0)"},
        ),
        Misconception(
            "range in place of the deviation",
            "Largest minus smallest is min-max scaling; batch norm divides by the deviation.",
            {"sqrt(variance + eps)": "(x.max(0) - x.min(0) + eps)"},
        ),
        Misconception(
            "gamma and beta swapped",
            "gamma is the scale and beta the shift.",
            {"gamma * xhat + beta": "beta * xhat + gamma"},
        ),
        Misconception(
            "beta inside the scaling",
            "Scale first, shift then: gamma times xhat, plus beta.",
            {"gamma * xhat + beta": "gamma * (xhat + beta)"},
        ),
        Misconception(
            "beta subtracted", "beta is added.", {"gamma * xhat + beta": "gamma * xhat - beta"}
        ),
        Misconception(
            "beta missing",
            "The output is gamma times xhat, plus beta.",
            {"gamma * xhat + beta": "gamma * xhat"},
        ),
        Misconception(
            "gamma missing",
            "The output is gamma times xhat, plus beta.",
            {"gamma * xhat + beta": "xhat + beta"},
        ),
        Misconception(
            "gamma and beta not used",
            "y is the normalized batch itself; scale it by gamma and shift it by beta.",
            {"gamma * xhat + beta": "xhat"},
        ),
        Misconception(
            "input scaled in place of xhat",
            "gamma scales the normalized values, not x.",
            {"gamma * xhat + beta": "gamma * x + beta"},
        ),
        Misconception(
            "deviation returned in place of the variance",
            "The running averages need the variance; return it, not its root.",
            {"y, xhat, mean, variance": "y, xhat, mean, sqrt(variance)"},
        ),
        Misconception(
            "denominator returned in place of the variance",
            "The running averages need the variance; return it, without its root and eps.",
            {"y, xhat, mean, variance": "y, xhat, mean, sqrt(variance + eps)"},
        ),
        Misconception(
            "inverse deviation returned in place of the variance",
            "Some libraries keep 1 / sqrt(variance + eps) for the backward pass. Here the running "
            "averages need the variance itself.",
            {"y, xhat, mean, variance": "y, xhat, mean, 1 / sqrt(variance + eps)"},
        ),
        Misconception(
            "epsilon returned inside the variance",
            "eps belongs to the division alone; the variance is returned without it.",
            {"y, xhat, mean, variance": "y, xhat, mean, variance + eps"},
        ),
        Misconception(
            "unbiased variance returned",
            "Returned is the variance that was divided by. The correction to N - 1 comes when the "
            "running average is updated.",
            {"y, xhat, mean, variance": "y, xhat, mean, variance * len(x) / (len(x) - 1)"},
            section="Inference",
        ),
        Misconception(
            "centered values returned as xhat",
            "xhat is what has been divided by the deviation.",
            {"y, xhat, mean, variance": "y, centered, mean, variance"},
        ),
        Misconception(
            "wrong order: xhat before y",
            "The outputs come first, then the normalized values.",
            {"y, xhat, mean, variance": "xhat, y, mean, variance"},
        ),
        Misconception(
            "wrong order: variance before mean",
            "The mean comes before the variance.",
            {"y, xhat, mean, variance": "y, xhat, variance, mean"},
        ),
        Misconception(
            "`eps` ignored",
            "The number 1e-05 stands where the parameter `eps` should.",
            {"eps": "1e-05"},
        ),
    ),
    hints=(
        "Every column is a channel. Give each one mean zero and variance one over the rows, then "
        "let gamma and beta set another scale and mean.",
        "mean and variance over axis 0, the variance divided by the number of rows; xhat = (x - "
        "mean) / sqrt(variance + eps); y = gamma xhat + beta.",
        "`mean = x.mean(axis=0)`, `variance = x.var(axis=0)`, `xhat = ...`, `y = ...`, then "
        "`return y, xhat, mean, variance`.",
    ),
    why=(
        "All four are returned because each is needed later: y by the next layer, xhat by the "
        "backward pass, mean and variance by the running averages. eps stands inside the root, "
        "so that a channel without variance divides by sqrt(eps)."
    ),
)
