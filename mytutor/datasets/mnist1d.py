"""MNIST-1D: digits drawn as a line, small enough to train on within seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.datasets._checks import balanced_labels, check_seed, floating
from mytutor.datasets.splitting import Dataset

__all__ = ["mnist1d"]

# Where the pen is, from left (0) to right (8), as it goes down a digit in twelve steps; it starts
# and ends in the middle.
STROKES = np.array(
    [
        [4, 5.6, 6.9, 7.6, 8, 8, 8, 8, 7.6, 6.9, 5.6, 4],
        [4, 2, 1, 3, 4.6, 4.8, 4.8, 4.8, 4.8, 4.6, 4.3, 4],
        [4, 6.2, 7.4, 7.2, 6, 4.4, 2.8, 1.4, 0.4, 0.2, 2.2, 4],
        [4, 6.6, 7.4, 6.6, 4.6, 3.4, 4.6, 6.6, 7.4, 7, 5.8, 4],
        [4, 3.4, 2.7, 2, 1.3, 0.6, 0.2, 4, 6.4, 5, 4.4, 4],
        [4, 0.6, 0.6, 0.8, 2, 4.4, 6.6, 7.4, 7.2, 6.2, 5, 4],
        [4, 2.8, 1.8, 1, 0.5, 0.2, 0.2, 0.2, 0.5, 1, 2.6, 4],
        [4, 7.6, 7.8, 7, 6.2, 5.4, 4.6, 3.8, 3, 2.6, 3.2, 4],
        [4, 2, 1, 1.4, 3.2, 4.6, 3.2, 1.4, 0.6, 1, 2.4, 4],
        [4, 1.4, 0.2, 0.2, 1.4, 4.2, 5, 4.9, 4.8, 4.6, 4.3, 4],
    ]
)
SIZE = 1 / 6
PADDING = (36, 60)
DRAWN, SEEN = 72, 40
LARGEST_SHIFT = 48
SMOOTHING = 2.0


def mnist1d(
    *, rows: int = 5000, seed: int = 0, test: float = 0.2, dtype: Any = np.float64
) -> Dataset:
    """Ten digits drawn as lines of 40 points, stretched, moved and hidden in noise.

    x is (rows, 40), with mean 0 and standard deviation 1 over all points to learn from; y is the
    digit, as many of each, within one, on both sides of the split. Linear models are bad at it and
    convolutions good, which MNIST itself doesn't show. The steps and their sizes are the paper's,
    the ten strokes our own: accuracies compare in kind, not to the digit, with those published.
    Raises ValueError for fewer than ten rows on a side.

    Source: Greydanus & Kobak (2020), Section 2 and Figure 2.
    """
    kind = floating(dtype)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    y_train, y_test = balanced_labels(rng, rows, len(STROKES), test)
    strokes = STROKES - STROKES[:, :1]
    strokes = SIZE * strokes / strokes.std(1, keepdims=True)
    smooth = _smoothing(DRAWN)
    x_train, x_test = (
        np.array([_draw(rng, strokes[label], smooth) for label in y]) for y in (y_train, y_test)
    )
    mean, deviation = x_train.mean(), x_train.std()
    x_train, x_test = ((x - mean) / deviation for x in (x_train, x_test))
    return Dataset(x_train.astype(kind), y_train, x_test.astype(kind), y_test)


def _draw(rng: np.random.Generator, stroke: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """One example: pad, stretch, scale, move, hide in noise, shear and sample more coarsely."""
    padded = np.concatenate([stroke, np.zeros(rng.integers(PADDING[0], PADDING[1] + 1))])
    inside = np.concatenate([np.ones(len(stroke)), np.zeros(len(padded) - len(stroke))])
    shift = rng.integers(LARGEST_SHIFT)
    signal = np.roll(_resample(padded, DRAWN), shift) * (1 + 0.4 * rng.uniform(-0.5, 0.5))
    inside = np.roll(_resample(inside, DRAWN), shift) > 0
    line = np.where(inside, signal, smooth @ rng.normal(0, 0.25, DRAWN))
    line = line + rng.normal(0, 0.02, DRAWN)
    line = line - 0.75 * rng.uniform(-0.5, 0.5) * np.linspace(-0.5, 0.5, DRAWN)
    return _resample(line, SEEN)


def _resample(line: np.ndarray, size: int) -> np.ndarray:
    return np.interp(np.linspace(0, 1, size), np.linspace(0, 1, len(line)), line)


def _smoothing(size: int) -> np.ndarray:
    """The matrix of a Gaussian filter."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    kernel = np.exp(-((distance / SMOOTHING) ** 2) / 2)
    return kernel / kernel.sum(1, keepdims=True)
