"""Initial weights: each a function ``(rng, shape, *, hyperparameters) -> float64 array``.

``rng`` is a NumPy generator, ``np.random.default_rng(seed)``: the same seed, the same weights. The
shape is (in, out) for a dense layer and (out, in, height, width) for a convolution;
``mytutor.fans`` says what follows from it and how other layouts are treated. A bias has one axis.

Every function of this module is an initializer. Writing one more is all it takes to add it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from mytutor._checks import as_numbers, check_callable, check_generator, check_number, check_whole
from mytutor.fans import Shape, checked_shape, fan_average, fan_in, fan_out

__all__ = [
    "constant",
    "fan_average",
    "fan_in",
    "fan_out",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "orthogonal",
    "rescaled_truncated_normal",
    "rescaled_uniform",
    "sparse",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]


# -- The same numbers everywhere, or numbers of one distribution ---------------------------------


def zeros(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Zeros: right for biases; for weights it leaves all units of a layer equal forever.

    Source: Goodfellow, Bengio & Courville (2016), Section 8.4.
    """
    return np.zeros(checked_shape(shape))


def constant(rng: np.random.Generator, shape: Shape, *, value: Any = 0.1) -> np.ndarray:
    """One value everywhere, or one for each unit: for biases.

    Source: Goodfellow, Bengio & Courville (2016), Section 8.4, whose 0.1 keeps a ReLU from starting
    out dead. ``value`` is a number or an array that broadcasts to the shape, such as
    ``log_odds(0.01)`` or ``log_frequencies(counts)``. Raises ValueError for one that doesn't, or
    isn't finite.
    """
    shape, value = checked_shape(shape), as_numbers("value", value)
    if not np.isfinite(value).all():
        raise ValueError(f"value is {value}; expected finite numbers")
    if value.ndim > len(shape) or any(
        size not in (1, wanted)
        for size, wanted in zip(value.shape[::-1], shape[::-1], strict=False)
    ):
        raise ValueError(
            f"value has shape {value.shape}; expected a number, or an array that fits {shape}"
        )
    return np.broadcast_to(value, shape).copy()


def uniform(
    rng: np.random.Generator, shape: Shape, *, low: float = -0.05, high: float = 0.05
) -> np.ndarray:
    """Uniform numbers between two bounds.

    Source: LeCun et al. (1998), Section 4.6, on why small random numbers. PyTorch ``uniform_`` has
    the bounds 0 and 1, Keras ``RandomUniform`` these. PyTorch's ``Linear`` draws its biases between
    -1/sqrt(fan_in) and 1/sqrt(fan_in), Keras' ``Dense`` has zeros there. Raises ValueError unless
    low <= high, both finite.
    """
    check_generator(rng)
    check_number(low=low, high=high)
    if not -math.inf < low <= high < math.inf:
        raise ValueError(f"low is {low!r} and high {high!r}; expected finite numbers, low <= high")
    return rng.uniform(low, high, checked_shape(shape))


def normal(
    rng: np.random.Generator, shape: Shape, *, mean: float = 0.0, std: float = 0.05
) -> np.ndarray:
    """Normal numbers of a given mean and standard deviation.

    Source: LeCun et al. (1998), Section 4.6. PyTorch ``normal_`` has std 1 as its default, Keras
    ``RandomNormal`` this one, JAX ``normal`` 0.01. Raises ValueError for a negative std.
    """
    check_generator(rng)
    _check_number("mean", mean)
    return rng.normal(mean, _check_number("std", std, least=0.0), checked_shape(shape))


def truncated_normal(
    rng: np.random.Generator,
    shape: Shape,
    *,
    mean: float = 0.0,
    std: float = 0.05,
    low: float = -2.0,
    high: float = 2.0,
) -> np.ndarray:
    """Normal numbers, drawn again when they are further out than the bounds.

    Source: Burkardt (2014), Section 3. The bounds are in standard deviations from the mean, and std
    is that of the normal before it is cut: between -2 and 2 the numbers that stay have a standard
    deviation of 0.8796 std. Keras ``TruncatedNormal`` and JAX ``truncated_normal`` agree; PyTorch
    ``trunc_normal_(mean, std, a, b)`` takes the bounds themselves, so low = (a - mean) / std and
    high = (b - mean) / std. ``rescaled_truncated_normal`` has the std it is asked for. Raises
    ValueError when fewer than one number in a thousand falls between the bounds.
    """
    _check_number("mean", mean)
    _check_number("std", std, least=0.0)
    return mean + std * _truncated(rng, checked_shape(shape), low, high)


def rescaled_truncated_normal(
    rng: np.random.Generator, shape: Shape, *, std: float = 0.05, cut: float = 2.0
) -> np.ndarray:
    """Truncated normal numbers, scaled up so that what stays has the standard deviation std.

    Source: Burkardt (2014), Section 3.4, for the variance of a truncated normal. Cut at two
    standard deviations, Keras and JAX divide by 0.87962566: their ``variance_scaling`` draws so.
    PyTorch has no such correction. Raises ValueError for a negative std or a cut near 0.
    """
    _check_number("std", std, least=0.0)
    check_number(cut=cut)
    z = _truncated(rng, checked_shape(shape), -cut, cut)
    return std / math.sqrt(_truncated_variance(cut)) * z


def rescaled_uniform(rng: np.random.Generator, shape: Shape, *, std: float = 0.05) -> np.ndarray:
    """Uniform numbers of mean 0 and a given standard deviation: between -sqrt(3) and sqrt(3) of it.

    Source: LeCun et al. (1998), Section 4.6. Raises ValueError for a negative std.
    """
    check_generator(rng)
    bound = math.sqrt(3) * _check_number("std", std, least=0.0)
    return rng.uniform(-bound, bound, checked_shape(shape))


# -- Variance that fits the fan ------------------------------------------------------------------


def variance_scaling(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = 1.0,
    fan: Callable[[Shape], float] = fan_in,
    draw: Callable[..., np.ndarray] = normal,
) -> np.ndarray:
    """Weights of variance gain² / fan: what LeCun, Xavier and He have in common.

    He et al. (2015), Equation (10), with any gain in place of sqrt(2).

    ``fan`` is a function of the shape: fan_in keeps the size of signals, fan_out that of gradients,
    fan_average is between. ``draw`` is an initializer that takes ``std``: normal as in the papers
    and PyTorch, rescaled_truncated_normal as in Keras and JAX, rescaled_uniform. The ``scale`` of
    Keras and JAX is gain². Raises ValueError for a fan of zero or a gain that isn't positive.
    """
    check_generator(rng)
    check_callable(fan=fan, draw=draw)
    _check_gain(gain)
    size = fan(checked_shape(shape))
    check_number(fan=size)
    if not 0 < size < math.inf:
        raise ValueError(f"the fan of shape {tuple(shape)} is {size!r}; expected a positive number")
    return draw(rng, shape, std=gain / math.sqrt(size))


def lecun_normal(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = 1.0,
    fan: Callable[[Shape], float] = fan_in,
) -> np.ndarray:
    """Normal weights of variance 1 / fan_in: they keep a signal's size through linear layers.

    LeCun et al. (1998), Equation (16).

    Keras and JAX ``lecun_normal`` truncate: ``variance_scaling(draw=rescaled_truncated_normal)``.
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=normal)


def lecun_uniform(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = 1.0,
    fan: Callable[[Shape], float] = fan_in,
) -> np.ndarray:
    """Uniform weights of variance 1 / fan_in, between -sqrt(3 / fan_in) and sqrt(3 / fan_in).

    LeCun et al. (1998), Equation (16).

    Keras and JAX ``lecun_uniform`` agree. With gain = 1/sqrt(3) it is what PyTorch's ``Linear`` and
    ``Conv2d`` start from, between -1/sqrt(fan_in) and 1/sqrt(fan_in).
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=rescaled_uniform)


def xavier_normal(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = 1.0,
    fan: Callable[[Shape], float] = fan_average,
) -> np.ndarray:
    """Normal weights of variance 2 gain² / (fan_in + fan_out): a compromise of both directions.

    Glorot & Bengio (2010), Equation (12).

    PyTorch ``xavier_normal_`` is the same distribution. Keras and JAX truncate it:
    ``variance_scaling(fan=fan_average, draw=rescaled_truncated_normal)``.
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=normal)


def xavier_uniform(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = 1.0,
    fan: Callable[[Shape], float] = fan_average,
) -> np.ndarray:
    """Uniform weights between plus and minus gain sqrt(6 / (fan_in + fan_out)).

    Glorot & Bengio (2010), Equation (16), the normalized initialization.

    PyTorch ``xavier_uniform_``, Keras and JAX ``glorot_uniform`` agree; Keras' ``Dense`` starts
    from it.
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=rescaled_uniform)


def he_normal(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = math.sqrt(2),
    fan: Callable[[Shape], float] = fan_in,
) -> np.ndarray:
    """Normal weights whose variance gain² / fan_in keeps the signal's size through ReLU layers.

    He et al. (2015), Equation (10); Equation (14) has fan_out.

    PyTorch ``kaiming_normal_(nonlinearity="relu")`` is the same distribution. Keras and JAX
    truncate it: ``variance_scaling(gain=sqrt(2), draw=rescaled_truncated_normal)``.
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=normal)


def he_uniform(
    rng: np.random.Generator,
    shape: Shape,
    *,
    gain: float = math.sqrt(2),
    fan: Callable[[Shape], float] = fan_in,
) -> np.ndarray:
    """Uniform weights of He's variance, between plus and minus gain sqrt(3 / fan_in).

    He et al. (2015), Equation (10), for another distribution of the same variance.

    PyTorch ``kaiming_uniform_(nonlinearity="relu")``, Keras and JAX ``he_uniform`` agree.
    """
    return variance_scaling(rng, shape, gain=gain, fan=fan, draw=rescaled_uniform)


# -- Weights with a structure --------------------------------------------------------------------


def orthogonal(rng: np.random.Generator, shape: Shape, *, gain: float = 1.0) -> np.ndarray:
    """A random matrix with orthonormal rows or columns: it neither stretches nor shrinks.

    Saxe, McClelland & Ganguli (2014), Section 3.

    Uniform among all such matrices, because the signs of the QR decomposition are corrected:
    Mezzadri (2007), Section 5. A convolution is the matrix (out, in * kernel), as in PyTorch
    ``orthogonal_``. Raises ValueError for fewer than two axes or a gain that isn't positive.
    """
    check_generator(rng)
    _check_gain(gain)
    fan_in(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray(gain * (q if rows >= columns else q.T)).reshape(shape)


def identity(rng: np.random.Generator, shape: Shape, *, gain: float = 1.0) -> np.ndarray:
    """The identity: a dense layer or a convolution that gives back what comes in.

    Le, Jaitly & Hinton (2015), Section 3; Zagoruyko & Komodakis (2017), Section 3, for
    convolutions: a one at the kernel's centre.

    As many units as there are on both sides are connected; others start from zero. PyTorch ``eye_``
    and ``dirac_`` agree. Raises ValueError for fewer than two axes or a gain that isn't positive.
    """
    _check_gain(gain)
    fan_in(shape)
    weights = np.zeros(shape)
    units = np.arange(min(shape[:2]))
    centre = [size // 2 for size in shape[2:]]
    index: tuple[Any, ...] = (units, units, *centre)
    weights[index] = gain
    return weights


def sparse(
    rng: np.random.Generator, shape: Shape, *, connections: int = 15, std: float = 1.0
) -> np.ndarray:
    """Every unit has that many incoming weights, normal, at random places; the others are zero.

    Martens (2010), Section 5.

    A unit with fewer inputs has all of them. PyTorch ``sparse_(sparsity, std)`` zeroes the fraction
    in every column, which in its layout (out, in) are the weights that leave an input; its default
    std is 0.01. Raises ValueError for fewer than one connection or a negative std.
    """
    check_generator(rng)
    check_whole("connections", connections, 1)
    _check_number("std", std, least=0.0)
    inputs = fan_in(shape)
    units = shape[1] if len(shape) == 2 else shape[0]
    chosen = rng.permuted(np.tile(np.arange(inputs) < connections, (units, 1)), axis=1)
    weights = np.where(chosen, rng.normal(0.0, std, (units, inputs)), 0.0)
    return np.ascontiguousarray(weights.T) if len(shape) == 2 else weights.reshape(shape)


# -- What is asked of the arguments --------------------------------------------------------------


def _check_number(name: str, value: float, *, least: float = -math.inf) -> float:
    check_number(**{name: value})
    if not (math.isfinite(value) and value >= least):
        bound = "" if math.isinf(least) else f" of at least {least:g}"
        raise ValueError(f"{name} is {value!r}; expected a finite number{bound}")
    return float(value)


def _check_gain(gain: float) -> None:
    check_number(gain=gain)
    if not 0 < gain < math.inf:
        raise ValueError(f"gain is {gain!r}; expected a positive number")


def _truncated(
    rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float
) -> np.ndarray:
    """Standard normal numbers between two bounds."""
    check_generator(rng)
    check_number(low=low, high=high)
    standard = NormalDist()
    if not (low < high and standard.cdf(high) - standard.cdf(low) >= 1e-3):
        raise ValueError(
            f"the bounds are {low!r} and {high!r} standard deviations; expected low < high with at "
            "least a thousandth of all normal numbers between them"
        )
    z = np.asarray(rng.standard_normal(shape))
    outside = (z < low) | (z > high)
    while outside.any():
        z[outside] = rng.standard_normal(int(outside.sum()))
        outside = (z < low) | (z > high)
    return z


def _truncated_variance(cut: float) -> float:
    """Variance of a standard normal between -cut and cut."""
    standard = NormalDist()
    return 1 - 2 * cut * standard.pdf(cut) / (standard.cdf(cut) - standard.cdf(-cut))
