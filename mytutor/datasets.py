"""Data that is there offline, and minibatches of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Dataset", "digits", "minibatches"]


class Dataset(NamedTuple):
    """Rows to learn from and rows to test on; x is (rows, features), y is (rows,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """1,797 handwritten digits of 8x8 pixels in [0, 1], shuffled and split.

    ``test`` is the fraction held out, between 0 and 1. Raises ValueError outside, and ImportError
    when scikit-learn, which ships the data, isn't installed.

    Source: Alpaydin & Kaynak (1998), the test part of the UCI data set of optical digits.
    """
    if not 0 < test < 1:
        raise ValueError(
            f"test is {test!r}; expected the fraction of rows held out, between 0 and 1"
        )
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits come with scikit-learn: pip install scikit-learn") from error
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = (x[order] / 16).astype(dtype), y[order]
    held_out = round(test * len(x))
    return Dataset(x[held_out:], y[held_out:], x[:held_out], y[:held_out])


def minibatches(
    rng: np.random.Generator, x: Any, y: Any, batch_size: int
) -> Iterator[tuple[Any, Any]]:
    """One epoch: every row once, in a new random order, in batches; the last may be smaller.

    Raises ValueError for an empty data set, x and y of different lengths, or a batch size below 1.

    Source: Bottou (2012), Section 3.1, on shuffling.
    """
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y {len(y)}; expected as many")
    if len(x) == 0:
        raise ValueError("the data set is empty; expected at least one row")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1 row a batch")
    return _batches(rng.permutation(len(x)), x, y, batch_size)


def _batches(order: np.ndarray, x: Any, y: Any, size: int) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]
