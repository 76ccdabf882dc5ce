"""What may be installed or not, and loops as machine code where Numba is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = ["compiled", "fusible", "has_numba", "installed"]

NUMBERS = (np.dtype(np.float32), np.dtype(np.float64))
"""What Numba compiles arithmetic for; neither half precision nor another order of bytes."""


@cache
def installed(package: str) -> bool:
    """Whether a package is there; it isn't imported."""
    return importlib.util.find_spec(package) is not None


def has_numba() -> bool:
    """Whether Numba is installed."""
    return installed("numba")


def fusible(dtype: np.dtype) -> bool:
    """Whether loops over numbers of this dtype can be compiled here."""
    return dtype in NUMBERS and has_numba()


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code; sums may be taken in any order, but NaN stays NaN."""
    import numba

    return numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})(function)
