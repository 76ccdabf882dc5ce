"""What every room asks of a number, a count, a generator or a function, and how it refuses it.

A comparison with a string or an array would fail with words that name neither the argument nor
what was expected, and True would pass for 1; these come first.
"""

from __future__ import annotations

import inspect
import reprlib
from numbers import Real
from typing import Any

import numpy as np

__all__ = [
    "as_numbers",
    "check_callable",
    "check_function",
    "check_generator",
    "check_how",
    "check_number",
    "check_seed",
    "check_whole",
]


def check_number(**values: Any) -> None:
    """Refuse what is no real number; True and False are none, an array of no axes is one."""
    for name, value in values.items():
        kind = getattr(getattr(value, "dtype", None), "kind", "f")  # torch's dtypes have none
        single = isinstance(value, Real) or (getattr(value, "shape", None) == () and kind in "fiu")
        if not single or isinstance(value, bool):
            raise TypeError(f"{name} is {reprlib.repr(value)}; expected a number")


def check_whole(name: str, value: Any, least: int, unit: str = "") -> None:
    """Refuse what is no whole number of at least that size."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not (whole and value >= least):
        found = reprlib.repr(value)
        raise ValueError(f"{name} is {found}; expected a whole number of at least {least}{unit}")


def check_generator(rng: Any) -> None:
    """Refuse what is no generator of NumPy's, above all the global one behind np.random."""
    if not isinstance(rng, np.random.Generator):
        found = reprlib.repr(rng)
        raise TypeError(f"rng is {found}; expected a generator such as np.random.default_rng(0)")


def check_how(how: Any) -> None:
    """Refuse what is no way to run many steps."""
    if how not in ("auto", "plain", "fused"):
        raise ValueError(f"how is {how!r}; expected auto, plain or fused")


def check_seed(seed: Any) -> None:
    """Refuse a seed that isn't reproducible or that NumPy doesn't take."""
    check_whole("seed", seed, 0)


def check_callable(**values: Any) -> None:
    """Refuse what can't be called."""
    for name, value in values.items():
        if not callable(value):
            raise TypeError(f"{name} is {reprlib.repr(value)}; expected a function")


def as_numbers(name: str, values: Any) -> np.ndarray:
    """The values as an array of float64; refuses what are no numbers."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        found = reprlib.repr(values)
        raise TypeError(f"{name} is {found}; expected a number or an array of numbers") from None


def check_function(name: str, value: Any, example: str) -> None:
    """Refuse what is no function written in Python, whose source could be read."""
    if not inspect.isfunction(value):
        raise TypeError(f"{name} is {value!r}; expected a function such as {example}")
