"""Exercises on vanishing and exploding gradients: clipping, a slope, and twenty layers."""

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
from mytutor.clipping import clip_by_norm
from mytutor.initializers import orthogonal
from mytutor.layers import sigmoid, sigmoid_backward, tanh_backward

CHAPTER, PAGE = "Vanishing and exploding gradients", "depth/vanishing-exploding"


# -- clip by the global norm -----------------------------------------------------------------------


def _gradients(g: object, limit: float, eps: float, about: str = "") -> Case:
    return Case({"g": np.array(g), "limit": limit, "eps": eps}, 2, about)


def _clip_cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        _gradients([[3.0, 4.0], [0.0, 0.0]], 1.0, 0.0),
        _gradients([[3.0, 0.0], [-4.0, 0.0]], 2.0, 0.5),
        _gradients([[1.0, -2.0], [2.0, 4.0]], 2.5, 0.25),
        _gradients([[0.5, 0.0], [0.0, -0.25]], 4.0, 0.5),
        _gradients([[6.0, 0.5], [0.25, 8.0]], 4.0, 1.0),
        _gradients([[2.0, 2.0], [-2.0, 2.0]], 3.75, 0.5),
    ]
    random = [
        _gradients(np.round(rng.normal(size=shape), 3), limit, eps)
        for shape, limit, eps in (
            ((3, 4), 1.0, 0.0),
            ((3, 4), 1.5, 0.125),
            ((5, 2), 20.0, 0.5),
            ((2, 7), 0.5, 0.25),
        )
    ]
    special = [
        _gradients(np.zeros((2, 3)), 1.0, 0.0, "gradients that are all zero"),
        _gradients([[3.0, 4.0], [0.0, 0.0]], 5.0, 0.0, "a norm that is exactly the limit"),
        _gradients([[3.0, 4.0], [0.0, 0.0]], 5.2, 0.5, "a norm that only eps lifts over the limit"),
        _gradients(1e3 * np.round(rng.normal(size=(2, 3)), 3), 1.0, 0.0, "huge gradients"),
        _gradients(1e-3 * np.round(rng.normal(size=(2, 3)), 3), 1.0, 0.0, "tiny gradients"),
        Case(
            {"g": np.array([[3.0, 4.0], [1.0, 2.0]], dtype=np.float32), "limit": 1.0, "eps": 0.0},
            2,
            "arrays of float32",
        ),
        Case({"g": np.round(rng.normal(size=(3, 3)), 3), "limit": 1.0}, 2, "calls without eps"),
    ]
    return [*simple, *random, *special]


RULE = "g * (limit / (norm + eps)) if limit < norm + eps < math.inf else g"
FACTOR = "limit / (norm + eps)"
ROWS = "sqrt((g**2).sum(1)[:, None])"

clip_together = FunctionQuestion(
    name="clip-together",
    reference=clip_by_norm,
    outputs=("g",),
    make_cases=_clip_cases,
    variable="clip_together",
    section="The rule: don't go farther than you can see",
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=(
        Misconception(
            "each row by its own norm",
            "Each row is scaled by a factor of its own, and that turns the direction of the whole. "
            "There is one norm, of all elements together, and one factor.",
            {"_norm([g])": ROWS, RULE: f"g * where(norm + eps > limit, {FACTOR}, 1.0)"},
        ),
        Misconception(
            "clipped by value",
            "Every element is cut to [-limit, limit] by itself. That turns the direction, and the "
            "norm may still be larger than the limit.",
            {"_norm([g])": "0.0", RULE: "clip(g, -limit, limit)"},
        ),
        Misconception(
            "always scaled",
            "A gradient that is shorter than the limit is stretched to it. Clipping only shortens: "
            "the factor is never above 1.",
            {RULE: f"g * ({FACTOR})"},
        ),
        Misconception(
            "larger of 1 and the factor",
            "With `max` long gradients stay as they are, and short ones are stretched. Never more "
            "than 1 is `min`.",
            {RULE: f"g * max(1.0, {FACTOR}) if norm + eps > 0 else g"},
        ),
        Misconception(
            "each column by its own norm",
            "Each column is scaled by a factor of its own, and that turns the direction of the "
            "whole. There is one norm, of all elements together, and one factor.",
            {
                "_norm([g])": "sqrt((g**2).sum(0))",
                RULE: f"g * where(norm + eps > limit, {FACTOR}, 1.0)",
            },
        ),
        Misconception(
            "only the upper side clipped by value",
            "Every element is cut at the limit by itself, and negative ones not at all. That turns "
            "the direction.",
            {"_norm([g])": "0.0", RULE: "where(g > limit, limit + 0 * g, g)"},
        ),
        Misconception(
            "squared norm",
            "The sum of the squares is used; the norm is its root.",
            {"_norm([g])": "(g**2).sum()"},
        ),
        Misconception(
            "mean in place of the sum",
            "The root of the *mean* square is smaller than the norm, by the root of the number of "
            "elements.",
            {"_norm([g])": "sqrt((g**2).mean())"},
        ),
        Misconception(
            "sum of absolute values",
            "This is the 1-norm, which is larger; asked for is the Euclidean one.",
            {"_norm([g])": "abs(g).sum()"},
        ),
        Misconception(
            "largest element",
            "The largest absolute element is not the norm: the others count, too.",
            {"_norm([g])": "abs(g).max()"},
        ),
        Misconception(
            "largest singular value",
            "`np.linalg.norm(g, 2)` of a matrix is its largest singular value. The Euclidean norm "
            "of all elements is `np.linalg.norm(g)`.",
            {"_norm([g])": "float(np.linalg.norm(g, 2))"},
        ),
        Misconception(
            "norms of the rows added",
            "The norms of the rows are added up. Squares add up, norms don't: take the root of the "
            "sum of all squares.",
            {"_norm([g])": "sqrt((g**2).sum(1)).sum()"},
        ),
        Misconception(
            "factor of at most the limit",
            "The factor must never be above 1; here it may grow up to the limit.",
            {RULE: f"g * ({FACTOR} if {FACTOR} < limit else limit)"},
        ),
        Misconception(
            "limit missing from the factor",
            "A long gradient gets the norm 1, whatever the limit is.",
            {FACTOR: "1 / (norm + eps)"},
        ),
        Misconception(
            "factor upside down",
            "norm / limit is above 1 for a long gradient, so it gets longer.",
            {FACTOR: "(norm + eps) / limit"},
        ),
        Misconception(
            "norm missing from the factor",
            "A long gradient is multiplied by the limit; its own length has to be divided out.",
            {FACTOR: "limit"},
        ),
        Misconception(
            "eps ignored",
            "`eps` is added to the norm in the divisor, and here it isn't used.",
            {"norm + eps": "norm"},
        ),
        Misconception(
            "eps outside the fraction",
            "`eps` belongs beside the norm, below the fraction bar.",
            {FACTOR: "limit / norm + eps"},
        ),
        Misconception(
            "eps under the root",
            "`eps` is added to the norm itself, not to the sum of squares.",
            {"_norm([g])": "sqrt((g**2).sum() + eps)", "norm + eps": "norm"},
        ),
        Misconception(
            "short gradients set to zero",
            "What is within the limit stays as it is; here it becomes zero.",
            {RULE: f"g * ({FACTOR}) if limit < norm + eps < math.inf else 0 * g"},
        ),
        Misconception(
            "long gradients thrown away",
            "A long gradient still says which way is down: shorten it, don't drop it.",
            {RULE: "0 * g if limit < norm + eps < math.inf else g"},
        ),
    ),
    hints=(
        "The direction is to stay, so every element of every row is multiplied by the same number. "
        "Which number makes the whole as long as the limit?",
        "The norm is the root of the sum of all squares, over all rows. The factor is "
        "limit / (norm + eps), but never more than 1.",
        "`norm = np.sqrt((g**2).sum())`, then `return g * min(1.0, ...)`.",
    ),
    why=(
        "One factor for everything is what keeps the direction: each gradient is shortened by the "
        "same share. The sum of the squares runs over all rows, as if they were one long vector."
    ),
)


# -- find the bug: the slope of a saturated unit ---------------------------------------------------


def _slope_case(dy: object, y: object, about: str = "", optional: bool = False) -> Case:
    return Case({"dy": np.array(dy), "cache": np.array(y)}, 2, about, optional)


def _slope_cases(rng: np.random.Generator) -> list[Case]:
    simple = [
        _slope_case([[dy]], [[y]])
        for dy, y in (
            (1.0, 0.5),
            (2.0, -0.5),
            (-1.0, 0.75),
            (2.0, 0.25),
            (3.0, -0.875),
            (-2.0, 0.5),
        )
    ]
    random = [
        _slope_case(np.round(rng.normal(size=shape), 3), np.round(rng.uniform(-1, 1, shape), 3))
        for shape in ((1, 3), (4, 2), (5, 5))
    ]
    special = [
        _slope_case([[1.0, -2.0]], [[0.0, 0.0]], "units in the middle, of output 0"),
        _slope_case([[1.0, -2.0]], [[1.0, -1.0]], "units that are saturated, of output 1 and -1"),
        _slope_case(np.zeros((2, 3)), np.full((2, 3), 0.5), "a gradient of zero"),
        _slope_case(1e3 * np.round(rng.normal(size=(2, 2)), 3), np.full((2, 2), 0.5), "huge ones"),
        Case(
            {
                "dy": np.array([[1.0, 2.0]], dtype=np.float32),
                "cache": np.array([[0.5, -0.25]], dtype=np.float32),
            },
            2,
            "arrays of float32",
        ),
        _slope_case(rng.normal(size=3), rng.uniform(-1, 1, 3), "a vector", optional=True),
    ]
    return [*simple, *random, *special]


SLOPE = "1 - cache**2"
TWICE = Misconception(
    "tanh taken twice",
    "The cache already is the output of the tanh. Taking the tanh of it once more gives the slope "
    "of another point, one that is never saturated.",
    {SLOPE: "1 - arrays.tanh(cache) ** 2"},
)

tanh_bug = FunctionQuestion(
    name="tanh-slope-bug",
    reference=tanh_backward,
    outputs=("dx",),
    make_cases=_slope_cases,
    variable="tanh_backward",
    section="Saturating units",
    chapter=CHAPTER,
    page=PAGE,
    kind="find the bug",
    given=TWICE,
    misconceptions=(
        TWICE,
        Misconception(
            "slope of the sigmoid",
            "y (1 - y) is the slope of the sigmoid. That of the tanh is 1 - y².",
            {SLOPE: "cache * (1 - cache)"},
        ),
        Misconception(
            "square missing",
            "1 - y is not symmetric: the slope of the tanh is the same on both sides, 1 - y².",
            {SLOPE: "1 - cache"},
        ),
        Misconception(
            "root of the slope",
            "1 - y² needs no root.",
            {SLOPE: "sqrt(1 - cache**2)"},
        ),
        Misconception(
            "tanh taken twice, and the square missing",
            "The cache is the output of the tanh already, and its slope is 1 - y².",
            {SLOPE: "1 - arrays.tanh(cache)"},
        ),
        Misconception(
            "absolute value in place of the square",
            "1 - |y| has a corner at 0; the slope of the tanh is 1 - y².",
            {SLOPE: "1 - abs(cache)"},
        ),
        Misconception(
            "squared after subtracting",
            "Square y first: 1 - y², not (1 - y)².",
            {SLOPE: "(1 - cache) ** 2"},
        ),
        Misconception(
            "slope taken twice",
            "The gradient is multiplied by the slope once.",
            {SLOPE: "(1 - cache**2) ** 2"},
        ),
        Misconception(
            "slope at the gradient",
            "1 - dy² takes the slope from the gradient; it belongs to the output y.",
            {SLOPE: "1 - dy**2"},
        ),
        Misconception(
            "opposite sign",
            "y² - 1 is negative; the tanh rises everywhere.",
            {SLOPE: "cache**2 - 1"},
        ),
        Misconception(
            "plus in place of minus",
            "1 + y² is above 1, and the slope of the tanh is at most 1.",
            {SLOPE: "1 + cache**2"},
        ),
        Misconception(
            "1 missing",
            "y² alone is largest where the unit is saturated; there the slope is zero.",
            {SLOPE: "cache**2"},
        ),
        Misconception(
            "gradient from above missing",
            "This is the slope alone. By the chain rule it multiplies dy.",
            {f"dy * ({SLOPE})": SLOPE},
        ),
        Misconception(
            "slope missing",
            "dy is passed on as if the unit were linear.",
            {f"dy * ({SLOPE})": "dy"},
        ),
        Misconception(
            "output in place of the slope",
            "The output itself is multiplied; it has to be its slope.",
            {SLOPE: "cache"},
        ),
        Misconception(
            "divided by the slope",
            "Going backward multiplies by the slope, as going forward does. Dividing would make a "
            "saturated unit explode.",
            {f"dy * ({SLOPE})": f"dy / ({SLOPE})"},
        ),
        Misconception(
            "added to the gradient",
            "The chain rule multiplies.",
            {f"dy * ({SLOPE})": f"dy + ({SLOPE})"},
        ),
    ),
    hints=(
        "Compare it with a numerical gradient at a small and at a large input. Where do they "
        "differ?",
        "The slope of tanh at z is 1 - tanh(z)². The forward pass has computed tanh(z) already, "
        "and kept it.",
        "`cache` is y = tanh(z), so `return dy * (1 - ...)` needs no tanh.",
    ),
    why=(
        "The forward pass keeps y = tanh(z), and the slope is 1 - y². With the tanh taken twice, "
        "the slope never gets below 1 - tanh(1)² = 0.42: a saturated unit passes on a gradient "
        "that it doesn't have, and thirty of them make a gradient from nothing."
    ),
)


# -- derive: twenty layers of sigmoids -------------------------------------------------------------


def _twenty() -> str:
    """Send a gradient back through twenty sigmoid layers, at best and on usual inputs."""
    sizes = []
    for spread in (0.0, 1.0):
        rng = np.random.default_rng(0)
        d = rng.standard_normal((1, 32))
        start = np.linalg.norm(d)
        for _ in range(20):
            _, cache = sigmoid(spread * rng.standard_normal((1, 32)))
            d = sigmoid_backward(d, cache) @ orthogonal(rng, (32, 32), gain=3.0).T
        sizes.append(np.linalg.norm(d) / start)
    return (
        f"Measured with all sums at 0, where the slope is largest: {sizes[0]:.5f}; with sums that "
        f"are standard normal: {sizes[1]:.5f}."
    )


twenty_layers = NumberQuestion(
    name="twenty-sigmoids",
    variable="at_most",
    section="Saturating units",
    answer=0.75**20,
    chapter=CHAPTER,
    page=PAGE,
    kind="derive",
    tolerance=0.01,
    wrong={
        0.25**20: WrongValue(
            "weights left out",
            "4^-20 is the part of the sigmoids. Every matrix makes the gradient three times "
            "longer.",
        ),
        3.0**20: WrongValue(
            "slopes left out",
            "3^20 is the part of the matrices, and what a linear network or, at best, a tanh one "
            "would do. The slope of a sigmoid is at most 1/4.",
        ),
        0.75: WrongValue("one layer", "3/4 is what one layer does. There are twenty of them."),
        15.0: WrongValue(
            "added up", "20 times 3/4: factors of layers multiply, they don't add up."
        ),
        0.75**19: WrongValue(
            "one layer too few", "This is (3/4)^19. The gradient passes through all twenty layers."
        ),
        0.75**21: WrongValue(
            "one layer too many", "This is (3/4)^21, and there are twenty layers."
        ),
        1.5**20: WrongValue(
            "slope of 1/2",
            "The value of the sigmoid at 0 is 1/2. Its slope there is 1/2 · (1 - 1/2) = 1/4.",
        ),
        0.75**40: WrongValue(
            "square of the length", "This is the factor of the squared length; asked for is length."
        ),
        0.75**10: WrongValue(
            "root", "This is the root of it: (3/4)^10. Lengths multiply as they are."
        ),
    },
    seen=_twenty,
    hints=(
        "Going back through one layer multiplies by a matrix and by the slopes. How much longer "
        "can each of the two make a vector?",
        "The matrix makes it exactly three times longer. The slopes multiply each element by at "
        "most 1/4. Together that is a factor for one layer.",
        "`(3 * 1 / 4) ** ...`.",
    ),
    why=(
        "Each layer multiplies the length by at most 3 · 1/4, so twenty multiply it by (3/4)^20 = "
        "0.0032. Equality needs every unit of every layer at a sum of exactly 0."
    ),
)

QUESTIONS: tuple[Question, ...] = (clip_together, tanh_bug, twenty_layers)
