"""What the data sets ask of their arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mytutor._checks import check_generator, check_number, check_seed, check_whole

__all__ = [
    "balanced_labels",
    "check_at_least",
    "check_generator",
    "check_seed",
    "check_whole",
    "floating",
    "held_out",
]


def held_out(rows: int, test: float) -> int:
    """How many of the rows are held out.

    Raises ValueError for a fraction outside 0 to 1, and for one that leaves no row on one side.
    """
    check_number(test=test)
    if not 0 < test < 1:
        raise ValueError(
            f"test is {test!r}; expected the fraction of rows held out, between 0 and 1"
        )
    count = round(test * rows)
    if not 0 < count < rows:
        raise ValueError(
            f"test is {test!r}, which holds out {count} of {rows} rows; "
            "expected at least one row to learn from and one to test on"
        )
    return count


def floating(dtype: Any) -> np.dtype:
    """The NumPy dtype, when it is of floating-point numbers; raises TypeError otherwise."""
    try:
        found = np.dtype(dtype)
    except (TypeError, DeprecationWarning):
        found = dtype
    if not isinstance(found, np.dtype) or not np.issubdtype(found, np.floating):
        raise TypeError(f"dtype is {found}; expected a floating-point type such as np.float64")
    return found


def balanced_labels(
    rng: np.random.Generator, rows: int, classes: int, test: float
) -> tuple[np.ndarray, np.ndarray]:
    """Labels to learn from and to test on, in random order, as many of each class within one.

    Raises ValueError when there are too few rows for every class to be on both sides.
    """
    check_whole("rows", rows, 1)
    count = held_out(rows, test)
    if min(count, rows - count) < classes:
        raise ValueError(
            f"rows is {rows}, of which {rows - count} to learn from and {count} to test on; "
            f"expected at least {classes} of both, one for each class"
        )
    learn, held = (rng.permutation(np.arange(n) % classes) for n in (rows - count, count))
    return learn, held


def check_at_least(name: str, value: float, least: float) -> None:
    """Refuse a number that isn't finite or is below the least; -inf for no bound."""
    check_number(**{name: value})
    if not (math.isfinite(value) and value >= least):
        bound = "" if math.isinf(least) else f" of at least {least:g}"
        raise ValueError(f"{name} is {value!r}; expected a finite number{bound}")
