"""Exercises on batch normalization: forward, backward by hand, running averages, equal rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.checking import Case, ChoiceQuestion, FunctionQuestion, Misconception, WrongValue
from mytutor.layers import batch_norm, batch_norm_backward
from mytutor.layers._rows import (
    normalize_rows,
    normalize_rows_backward,
    update_statistics_of_rows,
)

CHAPTER, PAGE = "Batch normalization", "normalization/batch-normalization"
BACKWARD = "Backward, by hand"

# -- forward ---------------------------------------------------------------------------------------

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

# -- backward --------------------------------------------------------------------------------------

# Normalized columns of four rows; the last ones as with an eps three times the variance.
COLUMNS = np.array([[1.0, 1, 0.5], [-1, 1, -0.5], [1, -1, -0.5], [-1, -1, 0.5]])
SMALL_GRADIENTS = (
    ([1, 0, 0, 0], 0),
    ([0, 2, 0, 0], 1),
    ([1, 2, 0, -1], 2),
    ([3, 0, 1, 1], 0),
    ([1, 0, 4, 2], 1),
    ([2, -1, 0, 3], 2),
)


def _backward_case(rng: np.random.Generator, rows: int, channels: int, about: str = "") -> Case:
    x = np.round(rng.normal(size=(rows, channels)), 3)
    eps = float(np.round(rng.uniform(0.05, 0.5), 3))
    _, xhat, _, variance = normalize_rows(x, np.ones(channels), np.zeros(channels), eps=eps)
    gamma = np.round(rng.uniform(0.5, 2, channels) * rng.choice([-1, 1], channels), 3)
    dy = np.round(rng.normal(size=(rows, channels)) + 0.5, 3)
    deviation = np.sqrt(variance + eps)
    return Case({"dy": dy, "xhat": xhat, "gamma": gamma, "deviation": deviation}, 4, about)


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    small = []
    for dy, column in SMALL_GRADIENTS:
        columns = [column, (column + 1) % 3] if dy[0] else [column]
        inputs = {
            "dy": np.array([dy, dy[::-1]], dtype=float).T[:, : len(columns)],
            "xhat": COLUMNS[:, columns],
            "gamma": np.array([3.0, -1.0])[: len(columns)],
            "deviation": np.array([2.0, 1.0])[: len(columns)],
        }
        small.append(Case(inputs, 4))
    shapes = ((3, 3), (2, 3), (5, 2), (8, 4), (4, 4), (3, 6))
    several = [_backward_case(rng, *shape) for shape in shapes]
    flat = dict(_backward_case(rng, 6, 2).inputs)
    single = _backward_case(rng, 6, 3).inputs
    special = [
        Case(flat | {"dy": np.ones((6, 2))}, 4, "the same gradient for every row"),
        Case(flat | {"gamma": np.zeros(2)}, 4, "gamma of zero"),
        Case({k: v.astype(np.float32) for k, v in single.items()}, 4, "arrays of float32"),
    ]
    return [*small, *several, *special]


INNER = "dy - dbeta / rows - xhat * dgamma / rows"
backward = FunctionQuestion(
    name="batch-norm-backward",
    reference=normalize_rows_backward,
    variable="batch_norm_backward",
    outputs=("dx", "dgamma", "dbeta"),
    make_cases=_backward_cases,
    chapter=CHAPTER,
    page=PAGE,
    section=BACKWARD,
    kind="derive",
    misconceptions=(
        Misconception(
            "statistics taken as constants",
            "dx = gamma / deviation * dy holds in inference. In training every x moves the mean "
            "and the variance, and through them all other outputs.",
            {INNER: "dy"},
        ),
        Misconception(
            "way through the mean forgotten",
            "x moves the mean, which takes the mean of dy out of the gradient.",
            {INNER: "dy - xhat * dgamma / rows"},
        ),
        Misconception(
            "way through the variance forgotten",
            "x moves the variance, which takes the component along xhat out of the gradient.",
            {INNER: "dy - dbeta / rows"},
        ),
        Misconception(
            "sums in place of means",
            "What is subtracted are means over the batch: divide both sums by the number of rows.",
            {INNER: "dy - dbeta - xhat * dgamma"},
        ),
        Misconception(
            "sum in place of the mean of dy",
            "The mean of dy is subtracted: dbeta divided by the number of rows.",
            {"dbeta / rows": "dbeta"},
        ),
        Misconception(
            "sum in place of the mean along xhat",
            "The mean of dy * xhat is what multiplies xhat: dgamma divided by the number of rows.",
            {"xhat * dgamma / rows": "xhat * dgamma"},
        ),
        Misconception(
            "both added",
            "The two components are taken out of the gradient: subtract them.",
            {INNER: "dy + dbeta / rows + xhat * dgamma / rows"},
        ),
        Misconception(
            "component along xhat added",
            "Both components are subtracted; here the one along xhat is added.",
            {INNER: "dy - dbeta / rows + xhat * dgamma / rows"},
        ),
        Misconception(
            "mean of dy added",
            "Both components are subtracted; here the mean is added.",
            {INNER: "dy + dbeta / rows - xhat * dgamma / rows"},
        ),
        Misconception(
            "xhat missing",
            "The mean of dy * xhat is subtracted along xhat: it multiplies xhat, row by row.",
            {"xhat * dgamma / rows": "dgamma / rows"},
        ),
        Misconception(
            "means over all channels",
            "Every channel has a mean of its own: average over axis 0 only.",
            {"dbeta / rows": "dy.mean()", "xhat * dgamma / rows": "xhat * (dy * xhat).mean()"},
        ),
        Misconception(
            "gamma on one term only",
            "All three terms come through gamma * xhat: gamma multiplies the whole bracket.",
            {f"gamma / deviation * ({INNER})": f"(gamma * {INNER}) / deviation"},
        ),
        Misconception(
            "root of the deviation",
            "The deviation is a root already; divide by it as it is.",
            {"gamma / deviation": "gamma / sqrt(deviation)"},
        ),
        Misconception(
            "divided by N - 1",
            "Mean and biased variance divide by the number of rows, and so do their derivatives.",
            {"rows": "(rows - 1)"},
        ),
        Misconception(
            "half of the way through the variance",
            "The 1/2 of the root and the 2 of the square cancel; here one of them is lost.",
            {"xhat * dgamma / rows": "xhat * dgamma / rows / 2"},
        ),
        Misconception(
            "twice the way through the variance",
            "The 2 of the square is cancelled by the 1/2 of the root.",
            {"xhat * dgamma / rows": "2 * xhat * dgamma / rows"},
        ),
        Misconception(
            "gamma missing from dx",
            "y contains gamma * xhat, so the gradient on its way to x is multiplied by gamma.",
            {"gamma / deviation": "1 / deviation"},
        ),
        Misconception(
            "deviation missing",
            "xhat is x - mean divided by the deviation, and so is the gradient.",
            {"gamma / deviation": "gamma"},
        ),
        Misconception(
            "multiplied by the deviation",
            "A wide channel is squeezed: its gradient is divided by the deviation.",
            {"gamma / deviation": "gamma * deviation"},
        ),
        Misconception(
            "divided by the variance",
            "One deviation stands in the denominator, not its square.",
            {"gamma / deviation": "gamma / deviation**2"},
        ),
        Misconception(
            "divided by gamma",
            "gamma multiplies on the way forward and on the way back.",
            {"gamma / deviation": "1 / (gamma * deviation)"},
        ),
        Misconception(
            "gamma in dgamma and dbeta",
            "y = gamma xhat + beta is linear in both: gamma itself is in neither gradient.",
            {
                "dx, dgamma, dbeta": "dx, gamma * dgamma, gamma * dbeta",
            },
        ),
        Misconception(
            "gamma in dgamma",
            "The derivative of gamma * xhat in gamma is xhat.",
            {"dx, dgamma, dbeta": "dx, gamma * dgamma, dbeta"},
        ),
        Misconception(
            "means returned for dgamma and dbeta",
            "dy is the gradient of the loss as it is: over the rows it adds up. If the loss is a "
            "mean, dy has its 1/N already.",
            {"dx, dgamma, dbeta": "dx, dgamma / rows, dbeta / rows"},
        ),
        Misconception(
            "xhat missing from dgamma",
            "gamma multiplies xhat, so dgamma is the sum of dy * xhat.",
            {"dx, dgamma, dbeta": "dx, dbeta, dbeta"},
        ),
        Misconception(
            "wrong order of the outputs",
            "dx comes first, then dgamma, then dbeta.",
            {"dx, dgamma, dbeta": "dx, dbeta, dgamma"},
        ),
    ),
    hints=(
        "x moves its own xhat, the mean of the batch and its variance. Write down the derivative "
        "of each; most of it cancels.",
        "d xhat_j / d x_i = ([i = j] - 1/N - xhat_i xhat_j / N) / deviation. Sum it over j with "
        "gamma dy_j.",
        "`dgamma = (dy * xhat).sum(axis=0)`, `dbeta = dy.sum(axis=0)`, and dx is gamma / deviation "
        "times (dy minus the mean of dy minus xhat times the mean of dy * xhat).",
    ),
    why=(
        "The derivatives of mean and variance take out of the gradient what the output doesn't "
        "react to: its mean, since moving the whole batch changes nothing, and its part along "
        "xhat, since stretching it changes nothing either."
    ),
)

# -- running averages ------------------------------------------------------------------------------


def _running_cases(rng: np.random.Generator) -> list[Case]:
    def case(values: Any, rows: int, momentum: float, about: str = "", **more: Any) -> Case:
        names = ("mean", "variance", "batch_mean", "batch_variance")
        arrays = {name: np.array(v, dtype=float) for name, v in zip(names, values, strict=True)}
        return Case({**arrays, "rows": rows, "momentum": momentum, **more}, 5, about)

    def draw(channels: int, rows: int, momentum: float, about: str = "", **more: Any) -> Case:
        means, variances = rng.normal(size=(2, channels)), rng.uniform(0.5, 3, size=(2, channels))
        values = (means[0], variances[0], means[1], variances[1])
        return case(np.round(values, 3), rows, momentum, about, **more)

    small = [
        case(([0.0], [1.0], [2.0], [4.0]), 2, 0.75),
        case(([1.0], [2.0], [-1.0], [4.0]), 5, 0.75),
        case(([0.0], [1.0], [1.0], [3.0]), 4, 0.25),
        case(([2.0], [4.0], [1.0], [1.0]), 3, 0.75, correction=0),
        case(([1.0], [3.0], [4.0], [2.0]), 3, 0.25, correction=2),
        case(([-1.0], [1.0], [1.0], [6.0]), 4, 0.875),
    ]
    several = [
        draw(channels, rows, momentum)
        for channels, rows, momentum in ((1, 3, 0.9), (3, 8, 0.6), (4, 2, 0.3), (2, 32, 0.95))
    ]
    rest = {
        name: value
        for name, value in draw(3, 6, 0.9).inputs.items()
        if name not in ("mean", "variance", "momentum")
    }
    single = {
        name: value.astype(np.float32) if isinstance(value, np.ndarray) else value
        for name, value in draw(3, 6, 0.7).inputs.items()
    }
    special = [
        Case({"mean": 0.0, "variance": 1.0, **rest, "momentum": 0.8}, 5, "the first batch"),
        Case({"mean": 0.0, "variance": 1.0, **rest}, 5, "calls that leave momentum at its default"),
        draw(2, 8, 0.7, "correction=0", correction=0),
        Case(single, 5, "arrays of float32"),
    ]
    return [*small, *several, *special]


AVERAGE_OF_MEAN = "momentum * mean + (1 - momentum) * batch_mean"
AVERAGE_OF_VARIANCE = "momentum * variance + (1 - momentum) * unbiased"
UNBIASED = "batch_variance * rows / (rows - correction)"
SWAPPED = Misconception(
    "weights the wrong way round",
    "Here momentum is the weight of the old value. As the weight of the new one it is PyTorch's: "
    "with 0.9 the running average then follows the last batch.",
    {
        AVERAGE_OF_MEAN: "(1 - momentum) * mean + momentum * batch_mean",
        AVERAGE_OF_VARIANCE: "(1 - momentum) * variance + momentum * unbiased",
    },
    section="Conventions",
)
running = FunctionQuestion(
    name="running-average-bug",
    reference=update_statistics_of_rows,
    variable="update_statistics",
    outputs=("mean", "variance"),
    make_cases=_running_cases,
    chapter=CHAPTER,
    page=PAGE,
    section="Inference",
    kind="find the bug",
    given=SWAPPED,
    misconceptions=(
        SWAPPED,
        Misconception(
            "weights swapped for the mean only",
            "In the mean, momentum weighs the new value; in the variance it weighs the old one.",
            {AVERAGE_OF_MEAN: "(1 - momentum) * mean + momentum * batch_mean"},
            section="Conventions",
        ),
        Misconception(
            "weights swapped for the variance only",
            "In the variance, momentum weighs the new value; in the mean it weighs the old one.",
            {AVERAGE_OF_VARIANCE: "(1 - momentum) * variance + momentum * unbiased"},
            section="Conventions",
        ),
        Misconception(
            "biased variance averaged",
            "The variance of a batch is too small by (N - 1) / N on average, and Algorithm 2 "
            "corrects it; without the correction it is the convention of Keras and Flax.",
            {UNBIASED: "batch_variance"},
            section="Conventions",
        ),
        Misconception(
            "correction upside down",
            "The variance has to become larger: times N / (N - 1).",
            {UNBIASED: "batch_variance * (rows - correction) / rows"},
        ),
        Misconception(
            "divided by N + 1",
            "The unbiased variance divides by N - 1.",
            {"rows - correction": "rows + correction"},
        ),
        Misconception(
            "N missing from the correction",
            "The variance is a mean already: multiply it by N before dividing by N - 1.",
            {UNBIASED: "batch_variance / (rows - correction)"},
        ),
        Misconception(
            "batch statistics returned",
            "Nothing is averaged: inference would use the statistics of the last batch.",
            {AVERAGE_OF_MEAN: "batch_mean", AVERAGE_OF_VARIANCE: "unbiased"},
        ),
        Misconception(
            "old value not weighed",
            "An average has weights that add up to one: the old value is multiplied by momentum.",
            {
                AVERAGE_OF_MEAN: "mean + (1 - momentum) * batch_mean",
                AVERAGE_OF_VARIANCE: "variance + (1 - momentum) * unbiased",
            },
        ),
        Misconception(
            "new value not weighed",
            "An average has weights that add up to one: the new value is multiplied by 1 - "
            "momentum.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance + unbiased",
            },
        ),
        Misconception(
            "deviation averaged",
            "Averaged are variances; the root is taken afterwards, in inference.",
            {AVERAGE_OF_VARIANCE: "momentum * variance + (1 - momentum) * sqrt(unbiased)"},
        ),
        Misconception(
            "mean corrected as well",
            "The mean of a batch is unbiased as it is; N / (N - 1) belongs to the variance.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + (1 - momentum) * batch_mean * rows / "
                "(rows - correction)"
            },
        ),
        Misconception(
            "running value corrected in place of the batch's",
            "The variance of the batch is corrected, before it is averaged; here the average is, "
            "again and again.",
            {
                UNBIASED: "batch_variance",
                AVERAGE_OF_VARIANCE: "(momentum * variance + (1 - momentum) * unbiased) * rows / "
                "(rows - correction)",
            },
        ),
        Misconception(
            "minus in the averages",
            "An average adds its two weighted terms.",
            {
                AVERAGE_OF_MEAN: "momentum * mean - (1 - momentum) * batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance - (1 - momentum) * unbiased",
            },
        ),
        Misconception(
            "missing brackets around 1 - momentum",
            "(1 - momentum) is one factor: without its brackets 1 is added and momentum times the "
            "new value is subtracted.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + 1 - momentum * batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance + 1 - momentum * unbiased",
            },
        ),
        Misconception(
            "variance not updated",
            "The running variance that came in is returned again.",
            {"mean, variance": "mean, old_variance"},
        ),
        Misconception(
            "mean not updated",
            "The running mean that came in is returned again.",
            {"mean, variance": "old_mean, variance"},
        ),
        Misconception(
            "wrong order of the outputs",
            "The mean comes before the variance.",
            {"mean, variance": "variance, mean"},
        ),
        Misconception(
            "`momentum` ignored",
            "The number 0.9 stands where the parameter `momentum` should.",
            {"momentum": "0.9"},
        ),
        Misconception(
            "`correction` ignored",
            "The number 1 stands where the parameter `correction` should.",
            {"correction": "1"},
        ),
    ),
    hints=(
        "Feed it batches with the mean 5 and print the running mean. How many batches does it "
        "remember with momentum 0.9?",
        "Read what momentum is said to weigh: running = momentum * running + (1 - momentum) * new.",
        "In both lines momentum and 1 - momentum change places. The line for `unbiased` is right.",
    ),
    why=(
        "The two libraries that most people use give the word opposite meanings. With PyTorch's "
        "formula and Keras' number the average is the last batch, and inference is as noisy as "
        "training."
    ),
)

# -- equal rows ------------------------------------------------------------------------------------


def _equal_rows() -> str:
    """Run a batch of equal rows through the layer, and a gradient back."""
    x, one, zero = np.full((8, 1), 3.0), np.ones(1), np.zeros(1)
    y, cache = batch_norm(x, one, zero)
    dy = np.array([[1.0], [-1.0]] * 4)
    dx, _, _ = batch_norm_backward(dy, cache)
    return (
        f"Run with eight rows of 3 and gradients of 1 and -1: the outputs are between "
        f"{y.min():.0f} and {y.max():.0f}, the largest entry of dx is {abs(dx).max():.0f}."
    )


equal_rows = ChoiceQuestion(
    name="batch-norm-equal-rows",
    variable="equal_rows",
    options={
        "A": "All outputs are 0, and dx is 0: there is nothing to normalize.",
        "B": "All outputs are 0, and dx is about as large as dy.",
        "C": "All outputs are 0, and dx is about 300 times as large as dy.",
        "D": "The outputs are NaN, zero divided by zero, and so is dx.",
        "E": "The outputs are the inputs, 3, and dx is dy.",
    },
    answer="C",
    chapter=CHAPTER,
    page=PAGE,
    section=BACKWARD,
    wrong={
        "A": WrongValue(
            "flat where the batch is constant",
            "The output is 0 only as long as all rows are equal. Move one of them by as little as "
            "0.01, and its output is above 2: the slope is steep.",
        ),
        "B": WrongValue(
            "deviation forgotten",
            "dx is divided by the deviation, and that is sqrt(0 + eps), a small number.",
        ),
        "D": WrongValue(
            "epsilon forgotten",
            "That would be so without eps. With it the division is 0 / sqrt(eps), which is 0.",
        ),
        "E": WrongValue(
            "mean forgotten",
            "The mean is subtracted in any case: what all rows share is gone.",
        ),
    },
    seen=_equal_rows,
    hints=(
        "What are mean, centered values and variance of eight equal numbers?",
        "xhat is 0 / sqrt(0 + eps). In the formula of dx, what stands in front of the bracket?",
        "gamma / deviation = 1 / sqrt(1e-5). And the bracket: is the mean of dy zero or not?",
    ),
    why=(
        "The deviation is sqrt(eps) = 0.003, so the gradient is multiplied by 316. Batch norm is "
        "steepest where the batch is constant: a dead or saturated unit sends back a huge gradient."
    ),
)

QUESTIONS = (forward, backward, running, equal_rows)
