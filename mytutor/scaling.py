"""Feature scaling: fit on the training rows, then transform any rows, and back.

Every function but ``summarize`` and ``merge`` looks at the training rows and returns what it
learnt, an object with ``transform`` and ``inverse`` that holds these numbers and nothing else, so
that no other row can leak in::

    scaling = standardization(x_train)
    x_train, x_test = scaling.transform(x_train), scaling.transform(x_test)

x is (rows, features), floating-point, finite: NumPy or torch, on any device. What is learnt is kept
as float64; what is transformed keeps its library, device and dtype. Rows that don't fit into memory
are summarized batch by batch, and the summaries merged::

    scaling = standardization(functools.reduce(merge, map(summarize, batches)))
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_number
from mytutor.arrays import expm1, is_finite, is_floating, like, log1p, sign, to_numpy

__all__ = [
    "Affine",
    "Logarithm",
    "SignedLogarithm",
    "Summary",
    "Whitening",
    "logarithm",
    "mean_normalization",
    "merge",
    "min_max",
    "pca_whitening",
    "robust",
    "signed_logarithm",
    "standardization",
    "summarize",
    "zca_whitening",
]


# -- Every feature by itself ---------------------------------------------------------------------


class Affine(NamedTuple):
    """A scaling y = (x - shift) / scale + offset, with one shift and one scale for each feature."""

    shift: np.ndarray
    scale: np.ndarray
    offset: float = 0.0

    def transform(self, x: Any) -> Any:
        """Rows on the learnt scale."""
        _check_rows(x, len(self.shift))
        return (x - like(x, self.shift)) / like(x, self.scale) + self.offset

    def inverse(self, y: Any) -> Any:
        """Rows on their original scale."""
        _check_rows(y, len(self.shift))
        return (y - self.offset) * like(y, self.scale) + like(y, self.shift)


class Summary(NamedTuple):
    """What is known of rows after one look: enough for every scaling by mean, spread or range."""

    rows: int
    mean: np.ndarray
    squares: np.ndarray
    """Sum of squared differences from the mean."""
    low: np.ndarray
    high: np.ndarray


def summarize(x: Any) -> Summary:
    """Count, mean, sum of squares, minimum and maximum of every feature of the rows, in float64.

    Source: Chan, Golub & LeVeque (1983), Section 1, the two-pass algorithm.
    """
    rows = _rows(x)
    with np.errstate(over="ignore"):
        mean = rows.mean(0)
        squares = ((rows - mean) ** 2).sum(0)
    return Summary(len(rows), mean, squares, rows.min(0), rows.max(0))


def merge(a: Summary, b: Summary) -> Summary:
    """The summary of the rows of both; with one row in b this is Welford's update.

    Source: Chan, Golub & LeVeque (1983), Equation (2.1); Welford (1962). Raises ValueError for
    another number of features.
    """
    for name, value in (("a", a), ("b", b)):
        if not isinstance(value, Summary):
            found = type(value).__name__
            raise TypeError(f"{name} is of type {found}; expected what summarize returns")
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"a is of {len(a.mean)} features and b of {len(b.mean)}; expected as many")
    count = a.rows + b.rows
    difference = b.mean - a.mean
    mean = a.mean + difference * (b.rows / count)
    squares = a.squares + b.squares + difference**2 * (a.rows * (b.rows / count))
    low, high = np.minimum(a.low, b.low), np.maximum(a.high, b.high)
    return Summary(count, mean, squares, low, high)


def standardization(x: Any, *, ddof: int = 0) -> Affine:
    """Mean 0 and standard deviation 1: z = (x - mean) / std.

    Source: LeCun et al. (1998), Section 4.3. The divisor is rows - ddof: 0 as in scikit-learn,
    NumPy and Keras, 1 as in PyTorch's ``std`` and pandas. A constant feature becomes 0, its scale
    being 1, as in scikit-learn; Keras divides by max(std, 1e-7). x may be a Summary. Raises
    ValueError for fewer than two rows or another ddof.
    """
    _check_ddof(ddof)
    summary = _summary(x)
    deviation = np.sqrt(summary.squares / (summary.rows - ddof))
    return Affine(summary.mean, _scale(deviation, summary.high != summary.low))


def min_max(x: Any, *, low: float = 0.0, high: float = 1.0) -> Affine:
    """The smallest value becomes ``low``, the largest ``high``.

    Source: Han, Kamber & Pei (2011), Section 3.5.2. ``low=-1`` gives [-1, 1]. Rows that were not
    fitted may fall outside. A constant feature becomes ``low``, as in scikit-learn. x may be a
    Summary. Raises ValueError for fewer than two rows or unless low < high.
    """
    check_number(low=low, high=high)
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"low is {low!r} and high {high!r}; expected finite numbers, low < high")
    summary = _summary(x)
    spread = _range(summary)
    return Affine(summary.low, _scale(spread, spread > 0) / (high - low), low)


def mean_normalization(x: Any) -> Affine:
    """Mean 0, and one between the smallest and the largest value: (x - mean) / (max - min).

    Source: Ng (2011), Lecture 4, 'Feature scaling'. A constant feature becomes 0. x may be a
    Summary. Raises ValueError for fewer than two rows.
    """
    summary = _summary(x)
    spread = _range(summary)
    return Affine(summary.mean, _scale(spread, spread > 0))


def robust(x: Any) -> Affine:
    """Median 0 and one between the quartiles, which outliers don't move.

    Source: Tukey (1977), Chapter 2, on median and hinges. Quantiles are interpolated linearly, as
    in NumPy and scikit-learn's ``RobustScaler``. A feature whose quartiles coincide is centred and
    keeps its scale. Raises ValueError for fewer than two rows.
    """
    first, median, third = np.quantile(_several(_rows(x)), [0.25, 0.5, 0.75], axis=0)
    return Affine(median, _scale(third - first, third > first))


class Logarithm(NamedTuple):
    """The scaling y = log(1 + x) of so many features, for x above -1."""

    features: int

    def transform(self, x: Any) -> Any:
        """Logarithms of 1 + x, exact for small x; raises ValueError for x of -1 or less."""
        _check_rows(x, self.features)
        least = float(x.min())
        if least <= -1:
            raise ValueError(
                f"x goes down to {least:g}; expected values above -1, or use signed_logarithm"
            )
        return log1p(x)

    def inverse(self, y: Any) -> Any:
        """Exponentials less 1."""
        _check_rows(y, self.features)
        return expm1(y)


class SignedLogarithm(NamedTuple):
    """The scaling y = sign(x) log(1 + abs(x)) of so many features."""

    features: int

    def transform(self, x: Any) -> Any:
        """Logarithms of 1 + abs(x), with the sign of x."""
        _check_rows(x, self.features)
        return sign(x) * log1p(abs(x))

    def inverse(self, y: Any) -> Any:
        """Exponentials of abs(y) less 1, with the sign of y."""
        _check_rows(y, self.features)
        return sign(y) * expm1(abs(y))


def logarithm(x: Any) -> Logarithm:
    """Logarithms of 1 + x, for counts and prices: a long right tail becomes short.

    Source: Box & Cox (1964), Equation (2), with exponent 0 and shift 1. Nothing is learnt but the
    number of features. Raises ValueError for values of -1 or less.
    """
    _check_rows(x)
    scaling = Logarithm(x.shape[1])
    scaling.transform(x)
    return scaling


def signed_logarithm(x: Any) -> SignedLogarithm:
    """Logarithms on both sides of zero, sign(x) log(1 + abs(x)), for two long tails.

    Source: John & Draper (1980), Equation (2), the modulus transformation with exponent 0. Nothing
    is learnt but the number of features.
    """
    _check_rows(x)
    return SignedLogarithm(x.shape[1])


# -- All features together -----------------------------------------------------------------------


class Whitening(NamedTuple):
    """A scaling y = (x - shift) @ matrix that leaves no two features correlated."""

    shift: np.ndarray
    matrix: np.ndarray
    back: np.ndarray
    """The inverse of the matrix."""

    def transform(self, x: Any) -> Any:
        """White rows."""
        _check_rows(x, len(self.shift))
        return (x - like(x, self.shift)) @ like(x, self.matrix)

    def inverse(self, y: Any) -> Any:
        """Rows on their original scale."""
        _check_rows(y, len(self.shift))
        return y @ like(y, self.back) + like(y, self.shift)


def pca_whitening(x: Any, *, ddof: int = 0, eps: float = 0.0) -> Whitening:
    """Principal components, each with variance 1, the largest first.

    Source: Kessy, Lewin & Strimmer (2018), Table 1. scikit-learn's ``PCA(whiten=True)`` agrees with
    ddof = 1. A component's sign makes its largest weight positive. ``eps`` is added to the
    variances, so that directions of next to no variance are not blown up; a direction without any
    stays zero. Raises ValueError for fewer than two rows, another ddof or a negative eps.
    """
    mean, components, scale = _principal(x, ddof, eps)
    return Whitening(mean, components.T / scale, scale[:, None] * components)


def zca_whitening(x: Any, *, ddof: int = 0, eps: float = 0.0) -> Whitening:
    """White features that stay as near to the original ones as white features can.

    Source: Bell & Sejnowski (1997), Section 2; Kessy, Lewin & Strimmer (2018), Equation (7). It is
    PCA whitening turned back onto the original axes, so that a whitened image is still an image.
    ``ddof``, ``eps`` and errors are those of pca_whitening.
    """
    mean, components, scale = _principal(x, ddof, eps)
    return Whitening(mean, components.T / scale @ components, components.T * scale @ components)


def _principal(x: Any, ddof: int, eps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, principal directions as rows, and the standard deviation along each."""
    _check_ddof(ddof)
    check_number(eps=eps)
    if not 0 <= eps < math.inf:
        raise ValueError(f"eps is {eps!r}; expected a finite number of at least 0")
    rows = _several(_rows(x))
    mean = rows.mean(0)
    # R of the QR decomposition has the singular values of the rows and at most as many rows as
    # features; squaring into a covariance matrix would lose half the digits.
    r = np.linalg.qr(rows - mean, mode="r")
    _, singular, components = np.linalg.svd(r, full_matrices=True)
    threshold = singular[0] * max(rows.shape) * np.finfo(float).eps
    deviation = np.zeros(rows.shape[1])
    deviation[: len(singular)] = np.where(singular > threshold, singular, 0.0)
    scale = np.sqrt(deviation**2 / (len(rows) - ddof) + eps)
    largest = np.argmax(abs(components), axis=1)
    components *= np.sign(components[np.arange(len(components)), largest])[:, None]
    return mean, components, _scale(scale, scale > 0)


# -- What is asked of the rows -------------------------------------------------------------------


def _check_rows(x: Any, features: int | None = None) -> None:
    if not is_floating(x):
        found = getattr(x, "dtype", type(x).__name__)
        raise TypeError(
            f"x is {found}; expected an array of floating-point numbers, "
            "for example np.array(x, dtype=float)"
        )
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; expected (rows, features), at least one of each"
        )
    if features is not None and x.shape[1] != features:
        raise ValueError(f"x has {x.shape[1]} features; expected {features}, as in the fitted rows")
    if not is_finite(x):
        raise ValueError(
            "x has a NaN or infinite element; expected finite numbers: "
            "leave such rows out, or fill in what is missing"
        )


def _check_ddof(ddof: int) -> None:
    check_number(ddof=ddof)
    if ddof not in (0, 1):
        raise ValueError(f"ddof is {ddof!r}; expected 0 or 1")


def _rows(x: Any) -> np.ndarray:
    _check_rows(x)
    return to_numpy(x).astype(np.float64)


def _several(rows: np.ndarray) -> np.ndarray:
    if len(rows) < 2:
        raise ValueError("x has 1 row; expected at least 2, since one row has no spread")
    return rows


def _summary(x: Any) -> Summary:
    summary = x if isinstance(x, Summary) else summarize(x)
    if summary.rows < 2:
        raise ValueError("x has 1 row; expected at least 2, since one row has no spread")
    return summary


def _range(summary: Summary) -> np.ndarray:
    with np.errstate(over="ignore"):
        return summary.high - summary.low


def _scale(scale: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The scale, and 1 where a feature has no spread, or one too small to divide by."""
    if not np.isfinite(scale).all():
        raise ValueError("the spread of x overflows; expected smaller numbers: divide them first")
    return np.where(spread & (scale > np.finfo(float).tiny), scale, 1.0)
