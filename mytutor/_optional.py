"""What may be installed or not, and loops as machine code where Numba is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["compiled", "has_numba", "installed"]


@cache
def installed(package: str) -> bool:
    """Whether a package is there; it isn't imported."""
    return importlib.util.find_spec(package) is not None


def has_numba() -> bool:
    """Whether Numba is installed."""
    return installed("numba")


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code; sums may be taken in any order, but NaN stays NaN."""
    import numba

    return numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})(function)
