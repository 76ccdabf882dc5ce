"""Answers to the exercises on Nesterov's gradient: right, wrong, and harmless mutants."""

from typing import Any

import numpy as np
import torch


def ahead_plain(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v - lr * g
    return x - lr * g + mu * v, v


def ahead_by_points(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Back to the point behind, one step of it, and ahead again."""
    theta = x - mu * v
    v = mu * v - lr * g
    theta = theta + v
    return theta + mu * v, v


def ahead_expanded(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    return x + mu**2 * v - (1 + mu) * lr * g, mu * v - lr * g


def ahead_loop(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = np.broadcast_to(v, x.shape)
    new = [mu * old - lr * slope for old, slope in zip(v, g, strict=True)]
    moved = [a + mu * b - lr * c for a, b, c in zip(x, new, g, strict=True)]
    return moved, new


@np.vectorize
def ahead_vectorized(x, g, t, v=0.0, lr=0.01, mu=0.9):
    new = mu * v - lr * g
    return x - mu * v + (1 + mu) * new, new


def ahead_torch(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    x, g = torch.as_tensor(np.asarray(x)), torch.as_tensor(np.asarray(g))
    v = mu * torch.as_tensor(np.asarray(v)) - lr * g
    return x + mu * v - lr * g, v


RIGHT: dict[str, list[Any]] = {
    "nesterov-ahead": [
        ahead_plain,
        ahead_by_points,
        ahead_expanded,
        ahead_loop,
        ahead_vectorized,
        ahead_torch,
    ],
    "nesterov-behind": [2.15, "2.15", np.float64(2.15), [2.15], 2 + 0.1 * 0.5 * 3],
    "nesterov-switch": ["D", "d", " D ", "(D)", "d."],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "nesterov-ahead": (
        "    ...",
        "    v = mu * v - lr * g\n    return x + v, v",
        "step of the point behind",
    ),
    "nesterov-behind": ("theta = ...", "theta = 1.85", "another look-ahead"),
    "nesterov-switch": ("outcome = ...", 'outcome = "B"', "overcorrects"),
}
EQUIVALENT: dict[str, dict[str, str]] = {"nesterov-ahead": {}}
