"""A gradient put together from pieces of different sizes."""

from __future__ import annotations

import numpy as np

from mytutor.checking import Case, FunctionQuestion, Misconception
from mytutor.datasets import pooled_mean
from mytutor.exercises.minibatches.page import CHAPTER, PAGE


def _pieces(means: object, rows: object, about: str = "") -> Case:
    return Case({"means": np.array(means), "rows": np.array(rows)}, 2, about)


def _pooled_cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        _pieces([[1.0], [4.0]], [2, 1]),
        _pieces([[1.0], [4.0]], [1, 2]),
        _pieces([[0.0], [1.0]], [3, 1]),
        _pieces([[2.0], [-1.0]], [4, 2]),
        _pieces([[6.0], [0.0], [3.0]], [4, 4, 1]),
        _pieces([[1.0], [2.0], [4.0]], [8, 8, 5]),
    ]
    random = [
        _pieces(np.round(rng.normal(size=(pieces, width)), 3), [32] * (pieces - 1) + [last])
        for pieces, width, last in ((2, 3, 7), (4, 2, 30), (5, 4, 1))
    ]
    special = [
        _pieces([[2.0, -3.0]], [5], about="a single batch"),
        _pieces(np.round(rng.normal(size=(3, 2)), 3), [8, 8, 8], about="batches of one size"),
        _pieces(1e-3 * np.round(rng.normal(size=(3, 2)), 3), [16, 9, 4], about="tiny gradients"),
        _pieces(1e3 * np.round(rng.normal(size=(3, 2)), 3), [64, 64, 21], about="huge gradients"),
    ]
    return [*simple, *random, *special]


WEIGHTS, SUM = "rows / np.sum(rows)", "np.tensordot(weights, means, axes=1)"

pooled = FunctionQuestion(
    name="minibatch-pieces",
    reference=pooled_mean,
    outputs=("mean",),
    make_cases=_pooled_cases,
    variable="pooled_mean",
    section="Memory",
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=(
        Misconception(
            "every batch counts alike",
            "The plain mean of the means gives a batch of one row the weight of a full one.",
            {WEIGHTS: "0 * rows + 1 / len(rows)"},
            section="The last batch",
        ),
        Misconception(
            "sum in place of the mean",
            "The gradients are added and nothing is divided: the step grows with the number of "
            "batches.",
            {WEIGHTS: "0 * rows + 1"},
            section="Conventions",
        ),
        Misconception(
            "not divided by the rows",
            "Each mean times its rows is a sum over rows; dividing by all rows is missing.",
            {WEIGHTS: "rows"},
        ),
        Misconception(
            "divided by the number of batches",
            "The weighted sum has to be divided by the number of rows, not of batches.",
            {WEIGHTS: "rows / len(rows)"},
        ),
        Misconception(
            "divided by the largest batch",
            "The weights are relative to the largest batch, so they add up to more than one.",
            {WEIGHTS: "rows / rows.max()"},
        ),
        Misconception(
            "all batches taken for full",
            "The rows are counted as if every batch were as large as the largest one.",
            {WEIGHTS: "rows / (len(rows) * rows.max())"},
            section="The last batch",
        ),
        Misconception(
            "weights the wrong way round",
            "Here a batch counts the more the fewer rows it has.",
            {WEIGHTS: "(1 / rows) / (1 / rows).sum()"},
        ),
        Misconception(
            "weighted by the root of the rows",
            "The root is the law of the noise; a mean over rows weighs by the rows themselves.",
            {WEIGHTS: "rows**0.5 / (rows**0.5).sum()"},
        ),
        Misconception(
            "weighted by the squared rows",
            "The rows of a batch come in twice, so small batches count too little.",
            {WEIGHTS: "rows**2 / (rows**2).sum()"},
        ),
        Misconception(
            "weighted by the share of the other rows",
            "A batch's weight is the share of its own rows, not of all the others.",
            {WEIGHTS: "1 - rows / rows.sum()"},
        ),
        Misconception(
            "means taken for sums",
            "The means are added and divided by all rows. That is right for sums over the rows; a "
            "mean has to be multiplied by its rows first.",
            {WEIGHTS: "0 * rows + 1 / np.sum(rows)"},
        ),
        Misconception(
            "all batches taken to be as large as the first",
            "The rows are counted as if every batch were as large as the first one.",
            {WEIGHTS: "rows / (len(rows) * rows[0])"},
            section="The last batch",
        ),
        Misconception(
            "divided by the number of batches once more",
            "Weights that are shares of the rows add up to one already: their products are added, "
            "not averaged.",
            {SUM: f"{SUM} / len(rows)"},
        ),
        Misconception(
            "the mean of the means times all rows",
            "Times all rows, a mean becomes something like a sum over them; asked for is the mean.",
            {WEIGHTS: "0 * rows + np.sum(rows) / len(rows)"},
        ),
        Misconception(
            "opposite sign",
            "A mean of gradients points the way they do; the minus sign belongs to the step.",
            {SUM: f"-{SUM}"},
        ),
        Misconception(
            "divided by the rows once more",
            "The weights already contain the division by all rows.",
            {SUM: f"{SUM} / np.sum(rows)"},
        ),
        Misconception(
            "only the largest batches",
            "A smaller batch is left out. That can be a choice in training, but then it isn't the "
            "mean over all rows.",
            {WEIGHTS: "(rows == rows.max()) / (rows == rows.max()).sum()"},
            section="The last batch",
        ),
    ),
    hints=(
        "The mean over all rows is a sum over all rows, divided by their number. What is the sum "
        "over the rows of one batch, if you know their mean?",
        "Batch k has the sum rows[k] times means[k]. Add these up and divide by the sum of rows.",
        "`weights = rows / rows.sum()`, then the sum of `weights[k] * means[k]` over the batches.",
    ),
    why=(
        "A mean over a batch is a sum over its rows divided by their number. Undo that division, "
        "add, and divide once by all rows: each batch gets the share of the rows that it has."
    ),
)
