"""Rows to learn from and rows to test on, and minibatches of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from mytutor.datasets._checks import check_generator, check_seed, check_whole, held_out

__all__ = ["Dataset", "minibatches", "nth_batch", "pooled_mean", "split"]


class Dataset(NamedTuple):
    """Rows to learn from and rows to test on.

    x is (rows, features). y is (rows,) of integer class labels, or (rows, 1) of real numbers.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(x: Any, y: Any, *, seed: int = 0, test: float = 0.2) -> Dataset:
    """Shuffle rows with their labels and hold out the fraction ``test`` of them.

    Raises ValueError for x and y of different lengths, and for a fraction that leaves no row on
    one side.

    Source: Goodfellow, Bengio & Courville (2016), Section 5.3, on held-out data.
    """
    _check_rows(x, y)
    check_seed(seed)
    count = held_out(len(x), test)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    return Dataset(x[count:], y[count:], x[:count], y[:count])


def minibatches(
    rng: np.random.Generator, x: Any, y: Any, batch_size: int
) -> Iterator[tuple[Any, Any]]:
    """One epoch: every row once, in a new random order, in batches; the last may be smaller.

    Raises ValueError for an empty data set, x and y of different lengths, or a batch size below 1.

    Source: Bottou (2012), Section 3.1, on shuffling.
    """
    _check_rows(x, y)
    if len(x) == 0:
        raise ValueError("the data set is empty; expected at least one row")
    check_whole("batch_size", batch_size, 1, " row")
    check_generator(rng)
    return _batches(rng.permutation(len(x)), x, y, batch_size)


def nth_batch(x: Any, y: Any, order: Any, n: int, batch_size: int) -> tuple[Any, Any]:
    """Batch n of an epoch, counted from 0: the rows of x and of y that come next in that order.

    ``order`` is a permutation of the row numbers. The last batch may be smaller, and those after it
    are empty. Raises ValueError for x and y of different lengths, n below 0 or a size below 1.

    Source: Goodfellow, Bengio & Courville (2016), Section 8.1.3.
    """
    _check_rows(x, y)
    check_whole("n", n, 0)
    check_whole("batch_size", batch_size, 1, " row")
    rows = order[n * batch_size : (n + 1) * batch_size]
    return x[rows], y[rows]


def pooled_mean(means: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean over all rows, from the means (batches, ...) over batches of so many rows (batches,).

    It is the gradient of a batch that was computed in pieces, or the loss of an epoch whose last
    batch is smaller. Raises ValueError when there aren't as many numbers of rows as means.

    Source: Cochran (1977), Equation (5.1), the mean of a population in strata.
    """
    _check_pieces(means, rows)
    weights = rows / np.sum(rows)
    return np.tensordot(weights, means, axes=1)


def _check_rows(x: Any, y: Any) -> None:
    for name, rows in (("x", x), ("y", y)):
        if not getattr(rows, "shape", ()):
            found = type(rows).__name__
            raise TypeError(f"{name} is of type {found}; expected an array of rows")
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y {len(y)}; expected as many")


def _check_pieces(means: Any, rows: Any) -> None:
    if np.ndim(rows) != 1 or len(rows) != len(means):
        found = np.shape(rows)
        raise ValueError(f"rows has shape {found}; expected ({len(means)},), one for every mean")
    if not (np.asarray(rows) >= 0).all() or not np.sum(rows) > 0:
        raise ValueError(f"rows is {rows!r}; expected numbers of rows, not all of them 0")


def _batches(order: np.ndarray, x: Any, y: Any, size: int) -> Iterator[tuple[Any, Any]]:
    for low in range(0, len(order), size):
        rows = order[low : low + size]
        yield x[rows], y[rows]
