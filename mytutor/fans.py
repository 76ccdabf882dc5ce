"""What initial weights depend on: the fans of a layer, the gain of its activation, output biases.

The shape of weights says which layer they are of, and with it how many numbers a unit adds up
(``fan_in``) and how many units a number goes to (``fan_out``):

- ``(in, out)`` is a dense layer, as in Keras and JAX;
- ``(out, in, height, width)``, or any number of kernel sizes after ``(out, in)``, is a convolution,
  as in PyTorch.

PyTorch's ``Linear`` keeps (out, in): transpose, or pass ``fan=fan_out`` where ``fan=fan_in`` is
meant. For the convolutions (height, width, in, out) of Keras pass a fan of your own, such as
``fan=lambda shape: math.prod(shape[:-1])``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mytutor._checks import as_numbers, check_callable, check_number

__all__ = [
    "GAINS",
    "Shape",
    "checked_shape",
    "fan_average",
    "fan_in",
    "fan_out",
    "he_std",
    "leaky_relu_gain",
    "log_frequencies",
    "log_odds",
    "moment_gain",
    "xavier_bound",
]

Shape = Sequence[int]


def fan_in(shape: Shape) -> int:
    """How many numbers one unit adds up: in, times the size of the kernel.

    Source: Glorot & Bengio (2010), Section 4.2.1, and He et al. (2015), Section 2.2, for
    convolutions. Raises ValueError for a shape that is neither (in, out) nor
    ``(out, in, *kernel)``.
    """
    return _fans(shape)[0]


def fan_out(shape: Shape) -> int:
    """How many units one number goes to: out, times the size of the kernel.

    Source: Glorot & Bengio (2010), Section 4.2.1, and He et al. (2015), Section 2.2, for
    convolutions. Raises ValueError for a shape that is neither (in, out) nor
    ``(out, in, *kernel)``.
    """
    return _fans(shape)[1]


def fan_average(shape: Shape) -> float:
    """The mean of fan_in and fan_out.

    Source: Glorot & Bengio (2010), Equation (12). Raises ValueError like fan_in.
    """
    return sum(_fans(shape)) / 2


# -- Gains: how an activation shrinks a signal ---------------------------------------------------

GAINS: Mapping[str, float] = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
    "selu": 3 / 4,
}
"""The customary gain before each activation, the table of PyTorch's ``calculate_gain``.

sqrt(2) is He et al. (2015), Equation (10), and with a slope of 0.01 Equation (15). 5/3 for tanh is
a rule of thumb, a little above what keeps a normal signal's size: ``moment_gain(np.tanh)`` is 1.59.
SELU keeps it with gain 1, by Klambauer et al. (2017); 3/4 is PyTorch's damping. Keras and JAX have
no table: their ``scale`` is the square of the gain.
"""


def leaky_relu_gain(slope: float) -> float:
    """The gain of a ReLU with a slope on its negative side, sqrt(2 / (1 + slope²)).

    Source: He et al. (2015), Equation (15). A slope of 0 is ReLU, of 1 the identity. Raises
    ValueError for a slope that isn't finite.
    """
    _check_slope(slope)
    return math.sqrt(2 / (1 + slope**2))


def moment_gain(activation: Callable[[np.ndarray], np.ndarray]) -> float:
    """The gain with which a standard normal signal leaves an activation with second moment 1.

    1 / sqrt(E[f(z)²]), integrated between -12 and 12: sqrt(2) for ReLU, for any other activation
    what sqrt(2) is for ReLU. Raises ValueError when f is zero, or not finite, on a normal signal.

    Source: Poole et al. (2016), Equation (3), the length map, at length 1 without biases.
    """
    check_callable(activation=activation)
    z = np.linspace(-12, 12, 48_001)
    weight = np.exp(-(z**2) / 2)
    moment = float((np.asarray(activation(z)) ** 2 * weight).sum() / weight.sum())
    if not 0 < moment < math.inf:
        raise ValueError(
            f"the second moment after the activation is {moment}; expected a positive number"
        )
    return 1 / math.sqrt(moment)


# -- The size itself -----------------------------------------------------------------------------


def xavier_bound(fan_in: float, fan_out: float, *, gain: float = 1.0) -> float:
    """The bound of Xavier's uniform weights: they lie between minus and plus this number.

    Source: Glorot & Bengio (2010), Equation (16). Raises ValueError unless both fans and the gain
    are positive.
    """
    _check_positive(fan_in=fan_in, fan_out=fan_out, gain=gain)
    return gain * math.sqrt(6 / (fan_in + fan_out))


def he_std(fan_in: float, *, slope: float = 0.0) -> float:
    """The standard deviation of He's weights before a ReLU with a slope on its negative side.

    Source: He et al. (2015), Equation (15); with a slope of 0 Equation (10). Raises ValueError for
    a fan that isn't positive and a slope that isn't finite.
    """
    _check_positive(fan_in=fan_in)
    _check_slope(slope)
    return math.sqrt(2 / ((1 + slope**2) * fan_in))


# -- Biases of an output layer -------------------------------------------------------------------


def log_odds(p: Any) -> Any:
    """The bias with which a sigmoid output starts at probability p, log(p / (1 - p)).

    Source: Lin et al. (2017), Section 4.1: with rare positives, p is their frequency. A number for
    a number, an array for an array. Raises ValueError for p outside the open interval (0, 1).
    """
    p = as_numbers("p", p)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"p is {p}; expected probabilities above 0 and below 1")
    bias = np.log(p) - np.log1p(-p)
    return float(bias) if bias.ndim == 0 else bias


def log_frequencies(counts: Any) -> np.ndarray:
    """The biases with which a softmax starts at the frequencies of the classes.

    ``counts`` are the rows of each class, such as ``np.bincount(y_train)``, or their frequencies.
    Raises ValueError unless they are at least two positive numbers in a row.

    Source: Karpathy (2019), 'init well'; two classes are Lin et al. (2017), Section 4.1.
    """
    counts = as_numbers("counts", counts)
    if counts.ndim != 1 or len(counts) < 2:
        raise ValueError(f"counts has shape {counts.shape}; expected one number for each class")
    if not ((counts > 0) & np.isfinite(counts)).all():
        raise ValueError(
            f"counts is {counts}; expected positive numbers: "
            "a class without rows has no finite bias, so count one row for it"
        )
    return np.log(counts) - np.log(counts.sum())


def checked_shape(shape: Shape) -> tuple[int, ...]:
    """The shape as a tuple, when every size is a whole number of at least 1.

    Raises TypeError for what is no tuple or list of whole numbers, ValueError for a size below 1.
    """
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        raise TypeError(f"shape is {shape!r}; expected a tuple of whole numbers such as (64, 10)")
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise TypeError(f"shape is {tuple(shape)}; expected whole numbers such as (64, 10)")
        if size < 1:
            raise ValueError(f"shape is {tuple(shape)}; expected sizes of at least 1")
    return tuple(int(size) for size in shape)


def _check_slope(slope: float) -> None:
    check_number(slope=slope)
    if not math.isfinite(slope):
        raise ValueError(f"slope is {slope!r}; expected a finite number such as 0.01")


def _check_positive(**values: float) -> None:
    check_number(**values)
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value!r}; expected a positive number")


def _fans(shape: Shape) -> tuple[int, int]:
    sizes = checked_shape(shape)
    if len(sizes) < 2:
        raise ValueError(
            f"shape is {sizes}; expected (in, out) of a dense layer or (out, in, height, width) "
            "of a convolution: a bias has no fan"
        )
    if len(sizes) == 2:
        return sizes[0], sizes[1]
    kernel = math.prod(sizes[2:])
    return sizes[1] * kernel, sizes[0] * kernel
