"""Batch norm of images as loops over memory, which Numba compiles: each value is read when due.

Sums are taken in double precision over sums of so few that single precision is enough. What
``_rows`` writes in arrays is the definition; the tests hold these loops to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["gradient_loop", "normalize_loop"]

FEW = 1024
"""Pixels whose sum is taken in their own precision."""


def normalize_loop(
    x: Any, gamma: Any, beta: Any, eps: float, y: Any, mean: Any, variance: Any
) -> None:
    """Write y, mean and variance of ``normalize_rows`` for x (batch, channels, pixels)."""
    batch, channels, pixels = x.shape
    zero = x.dtype.type(0)
    for c in range(channels):
        total, squares = 0.0, 0.0
        for n in range(batch):
            for low in range(0, pixels, FEW):
                part, values = zero, x[n, c, low : low + FEW]
                for p in range(len(values)):
                    part += values[p]
                total += part
        mean[c] = total / (batch * pixels)
        middle = mean[c]
        for n in range(batch):
            for low in range(0, pixels, FEW):
                part, values = zero, x[n, c, low : low + FEW]
                for p in range(len(values)):
                    part += (values[p] - middle) * (values[p] - middle)
                squares += part
        variance[c] = squares / (batch * pixels)
        scale, shift = gamma[c], beta[c]
        inverse = 1 / np.sqrt(variance[c : c + 1] + variance.dtype.type(eps))
        factor = inverse[0]  # a product takes a fraction of the time of a quotient
        for n in range(batch):
            for p in range(pixels):
                y[n, c, p] = scale * ((x[n, c, p] - middle) * factor) + shift


def gradient_loop(
    dy: Any,
    x: Any,
    gamma: Any,
    mean: Any,
    deviation: Any,
    dx: Any,
    dgamma: Any,
    dbeta: Any,
) -> None:
    """Write the gradients of ``normalize_rows_backward`` for dy (batch, channels, pixels)."""
    batch, channels, pixels = dy.shape
    rows = batch * pixels
    zero = dy.dtype.type(0)
    constants = np.empty((3, channels), dy.dtype)
    for c in range(channels):
        along, total = 0.0, 0.0
        middle, factor = mean[c], (1 / deviation[c : c + 1])[0]
        for n in range(batch):
            for low in range(0, pixels, FEW):
                part_along, part = zero, zero
                slopes, values = dy[n, c, low : low + FEW], x[n, c, low : low + FEW]
                for p in range(len(slopes)):
                    part_along += slopes[p] * ((values[p] - middle) * factor)
                    part += slopes[p]
                along += part_along
                total += part
        dgamma[c], dbeta[c] = along, total
        constants[0, c] = along / rows
        constants[1, c] = total / rows
        constants[2, c] = gamma[c] / deviation[c]
        slope, shift, scale = constants[0, c], constants[1, c], constants[2, c]
        for n in range(batch):
            for p in range(pixels):
                xhat = (x[n, c, p] - middle) * factor
                dx[n, c, p] = scale * (dy[n, c, p] - shift - xhat * slope)
