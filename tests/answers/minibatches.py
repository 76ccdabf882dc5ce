"""Answers to the exercises on minibatches: right, wrong, and harmless mutants."""

from typing import Any

import numpy as np
import torch

from answers import AGAIN


def pooled_plain(means, rows):
    return (rows[:, None] * means).sum(axis=0) / rows.sum()


def pooled_average(means, rows):
    return np.average(means, axis=0, weights=rows)


def pooled_loop(means, rows):
    total = [0.0] * len(means[0])
    for mean, count in zip(means, rows, strict=True):
        total = [a + count * b for a, b in zip(total, mean, strict=True)]
    return [value / sum(rows) for value in total]


def pooled_running(means, rows):
    """The mean so far, moved by the share of the new rows."""
    mean, seen = np.zeros(means.shape[1]), 0
    for new, count in zip(means, rows, strict=True):
        seen += count
        mean = mean + (new - mean) * count / seen
    return mean


def pooled_product(means, rows):
    return (rows / sum(rows)) @ means


def pooled_repeated(means, rows):
    """Every row by itself."""
    return np.repeat(means, rows, axis=0).mean(axis=0)


def pooled_torch(means, rows):
    weights = torch.from_numpy(rows / rows.sum())
    return weights @ torch.from_numpy(means)


def batch_plain(x, y, order, n, batch_size):
    start = n * batch_size
    return x[order[start : start + batch_size]], y[order[start : start + batch_size]]


def batch_shuffled_first(x, y, order, n, batch_size):
    x, y = x[order], y[order]
    cut = slice(n * batch_size, n * batch_size + batch_size)
    return x[cut], y[cut]


def batch_loop(x, y, order, n, batch_size):
    last = min((n + 1) * batch_size, len(order))
    rows = [int(order[i]) for i in range(n * batch_size, last)]
    return np.array([x[row] for row in rows]), [int(y[row]) for row in rows]


def batch_take(x, y, order, n, batch_size):
    rows = order[n * batch_size :][:batch_size]
    return np.take(x, rows, axis=0), y.take(rows)


def batch_split(x, y, order, n, batch_size):
    rows = np.split(order, range(batch_size, len(order), batch_size))[n]
    return [x[rows], y[rows]]


RIGHT: dict[str, list[Any]] = {
    "minibatch-pieces": [
        pooled_plain,
        pooled_average,
        pooled_loop,
        pooled_running,
        pooled_product,
        pooled_repeated,
        pooled_torch,
    ],
    "minibatch-bug": [batch_plain, batch_shuffled_first, batch_loop, batch_take, batch_split],
    "minibatch-spread": [0.4, "0.4", np.float32(0.4), 0.8 / 2, [0.4], 0.8 * (16 / 64) ** 0.5],
    "minibatch-rate": [0.8, {"lr": 0.8}, 1, 1.6, {"lr": np.float64(2.0)}, "0.8"],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "minibatch-pieces": ("    ...", "    return means.mean(axis=0)", "every batch counts alike"),
    "minibatch-bug": (
        "return x[rows], y[n * batch_size : (n + 1) * batch_size]",
        "return x[n * batch_size : (n + 1) * batch_size], y[n * batch_size : (n + 1) * batch_size]",
        "order not used",
    ),
    "minibatch-spread": ("spread = ...", "spread = 0.2", "law of the variance"),
    "minibatch-rate": ("rate = ...", "rate = 0.1", "an eighth of the steps"),
}
EQUIVALENT: dict[str, dict[str, str]] = {
    "minibatch-pieces": {"twice: weights = rows / np.sum(rows)": AGAIN},
    "minibatch-bug": {"twice: rows = order[n * batch_size:(n + 1) * batch_size]": AGAIN},
}
