"""Answers to the exercises on RMSProp: right, wrong, and harmless mutants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from answers import SQUARE


def plain(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    v = v + (1 - rho) * (g * g - v)
    return x - lr * (g / (np.sqrt(v) + eps)), v


def loop(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    new_v = [rho * a + (1 - rho) * b**2 for a, b in zip(v + np.zeros(len(g)), g, strict=True)]
    new_x = [x[i] - lr * g[i] / (math.sqrt(new_v[i]) + eps) for i in range(len(x))]
    return new_x, new_v


def from_rms(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    rms = np.hypot(np.sqrt(rho * v), math.sqrt(1 - rho) * g)
    return np.subtract(x, np.divide(lr * g, rms + eps)), rms**2


def buffers(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    v = np.array(v, dtype=x.dtype) * np.ones_like(x)
    v *= rho
    v += (1 - rho) * np.abs(g) ** 2
    x = x.copy()
    x -= lr * g / (v**0.5 + eps)
    return [x, v]


def with_torch(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    import torch

    x, g, v = torch.as_tensor(x), torch.as_tensor(g), torch.as_tensor(v)
    v = rho * v + (1 - rho) * g * g
    return x - lr * g / (torch.sqrt(v) + eps), v


@np.vectorize
def one_by_one(x, g, t, v=0.0, lr=0.001, rho=0.9, eps=1e-8):
    v = rho * v + (1 - rho) * g * g
    return x - lr * g / (v**0.5 + eps), v


RMSPROPS = [plain, loop, from_rms, buffers, with_torch, one_by_one]
RIGHT: dict[str, list[Any]] = {
    "rmsprop": RMSPROPS,
    "rmsprop-bug": RMSPROPS,
    "rmsprop-lengths": ["B", "b", " B ", "(B)", "b."],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "rmsprop": (
        "    ...",
        "    v = v + g**2\n    return x - lr * g / (sqrt(v) + eps), v",
        "sum in place of the average",
    ),
    "rmsprop-bug": ("(1 - rho) * g\n", "(1 - rho) * abs(g)\n", "absolute value"),
    "rmsprop-lengths": ("lengths = ...", 'lengths = "C"', "have no sign"),
}
EQUIVALENT: dict[str, dict[str, str]] = {
    "rmsprop": {
        "v = rho * v + (1 - rho) * g ** 2  ->  v = rho * v + (1 - rho) * (-g) ** 2": SQUARE,
    },
}
