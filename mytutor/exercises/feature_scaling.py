"""Exercises on feature scaling: what to learn from the rows, a whitening, a condition number."""

from __future__ import annotations

import numpy as np

from mytutor.checking import (
    Case,
    FunctionQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
)
from mytutor.scaling import standardization, zca_whitening

CHAPTER, PAGE = "Feature scaling", "normalization/feature-scaling"


# -- standardize with what was learnt --------------------------------------------------------------


def _rows(x: object, ddof: int = 0, about: str = "") -> Case:
    return Case({"x": np.array(x), "ddof": ddof}, 1, about)


def _standard_cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        _rows([[1.0], [3.0], [8.0]]),
        _rows([[2.0], [2.2], [3.0]], 1),
        _rows([[1.0, 5.0], [3.0, 5.0], [8.0, 5.0]]),
        _rows([[-1.0, 10.0], [0.0, 40.0], [4.0, 70.0], [5.0, 80.0]], 1),
        _rows([[0.0, 4.0], [8.0, 4.0], [1.0, 4.0], [1.0, 4.0]], 1),
        _rows([[2.0, -3.0], [4.0, 5.0], [12.0, 7.0]]),
    ]
    random = [
        _rows(np.round(rng.normal(2, 3, size=shape), 3), ddof)
        for shape, ddof in (((5, 2), 0), ((8, 3), 1), ((4, 6), 0), ((30, 4), 1))
    ]
    special = [
        _rows([[5.0], [5.0], [5.0], [5.0]], 0, "a feature that is constant"),
        _rows(1e-3 * np.round(rng.normal(size=(5, 2)), 3), 0, "features of tiny scale"),
        _rows(1e3 * np.round(rng.normal(size=(5, 2)), 3), 0, "features of huge scale"),
        Case(
            {"x": np.array([[1.0, 8.0], [3.0, 2.0], [8.0, 2.0]], dtype=np.float32), "ddof": 0},
            1,
            "arrays of float32",
        ),
        Case({"x": np.round(rng.normal(2, 3, size=(6, 3)), 3)}, 1, "calls without ddof"),
    ]
    return [*simple, *random, *special]


VARIANCE = "summary.squares / (summary.rows - ddof)"
STD = f"np.sqrt({VARIANCE})"
SCALE = "_scale(deviation, summary.high != summary.low)"
CONSTANT = "summary.high != summary.low"

standardize = FunctionQuestion(
    name="standardize",
    reference=standardization,
    outputs=("shift", "scale", "offset"),
    make_cases=_standard_cases,
    variable="standardization",
    section="The rules",
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=(
        Misconception(
            "variance in place of the standard deviation",
            "The scale is the variance, in the square of the feature's unit; its root is missing.",
            {STD: VARIANCE},
        ),
        Misconception(
            "range in place of the standard deviation",
            "Largest minus smallest is the scale of min-max and of mean normalization.",
            {STD: "summary.high - summary.low"},
        ),
        Misconception(
            "`ddof` ignored",
            "The divisor is the number of rows less `ddof`, and here it is the number of rows.",
            {"summary.rows - ddof": "summary.rows"},
            section="Conventions",
        ),
        Misconception(
            "always divided by rows - 1",
            "`ddof` says what is subtracted from the number of rows; here it is always 1.",
            {"summary.rows - ddof": "summary.rows - 1"},
            section="Conventions",
        ),
        Misconception(
            "`ddof` added",
            "`ddof` is subtracted from the number of rows.",
            {"summary.rows - ddof": "summary.rows + ddof"},
            section="Conventions",
        ),
        Misconception(
            "mean not subtracted before squaring",
            "This is the root mean square of the values. The standard deviation is that of their "
            "differences from the mean.",
            {"summary.squares": "(x**2).sum(0)"},
        ),
        Misconception(
            "squares added, not averaged",
            "The sum of squares grows with the number of rows; it has to be divided.",
            {VARIANCE: "summary.squares"},
        ),
        Misconception(
            "mean absolute difference",
            "The mean absolute difference is another measure of spread, and smaller.",
            {STD: "abs(x - x.mean(0)).sum(0) / (summary.rows - ddof)"},
        ),
        Misconception(
            "constant features not treated",
            "A constant feature has the standard deviation 0, and dividing by it gives NaN or "
            "infinity. Its scale is to be 1.",
            {SCALE: "deviation"},
            section="A constant column, or nearly",
        ),
        Misconception(
            "a small constant for constant features",
            "Instead of 1, the scale of a constant feature is a tiny number: a later row that "
            "differs is blown up.",
            {SCALE: "maximum(deviation, 1e-8)"},
            section="A constant column, or nearly",
        ),
        Misconception(
            "a constant added to every scale",
            "Something is added to all standard deviations, also to those of features that vary.",
            {SCALE: "deviation + 1e-8"},
            section="A constant column, or nearly",
        ),
        Misconception(
            "no scale below 1",
            "Features whose standard deviation is below 1 aren't scaled. Only a constant one gets "
            "the scale 1.",
            {SCALE: "maximum(deviation, 1.0)"},
            section="A constant column, or nearly",
        ),
        Misconception(
            "1 added to every scale",
            "Only a constant feature gets the scale 1; the others keep their standard deviation.",
            {SCALE: "deviation + 1"},
            section="A constant column, or nearly",
        ),
        Misconception(
            "median in place of the mean",
            "The median belongs to robust scaling.",
            {"summary.mean": "np.median(x, axis=0)"},
        ),
        Misconception(
            "smallest value subtracted",
            "The shift is the smallest value, as in min-max; asked for is the mean.",
            {"summary.mean": "summary.low"},
        ),
        Misconception(
            "scale upside down",
            "The rows are *divided* by the scale, so it is the standard deviation, not one over "
            "it.",
            {SCALE: f"1 / {SCALE}"},
        ),
        Misconception(
            "shift already divided by the scale",
            "The mean is subtracted before the division, so it stays in the feature's unit.",
            {"summary.mean": f"summary.mean / {SCALE}"},
        ),
    ),
    hints=(
        "Two numbers for each feature, so everything runs along the rows, axis 0. Which feature "
        "has no standard deviation to divide by?",
        "The shift is the mean of a column. The scale is the root of the sum of squared "
        "differences from it, divided by (rows - ddof). Where that is 0 the scale is 1.",
        "`deviation = x.std(axis=0, ddof=ddof)`, then "
        "`np.where(deviation > 0, deviation, ...)`, and the offset is `0.0`.",
    ),
    why=(
        "What is returned is all that a scaling has learnt. The test rows are transformed with it "
        "and never enter it. A constant feature becomes 0 in the rows to learn from, and stays "
        "finite in any later row."
    ),
)


# -- find the bug: a whitening that goes too far ---------------------------------------------------


def _white_case(x: object, ddof: int = 0, eps: float = 0.0, about: str = "") -> Case:
    return Case({"x": np.array(x), "ddof": ddof, "eps": eps}, 1, about)


def _white_cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        _white_case([[1.0], [3.0], [8.0]], 0, 0.5),
        _white_case([[2.0], [2.5], [10.0]], 1, 0.25),
        _white_case([[0.0, 0.0], [4.0, 2.0], [8.0, 1.0]], 1, 0.5),
        _white_case([[0.0, 3.0], [1.0, -2.0], [5.0, 0.0], [2.0, 3.0]]),
        _white_case([[-1.0, 10.0], [0.0, 13.0], [4.0, 14.0], [5.0, 8.0]], 1),
        _white_case([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]], 0, 0.25),
    ]
    mixing = np.array([[2.0, 0.5, 0.0], [0.0, 1.0, -0.5], [1.0, 0.0, 1.5]])
    random = [
        _white_case(np.round(rng.normal(1, 2, size=(rows, 3)) @ mixing, 3), ddof, eps)
        for rows, ddof, eps in ((9, 0, 0.0), (20, 1, 0.0), (12, 0, 0.3), (15, 1, 0.1))
    ]
    special = [
        _white_case(np.round(rng.normal(size=(8, 1)), 3), 0, 0.0, "a single feature"),
        _white_case(100 * np.round(rng.normal(size=(9, 2)), 3), 0, 0.0, "features of large scale"),
        Case({"x": np.round(rng.normal(size=(9, 3)), 3)}, 1, "calls without ddof and eps"),
    ]
    return [*simple, *random, *special]


MATRIX = "components.T / scale @ components"
BACK = "components.T * scale @ components"
FITTED = "_principal(x, ddof, eps)"
TWICE = Misconception(
    "divided by the variance",
    "Each principal component is divided by its variance, so that its new variance is one over the "
    "old one. To become 1 it has to be divided by the standard deviation, the root.",
    {MATRIX: "components.T / scale**2 @ components"},
    section="Whitening removes all of it",
)

whitening_bug = FunctionQuestion(
    name="whitening-bug",
    reference=zca_whitening,
    outputs=("shift", "matrix", "back"),
    make_cases=_white_cases,
    variable="zca_whitening",
    section="Whitening removes all of it",
    chapter=CHAPTER,
    page=PAGE,
    kind="find the bug",
    given=TWICE,
    misconceptions=(
        TWICE,
        Misconception(
            "multiplied by the standard deviation",
            "Directions of large variance are made larger still; they have to be divided.",
            {MATRIX: BACK},
        ),
        Misconception(
            "back divides, too",
            "The way back has to undo the way there: it multiplies by the standard deviations.",
            {BACK: MATRIX},
        ),
        Misconception(
            "both ways by the variance",
            "The two matrices undo each other, but the white rows have the variances 1 / variance.",
            {
                MATRIX: "components.T / scale**2 @ components",
                BACK: "components.T * scale**2 @ components",
            },
        ),
        Misconception(
            "root of the standard deviation",
            "One root too many: the standard deviations have their root taken already.",
            {MATRIX: "components.T / sqrt(scale) @ components"},
        ),
        Misconception(
            "no division",
            "The rows are turned onto the principal axes and back: nothing has changed.",
            {MATRIX: "components.T @ components"},
        ),
        Misconception(
            "not turned onto the principal axes",
            "The features themselves are divided by the standard deviations of the components. "
            "Correlation stays.",
            {MATRIX: "np.diag(1 / scale)"},
        ),
        Misconception(
            "every feature by its own deviation",
            "This is standardizing: each feature is divided by its own standard deviation, and the "
            "correlation stays.",
            {
                MATRIX: "np.diag(1 / sqrt(x.var(0) * len(x) / (len(x) - ddof) + eps))",
                BACK: "np.diag(sqrt(x.var(0) * len(x) / (len(x) - ddof) + eps))",
            },
        ),
        Misconception(
            "Cholesky's factor",
            "A triangular matrix of Cholesky whitens, too, and so does every rotation of it. ZCA's "
            "is the symmetric one, which changes the rows the least.",
            {
                MATRIX: "np.linalg.inv(np.linalg.cholesky(components.T * scale**2 @ components)).T",
                BACK: "np.linalg.cholesky(components.T * scale**2 @ components).T",
            },
        ),
        Misconception(
            "squared eps",
            "`eps` is added to the variances as it is.",
            {FITTED: "_principal(x, ddof, eps**2)"},
        ),
        Misconception(
            "eps ignored",
            "`eps` is added to the variances, and here it isn't used.",
            {FITTED: "_principal(x, ddof, 0.0)"},
        ),
        Misconception(
            "eps outside the root",
            "`eps` is added to the variance, under the root, not to the standard deviation.",
            {
                FITTED: "_principal(x, ddof, 0.0)",
                MATRIX: "components.T / (scale + eps) @ components",
                BACK: "components.T * (scale + eps) @ components",
            },
        ),
        Misconception(
            "eps outside the root on the way there",
            "`eps` is added to the variance, under the root, as on the way back.",
            {MATRIX: "components.T / (sqrt(scale**2 - eps) + eps) @ components"},
        ),
        Misconception(
            "`ddof` ignored",
            "The covariance is divided by the number of rows less `ddof`.",
            {FITTED: "_principal(x, 0, eps)"},
        ),
        Misconception(
            "mean not returned",
            "Without the shift the white rows don't have mean zero.",
            {f"Whitening(mean, {MATRIX}, {BACK})": f"Whitening(0 * mean, {MATRIX}, {BACK})"},
        ),
    ),
    hints=(
        "Whiten some rows and look at their covariance. Which powers of the variances are on its "
        "axes?",
        "The matrix is U Λ^(-1/2) Uᵀ: each component is divided by the root of its variance.",
        "`matrix = directions / np.sqrt(...) @ directions.T`.",
    ),
    why=(
        "Dividing by the variance squares the effect: a component of variance 4 gets the variance "
        "4 / 16. With the root, Aᵀ C A = U Λ^(-1/2) Λ Λ^(-1/2) Uᵀ = I, and the way back, which was "
        "right, undoes it."
    ),
)


# -- derive: what standardizing leaves -------------------------------------------------------------


def _correlated() -> str:
    """Standardize rows of two features of correlation 0.6 and look at the eigenvalues."""
    rng = np.random.default_rng(0)
    white = np.linalg.qr(rng.standard_normal((1000, 3)) - 0.5)[0]
    white = white - white.mean(0)
    white = np.linalg.qr(white)[0][:, :2]
    x = white @ np.array([[1.0, 0.6], [0.0, 0.8]]) * [10.0, 1.0] + [50.0, 3.0]
    conditions = []
    for rows in (x - x.mean(0), standardization(x).transform(x)):
        values = np.linalg.eigvalsh(rows.T @ rows / len(rows))
        conditions.append(values[-1] / values[0])
    return (
        f"Measured on 1,000 such rows: condition number {conditions[0]:.0f} with the means "
        f"subtracted, {conditions[1]:.2f} after standardizing."
    )


condition_number = NumberQuestion(
    name="standardized-condition",
    variable="kappa",
    section="The idea: the Hessian is made of the data",
    answer=4.0,
    chapter=CHAPTER,
    page=PAGE,
    kind="derive",
    tolerance=0.01,
    wrong={
        1.0: WrongValue(
            "whitened", "1 is what whitening reaches. Standardizing leaves the correlation."
        ),
        100.0: WrongValue(
            "before, and uncorrelated",
            "10² belongs to the features as recorded, if they were uncorrelated.",
        ),
        157.3: WrongValue(
            "before standardizing",
            "157 is the condition number of the centred features as recorded, [[100, 6], [6, 1]].",
        ),
        0.6: WrongValue("the correlation itself", "0.6 stands in the matrix, off its diagonal."),
        10.0: WrongValue(
            "ratio of the scales", "The scales are equal after standardizing; 10 is gone."
        ),
        1.6: WrongValue(
            "largest eigenvalue", "1.6 is the largest eigenvalue. Divide it by the smallest."
        ),
        0.4: WrongValue(
            "smallest eigenvalue", "0.4 is the smallest eigenvalue. How large is the other?"
        ),
        0.25: WrongValue(
            "upside down", "The condition number is the largest over the smallest, so at least 1."
        ),
        2.5: WrongValue(
            "1 over 1 - rho", "The largest eigenvalue isn't 1 but 1 + rho: one direction gains."
        ),
        1.5625: WrongValue(
            "1 over 1 - rho²", "1 - rho² is the determinant, the product of the eigenvalues."
        ),
        2.0: WrongValue(
            "of X itself",
            "2 is the quotient of the singular values of X; those of XᵀX are squares.",
        ),
        16.0: WrongValue("squared once too often", "XᵀX/N has these eigenvalues already."),
        2.125: WrongValue(
            "rho squared",
            "(1 + rho²) / (1 - rho²): in the matrix stands rho itself.",
        ),
    },
    seen=_correlated,
    hints=(
        "Write down the matrix XᵀX/N of two standardized features. What stands on the diagonal, "
        "and what beside it?",
        "It is [[1, rho], [rho, 1]]. Its eigenvectors are (1, 1) and (1, -1).",
        "The eigenvalues are 1 + rho and 1 - rho: `(1 + 0.6) / ...`.",
    ),
    why=(
        "The matrix [[1, 0.6], [0.6, 1]] has the eigenvalues 1.6 and 0.4, so the condition number "
        "is 4. Scales and means are gone; only whitening removes the rest."
    ),
)

QUESTIONS: tuple[Question, ...] = (standardize, whitening_bug, condition_number)
