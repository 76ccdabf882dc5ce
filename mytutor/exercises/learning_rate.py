"""Exercises on the learning rate: a threshold, the best constant rate, and one to find."""

from __future__ import annotations

import math

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
from mytutor.train import best_rate, descend

CHAPTER, PAGE = "The learning rate", "learning/learning-rate"
DIRECTIONS = "Many directions: the steepest sets the limit, the flattest the time"


# -- the threshold ---------------------------------------------------------------------------------


def _around_the_threshold() -> str:
    """Descend f = 3x² + 4xy + 3y² a little below and above the threshold."""
    hessian = np.array([[6.0, 4.0], [4.0, 6.0]])
    ends = [
        float(np.linalg.norm(descend(rules.sgd, lambda x: hessian @ x, (1, 0.5), 200, lr=lr)[-1]))
        for lr in (0.198, 0.202)
    ]
    return (
        f"From (1, 0.5), 200 steps end {ends[0]:.3f} from the minimum at the rate 0.198 and "
        f"{ends[1]:.0f} from it at 0.202."
    )


threshold = NumberQuestion(
    name="rate-threshold",
    variable="threshold",
    kind="derive",
    answer=0.2,
    wrong={
        1 / 3: WrongValue(
            "the diagonal only",
            "1/3 is 2/6, from the curvature 6 along x or y. Along the diagonal, where x = y, the "
            "bowl is steeper: 4xy makes it so.",
        ),
        1.0: WrongValue(
            "the flattest direction",
            "1 is 2 over the smallest curvature. The steepest direction diverges long before.",
        ),
        0.1: WrongValue(
            "1 / L",
            "0.1 is 1/L: there the steepest direction lands in the minimum in one step. Up to "
            "twice that rate it overshoots and still gets closer.",
        ),
        1 / 6: WrongValue(
            "the best rate",
            "1/6 = 2/(2 + 10) is the fastest constant rate. The threshold lies above it.",
        ),
        0.4: WrongValue(
            "coefficients taken for second derivatives",
            "The second derivatives of 3x² are 6, not 3: the Hessian is twice the matrix of the "
            "coefficients, and the threshold half of 0.4.",
        ),
        2 / 7: WrongValue(
            "coefficients added up",
            "7 = 3 + 4 is a sum of coefficients. What counts is the largest eigenvalue of the "
            "Hessian.",
        ),
        1 / 7: WrongValue(
            "mixed term doubled",
            "1/7 = 2/14 comes of a Hessian with 8 off the diagonal. Differentiate 4xy by x and "
            "then by y: it is 4.",
        ),
        0.25: WrongValue(
            "mixed term halved",
            "1/4 = 2/8 comes of a Hessian with 2 off the diagonal. Half of 4 stands in the matrix "
            "of the coefficients; the second derivative of 4xy is 4.",
        ),
        2 / 3: WrongValue(
            "one coefficient taken for the curvature",
            "2/3 takes the 3 for the curvature. The second derivative of 3x² is 6, and 4xy makes "
            "the bowl steeper still along the diagonal.",
        ),
        2.0: WrongValue(
            "numerator left out or flattest direction",
            "2 is the smallest curvature, or 2 over the smallest eigenvalue of the coefficients' "
            "matrix. The largest curvature decides.",
        ),
        10.0: WrongValue("L itself", "10 is the largest curvature L. The threshold is 2/L."),
        5.0: WrongValue("upside down", "5 is L/2; the threshold is 2/L."),
    },
    seen=_around_the_threshold,
    hints=(
        "The steepest direction decides. It isn't one of the axes: try x = y.",
        "The Hessian is [[6, 4], [4, 6]]. Its eigenvectors are (1, 1) and (1, -1).",
        "Its eigenvalues are 6 + 4 and 6 - 4. The threshold is `2 / ...`.",
    ),
    why="The Hessian [[6, 4], [4, 6]] has the eigenvalues 2 and 10, so the threshold is 2/10.",
    chapter=CHAPTER,
    page=PAGE,
    section=DIRECTIONS,
)


# -- the best constant rate ------------------------------------------------------------------------


def _hessians(rng: np.random.Generator) -> list[Case]:
    """Symmetric positive definite matrices; the first with round eigenvalues."""
    small = (
        [[2.0, 1.0], [1.0, 2.0]],
        [[1.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 2.0]],
        [[6.0, 4.0], [4.0, 6.0]],
        [[5.0, 0.0], [0.0, 1.0]],
        [[3.0, 1.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 10.0]],
        [[3.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, 2.0]],
    )
    drawn = [_bowl(rng, n) for n in (2, 3, 4, 6)]
    return [
        *(Case({"hessian": np.array(matrix)}, 1) for matrix in (*small, *drawn)),
        Case({"hessian": 1e3 * drawn[1]}, 1, "large curvatures"),
        Case({"hessian": 1e-3 * drawn[2]}, 1, "small curvatures"),
        Case({"hessian": drawn[1].astype(np.float32)}, 1, "a matrix of float32"),
    ]


def _bowl(rng: np.random.Generator, n: int) -> np.ndarray:
    a = rng.normal(size=(n, n)).round(2)
    return (a @ a.T + np.eye(n)).round(3)


ENDS = "eigenvalues[0] + eigenvalues[-1]"
RATE = f"2 / ({ENDS})"

best = FunctionQuestion(
    name="best-rate",
    variable="best_rate",
    reference=best_rate,
    outputs=("lr",),
    make_cases=_hessians,
    misconceptions=(
        Misconception(
            "the threshold",
            "2 over the largest curvature is the rate at which the steepest direction swings for "
            "ever.",
            {RATE: "2 / eigenvalues[-1]"},
        ),
        Misconception(
            "1 / L",
            "It is safe and lands the steepest direction at once, and the flattest one is almost "
            "twice as slow as it could be.",
            {RATE: "1 / eigenvalues[-1]"},
        ),
        Misconception(
            "numerator 1",
            "The two factors are equal in size when the rate is 2, not 1, over the sum.",
            {RATE: f"1 / ({ENDS})"},
        ),
        Misconception(
            "the diagonal in place of the eigenvalues",
            "Off the diagonal the Hessian isn't zero, so its diagonal isn't the curvature of its "
            "steepest and flattest directions.",
            {"np.linalg.eigvalsh(hessian)": "np.sort(np.diag(hessian))"},
        ),
        Misconception(
            "difference in place of the sum",
            "1 - lr λmin = lr λmax - 1 gives the sum of the two, not their difference.",
            {ENDS: "eigenvalues[-1] - eigenvalues[0]"},
        ),
        Misconception(
            "the trace",
            "All eigenvalues are added up. Those between the ends don't matter.",
            {ENDS: "eigenvalues.sum()"},
        ),
        Misconception(
            "the mean curvature",
            "Neither end of the spectrum is average, and the ends decide.",
            {RATE: "1 / eigenvalues.mean()"},
        ),
        Misconception(
            "the flattest direction's rate",
            "1 over the smallest curvature is right for the flattest direction and throws the "
            "steepest one out.",
            {RATE: "1 / eigenvalues[0]"},
        ),
        Misconception(
            "threshold of the flattest direction",
            "2 over the smallest curvature: every other direction diverges.",
            {RATE: "2 / eigenvalues[0]"},
        ),
        Misconception(
            "geometric mean",
            "1 over the root of λmin λmax lies above the threshold unless they are close.",
            {RATE: "1 / sqrt(eigenvalues[0] * eigenvalues[-1])"},
        ),
        Misconception(
            "momentum's rate",
            "With the roots of the curvatures it is Polyak's rate, which needs momentum beside it.",
            {RATE: "(2 / (sqrt(eigenvalues[0]) + sqrt(eigenvalues[-1]))) ** 2"},
        ),
        Misconception(
            "the factor in place of the rate",
            "(kappa - 1)/(kappa + 1) is what a step at the best rate leaves of the distance.",
            {RATE: f"(eigenvalues[-1] - eigenvalues[0]) / ({ENDS})"},
        ),
        Misconception(
            "the two smallest",
            "`eigvalsh` sorts upwards, so [0] and [1] are the two flattest directions. The "
            "steepest is the last, [-1].",
            {ENDS: "eigenvalues[0] + eigenvalues[1]"},
        ),
        Misconception(
            "corners of the matrix",
            "The first and the last element of the diagonal are curvatures along two axes, not "
            "along the flattest and the steepest direction.",
            {"np.linalg.eigvalsh(hessian)": "np.diag(hessian)"},
        ),
        Misconception(
            "mean of two rates",
            "1/λmin is far too high for the steepest direction, and so is its mean with 1/λmax. "
            "Average the curvatures, not the rates.",
            {RATE: "(1 / eigenvalues[0] + 1 / eigenvalues[-1]) / 2"},
        ),
        Misconception(
            "upside down",
            "Steeper bowls need smaller rates: the sum of the curvatures belongs below.",
            {RATE: f"({ENDS}) / 2"},
        ),
        Misconception(
            "the determinant",
            "The product of all eigenvalues says nothing of its two ends.",
            {RATE: "1 / eigenvalues.prod()"},
        ),
        Misconception(
            "eigenvalues not in order",
            "`np.linalg.eigvals` doesn't sort: the first and the last needn't be the smallest and "
            "the largest. `eigvalsh` sorts, or take the minimum and the maximum.",
            {"np.linalg.eigvalsh(hessian)": "np.linalg.eigvals(hessian)"},
        ),
    ),
    hints=(
        "Draw |1 - lr λ| over lr for the smallest and for the largest curvature. Where is the "
        "larger of the two lowest?",
        "Where they cross: 1 - lr λmin = lr λmax - 1.",
        "`eigenvalues = np.linalg.eigvalsh(hessian)`, then `2 / (... + ...)`.",
    ),
    why=(
        "At this rate the flattest and the steepest direction shrink by the same factor, one from "
        "one side, the other by overshooting. Any other rate makes one of them slower."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section=DIRECTIONS,
)


# -- one to find -----------------------------------------------------------------------------------

FEATURES = np.array([[3.0, 3.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
ANSWERS = np.array([9.0, 3.0, 3.0, 0.0])
LOWEST = np.array([3.0, 0.0])
LARGEST, SMALLEST = 10.5, 0.5  # eigenvalues of the Hessian, 2 / 4 xᵀx


def distance_after(lr: float) -> float:
    """The distance to the minimum after 40 steps on the mean squared error, from zero weights."""

    def gradient(w: np.ndarray) -> np.ndarray:
        return 2 / 4 * FEATURES.T @ (FEATURES @ w - ANSWERS)

    end = descend(rules.sgd, gradient, np.zeros(2), 40, lr=lr)[-1]
    distance = float(np.linalg.norm(end - LOWEST))
    return distance if distance < 1000 else math.inf


tuned = TuneQuestion(
    name="rate-tuned",
    variable="rate",
    ranges={"lr": (1e-4, 10.0)},
    run=distance_after,
    measure="Distance to the best weights after 40 steps",
    target=0.1,
    example={"lr": 2 / (LARGEST + SMALLEST)},
    wrong=(
        Mistuned(
            "1 / L",
            "1/L lands the steep direction in one step, and the flat one isn't there yet after "
            "40. Let the steep one overshoot.",
            lambda settings, distance: math.isclose(settings["lr"], 1 / LARGEST, rel_tol=0.03),
            {"lr": 1 / LARGEST},
        ),
        Mistuned(
            "the 2 of the square forgotten",
            "The Hessian of a mean of squares is 2 xᵀx / rows. Without the 2 the curvatures are "
            "half as large and the rate is twice as high as it may be.",
            lambda settings, distance: math.isclose(settings["lr"], 4 / 11, rel_tol=0.03),
            {"lr": 4 / 11},
            section="Conventions",
        ),
        Mistuned(
            "curvatures of the sum",
            "2/44 belongs to the sum of the four squares. The loss is their mean, whose curvatures "
            "are four times smaller.",
            lambda settings, distance: math.isclose(settings["lr"], 2 / 44, rel_tol=0.03),
            {"lr": 2 / 44},
            section="Conventions",
        ),
        Mistuned(
            "the flat direction's rate",
            "It is right for the flat direction alone and throws the steep one out.",
            lambda settings, distance: math.isclose(settings["lr"], 2, rel_tol=0.03),
            {"lr": 1 / SMALLEST},
        ),
        Mistuned(
            "above the threshold",
            "Above 2/L = 0.19 every step lands farther away in the steep direction.",
            lambda settings, distance: settings["lr"] > 2 / LARGEST,
            {"lr": 0.3},
        ),
        Mistuned(
            "just below the threshold",
            "So close below 2/L the steep direction swings from side to side and hardly shrinks.",
            lambda settings, distance: settings["lr"] > 0.182,
            {"lr": 0.189},
        ),
        Mistuned(
            "a library's default",
            "A default knows nothing of these curvatures. Here one could go more than ten times as "
            "fast.",
            lambda settings, distance: settings["lr"] <= 0.011,
            {"lr": 0.01},
            section="Conventions",
        ),
        Mistuned(
            "too careful",
            "Nothing overshoots, and the flat direction takes its time. A larger rate is stable.",
            lambda settings, distance: settings["lr"] < 1 / LARGEST,
            {"lr": 0.06},
        ),
        Mistuned(
            "still too small",
            "It is above 1/L, so the steep direction overshoots. The flat one can go faster still.",
            lambda settings, distance: settings["lr"] < 0.182,
            {"lr": 0.12},
        ),
    ),
    hints=(
        "The loss is a quadratic. What are its largest and its smallest curvature?",
        "The Hessian is 2 xᵀx / 4. Its eigenvalues are the curvatures, and the best rate is 2 over "
        "the sum of the largest and the smallest.",
        "`np.linalg.eigvalsh(2 * x.T @ x / 4)`, then `2 / (... + ...)`.",
    ),
    why=(
        "The curvatures are 10.5 and 0.5. At 2/11 both directions shrink by 10/11 a step. Rates "
        "from about 0.15 to 0.183 do; the threshold at 0.19 is close."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section=DIRECTIONS,
)

QUESTIONS: tuple[Question, ...] = (threshold, best, tuned)
