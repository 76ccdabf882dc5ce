"""Initial weights: each a function (rng, shape) -> array. The shape is (fan_in, fan_out)."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["he_normal", "xavier_normal", "zeros"]


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros: right for biases; for weights it leaves all units of a layer equal forever.

    Source: Goodfellow, Bengio & Courville (2016), Section 8.4.
    """
    return np.zeros(shape)


def he_normal(
    rng: np.random.Generator, shape: tuple[int, ...], *, gain: float = math.sqrt(2)
) -> np.ndarray:
    """Normal weights whose variance gain² / fan_in keeps the signal's size through ReLU layers.

    He et al. (2015), Equation (10).

    PyTorch ``kaiming_normal_`` is the same distribution (its weights are (fan_out, fan_in)); Keras
    and JAX draw from a normal truncated at two standard deviations, rescaled to the same variance.
    Raises ValueError for a fan of zero.
    """
    fan_in, _ = _fans(shape)
    return rng.normal(0.0, gain / math.sqrt(fan_in), shape)


def xavier_normal(
    rng: np.random.Generator, shape: tuple[int, ...], *, gain: float = 1.0
) -> np.ndarray:
    """Normal weights of variance 2 gain² / (fan_in + fan_out): a compromise of both directions.

    Glorot & Bengio (2010), Equation (12).

    PyTorch ``xavier_normal_`` is the same distribution; Keras and JAX truncate it as above.
    Raises ValueError for a fan of zero.
    """
    fan_in, fan_out = _fans(shape)
    return rng.normal(0.0, gain * math.sqrt(2 / (fan_in + fan_out)), shape)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"shape is {tuple(shape)}; expected (fan_in, fan_out), both at least 1")
    return shape[0], shape[1]
