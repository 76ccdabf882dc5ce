"""Answers to the exercises on loss landscapes: right, wrong, and harmless mutants."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from answers import AGAIN


def by_eigh(hessian):
    values, _ = np.linalg.eigh(hessian)
    return np.abs(values).max() / np.abs(values).min()


def by_cond(hessian):
    return np.linalg.cond(hessian)


def by_singular_values(hessian):
    s = np.linalg.svd(hessian, compute_uv=False)
    return float(s[0] / s[-1])


def by_sorting(hessian):
    sizes = sorted(abs(float(value)) for value in np.linalg.eigvalsh(hessian))
    return sizes[-1] / sizes[0]


def by_loop(hessian):
    largest, smallest = 0.0, math.inf
    for value in np.linalg.eigvalsh(hessian).tolist():
        largest, smallest = max(largest, abs(value)), min(smallest, abs(value))
    return largest / smallest


def by_norms(hessian):
    return np.linalg.norm(hessian, 2) * np.linalg.norm(np.linalg.inv(hessian), 2)


def by_torch(hessian):
    sizes = torch.linalg.eigvalsh(torch.tensor(hessian)).abs()
    return sizes.max() / sizes.min()


def as_an_array(hessian):
    values = np.linalg.eigvals(hessian).real
    return np.array(max(abs(values)) / min(abs(values)))


RIGHT: dict[str, list[Any]] = {
    "condition-number": [
        by_eigh,
        by_cond,
        by_singular_values,
        by_sorting,
        by_loop,
        by_norms,
        by_torch,
        as_an_array,
    ],
    "rare-minima": [1 / 1024, 2**-10, np.float64(0.5**10), Fraction(1, 1024), 9.766e-4],
    "rosenbrock-condition": [2508, 2508.01, 1001.6 / 0.3994, np.array([2508.0]), "2508"],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "condition-number": (
        "    ...",
        "    values = np.linalg.eigvalsh(hessian)\n    return values[-1] / values[0]",
        "signs of the eigenvalues kept",
    ),
    "rare-minima": ("share = ...", "share = 0.1", "Each further coin halves"),
    "rosenbrock-condition": ("kappa = ...", "kappa = 802 / 200", "take the eigenvalues"),
}
CHECKED = "it only refuses what is no symmetric matrix"
SIZES = "sizes = abs(np.linalg.eigvalsh(check_hessian(hessian)))"
LAST = "return math.inf if sizes.min() == 0 else float(sizes.max() / sizes.min())"
INFINITE = "NumPy divides by zero to infinity"
EQUIVALENT: dict[str, dict[str, str]] = {
    "condition-number": {
        f"{SIZES}  ->  sizes = abs(np.linalg.eigvalsh(hessian))": CHECKED,
        f"{SIZES}  ->  sizes = abs(np.linalg.eigvalsh(check_hessian(-hessian)))": (
            "the sizes have no sign"
        ),
        f"{LAST}  ->  return math.inf if sizes.min() == 0 else sizes.max() / sizes.min()": (
            "a NumPy number is a number"
        ),
        f"{LAST}  ->  {LAST.replace('== 0', '== -1')}": INFINITE,
        f"{LAST}  ->  {LAST.replace('if sizes.min()', 'if (-sizes).min()')}": INFINITE,
        f"twice: {SIZES}": AGAIN,
    }
}
