"""Exercises on minibatches: pieces of a gradient, a shuffle gone wrong, noise and rates by size."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from mytutor import rules
from mytutor.checking import (
    Case,
    FunctionQuestion,
    Misconception,
    Mistuned,
    NumberQuestion,
    Question,
    TuneQuestion,
    WrongValue,
)
from mytutor.datasets import nth_batch, pooled_mean, two_moons
from mytutor.network import initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.train import Diverged, train

CHAPTER, PAGE = "Minibatches", "descent/minibatches"


# -- a gradient in pieces --------------------------------------------------------------------------


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


# -- a shuffle that parts rows from labels ---------------------------------------------------------


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


# -- noise by batch size ---------------------------------------------------------------------------


def _spreads() -> str:
    """Measure the spread of a mean over 16 and over 64 draws, scaled to 0.8 for 16."""
    draws = np.random.default_rng(0).normal(size=(4000, 64)) * 3.2
    small, large = draws[:, :16].mean(axis=1).std(), draws.mean(axis=1).std()
    return f"Over 4,000 batches each, a spread of {small:.2f} becomes {large:.2f}."


spread = NumberQuestion(
    name="minibatch-spread",
    variable="spread",
    section="The idea: noise falls with the batch, slowly",
    answer=0.4,
    tolerance=0.02,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.2: WrongValue(
            "the law of the variance",
            "0.2 is a quarter: that is the law of the variance. The spread is its root.",
        ),
        0.8: WrongValue("no change", "0.8 is the spread at 16. More examples do average noise."),
        1.6: WrongValue(
            "the root the wrong way round", "1.6 is twice as much; a larger batch has less noise."
        ),
        3.2: WrongValue(
            "the spread of one example", "3.2 is the spread at a batch of 1, which is 0.8 √16."
        ),
        0.1: WrongValue("divided by the new root", "0.1 is 0.8/√64, but 0.8 is not that of one."),
        0.0125: WrongValue("divided by the batch", "0.0125 is 0.8/64, but 0.8 is not that of one."),
        0.05: WrongValue("divided by the old batch", "0.05 is 0.8/16. What changes is 16 to 64."),
        0.16: WrongValue("the variance", "0.16 is the variance at 64, 0.64/4; take its root."),
        0.64: WrongValue(
            "the variance at 16", "0.64 is the variance at a batch of 16, the square of 0.8."
        ),
        12.8: WrongValue(
            "times the batch", "12.8 is 0.8 · 16; a larger batch has less noise than 0.8."
        ),
        0.282842712474619: WrongValue(
            "eight times the batch", "0.28 belongs to a batch of 128; from 16 to 64 is four times."
        ),
        0.565685424949238: WrongValue(
            "twice the batch", "0.57 belongs to a batch of 32; from 16 to 64 is four times."
        ),
    },
    seen=_spreads,
    hints=(
        "How does the variance of a mean depend on the number of its members?",
        "The variance is sigma² / B and the spread its root, sigma / √B.",
        "From 16 to 64 the batch is 4 times as large: `0.8 / 4**0.5`.",
    ),
    why="The variance falls by the factor 4 and the spread by its root, 2.",
)


# -- the rate for a larger batch -------------------------------------------------------------------

SMALL_RATE, FACTOR = 0.1, 8


@cache
def moons_loss(lr: float) -> float:
    """Training loss on two moons after ten epochs of batches of 64, the mean of two seeds."""
    data, network = two_moons(), mlp(hidden=1)
    found = []
    for seed in range(2):
        params = initialize(np.random.default_rng(seed), [2, 16, 2])
        try:
            outcome = train(
                network,
                params,
                Optimizer(rules.sgd, lr=lr),
                data,
                epochs=10,
                batch_size=64,
                seed=seed,
            )
        except Diverged:
            return math.inf
        output, _ = network.forward(outcome.params, data.x_train)
        found.append(float(network.loss(output, data.y_train)[0]))
    return sum(found) / 2


rate = TuneQuestion(
    name="minibatch-rate",
    variable="rate",
    ranges={"lr": (0.001, 20.0)},
    run=moons_loss,
    measure="Loss after ten epochs with batches of 64",
    target=0.12,
    example={"lr": SMALL_RATE * FACTOR},
    section="Experiment 3: the linear scaling rule",
    chapter=CHAPTER,
    page=PAGE,
    wrong=(
        Mistuned(
            "the same rate",
            "With 0.1 an epoch has an eighth of the steps, each as long as before.",
            lambda settings, loss: math.isclose(settings["lr"], 0.1, rel_tol=0.02),
            {"lr": 0.1},
        ),
        Mistuned(
            "the square root",
            "0.28 is √8 times as much: it keeps the noise of a step, but an epoch goes only a "
            "third as far. For Adam it would be the better rule.",
            lambda settings, loss: math.isclose(settings["lr"], 0.1 * 8**0.5, rel_tol=0.03),
            {"lr": 0.28},
        ),
        Mistuned(
            "a smaller rate than before",
            "A larger batch has less noise, so it bears a larger rate, not a smaller one.",
            lambda settings, loss: settings["lr"] < 0.1,
            {"lr": 0.0125},
        ),
        Mistuned(
            "raised too little",
            "The rate is larger, and still the eighth of the steps doesn't get as far as before.",
            lambda settings, loss: 0.1 < settings["lr"] < 0.8,
            {"lr": 0.4},
        ),
        Mistuned(
            "beyond what is stable",
            "Steps of this rate are too long for the curvature, and no batch, however large, mends "
            "that.",
            lambda settings, loss: settings["lr"] > 3,
            {"lr": 6.4},
        ),
    ),
    hints=(
        "An epoch now has an eighth of the steps. How long must each be to get as far?",
        "When the batch is multiplied by k, multiply the rate by k, as long as that is stable.",
        "The small batches had 0.1, and k is 64/8. `rate = 0.1 * ...`",
    ),
    why=(
        "Eight steps of rate 0.1 and one of rate 0.8 go equally far while the gradient changes "
        "little between them. Here a rate three times as large would still be stable, because the "
        "small batches had begun with a careful one."
    ),
)

QUESTIONS: tuple[Question, ...] = (pooled, shuffle_bug, spread, rate)
