"""Exercises on batch gradient descent: parts of a gradient, a wrong mean, the number of passes."""

from __future__ import annotations

import math

import numpy as np

from mytutor import rules, surfaces
from mytutor.checking import (
    Case,
    FunctionQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
)
from mytutor.solvers import least_squares
from mytutor.train import descend, gather

CHAPTER, PAGE = "Batch gradient descent", "descent/batch-gradient-descent"


# -- the whole from its parts ----------------------------------------------------------------------


def _parts(rng: np.random.Generator) -> list[Case]:
    """Mean gradients of parts of unequal size; the first with one weight and round numbers."""
    small = [
        ([[1.0], [5.0]], [3, 1]),
        ([[1.0], [5.0]], [1, 3]),
        ([[4.0], [0.0]], [1, 4]),
        ([[-2.0], [6.0]], [2, 6]),
        ([[1.0], [2.0], [9.0]], [4, 3, 1]),
        ([[3.0], [-3.0], [1.0]], [1, 2, 5]),
    ]
    drawn = [(rng.normal(size=(k, d)).round(3), rng.integers(1, 50, k)) for k, d in SIZES]
    gradients, counts = drawn[-1]
    cases = [Case(_given(*pair), 2) for pair in (*small, *drawn)]
    equal = np.full(len(counts), 7)
    return [
        *cases,
        Case(_given(gradients, equal), 2, "parts of equal size"),
        Case(_given(1e6 * gradients, counts), 2, "huge gradients"),
        Case(_given(np.zeros((3, 2)), [3, 2, 1]), 2, "gradients of zero"),
    ]


SIZES = ((2, 3), (4, 3), (5, 2), (6, 4))


def _given(gradients: object, counts: object) -> dict[str, np.ndarray]:
    return {"gradients": np.asarray(gradients), "counts": np.asarray(counts)}


PAIRED = "zip(gradients, counts, strict=True)"

gather_parts = FunctionQuestion(
    name="gather-parts",
    variable="gather",
    reference=gather,
    outputs=("g",),
    make_cases=_parts,
    misconceptions=(
        Misconception(
            "mean of the means",
            "Every part counts alike, so the examples of a small part count more than the others. "
            "Weigh each part by its rows.",
            {"count / total": "1 / len(counts)"},
            section="Conventions",
        ),
        Misconception(
            "sum of the means",
            "The means are added up, as `backward()` does in PyTorch: the result grows with the "
            "number of parts.",
            {"count / total": "1"},
            section="Conventions",
        ),
        Misconception(
            "sum over the examples",
            "That is the sum over all examples; the mean is asked for. Divide by the number of all "
            "rows.",
            {"count / total": "count"},
        ),
        Misconception(
            "divided by the number of parts",
            "Each mean times its rows is a sum over examples, so the total has to be divided by "
            "the number of examples, not of parts.",
            {"count / total": "count / len(counts)"},
        ),
        Misconception(
            "divided by the rows of the largest part",
            "The divisor is the number of rows in all parts together.",
            {"count / total": "count / max(counts)"},
        ),
        Misconception(
            "all parts as large as the first",
            "The last part of a data set is often smaller than the first. Each has its own count.",
            {"count / total": "counts[0] / total"},
        ),
        Misconception(
            "last part left out",
            "The last part is missing, though its rows are counted: `drop_last` by accident.",
            {PAIRED: "zip(gradients[:-1], counts[:-1], strict=True)"},
        ),
        Misconception(
            "weights the wrong way round",
            "The more rows a part has, the more it has to count; here it counts less.",
            {"count / total": "total / count"},
        ),
        Misconception(
            "gradient with the sign of a step",
            "A gradient points uphill. The minus sign belongs to the step, not to the mean.",
            {"count / total": "-count / total"},
        ),
        Misconception(
            "means divided by all rows",
            "A mean is no sum: turn it back into one, by its rows, before you divide by all rows.",
            {"count / total": "1 / total"},
        ),
        Misconception(
            "means divided by their rows",
            "They are means already. To get the sums back, multiply by the rows.",
            {"count / total": "1 / count"},
        ),
        Misconception(
            "mean of the weighted means",
            "The shares add up to 1, so the sum of the weighted means is the answer. Dividing it "
            "by the number of parts makes it too short.",
            {"count / total": "count / total / len(counts)"},
        ),
        Misconception(
            "weights squared",
            "Each part is weighted by its share twice, so the weights don't add up to 1.",
            {"count / total": "(count / total) ** 2"},
        ),
    ),
    hints=(
        "Turn each mean back into a sum over its examples. What has to be done to the sum of these "
        "sums?",
        "g = (N₁ g₁ + N₂ g₂ + …) / (N₁ + N₂ + …).",
        "`weights = counts / counts.sum()`, then add up `weights[k] * gradients[k]`.",
    ),
    why=(
        "The mean of a part times its rows is the sum over its examples. All of these sums over "
        "all of the rows are the gradient of the whole data set, wherever the parts were computed."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="The idea: a mean that can be taken apart",
)


# -- the gradient of least squares -----------------------------------------------------------------


def _regressions(rng: np.random.Generator) -> list[Case]:
    """Linear regressions; the first with one weight, three examples and round numbers."""
    small = [
        ([1.0], [[1.0], [2.0], [0.0]], [0.0, 0.0, 1.0]),
        ([2.0], [[1.0], [1.0], [2.0]], [0.0, 1.0, 1.0]),
        ([-1.0], [[1.0], [3.0], [2.0]], [1.0, 0.0, 2.0]),
        ([0.0], [[1.0], [2.0], [3.0]], [3.0, 1.0, 2.0]),
        ([1.0], [[2.0], [-1.0], [1.0]], [0.0, 2.0, -1.0]),
        ([3.0], [[1.0], [0.0], [1.0]], [1.0, 2.0, 1.0]),
    ]
    drawn = [tuple(rng.normal(size=s).round(3) for s in (d, (n, d), n)) for n, d in ROWS]
    w, x, y = drawn[-1]
    single = [part.astype(np.float32) for part in (w, x, y)]
    return [
        *(Case(_regression(*case), 3) for case in (*small, *drawn)),
        Case(_regression(w, x, x @ w), 3, "data that the weights fit exactly"),
        Case(_regression(w, 100 * x, y), 3, "large features"),
        Case(_regression(np.zeros(len(w)), x, y), 3, "weights of zero"),
        Case(_regression(*single), 3, "arrays of float32"),
    ]


ROWS = ((5, 2), (8, 3), (4, 3), (10, 4))


def _regression(w: object, x: object, y: object) -> dict[str, np.ndarray]:
    return {"w": np.asarray(w), "x": np.asarray(x), "y": np.asarray(y)}


least_squares_bug = FunctionQuestion(
    name="least-squares-bug",
    variable="least_squares",
    reference=least_squares,
    outputs=("value", "gradient"),
    make_cases=_regressions,
    kind="find the bug",
    given=(
        summed := Misconception(
            "gradient summed, loss averaged",
            "The loss is a mean over the examples and the gradient a sum, so it isn't the gradient "
            "of this loss: it is as many times too long as there are examples.",
            {"error @ x / rows": "error @ x"},
        )
    ),
    misconceptions=(
        summed,
        Misconception(
            "loss not averaged",
            "The loss is the sum over the examples now, and the gradient the mean.",
            {"error @ error / (2 * rows)": "error @ error / 2"},
        ),
        Misconception(
            "loss not halved",
            "Without the half the loss has twice this gradient.",
            {"error @ error / (2 * rows)": "error @ error / rows"},
            section="Conventions",
        ),
        Misconception(
            "gradient doubled",
            "The 2 of the square cancels the half in front of it.",
            {"error @ x / rows": "2 * error @ x / rows"},
        ),
        Misconception(
            "gradient halved",
            "The half of the loss cancels the 2 of the square, so none is left in the gradient.",
            {"error @ x / rows": "error @ x / (2 * rows)"},
        ),
        Misconception(
            "error with the opposite sign",
            "The square doesn't notice it, but the gradient points downhill now, and subtracting "
            "it climbs.",
            {"x @ w - y": "y - x @ w"},
        ),
        Misconception(
            "divided by the number of weights",
            "The mean is over examples, the rows of x, not over its columns.",
            {"len(x)": "len(w)"},
        ),
        Misconception(
            "gradient divided by the number of weights",
            "The mean is over examples, the rows of x, as in the loss. `len(w)` is the number of "
            "its columns.",
            {"error @ x / rows": "error @ x / len(w)"},
        ),
        Misconception(
            "gradient divided by one less",
            "N - 1 belongs to the variance of a sample. The loss is a plain mean.",
            {"error @ x / rows": "error @ x / (rows - 1)"},
        ),
        Misconception(
            "gradient divided by the root",
            "The root of N belongs to a standard error. The gradient of a mean is a mean.",
            {"error @ x / rows": "error @ x / rows**0.5"},
        ),
        Misconception(
            "product of two means",
            "The mean of error times x isn't the mean error times the mean of x.",
            {"error @ x / rows": "error.mean() * x.mean(0)"},
        ),
        Misconception(
            "divided by one less",
            "N - 1 belongs to the variance of a sample. The loss is a plain mean.",
            {"len(x)": "(len(x) - 1)"},
        ),
        Misconception(
            "mean divided twice",
            "The gradient is divided by the number of examples twice.",
            {"error @ x / rows": "error @ x / rows**2"},
        ),
        Misconception(
            "gradient by the predictions",
            "That is the mean error. By the chain rule each error is still multiplied by its row "
            "of x.",
            {"error @ x / rows": "0 * w + error.sum() / rows"},
        ),
        Misconception(
            "step returned in place of the gradient",
            "The function returns the gradient; the step is made elsewhere.",
            {"value, gradient": "value, w - gradient"},
        ),
    ),
    hints=(
        "Compare the gradient with a numerical one, for two examples and for ten. How does the "
        "quotient depend on the number of examples?",
        "Whatever stands in front of the sum of the loss stands in front of the sum of the "
        "gradient, times the 2 of the square.",
        "`gradient = error @ x / ...`",
    ),
    why=(
        "The loss is 1 / (2 rows) times a sum of squares. Its derivative has the same sum in it "
        "and the factor 2 / (2 rows). With the sum, the rate that is right for 10 examples "
        "diverges with 1000."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="The idea: a mean that can be taken apart",
)


# -- how many steps --------------------------------------------------------------------------------


def _counted() -> str:
    """Descend a bowl of condition number 50 and count."""
    path = descend(rules.sgd, surfaces.quadratic(50.0).gradient, (1.0, 0.02), 200, lr=2 / 51)
    distance = np.linalg.norm(path, axis=1) / np.linalg.norm(path[0])
    return (
        f"On such a bowl the distance is {distance[172]:.6f} of the first after 172 steps and "
        f"{distance[173]:.6f} after 173."
    )


passes_needed = NumberQuestion(
    name="passes-needed",
    variable="passes",
    kind="derive",
    answer=173.0,
    tolerance=0.0025,  # 172.67 is as good, 172 is one pass too few
    wrong={
        172.0: WrongValue(
            "one pass too few", "After 172 steps it isn't quite a thousandth yet: round up."
        ),
        math.log(1000) / -math.log(1 - 1 / 50): WrongValue(
            "rate 1 / L",
            "342 is what the rate 1/L needs, with the factor 1 - 1/kappa. At the best constant "
            "rate the factor is (kappa - 1)/(kappa + 1), and half of the steps are enough.",
        ),
        341.0: WrongValue(
            "rate 1 / L, rounded down",
            "342 is what the rate 1/L needs, with the factor 1 - 1/kappa. At the best constant "
            "rate the factor is (kappa - 1)/(kappa + 1), and half of the steps are enough.",
        ),
        175.0: WrongValue(
            "approximated with 3.5 kappa",
            "3.5 kappa is rounded, log(1000)/2 = 3.454. The factor itself gives the exact number.",
        ),
        150.0: WrongValue(
            "three times kappa",
            "150 takes kappa steps for a digit. At the best constant rate a digit needs log(10)/2, "
            "about 1.15, times kappa: mind which logarithm it is.",
        ),
        math.log(10) / math.log(51 / 49): WrongValue(
            "one digit only",
            "After 58 steps a tenth is left. A thousandth is three such stretches.",
        ),
        50 * math.log(1000): WrongValue(
            "rate 1 / L, approximately",
            "kappa log 1000 is the approximation for the rate 1/L. At the best constant rate half "
            "of it is enough.",
        ),
        87.0: WrongValue(
            "the loss in place of the distance",
            "87 steps shrink the loss, which goes with the square of the distance, a thousandfold.",
        ),
        86.3: WrongValue(
            "the loss in place of the distance, not rounded",
            "86.3 steps shrink the loss, which goes with the square of the distance, a "
            "thousandfold. Asked for is the distance.",
        ),
        3 / math.log(51 / 49): WrongValue(
            "two kinds of logarithm",
            "75 is log10 1000 over a natural logarithm. Take the same logarithm for both.",
        ),
        50_000.0: WrongValue(
            "the law for convex functions",
            "In proportion to 1/accuracy is the promise for convexity alone. Here the curvature "
            "is bounded below, and every step multiplies the distance.",
        ),
        math.log(1000) / math.log(51): WrongValue(
            "distance divided by kappa + 1",
            "A step leaves (kappa - 1)/(kappa + 1) of the distance, 0.96, and not one part in 51.",
        ),
        25.0: WrongValue(
            "momentum's root",
            "25 is what momentum needs at its best. Without it there is kappa, not its root.",
        ),
        500.0: WrongValue(
            "kappa for each digit, rounded up",
            "One digit takes about 1.15 kappa steps at the best constant rate, and a thousandth is "
            "three digits.",
        ),
    },
    seen=_counted,
    hints=(
        "By which factor does one step multiply the distance, at worst? How often do you have to "
        "apply it?",
        "((kappa - 1)/(kappa + 1))^t = 1/1000. Take logarithms.",
        "`log(1000) / log(51 / 49)`, rounded up.",
    ),
    why=(
        "The distance shrinks by 49/51 a step, so it takes log 1000 / log(51/49) = 172.7 steps, "
        "about 3.5 kappa."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="How many steps?",
)

QUESTIONS: tuple[Question, ...] = (gather_parts, least_squares_bug, passes_needed)
