"""Answers to the exercises on AdaGrad: right, wrong, and harmless mutants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from answers import SQUARE


def plain(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    s = s + np.square(g)
    rate = lr / (np.sqrt(s) + eps)
    return x - rate * g, s


def loop(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    sums, new_x = [], []
    for i, old in enumerate(np.broadcast_to(s, x.shape)):
        sums.append(old + g[i] * g[i])
        new_x.append(x[i] - lr * g[i] / (math.sqrt(sums[-1]) + eps))
    return new_x, sums


def powers(x, g, t, s=None, lr=0.01, eps=1e-10):
    s = abs(g) ** 2 if s is None else np.add(s, g**2)
    return [x - lr * g * (s**0.5 + eps) ** -1, s]


def buffers(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    s = np.array(s, dtype=x.dtype) * np.ones_like(x)
    s += g * g
    step = g / (np.sqrt(s) + eps)
    step *= lr
    return x - step, s


def with_torch(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    import torch

    x, g, s = torch.as_tensor(x), torch.as_tensor(g), torch.as_tensor(s)
    s = s + g**2
    return torch.addcdiv(x, g, s.sqrt() + eps, value=-lr), s


@np.vectorize
def one_by_one(x, g, t, s=0.0, lr=0.01, eps=1e-10):
    s = s + g * g
    return x - lr * g / (s**0.5 + eps), s


ADAGRADS = [plain, loop, powers, buffers, with_torch, one_by_one]
RIGHT: dict[str, list[Any]] = {
    "adagrad": ADAGRADS,
    "adagrad-bug": ADAGRADS,
    "adagrad-distance": [
        100,
        98.5,
        "98.5",
        np.float64(98.54),
        np.array([100]),
        [99.0],
        2 * 2500**0.5,
    ],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "adagrad": (
        "    ...",
        "    s = s + g**2\n    return x - lr * g / sqrt(s + eps), s",
        "epsilon inside the root",
    ),
    "adagrad-bug": ("x - lr * g / s + eps", "x - lr * g / (sqrt(s) + eps)", "missing sum"),
    "adagrad-distance": ("distance = ...", "distance = 2500", "Only the first step is lr long"),
}
EQUIVALENT: dict[str, dict[str, str]] = {
    "adagrad": {"s = s + g ** 2  ->  s = s + (-g) ** 2": SQUARE},
}
