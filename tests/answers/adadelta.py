"""Answers to the exercises on Adadelta: right, wrong, and harmless mutants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from answers import AGAIN, ORDER, SQUARE


def plain(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    v = v + (1 - rho) * (g * g - v)
    step = np.sqrt((u + eps) / (v + eps)) * g
    return x - lr * step, v, u + (1 - rho) * (step * step - u)


def rms(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    """The paper's names: E[g²], RMS, and a step that carries its minus sign."""
    mean_g = rho * v + (1 - rho) * g**2
    rms_step, rms_g = (u + eps) ** 0.5, (mean_g + eps) ** 0.5
    delta = -rms_step / rms_g * g
    return x + lr * delta, mean_g, rho * u + (1 - rho) * delta**2


def loop(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    v, u, out = v + np.zeros(len(x)), u + np.zeros(len(x)), np.array(x)
    for i in range(len(x)):
        v[i] = rho * v[i] + (1 - rho) * g[i] ** 2
        step = math.sqrt(u[i] + eps) / math.sqrt(v[i] + eps) * g[i]
        out[i] -= lr * step
        u[i] = rho * u[i] + (1 - rho) * step**2
    return out.tolist(), v.tolist(), u.tolist()


def squared_ratio(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    v = rho * v + (1 - rho) * np.abs(g) ** 2
    square = (u + eps) * g**2 / (v + eps)
    return x - lr * np.sign(g) * np.sqrt(square), v, rho * u + (1 - rho) * square


def with_torch(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    import torch

    x, g, v, u = (torch.as_tensor(each, dtype=torch.as_tensor(x).dtype) for each in (x, g, v, u))
    v = rho * v + (1 - rho) * g**2
    step = torch.sqrt(u + eps) * torch.rsqrt(v + eps) * g
    return x - lr * step, v, rho * u + (1 - rho) * step**2


@np.vectorize
def one_by_one(x, g, t, v=0.0, u=0.0, lr=1.0, rho=0.95, eps=1e-6):
    v = rho * v + (1 - rho) * g**2
    step = g * ((u + eps) / (v + eps)) ** 0.5
    return x - lr * step, v, rho * u + (1 - rho) * step**2


ADADELTAS = [plain, rms, loop, squared_ratio, with_torch, one_by_one]
RIGHT: dict[str, list[Any]] = {
    "adadelta": ADADELTAS,
    "adadelta-bug": ADADELTAS,
    "adadelta-first-step": [
        0.05,
        "0.05",
        (1e-4 / 0.04) ** 0.5,
        np.float32(0.05),
        np.array([0.05]),
        math.sqrt(1e-4) * 30 / math.sqrt(0.04 * 900 + 1e-4),
    ],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "adadelta": (
        "    ...",
        "    v = rho * v + (1 - rho) * g**2\n    step = sqrt(u) / sqrt(v + eps) * g\n"
        "    return x - lr * step, v, rho * u + (1 - rho) * step**2",
        "missing epsilon in the numerator",
    ),
    "adadelta-bug": (
        "u = rho * u + (1 - rho) * g**2",
        "u = rho * u + (1 - rho) * (lr * step) ** 2",
        "feeds back",
    ),
    "adadelta-first-step": ("first_step = ...", "first_step = 0.01", "if v were g²"),
}
EQUIVALENT: dict[str, dict[str, str]] = {
    "adadelta": {
        "v = rho * v + (1 - rho) * g ** 2  ->  v = rho * v + (1 - rho) * (-g) ** 2": SQUARE,
        "u = rho * u + (1 - rho) * step ** 2  ->  u = rho * u + (1 - rho) * (-step) ** 2": SQUARE,
        "after the next line: u = rho * u + (1 - rho) * step ** 2": ORDER,
        "twice: step = sqrt(u + eps) / sqrt(v + eps) * g": AGAIN,
    },
}
