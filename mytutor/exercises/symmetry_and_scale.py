"""Exercises on symmetry and scale: what equal units become, and the loss before the first step."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from mytutor import network, rules
from mytutor.checking import (
    ChoiceQuestion,
    FunctionQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
)
from mytutor.checking.recording import Case
from mytutor.datasets import digits
from mytutor.initializers import constant
from mytutor.layers import tanh
from mytutor.losses import softmax_cross_entropy
from mytutor.optimizer import Optimizer

CHAPTER, PAGE = "Symmetry and scale", "initialization/symmetry-and-scale"


def _train_from_constants() -> str:
    """Take 100 steps of Adam from equal weights and count what differs."""
    data = digits()
    net = network.mlp(1, activation=tanh)
    equal = partial(constant, value=0.1)
    params = network.initialize(np.random.default_rng(0), [64, 32, 10], weights=equal)
    optimizer = Optimizer(rules.adam, lr=0.003)
    state = optimizer.init(params)
    for step in range(100):
        rows = slice(10 * step, 10 * step + 10)
        grads = net.loss_and_gradient(params, data.x_train[rows], data.y_train[rows])[1]
        params, state = optimizer.update(params, grads, state)
    w1, w2 = params[0].round(9), params[2].round(9)
    return (
        f"After 100 steps of Adam: W1 has {network.different_units(w1)} different column and "
        f"{network.different_units(w1.T)} different rows, W2 has {network.different_units(w2.T)} "
        f"different row and {network.different_units(w2)} different columns. "
        "(Pixels that were blank in all batches share a row.)"
    )


constants_after_training = ChoiceQuestion(
    name="constants-after-training",
    variable="prediction",
    options={
        "A": "W1 has 32 different columns: every batch is another one, and that parts the units.",
        "B": "W1 has 32 different columns: Adam gives every weight a rate of its own.",
        "C": "Neither matrix has changed: equal weights let no gradient through.",
        "D": "W1 has one column, 32 times, and W2 one row, 32 times.",
        "E": "All numbers of W1 are equal still, and all of W2.",
    },
    answer="D",
    wrong={
        "A": WrongValue(
            "batches break the symmetry",
            "Every batch is seen by all units alike. For each of them the loss is the same when "
            "two equal units are exchanged, and so are their gradients.",
        ),
        "B": WrongValue(
            "Adam breaks the symmetry",
            "Adam's rates come from the gradients, and equal weights have equal gradients: the "
            "rates are equal, too.",
        ),
        "C": WrongValue(
            "constants taken for zeros",
            "That is what zeros do. With weights of 0.1 the hidden signals aren't zero, so W2 "
            "gets a gradient, and through it W1.",
        ),
        "E": WrongValue(
            "inputs and outputs taken for equal, too",
            "Only the hidden units are exchangeable. The pixels differ, so the rows of W1 part; "
            "the classes differ, so the columns of W2 part.",
        ),
    },
    seen=_train_from_constants,
    hints=(
        "Which of the things in this network can be exchanged without changing the loss: two "
        "pixels, two hidden units, or two classes?",
        "Exchange the hidden units i and j: columns i and j of W1 change places, and rows i and j "
        "of W2. If they are equal, the network is unchanged, so their gradients are equal.",
        "Columns of W1 and rows of W2 stay equal; nothing keeps the rows of W1 or the columns of "
        "W2 together.",
    ),
    why=(
        "Hidden units that start equal have equal gradients on every batch, and Adam turns equal "
        "gradients into equal steps. Pixels and classes are not exchangeable, so what belongs to "
        "them parts at once."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="The idea, first half: what is equal stays equal",
)


def _matrix(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, dtype=float)


def _weights(rng: np.random.Generator) -> list[Case]:
    """Weights with equal units among them; the first are small enough to count by eye."""
    small = [
        _matrix((1, 1, 1, 2)),
        _matrix((1, 1, 2), (1, 1, 2)),
        _matrix((1, 2, 2, 1), (3, 4, 4, 3), (5, 6, 6, 5)),
        _matrix((1, 2, 3), (3, 2, 1)),
        _matrix((0, 1, 0, 1, 0), (0, 0, 1, 1, 0)),
        _matrix((1, 2), (1, 3), (1, 4), (1, 2)),
    ]
    drawn = rng.normal(size=(5, 4)).round(3)
    copies = drawn[:, rng.integers(0, 4, size=9)]
    near = copies + 1e-7 * (np.arange(9) == 4)
    multiples = drawn[:, [0]] * np.array([[1.0, 2.0, -1.0, 2.0]])
    cases = [Case({"w": w}, 1) for w in (*small, drawn, copies)]
    return [
        *cases,
        Case({"w": multiples}, 1, "columns that are multiples of each other"),
        Case({"w": near}, 1, "units that differ by a ten-millionth"),
        Case({"w": np.full((6, 4), 0.1)}, 1, "constant weights"),
        Case({"w": np.zeros((3, 5))}, 1, "zeros"),
        Case({"w": drawn[:, :1]}, 1, "a single unit"),
        Case({"w": copies.astype(np.float32)}, 1, "weights of float32"),
    ]


different_units = FunctionQuestion(
    name="different-units",
    variable="different_units",
    reference=network.different_units,
    outputs=("count",),
    make_cases=_weights,
    misconceptions=(
        Misconception(
            "rows in place of columns",
            "It counts the different rows, one for each input. A unit is a column: the weights "
            "are (in, out).",
            {"np.unique(w, axis=1).shape[1]": "np.unique(w, axis=0).shape[0]"},
        ),
        Misconception(
            "different numbers counted",
            "Without an axis all numbers are thrown together. Units differ when any of their "
            "weights does, and one unit may hold many different numbers.",
            {"np.unique(w, axis=1).shape[1]": "np.unique(w).size"},
        ),
        Misconception(
            "all units counted",
            "It counts the columns, equal ones included.",
            {"np.unique(w, axis=1).shape[1]": "w.shape[1]"},
        ),
        Misconception(
            "rank",
            "The rank counts independent columns. Two units may differ and depend on each other: "
            "one twice the other, or one the sum of two.",
            {"np.unique(w, axis=1).shape[1]": "np.linalg.matrix_rank(w)"},
        ),
        Misconception(
            "inputs counted",
            "The first size is the number of inputs; the units are along the second.",
            {"np.unique(w, axis=1).shape[1]": "np.unique(w, axis=1).shape[0]"},
        ),
        Misconception(
            "only units without a twin",
            "It counts the units that occur once. A group of equal units is one unit, not none.",
            {
                "np.unique(w, axis=1).shape[1]": (
                    "(np.unique(w, axis=1, return_counts=True)[1] == 1).sum()"
                )
            },
        ),
        Misconception(
            "repeats counted",
            "It counts how many units are copies of others; asked for is how many are left.",
            {"np.unique(w, axis=1).shape[1]": "w.shape[1] - np.unique(w, axis=1).shape[1]"},
        ),
        Misconception(
            "one less for every equal pair",
            "Three equal units are three pairs but only two too many.",
            {
                "np.unique(w, axis=1).shape[1]": (
                    "w.shape[1] - np.triu((w[:, :, None] == w[:, None, :]).all(axis=0), 1).sum()"
                )
            },
        ),
        Misconception(
            "only the first weight compared",
            "Units with the same first weight may differ in the others.",
            {"np.unique(w, axis=1).shape[1]": "np.unique(w[0]).size"},
        ),
        Misconception(
            "units compared by their sum",
            "Different weights may add up to the same number.",
            {"np.unique(w, axis=1).shape[1]": "np.unique(w.sum(axis=0)).size"},
        ),
        Misconception(
            "units compared by their length",
            "Different weights may have the same length.",
            {"np.unique(w, axis=1).shape[1]": "np.unique((w**2).sum(axis=0).round(12)).size"},
        ),
        Misconception(
            "order of the weights ignored",
            "Every weight belongs to an input of its own: units with the same numbers in another "
            "order are two.",
            {"np.unique(w, axis=1).shape[1]": "np.unique(np.sort(w, axis=0), axis=1).shape[1]"},
        ),
        Misconception(
            "only neighbours compared",
            "Equal units needn't stand side by side.",
            {"np.unique(w, axis=1).shape[1]": ("1 + (w[:, 1:] != w[:, :-1]).any(axis=0).sum()")},
        ),
        Misconception(
            "different pairs counted",
            "It counts the pairs of units that differ; asked for are units.",
            {
                "np.unique(w, axis=1).shape[1]": (
                    "np.triu((w[:, :, None] != w[:, None, :]).any(axis=0), 1).sum()"
                )
            },
        ),
    ),
    hints=(
        "The weights are (in, out). Where in the matrix are all weights of one unit?",
        "Collect the different columns, each as a whole, and count them.",
        "`np.unique` takes an `axis`; or put `tuple(column)` for every `column` of `w.T` into a "
        "set.",
    ),
    why=(
        "A unit is a column of weights. Equal columns compute the same, so the number of "
        "different ones is the width that the layer really has."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="Experiment 1: how wide is a layer of constants?",
)


def _measured_loss() -> str:
    """Draw outputs of that size and measure their loss."""
    rng = np.random.default_rng(0)
    x = math.sqrt(0.5) * rng.standard_normal((20_000, 100))
    outputs = [row @ rng.normal(0, 0.04, (100, 10)) for row in x[:, None]]
    labels = rng.integers(0, 10, 20_000)
    loss = softmax_cross_entropy(np.concatenate(outputs), labels)[0]
    return f"Measured over 20,000 draws of input and weights: {loss:.3f}."


def _loss(variance: float) -> float:
    return math.log(10) + 0.45 * variance


first_loss = NumberQuestion(
    name="first-loss",
    variable="loss",
    kind="derive",
    answer=_loss(100 * 0.04**2 * 0.5),
    wrong={
        math.log(10): WrongValue(
            "size of the outputs left out",
            "2.303 is the loss when all outputs are equal. These have a standard deviation of "
            "0.28, and that costs a little.",
        ),
        math.log(10) + 0.04: WrongValue(
            "label's own output counted as independent",
            "The factor 1 - 1/K is missing: a tenth of the mean of the outputs is the label's.",
        ),
        _loss(0.16): WrongValue(
            "a factor of two too much",
            "What is added to log 10 is twice what it should be: is the half of s²/2 missing, or "
            "the mean square of the inputs, 0.5?",
        ),
        _loss(0.08**0.5): WrongValue(
            "standard deviation in place of the variance",
            "The loss grows with the square of the standard deviation: 0.08, not 0.283.",
        ),
        _loss(100 * 0.04 * 0.5): WrongValue(
            "standard deviation of the weights not squared",
            "0.04 is a standard deviation; what adds up are variances, 0.04².",
        ),
        _loss(100 * 0.04**2 * 0.25): WrongValue(
            "mean square squared",
            "0.5 is a mean square already.",
        ),
        2.336: WrongValue(
            "log 10 rounded to 2.3",
            "log 10 is 2.3026; three decimals of the sum need three decimals of both parts.",
        ),
        0.08: WrongValue(
            "variance of an output",
            "This is s², the variance of one output. The loss is log 10 and a part of it.",
        ),
        0.036: WrongValue(
            "log 10 left out",
            "This is what the spread of the outputs adds to the loss of guessing.",
        ),
        math.log(2): WrongValue("two classes", "0.693 is the loss of guessing between two."),
        1.0: WrongValue("logarithm to base 10", "The loss is in natural logarithms."),
        math.log2(10): WrongValue("logarithm to base 2", "The loss is in natural logarithms."),
    },
    seen=_measured_loss,
    hints=(
        "Two steps: the variance of one output, then what a spread of the outputs adds to log 10.",
        "An output is a sum of n products w x, with variance n Var(w) E[x²]. Call that s².",
        "s² = 100 times 0.04² times 0.5. The loss is log(10) + s²/2 (1 - 1/10).",
    ),
    why=(
        "The variance of an output is 100 · 0.0016 · 0.5 = 0.08, so the loss is "
        "2.3026 + 0.04 · 0.9 = 2.3386."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="The first loss",
)

QUESTIONS: tuple[Question, ...] = (constants_after_training, different_units, first_loss)
