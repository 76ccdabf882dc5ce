"""Derive the backward pass of batch norm."""

from __future__ import annotations

import numpy as np

from mytutor.checking import Case, FunctionQuestion, Misconception
from mytutor.exercises.batch_normalization.page import BACKWARD, CHAPTER, PAGE
from mytutor.layers._rows import normalize_rows, normalize_rows_backward

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
            "centered values in place of xhat",
            "The component is the one along xhat, whose deviation is divided out.",
            {"xhat * dgamma / rows": "xhat * deviation * dgamma / rows"},
        ),
        Misconception(
            "only a row's own way through the variance",
            "x moves the variance, and that moves all rows: dy * xhat is summed over them.",
            {"xhat * dgamma / rows": "xhat * (dy * xhat) / rows"},
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
