"""A shuffle that parts rows from labels."""

from __future__ import annotations

import numpy as np

from mytutor.checking import Case, FunctionQuestion, Misconception
from mytutor.datasets import nth_batch
from mytutor.exercises.minibatches.page import CHAPTER, PAGE


def _batch(x: object, y: object, order: object, n: int, size: int, about: str = "") -> Case:
    arrays = {"x": np.array(x), "y": np.array(y), "order": np.array(order)}
    return Case({**arrays, "n": n, "batch_size": size}, 5, about)


def _epoch(rng: np.random.Generator, rows: int, n: int, size: int, about: str = "") -> Case:
    x = np.round(rng.normal(size=(rows, 1)), 2)
    y = 10 + rng.permutation(rows)  # no two labels alike, so that a wrong one shows
    order = np.roll(np.arange(rows)[::-1], 1 + int(rng.integers(1, 3)))
    order[: rows // 2] = rng.permutation(order[: rows // 2])
    return _batch(x, y, order, n, size, about)


def _batch_cases(rng: np.random.Generator) -> list[Case]:
    rows, labels = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [10, 11, 12, 13, 14, 15]
    order = [4, 2, 5, 0, 3, 1]
    simple = [_batch(rows, labels, order, n, 1) for n in (1, 2, 3, 4, 5)]
    simple += [_batch(rows, labels, order, n, 2) for n in (1, 2)]
    random = [_epoch(rng, 12, n, size) for n, size in ((1, 4), (2, 4), (1, 5), (3, 3), (1, 6))]
    special = [
        _epoch(rng, 12, 0, 4, about="the first batch"),
        _epoch(rng, 11, 2, 4, about="the last batch, which is smaller"),
        _epoch(rng, 7, 0, 7, about="a batch of all rows"),
    ]
    return [*simple, *random, *special]


CUT = "order[n * batch_size : (n + 1) * batch_size]"
PLAIN = "n * batch_size : (n + 1) * batch_size"

PARTED = Misconception(
    "x shuffled without y",
    "The labels are cut in their old order, so nearly every input gets the label of another one.",
    {"y[rows]": f"y[{PLAIN}]"},
)

shuffle_bug = FunctionQuestion(
    name="minibatch-bug",
    reference=nth_batch,
    outputs=("inputs", "labels"),
    make_cases=_batch_cases,
    variable="nth_batch",
    chapter=CHAPTER,
    page=PAGE,
    kind="find the bug",
    given=PARTED,
    misconceptions=(
        PARTED,
        Misconception(
            "batches counted from 1",
            "Batch 0 is the first one; here it would lie before the beginning.",
            {CUT: "order[(n - 1) * batch_size : n * batch_size]"},
        ),
        Misconception(
            "one batch too far",
            "Batch 0 begins at row 0; here the first batch is skipped.",
            {CUT: "order[(n + 1) * batch_size : (n + 2) * batch_size]"},
        ),
        Misconception(
            "windows that overlap",
            "Batch n begins n batches after the first, not n rows after it: here a row is in "
            "several batches.",
            {CUT: "order[n : n + batch_size]"},
        ),
        Misconception(
            "shuffled twice",
            "The order is applied to rows that are in that order already.",
            {CUT: "order[order[n * batch_size : (n + 1) * batch_size]]"},
        ),
        Misconception(
            "order read the wrong way round",
            "`order` says which row comes next. Its inverse says where a row goes.",
            {CUT: "order.argsort()[n * batch_size : (n + 1) * batch_size]"},
        ),
        Misconception(
            "order read from its end",
            "The epoch is gone through backwards.",
            {CUT: "order[::-1][n * batch_size : (n + 1) * batch_size]"},
        ),
        Misconception(
            "y shuffled without x",
            "Now the inputs are cut in their old order and the labels in the new one.",
            {"x[rows]": f"x[{PLAIN}]"},
        ),
        Misconception(
            "order not used",
            "Inputs and labels fit again, but nothing is shuffled: the order that came in isn't "
            "used.",
            {CUT: "order", "x[rows], y[rows]": f"x[{PLAIN}], y[{PLAIN}]"},
            section="Experiment 1: in order",
        ),
        Misconception(
            "rows of the batch sorted",
            "The rows come in the order of their numbers; asked for is that of `order`.",
            {CUT: "np.sort(order[n * batch_size : (n + 1) * batch_size])"},
        ),
        Misconception(
            "batch in reverse",
            "The rows of the batch come last to first.",
            {CUT: "order[n * batch_size : (n + 1) * batch_size][::-1]"},
        ),
        Misconception(
            "labels shuffled twice",
            "The order is applied to the labels twice, to the inputs once.",
            {"y[rows]": "y[order][rows]"},
        ),
        Misconception(
            "row numbers in place of labels",
            "What comes back are the numbers of the rows, not their labels.",
            {"y[rows]": "rows"},
        ),
        Misconception(
            "labels in reverse",
            "The labels of the batch come last to first, the inputs first to last.",
            {"y[rows]": "y[rows][::-1]"},
        ),
        Misconception(
            "labels of the next row",
            "Each input gets the label of the row after it in the order.",
            {"y[rows]": "np.roll(y[rows], -1)"},
        ),
    ),
    hints=(
        "Print a batch of inputs with their labels, and find the same rows in `x` and `y`. Do they "
        "belong together?",
        "Inputs and labels are two columns of one table: whatever picks the rows of one must pick "
        "those of the other.",
        "`rows = order[...]` is right. The last line is `return x[rows], y[...]`.",
    ),
    why=(
        "A label belongs to its input by position alone. Any order may be applied to the rows, as "
        "long as both arrays get the same one. Nothing fails otherwise: the network only learns "
        "that labels are chance."
    ),
)
