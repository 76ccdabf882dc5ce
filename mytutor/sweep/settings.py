"""Hyperparameters of many runs: one number for all of them, or one for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mytutor.optimizer import Optimizer

__all__ = ["each_run", "swept_and_fixed"]

Settings = Mapping[str, Any]


def swept_and_fixed(rule: Callable[..., Any], hyperparameters: Settings) -> tuple[Settings, Any]:
    """The hyperparameters that differ between runs, and an optimizer that holds the others.

    Raises ValueError for settings that don't fit, TypeError for unknown ones.
    """
    swept = {
        name: value
        for name, value in hyperparameters.items()
        if isinstance(value, (np.ndarray, list, tuple))
    }
    first = {name: _first(rule, name, value) for name, value in swept.items()}
    return swept, Optimizer(rule, **{**hyperparameters, **first})


def each_run(rule: Callable[..., Any], swept: Settings, count: int) -> dict[str, np.ndarray]:
    """What differs between so many runs, checked, as arrays of shape (runs,)."""
    return {name: _each(rule, name, value, count) for name, value in swept.items()}


def _first(rule: Any, name: str, values: Any) -> float:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not array.size:
        raise ValueError(
            f"{name} of {rule.__name__!r} has the shape {array.shape}; expected a number for each "
            "run, along one axis"
        )
    return float(array[0])


def _each(rule: Any, name: str, values: Any, count: int) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    for extreme in (array.min(), array.max()):  # NaN is both
        Optimizer(rule, **{name: float(extreme)})
    return np.broadcast_to(array, (count,))
