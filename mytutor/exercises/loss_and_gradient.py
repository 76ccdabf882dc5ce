"""Exercises on loss and gradient: cross-entropy, an update that is none, and a slope by hand."""

from __future__ import annotations

import numpy as np

from mytutor import rules
from mytutor.checking import (
    Case,
    FunctionQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
    rule_question,
)
from mytutor.losses import softmax_cross_entropy, squared_error
from mytutor.network import numerical_gradient

CHAPTER, PAGE = "Loss and gradient", "learning/loss-and-gradient"
LIKELIHOOD = "A loss from a likelihood"

PROBABILITY = "exp(log_probability)"
GRADIENT = "gradient / count"
VALUE = "-log_probability[at_label].sum() / count"


def _cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        ([[0.0, 0.0]], [0]),
        ([[1.0, -1.0]], [1]),
        ([[2.0, 0.0, -1.0]], [0]),
        ([[0.0, 1.0], [3.0, 0.0]], [1, 1]),
        ([[1.0, 2.0, 3.0], [0.0, -2.0, 1.0]], [0, 2]),
        ([[1000.0, 998.0], [0.0, 2.0]], [1, 0]),
    ]
    drawn = [
        (rng.normal(size=(batch, classes)), rng.integers(0, classes, batch))
        for batch, classes in ((1, 4), (3, 2), (5, 3), (8, 10))
    ]
    cases = [
        Case({"logits": np.array(logits), "labels": np.array(labels)}, 2)
        for logits, labels in [*simple, *drawn]
    ]
    same = {"logits": rng.normal(size=(4, 3)), "labels": np.array([2, 2, 2, 2])}
    return [*cases, Case(same, 2, "a batch of a single class")]


cross_entropy = FunctionQuestion(
    name="softmax-cross-entropy",
    reference=softmax_cross_entropy,
    outputs=("the loss", "the gradient"),
    make_cases=_cases,
    variable="softmax_cross_entropy",
    chapter=CHAPTER,
    page=PAGE,
    section=LIKELIHOOD,
    misconceptions=(
        Misconception(
            "gradient of the sum",
            "The loss is a mean over the rows, so its gradient is divided by their number too. "
            "Without that, the learning rate depends on the batch size.",
            {GRADIENT: "gradient"},
        ),
        Misconception(
            "loss summed over the rows",
            "The loss is the mean over the rows, not their sum.",
            {VALUE: "-log_probability[at_label].sum()"},
        ),
        Misconception(
            "divided by the number of elements",
            "The mean is over the rows; each row has one loss, however many classes there are.",
            {GRADIENT: "gradient / logits.size"},
        ),
        Misconception(
            "opposite sign of the gradient",
            "The gradient points uphill: what the model says minus what is true.",
            {GRADIENT: "-gradient / count"},
        ),
        Misconception(
            "opposite sign of the loss",
            "The logarithm of a probability is negative; the loss is minus that.",
            {VALUE: "log_probability[at_label].sum() / count"},
        ),
        Misconception(
            "true class not subtracted",
            "The gradient is p minus y': 1 is missing at the true class, the only place that says "
            "what is right.",
            {GRADIENT: "exp(log_probability) / count"},
        ),
        Misconception(
            "logarithm of the probability in the gradient",
            "The gradient is made of the probabilities themselves.",
            {PROBABILITY: "log_probability + 0"},
        ),
        Misconception(
            "logits in place of probabilities",
            "The softmax is missing from the gradient: p minus y', not z minus y'.",
            {PROBABILITY: "logits + 0"},
        ),
        Misconception(
            "sigmoid in place of the softmax",
            "A sigmoid looks at one logit alone. The softmax compares the logits of a row, so that "
            "its probabilities add up to 1.",
            {PROBABILITY: "1 / (1 + exp(-logits))"},
        ),
        Misconception(
            "softmax down the columns",
            "Each row is one example: the probabilities of a row add up to 1, so the sum runs over "
            "the classes.",
            {"log_softmax(logits)": "log_softmax(logits.T).T"},
        ),
        Misconception(
            "derivative of the sigmoid as well",
            "p (1 - p) belongs to squared error after a sigmoid. Here the logarithm cancels it, "
            "and p - y' is all.",
            {GRADIENT: "gradient * exp(log_probability) * (1 - exp(log_probability)) / count"},
        ),
        Misconception(
            "factor of two",
            "The 2 belongs to squared error; there is no square here.",
            {GRADIENT: "2 * gradient / count"},
        ),
        Misconception(
            "logarithm to the base two",
            "The loss is the natural logarithm; its gradient p - y' has no factor ln 2.",
            {VALUE: "-log_probability[at_label].sum() / count / log(2.0)"},
        ),
        Misconception(
            "largest logit not subtracted",
            "exp(1000) overflows, and infinity over infinity is no number. Subtract the largest "
            "logit of each row first: the quotient stays the same.",
            {"log_softmax(logits)": "logits - log(exp(logits).sum(-1)[..., None])"},
            section="Conventions",
        ),
        Misconception(
            "loss divided by the number of elements",
            "The mean runs over the rows, and a row has one loss. The mean of all elements of "
            "-y' log p is smaller by the number of classes.",
            {VALUE: "-log_probability[at_label].sum() / logits.size"},
        ),
        Misconception(
            "every row at the labels of all rows",
            "`[:, labels]` takes the labels of all rows in every row. One element of each row is "
            "needed: `[np.arange(len(labels)), labels]`.",
            {GRADIENT: "(exp(log_probability) - np.isin(range(logits.shape[1]), labels)) / count"},
        ),
        Misconception(
            "loss of every row at the labels of all rows",
            "`[:, labels]` takes the labels of all rows in every row. One element of each row is "
            "needed: `[np.arange(len(labels)), labels]`.",
            {VALUE: "-log_probability[:, labels].mean()"},
        ),
        Misconception(
            "softmax over the whole array",
            "The sum of the softmax runs over the classes of a row (`axis=1`), not over the whole "
            "array.",
            {PROBABILITY: "exp(logits - logits.max()) / exp(logits - logits.max()).sum()"},
        ),
        Misconception(
            "gradient in the probabilities",
            "-y' / p is the derivative by the probabilities. Asked for is that by the logits: the "
            "softmax is differentiated too, and p - y' is what the two come to.",
            {
                GRADIENT: "(gradient - exp(log_probability)) / exp(log_probability) / count",
            },
        ),
        Misconception(
            "derivative of each probability by its own logit",
            "p (1 - p) is the diagonal of the softmax's derivative. The loss goes through the "
            "logarithm, and every logit moves every probability of its row: p - y' in all.",
            {GRADIENT: "exp(log_probability) * (1 - exp(log_probability)) / count"},
        ),
        Misconception(
            "squared error",
            "That is the squared error of the probabilities. The loss is minus the logarithm of "
            "the probability of the true class.",
            {VALUE: "(gradient**2).sum() / count"},
        ),
        Misconception(
            "probability in place of its logarithm",
            "The loss is the negative logarithm of the probability of the true class, not one "
            "minus that probability.",
            {VALUE: "(1 - exp(log_probability[at_label])).sum() / count"},
        ),
    ),
    hints=(
        "First the probabilities of every row, by the softmax. The loss needs those of the true "
        "classes; the gradient is what the model says minus what is true.",
        "p = exp(z) / sum of exp(z) over the row; the loss is the mean of -log p at the labels; "
        "the gradient is (p - y') / rows, y' having a 1 at the label. Subtract the largest z of "
        "the row before exp.",
        "`z = logits - logits.max(axis=1, keepdims=True)`, `p = np.exp(z) / ...`; "
        "`rows = np.arange(len(labels))`; `gradient = p.copy(); gradient[rows, labels] -= 1`; "
        "return both, each divided by the number of rows.",
    ),
    why=(
        "The derivative of log sum exp is the softmax, that of the true logit is 1: p - y'. The "
        "largest logit is subtracted first, which changes no quotient and lets nothing overflow; "
        "one of the cases has a logit of 1000."
    ),
)


new_weight = rule_question(
    "new-weight",
    rules.sgd,
    chapter=CHAPTER,
    page=PAGE,
    given=Misconception(
        "derivative in place of the update",
        "The derivative tells how the loss changes with the weight. It is no weight: the new "
        "weight is the old one, moved a little against it.",
        {"x - lr * g": "g"},
    ),
    misconceptions=[
        Misconception(
            "opposite sign",
            "The gradient points uphill. The step is subtracted, so that the loss falls.",
            {"x - lr * g": "x + lr * g"},
        ),
        Misconception(
            "step in place of the new weight",
            "lr times g is the way to go. The new weight is the old one minus that.",
            {"x - lr * g": "lr * g"},
        ),
        Misconception(
            "change in place of the new weight",
            "-lr g is the change of the weight; add it to the old one.",
            {"x - lr * g": "-lr * g"},
        ),
        Misconception(
            "learning rate missing",
            "The step is as long as the derivative, whatever `lr` is: the right unit only by luck.",
            {"lr * g": "g"},
        ),
        Misconception(
            "multiplied in place of subtracted",
            "The step is taken off the weight. A product would be zero for ever once it is zero.",
            {"x - lr * g": "x * lr * g"},
        ),
        Misconception(
            "learning rate on the weight",
            "`lr` scales the step. On the weight it would shrink the weight itself.",
            {"x - lr * g": "lr * x - g"},
        ),
        Misconception(
            "learning rate on both",
            "`lr` scales the step only: x - lr * g, without brackets around the difference.",
            {"x - lr * g": "lr * (x - g)"},
        ),
        Misconception(
            "divided by the learning rate",
            "A larger rate is a longer step: lr times g.",
            {"lr * g": "g / lr"},
        ),
        Misconception(
            "gradient minus weight",
            "The old weight is kept and the step is taken off, not the other way round.",
            {"x - lr * g": "lr * g - x"},
        ),
        Misconception(
            "average of weight and derivative",
            "A weight and a derivative have different units: they can't be averaged.",
            {"x - lr * g": "(1 - lr) * x + lr * g"},
        ),
        Misconception(
            "only the sign of the derivative",
            "This is another rule: its steps are as long where the loss is flat as where it is "
            "steep.",
            {"lr * g": "lr * sign(g)"},
        ),
        Misconception(
            "half a step",
            "The rate is all that scales the step; a 1/2 belongs to the loss, if anywhere.",
            {"lr * g": "lr * g / 2"},
        ),
        Misconception(
            "square of the derivative",
            "Squared, the derivative has lost its sign, and always points one way.",
            {"lr * g": "lr * g**2"},
        ),
        Misconception(
            "factor of two",
            "The 2 of a squared error is in its derivative already.",
            {"lr * g": "2 * lr * g"},
        ),
        Misconception(
            "size of the derivative",
            "Without its sign the derivative doesn't say which way is down.",
            {"lr * g": "lr * abs(g)"},
        ),
    ],
    hints=(
        "What unit has a derivative of a loss by a weight? And what is it at a minimum: which "
        "weight would this formula give there?",
        "The new weight is the old one minus the learning rate times the derivative.",
        "`x = x - ...`",
    ),
    why=(
        "At a minimum the derivative is zero, so the formula as given sets every weight to zero "
        "there. The derivative is a direction and a steepness; the old weight is where one starts."
    ),
)

POINTS = ((1.0, 2.0), (2.0, 3.0), (3.0, 7.0))


def _slope() -> float:
    """The derivative in the slope at slope 0 and intercept 0."""
    x, y = np.array(POINTS).T
    return float((squared_error(0 * x, y)[1] * x).sum())


def _checked() -> str:
    """Compare with differences of the loss."""
    x, y = np.array(POINTS).T
    numeric = numerical_gradient(
        lambda line: squared_error(line[0] * x + line[1], y)[0], np.zeros(2)
    )
    return (
        f"By central differences: {numeric[0]:.4f} in the slope and {numeric[1]:.4f} in the "
        "intercept. Both are negative, so both should be raised."
    )


line_slope = NumberQuestion(
    name="line-slope",
    variable="slope_derivative",
    answer=_slope(),
    tolerance=2e-3,  # -19.3 is rounded and right
    kind="derive",
    chapter=CHAPTER,
    page=PAGE,
    section="Move it",
    wrong={
        58 / 3: WrongValue(
            "opposite sign",
            "At slope 0 every point lies above the line, so the loss falls as the slope rises: the "
            "derivative is negative.",
        ),
        -58.0: WrongValue(
            "sum in place of the mean", "-58 is the derivative of the sum; divide by three points."
        ),
        58.0: WrongValue(
            "sum, with the opposite sign",
            "58 is the size of the derivative of the sum. Divide by three points; and the loss "
            "falls as the slope rises, so the sign is negative.",
        ),
        29.0: WrongValue(
            "half the sum, with the opposite sign",
            "29 is the sum of x times the miss y - a x. The mean of the squares has twice a third "
            "of it as its derivative, and a negative sign: the loss falls as the slope rises.",
        ),
        29 / 3: WrongValue(
            "mean of x times the miss",
            "29/3 is the mean of x y. The derivative of a square is twice what is squared, and "
            "the inner derivative of a x + b - y gives the sign.",
        ),
        8.0: WrongValue(
            "derivative in the intercept, with the opposite sign",
            "-8 is the derivative in the intercept, and 8 has its sign wrong as well. In the slope "
            "every miss counts x times.",
        ),
        -29 / 3: WrongValue(
            "factor of two missing", "The derivative of a square is twice what is squared."
        ),
        -29.0: WrongValue(
            "half the sum", "-29 is the derivative of half the sum; asked for is that of the mean."
        ),
        -8.0: WrongValue(
            "derivative in the intercept",
            "-8 is the derivative in the intercept. In the slope every miss counts x times.",
        ),
        -16.0: WrongValue(
            "mean of x times mean of the miss",
            "-16 multiplies two means. The mean of the products is needed: the point furthest out "
            "misses most.",
        ),
        62 / 3: WrongValue("the loss itself", "62/3 is the loss at this line, (4 + 9 + 49) / 3."),
        2.5: WrongValue(
            "the best slope", "2.5 is the slope of the best line, not the derivative at slope 0."
        ),
        28 / 3: WrongValue(
            "x squared in place of the miss times x",
            "The mean of 2 x² is the second derivative in the slope.",
        ),
    },
    seen=_checked,
    hints=(
        "Write the loss as a function of slope a and intercept b: the mean of (a x + b - y)². "
        "Differentiate by a.",
        "The derivative by a is the mean of 2 (a x + b - y) x, by the chain rule.",
        "At a = b = 0: `(2 / 3) * (-2 * 1 + -3 * 2 + ...)`",
    ),
    why=(
        "The chain rule gives 2 (a x + b - y) x for each point; the misses are -2, -3 and -7, "
        "times x they are -2, -6 and -21, and two thirds of -29 are -19.33."
    ),
)

QUESTIONS: tuple[Question, ...] = (cross_entropy, new_weight, line_slope)
