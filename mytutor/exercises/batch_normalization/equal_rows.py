"""Predict what becomes of a batch of equal rows."""

from __future__ import annotations

import numpy as np

from mytutor.checking import ChoiceQuestion, WrongValue
from mytutor.exercises.batch_normalization.page import BACKWARD, CHAPTER, PAGE
from mytutor.layers import batch_norm, batch_norm_backward


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
