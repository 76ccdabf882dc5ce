"""What every layer asks of its arguments, and the words in which it refuses them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor._checks import check_generator, check_number, check_whole
from mytutor.arrays import is_floating

__all__ = [
    "check_arrays",
    "check_generator",
    "check_gradient",
    "check_number",
    "check_setting",
    "check_shapes",
    "check_whole",
]

REAL = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def check_arrays(**values: Any) -> None:
    """Refuse what is no array of floating-point numbers, is empty or mixes dtypes."""
    first, x = next(iter(values.items()))
    for name, value in values.items():
        # What a training asks a dozen times a step: one look at what is nearly always there.
        if type(value) is np.ndarray and value.dtype is x.dtype and value.size and x.dtype in REAL:
            continue
        if not is_floating(value):
            found = getattr(value, "dtype", type(value).__name__)
            raise TypeError(
                f"{name} is {found}; expected an array of floating-point numbers, "
                "for example np.array(values, dtype=float)"
            )
        if value.dtype != x.dtype:
            raise TypeError(f"{name} is {value.dtype}; expected {x.dtype}, the dtype of {first}")
        if 0 in value.shape:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}; expected at least one element"
            )


def check_shapes(holds: bool, expected: str, **values: Any) -> None:
    """Refuse arrays whose shapes don't fit together."""
    if not holds:
        have = "has shape" if len(values) == 1 else "have shapes"
        shapes = ", ".join(str(tuple(value.shape)) for value in values.values())
        raise ValueError(f"{', '.join(values)} {have} {shapes}; expected {expected}")


def check_gradient(dy: Any, shape: tuple[int, ...]) -> None:
    """Refuse a gradient that hasn't the shape of the layer's output."""
    check_arrays(dy=dy)
    if tuple(dy.shape) != tuple(shape):
        check_shapes(False, f"{tuple(shape)}, that of the output", dy=dy)


def check_setting(holds: bool, name: str, value: Any, expected: str) -> None:
    """Refuse a setting out of range."""
    if not holds:
        raise ValueError(f"{name} is {value!r}; expected {expected}")
