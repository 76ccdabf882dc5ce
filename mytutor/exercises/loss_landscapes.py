"""Exercises on loss landscapes: condition numbers, and how rare minima are."""

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
from mytutor.curvature import classify, condition_number
from mytutor.surfaces import rosenbrock

CHAPTER, PAGE = "Loss landscapes", "learning/loss-landscapes"

EIGENVALUES = "np.linalg.eigvalsh(check_hessian(hessian))"
RATIO = "sizes.max() / sizes.min()"
IDEA = "How unequal the curvatures are"


def _symmetric(eigenvalues: list[float], rng: np.random.Generator) -> np.ndarray:
    """A symmetric matrix with these eigenvalues, in random directions."""
    n = len(eigenvalues)
    q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    matrix = (q * np.array(eigenvalues)) @ q.T
    return (matrix + matrix.T) / 2


def _cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        np.diag([1.0, 4.0]),
        np.array([[5.0, 2.0], [2.0, 2.0]]),
        np.array([[2.0, 1.0], [1.0, 2.0]]),
        np.diag([3.0, -1.0]),
        np.diag([1.0, -4.0]),
        np.diag([-2.0, -8.0]),
        np.diag([1.0, -3.0, 6.0]),
        np.diag([-1.0, 5.0, -10.0]),
    ]
    drawn = [
        _symmetric([0.5, 3.0], rng),
        _symmetric([1.0, 2.0, 7.0], rng),
        _symmetric([-0.4, 1.5, 4.0], rng),
        _symmetric([-6.0, -1.5, 0.7, 2.0], rng),
        _symmetric([-5.0, -3.0, -0.8], rng),
        _symmetric([0.01, 0.5, 2.0, 30.0, 100.0], rng),
    ]
    # No singular one: an answer that divides by zero there would differ from every mistake.
    return [Case({"hessian": matrix}, 1) for matrix in [*simple, *drawn]]


landscape_condition = FunctionQuestion(
    name="condition-number",
    reference=condition_number,
    outputs=("the condition number",),
    make_cases=_cases,
    variable="condition_number",
    chapter=CHAPTER,
    page=PAGE,
    section=IDEA,
    misconceptions=(
        Misconception(
            "upside down",
            "The largest curvature is divided by the smallest, so the number is at least 1.",
            {RATIO: "sizes.min() / sizes.max()"},
        ),
        Misconception(
            "signs of the eigenvalues kept",
            "At a saddle the largest eigenvalue over the smallest is negative. It is their sizes "
            "that count: a step is limited by the largest |λ|, whatever its sign.",
            {f"abs({EIGENVALUES})": EIGENVALUES},
        ),
        Misconception(
            "sizes taken too late",
            "The largest eigenvalue, the last that eigvalsh gives, need not have the largest "
            "size, nor the first the smallest: take the absolute values first, then the largest "
            "and the smallest.",
            {f"abs({EIGENVALUES})": EIGENVALUES, RATIO: "abs(sizes.max() / sizes.min())"},
        ),
        Misconception(
            "sign of the quotient kept",
            "The right two eigenvalues, but the condition number is the quotient of their sizes: "
            "it has no sign.",
            {
                f"abs({EIGENVALUES})": EIGENVALUES,
                RATIO: "sizes[abs(sizes).argmax()] / sizes[abs(sizes).argmin()]",
            },
        ),
        Misconception(
            "diagonal in place of the eigenvalues",
            "The diagonal holds the curvatures along the axes. The eigenvectors may be elsewhere, "
            "and then the eigenvalues are further apart than the diagonal shows.",
            {EIGENVALUES: "np.diag(hessian)"},
        ),
        Misconception(
            "elements in place of the eigenvalues",
            "The elements of the matrix depend on the axes; the eigenvalues don't.",
            {EIGENVALUES: "np.ravel(hessian)"},
        ),
        Misconception(
            "largest eigenvalue only",
            "The largest curvature limits the learning rate; the condition number divides it by "
            "the smallest, which limits the progress.",
            {RATIO: "sizes.max()"},
        ),
        Misconception(
            "difference in place of the quotient",
            "The difference depends on the unit of the loss. The condition number is a quotient.",
            {RATIO: "sizes.max() - sizes.min()"},
        ),
        Misconception(
            "root of the condition number",
            "The root is the condition number of a data matrix X whose XᵀX is the Hessian. Here "
            "the Hessian itself is given.",
            {RATIO: "np.sqrt(sizes.max() / sizes.min())"},
            section="Conventions",
        ),
        Misconception(
            "square of the condition number",
            "The eigenvalues are used as they are; squared, the quotient is that of the matrix "
            "times itself.",
            {RATIO: "(sizes.max() / sizes.min()) ** 2"},
        ),
        Misconception(
            "largest over the mean",
            "The slowest direction decides, not the average one: divide by the smallest size.",
            {RATIO: "sizes.max() / sizes.mean()"},
        ),
        Misconception(
            "directions that lead down left out",
            "Negative curvatures count as well, by their size: the flattest direction may lead "
            "down.",
            {f"abs({EIGENVALUES})": f"(lambda e: e[e > 0])({EIGENVALUES})"},
        ),
        Misconception(
            "condition number in the 1-norm",
            "Norms differ. The quotient of the eigenvalues' sizes is the condition number in the "
            "2-norm, which `np.linalg.cond` takes if no other is named.",
            {RATIO: "np.linalg.cond(hessian, 1)"},
        ),
        Misconception(
            "factor of a step",
            "(kappa - 1)/(kappa + 1) is what a step at the best rate leaves of the distance; kappa "
            "itself is asked for.",
            {RATIO: "(sizes.max() - sizes.min()) / (sizes.max() + sizes.min())"},
        ),
        Misconception(
            "product of the eigenvalues",
            "The product is the determinant. A matrix of large determinant may be well or badly "
            "conditioned.",
            {RATIO: "sizes.prod()"},
        ),
        Misconception(
            "condition number in another norm",
            "The product of the Frobenius norms of the matrix and its inverse bounds the "
            "condition number in the 2-norm, but it isn't it.",
            {RATIO: "np.sqrt((sizes**2).sum() * (1 / sizes**2).sum())"},
        ),
        Misconception(
            "logarithm of the condition number",
            "Some programs print the logarithm, the number of digits lost. Asked for is the "
            "quotient.",
            {RATIO: "np.log10(sizes.max() / sizes.min())"},
        ),
    ),
    hints=(
        "Which of the curvatures limits the learning rate, and which one the progress at that "
        "rate? Does a sign matter for either?",
        "The eigenvalues of a symmetric matrix by `np.linalg.eigvalsh`; then the largest of their "
        "absolute values over the smallest.",
        "`sizes = abs(np.linalg.eigvalsh(hessian))`, and then a quotient of two of them.",
    ),
    why=(
        "The largest size limits the rate, 2 / |λ| largest; at that rate the direction of the "
        "smallest size needs as many steps as the quotient says. For a symmetric matrix this is "
        "numpy.linalg.cond in the 2-norm."
    ),
)


def _share() -> str:
    """Draw random signs and random matrices and count those that are all positive."""
    rng = np.random.default_rng(0)
    signs = rng.integers(0, 2, size=(200_000, 10)).all(axis=1).mean()
    matrices = rng.normal(size=(20_000, 4, 4))
    eigenvalues = np.linalg.eigvalsh(matrices + np.swapaxes(matrices, 1, 2))
    share = (eigenvalues[:, 0] > 0).mean()
    return (
        f"Counted: {signs:.5f} of 200000 draws of ten coins. In a random symmetric matrix the "
        f"eigenvalues repel each other, and already of those with four rows only {share:.4f} have "
        f"none below zero, where four coins would give {2**-4:.4f}."
    )


rare_minima = NumberQuestion(
    name="rare-minima",
    variable="share",
    answer=2.0**-10,
    tolerance=0.03,
    chapter=CHAPTER,
    page=PAGE,
    kind="predict",
    section="Experiment 1: why saddles win",
    wrong={
        0.5: WrongValue(
            "one eigenvalue only", "1/2 is the share for a single eigenvalue; all ten must agree."
        ),
        0.1: WrongValue(
            "1/n",
            "1/10 would fall slowly. Each further coin halves what is left. (If 0.1 is meant as "
            "per cent: give the share itself, a hundredth of that.)",
        ),
        0.05: WrongValue(
            "1/(2n)",
            "One in twenty would fall slowly with the dimension; independent conditions multiply.",
        ),
        2.0**-9: WrongValue(
            "minima and maxima together",
            "1/512 counts those of one sign, minima and maxima. Minima alone are half of them.",
        ),
        10 * 2.0**-10: WrongValue(
            "exactly one negative eigenvalue",
            "10/1024, about 0.01, is the share of saddles of index 1: ten ways to choose the one "
            "that leads down. A minimum has none.",
        ),
        1 - 2.0**-10: WrongValue(
            "everything but minima", "That is the share of what is no minimum, mostly saddles."
        ),
        1024.0: WrongValue(
            "upside down", "Of 1024 points one is a minimum: the share is the inverse."
        ),
        0.25: WrongValue(
            "two eigenvalues only", "1/4 is right for two variables. Here all ten must agree."
        ),
        1 / 11: WrongValue(
            "every index equally likely",
            "There are eleven possible indices, but not equally likely: index 5 can come about in "
            "252 ways, index 0 in one.",
        ),
    },
    seen=_share,
    hints=(
        "A minimum needs all eigenvalues positive. What is the probability for one, for two, for "
        "ten?",
        "Probabilities of independent events multiply: 1/2 for every eigenvalue.",
        "`share = 0.5 ** ...`",
    ),
    why=(
        "Ten coins all show heads once in 2^10 = 1024 tosses. Hessians aren't coins: of random "
        "symmetric matrices even fewer are positive, and near the bottom of a landscape more."
    ),
)


def _rosenbrock() -> str:
    """Compute the Hessian at the minimum and its eigenvalues."""
    low, high = classify(rosenbrock.hessian(np.ones(2))).eigenvalues
    return (
        f"Computed: the eigenvalues at (1, 1) are {low:.4f} and {high:.1f}, so gradient descent "
        f"diverges from the rate {2 / high:.5f} on."
    )


CONDITION = condition_number(rosenbrock.hessian(np.ones(2)))

rosenbrock_condition = NumberQuestion(
    name="rosenbrock-condition",
    variable="kappa",
    answer=CONDITION,
    tolerance=3e-4,
    kind="derive",
    chapter=CHAPTER,
    page=PAGE,
    section="Rosenbrock's valley, in two dimensions and more",
    wrong={
        100.0: WrongValue(
            "the factor in the formula",
            "100 is the weight of the second term. The Hessian mixes both terms and both "
            "variables.",
        ),
        4.01: WrongValue(
            "quotient of the diagonal",
            "802/200 compares the curvatures along the axes. The valley runs askew to them: take "
            "the eigenvalues.",
        ),
        1002.0: WrongValue("the trace", "802 + 200 is the sum of the eigenvalues."),
        400.0: WrongValue(
            "the determinant",
            "802 * 200 - 400² is the product of the eigenvalues. With the sum, 1002, it gives both "
            "of them.",
        ),
        1001.6006: WrongValue(
            "the largest eigenvalue", "1001.6 is the larger one; divide by the smaller, 0.3994."
        ),
        0.39936: WrongValue(
            "the smallest eigenvalue", "0.3994 is the smaller one; the larger goes over it."
        ),
        1 / CONDITION: WrongValue(
            "upside down", "The larger eigenvalue is divided by the smaller."
        ),
        CONDITION**0.5: WrongValue(
            "root of the condition number",
            "50.1 is the quotient of the widths of the valley, the root of that of the curvatures.",
        ),
        2510.01: WrongValue(
            "trace squared over determinant",
            "1002²/400 = 2510 is nearly right, since the trace is nearly the larger eigenvalue. "
            "Exact: it is the condition number plus 2 plus its inverse.",
        ),
        1001.6 / 0.4: WrongValue(
            "rounded too early",
            "0.4 has one digit, 0.3994 has four: keep the digits of the small eigenvalue until "
            "you have divided.",
        ),
        2505.0: WrongValue(
            "rounded too early",
            "1002/0.4 takes the trace and a rounded root for the eigenvalues. Keep the digits of "
            "both until you have divided: the small one is 0.3994.",
        ),
        2500.0: WrongValue(
            "rounded too early",
            "That is rounded somewhere: four digits are asked for. The eigenvalues are 1001.6 and "
            "0.3994.",
        ),
        1.64936: WrongValue(
            "product rule forgotten",
            "In -400 x (y - x²) both factors depend on x. With the second one's part left out, 2 "
            "stands in place of 802 in the Hessian.",
        ),
        2491.51: WrongValue(
            "sign of the first term",
            "The second derivative of (1 - x)² is +2. With -2 the first element is 798.",
        ),
        1.0: WrongValue(
            "a round bowl",
            "1 would be a bowl with equal curvatures. Draw the contour lines near (1, 1).",
        ),
        802.0: WrongValue(
            "curvature along x", "802 is the curvature along x, an element and no eigenvalue."
        ),
        802 / 400: WrongValue(
            "elements of a row", "802 and -400 are elements of the Hessian, not its eigenvalues."
        ),
    },
    seen=_rosenbrock,
    hints=(
        "Differentiate (1 - x)² + 100 (y - x²)² twice by each pair of variables, then put (1, 1) "
        "in.",
        "The Hessian is [[2 - 400 (y - 3x²), -400 x], [-400 x, 200]]. At (1, 1) its trace is 1002 "
        "and its determinant 400.",
        "The eigenvalues solve λ² - 1002 λ + 400 = 0. Divide the larger by the smaller.",
    ),
    why=(
        "With trace T and determinant D the eigenvalues are (T ± √(T² - 4D)) / 2: 1001.6 and "
        "0.3994. Their quotient, 2508, is what makes the valley slow, since there is no other "
        "stationary point to be held by."
    ),
)

QUESTIONS: tuple[Question, ...] = (landscape_condition, rare_minima, rosenbrock_condition)
