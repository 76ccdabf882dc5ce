"""Data made up for one lesson each, as much of it as one likes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mytutor.datasets._checks import (
    balanced_labels,
    check_at_least,
    check_seed,
    check_whole,
    floating,
    held_out,
)
from mytutor.datasets.splitting import Dataset

__all__ = [
    "covariate_shift",
    "ill_conditioned",
    "sparse_counts",
    "spirals",
    "two_moons",
]


def two_moons(
    *,
    rows: int = 1000,
    noise: float = 0.1,
    seed: int = 0,
    test: float = 0.2,
    dtype: Any = np.float64,
) -> Dataset:
    """Two half circles that hold each other: no straight line parts them, one hidden layer does.

    x is (rows, 2), between -1 and 2 but for normal noise of that standard deviation; y is 0 on the
    upper moon and 1 on the lower, as many of each, within one, on both sides of the split. Raises
    ValueError for too few rows, a fraction ``test`` outside 0 to 1 or a negative noise.

    Source: Pedregosa et al. (2011), scikit-learn's ``make_moons``: the same half circles.
    """
    check_at_least("noise", noise, 0)
    check_seed(seed)
    rng = np.random.default_rng(seed)

    def draw(y: np.ndarray) -> np.ndarray:
        angle = rng.uniform(0, np.pi, len(y))
        upper = np.c_[np.cos(angle), np.sin(angle)]
        moons = np.where(y[:, None] == 0, upper, np.array([1.0, 0.5]) - upper)
        return moons + noise * rng.normal(size=moons.shape)

    return _classes(rng, draw, rows, 2, test, dtype)


def spirals(
    *,
    rows: int = 1000,
    classes: int = 3,
    turns: float = 0.75,
    noise: float = 0.02,
    seed: int = 0,
    test: float = 0.2,
    dtype: Any = np.float64,
) -> Dataset:
    """Arms of a spiral, one a class, wound around each other: hard for a network without depth.

    x is (rows, 2), within the unit circle but for normal noise of that standard deviation; y is the
    arm, as many rows of each, within one, on both sides of the split. ``turns`` is how often an arm
    goes around. Raises ValueError for too few rows, fewer than two classes, a fraction ``test``
    outside 0 to 1 or a negative noise.

    Source: Lang & Witbrock (1988), with two classes and three turns.
    """
    check_at_least("noise", noise, 0)
    check_at_least("turns", turns, 0)
    check_whole("classes", classes, 2)
    check_seed(seed)
    rng = np.random.default_rng(seed)

    def draw(y: np.ndarray) -> np.ndarray:
        # The area grows with the square of the radius: the root spreads rows along the arm.
        radius = np.sqrt(rng.uniform(0, 1, len(y)))
        angle = 2 * np.pi * (turns * radius + y / classes)
        arms = radius[:, None] * np.c_[np.cos(angle), np.sin(angle)]
        return arms + noise * rng.normal(size=arms.shape)

    return _classes(rng, draw, rows, classes, test, dtype)


def ill_conditioned(
    *,
    rows: int = 1000,
    features: int = 10,
    condition: float = 100.0,
    noise: float = 0.1,
    seed: int = 0,
    test: float = 0.2,
    dtype: Any = np.float64,
) -> Dataset:
    """A linear regression whose curvatures differ by the given condition number, exactly.

    x is (rows, features) and y is (rows, 1), the sum of the features plus normal noise: the true
    weights are ones. xᵀx / rows of the rows to learn from has eigenvalues in a geometric row from 1
    down to 1 / condition, in random directions: half the mean squared error has this Hessian, so
    gradient descent diverges from the learning rate 2 on and needs some ``condition`` steps. Raises
    ValueError for fewer rows to learn from than features, fewer than two features, a condition
    number below 1 or a negative noise.

    Source: Bottou, Curtis & Nocedal (2018), Section 6, on ill-conditioning.
    """
    check_at_least("condition", condition, 1)
    check_at_least("noise", noise, 0)
    check_whole("features", features, 2)
    check_whole("rows", rows, 2)
    kind, count = floating(dtype), held_out(rows, test)
    learn = rows - count
    if learn < features:
        raise ValueError(
            f"rows is {rows}, of which {learn} to learn from; expected at least {features}, "
            "the number of features"
        )
    check_seed(seed)
    rng = np.random.default_rng(seed)
    deviations = condition ** (-np.linspace(0, 0.5, features))
    directions, _ = np.linalg.qr(rng.normal(size=(features, features)))
    white, _ = np.linalg.qr(rng.normal(size=(learn, features)))
    parts = []
    for z in (math.sqrt(learn) * white, rng.normal(size=(count, features))):
        x = z * deviations @ directions.T
        y = x.sum(1, keepdims=True) + noise * rng.normal(size=(len(x), 1))
        parts += [x.astype(kind), y.astype(kind)]
    return Dataset(*parts)


def sparse_counts(
    *,
    rows: int = 1000,
    words: int = 500,
    length: int = 50,
    exponent: float = 1.0,
    tilt: float = 0.25,
    seed: int = 0,
    test: float = 0.2,
    dtype: Any = np.float64,
) -> Dataset:
    """Documents as word counts: few words are frequent, most are rare, and rare ones tell as much.

    x is (rows, words), whole numbers that add up to ``length`` in every row, mostly 0; word k, from
    1, is drawn in proportion to 1 / k^exponent. y is 0 or 1, as many of each, within one, on both
    sides of the split: a random half of the words is ``1 + tilt`` times as frequent in one class as
    on average, the others in the other. Raises ValueError for too few rows, words or draws, and a
    tilt outside 0 to 1.

    Source: Zipf (1949), Chapter 2, on word frequencies; Duchi, Hazan & Singer (2011), Section 1.3,
    on why adaptive steps like such data.
    """
    check_whole("words", words, 2)
    check_whole("length", length, 1)
    check_at_least("exponent", exponent, 0)
    if not 0 <= tilt <= 1:
        raise ValueError(f"tilt is {tilt!r}; expected a number between 0 and 1")
    check_seed(seed)
    rng = np.random.default_rng(seed)
    frequency = np.arange(1, words + 1) ** -float(exponent)
    side = rng.choice([-1.0, 1.0], words)
    by_class = frequency * (1 + tilt * np.array([[-1.0], [1.0]]) * side)
    by_class /= by_class.sum(1, keepdims=True)

    def draw(y: np.ndarray) -> np.ndarray:
        return rng.multinomial(length, by_class[y])

    return _classes(rng, draw, rows, 2, test, dtype)


def covariate_shift(
    *,
    rows: int = 1000,
    shift: float = 1.0,
    noise: float = 0.25,
    seed: int = 0,
    test: float = 0.2,
    dtype: Any = np.float64,
) -> Dataset:
    """A curve learnt in one place and tested in another: inputs differ, the relation is the same.

    x is (rows, 1): normal with mean 1 and standard deviation 1/2 to learn from, with mean 1 + shift
    and standard deviation 1/4 to test on. y is (rows, 1): sin(pi x) / (pi x) plus normal noise on
    both sides. Raises ValueError for too few rows, a shift that isn't finite or a negative noise.

    Source: Sugiyama, Krauledat & Müller (2007), Section 2.3: the same two densities and noise.
    """
    check_at_least("noise", noise, 0)
    check_at_least("shift", shift, -math.inf)
    check_whole("rows", rows, 2)
    kind, count = floating(dtype), held_out(rows, test)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    parts = []
    for size, mean, deviation in ((rows - count, 1.0, 0.5), (count, 1.0 + shift, 0.25)):
        x = rng.normal(mean, deviation, (size, 1))
        y = np.sinc(x) + noise * rng.normal(size=(size, 1))
        parts += [x.astype(kind), y.astype(kind)]
    return Dataset(*parts)


def _classes(
    rng: np.random.Generator, draw: Any, rows: int, classes: int, test: float, dtype: Any
) -> Dataset:
    kind = floating(dtype)
    y_train, y_test = balanced_labels(rng, rows, classes, test)
    x_train, x_test = draw(y_train).astype(kind), draw(y_test).astype(kind)
    return Dataset(x_train, y_train, x_test, y_test)
