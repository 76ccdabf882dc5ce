"""How batch norm of images is run: as rows, block by block of the channels, or in compiled loops.

A few channels at a time stay in the processor's cache, and each lies in one piece there, so that
the functions of rows do the same work in half the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from mytutor._optional import compiled, fusible
from mytutor.layers._norm_loops import gradient_loop, normalize_loop
from mytutor.layers._rows import normalize_rows, normalize_rows_backward

__all__ = ["normalize", "normalize_backward"]

WORTH_BLOCKS = 32_768
"""Elements from which blocks repay the calls they take; also the elements of a block."""
WORTH_COMPILING = 500_000
"""Elements from which compiled loops repay the seconds that compiling them takes."""


def normalize(x: Any, gamma: Any, beta: Any, *, eps: float) -> tuple[Any, Any, Any]:
    """y, mean and variance of x (batch, channels, ...), as ``normalize_rows`` has them."""
    if not _is_large(x):
        y, _, mean, variance = normalize_rows(_as_rows(x), gamma, beta, eps=eps)
        return _from_rows(y, tuple(x.shape)), mean, variance
    y, mean, variance = np.empty(x.shape, x.dtype), np.empty_like(gamma), np.empty_like(gamma)
    if _compiles(x):
        compiled(normalize_loop)(_flat(x), gamma, beta, eps, _flat(y), mean, variance)
        return y, mean, variance
    for block in _blocks(x):
        rows = _block_rows(x[:, block])
        found, _, mean[block], variance[block] = normalize_rows(
            rows, gamma[block], beta[block], eps=eps
        )
        _write(y[:, block], found)
    return y, mean, variance


def normalize_backward(
    dy: Any, x: Any, gamma: Any, mean: Any, deviation: Any
) -> tuple[Any, Any, Any]:
    """Gradients (dx, dgamma, dbeta) of ``normalize``; dx has the shape of dy."""
    if not (_is_large(dy) and _is_large(x)):
        xhat = (_as_rows(x) - mean) / deviation
        dx, dgamma, dbeta = normalize_rows_backward(_as_rows(dy), xhat, gamma, deviation)
        return _from_rows(dx, tuple(dy.shape)), dgamma, dbeta
    dx = np.empty(dy.shape, np.result_type(dy, x))
    dgamma, dbeta = np.empty(gamma.shape, dx.dtype), np.empty(gamma.shape, dx.dtype)
    if _compiles(dy) and _compiles(x) and dy.dtype == x.dtype:
        out = _flat(dx), dgamma, dbeta
        compiled(gradient_loop)(_flat(dy), _flat(x), gamma, mean, deviation, *out)
        return dx, dgamma, dbeta
    for block in _blocks(dy):
        xhat = (_block_rows(x[:, block]) - mean[block]) / deviation[block]
        found, dgamma[block], dbeta[block] = normalize_rows_backward(
            _block_rows(dy[:, block]), xhat, gamma[block], deviation[block]
        )
        _write(dx[:, block], found)
    return dx, dgamma, dbeta


def _is_large(x: Any) -> bool:
    """Whether x is an array of NumPy's, of images, that rows would copy at length."""
    return type(x) is np.ndarray and x.ndim > 2 and x.size >= WORTH_BLOCKS


def _compiles(x: np.ndarray) -> bool:
    return x.size >= WORTH_COMPILING and x.flags.c_contiguous and fusible(x.dtype)


def _blocks(x: np.ndarray) -> Iterator[slice]:
    """So many channels at a time that a block stays in the cache, at least one."""
    width = max(1, WORTH_BLOCKS * x.shape[1] // x.size)
    for low in range(0, x.shape[1], width):
        yield slice(low, low + width)


def _block_rows(part: np.ndarray) -> np.ndarray:
    """(rows, channels), where the values of a channel lie in one piece."""
    return part.swapaxes(0, 1).reshape(part.shape[1], -1).T


def _write(part: np.ndarray, rows: np.ndarray) -> None:
    """Put what ``_block_rows`` took out, or the like, in its place."""
    channels_first = part.swapaxes(0, 1)
    channels_first[...] = rows.T.reshape(channels_first.shape)


def _flat(x: np.ndarray) -> np.ndarray:
    """(batch, channels, pixels), in the same memory."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _as_rows(x: Any) -> Any:
    """One row an example, or one a pixel of it; the channels are the columns."""
    return x if x.ndim == 2 else x.swapaxes(1, -1).reshape(-1, x.shape[1])


def _from_rows(rows: Any, shape: tuple[int, ...]) -> Any:
    """Back from ``_as_rows`` to the shape that x had."""
    if len(shape) == 2:
        return rows
    swapped = list(shape)
    swapped[1], swapped[-1] = shape[-1], shape[1]
    return rows.reshape(swapped).swapaxes(1, -1)
