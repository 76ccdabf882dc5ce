"""Stationary points of every kind: Newton's method on the gradient, from many starts at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytutor._checks import check_callable, check_number, check_whole
from mytutor.arrays import to_numpy

__all__ = ["find_stationary_points"]


def find_stationary_points(
    gradient: Callable[[Any], Any],
    hessian: Callable[[Any], Any],
    starts: Any,
    *,
    tolerance: float = 1e-8,
    max_steps: int = 100,
    longest: float = 1.0,
) -> np.ndarray:
    """The stationary points that Newton's method on the gradient reaches, each once, in order.

    ``starts`` has shape (n, many), as points of a surface have, and the result (n, found), sorted
    by the first coordinate. A step is no longer than ``longest``, so that a path doesn't leave the
    neighbourhood on the first nearly singular Hessian. It finds minima, saddles and maxima alike,
    and no more than the starts lead to. Raises ValueError for starts of another shape or not
    finite.

    Source: Dauphin et al. (2014), Section 4, who find saddles of networks in this way.
    """
    check_callable(gradient=gradient, hessian=hessian)
    _check_positive(tolerance=tolerance, longest=longest)
    check_whole("max_steps", max_steps, 1)
    x = to_numpy(starts) + 0.0
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(f"starts has shape {x.shape}; expected finite columns, (n, many)")
    for _ in range(max_steps):
        g = gradient(x)
        if (_lengths(g) <= tolerance).all():
            break
        inverses = np.linalg.pinv(np.moveaxis(hessian(x), -1, 0), hermitian=True)
        step = (inverses @ g.T[:, :, None])[:, :, 0].T
        x = x - step * np.minimum(1, longest / np.maximum(_lengths(step), longest))
    reached = x[:, _lengths(gradient(x)) <= tolerance]
    found: list[np.ndarray] = []
    for point in reached.T:
        if all(np.linalg.norm(point - other) > 1e-3 for other in found):
            found.append(point)
    found.sort(key=lambda point: np.round(point, 6).tolist())
    return np.stack(found, axis=1) if found else reached


def _lengths(columns: Any) -> Any:
    return np.sqrt((columns**2).sum(axis=0))


def _check_positive(**values: float) -> None:
    check_number(**values)
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} is {value!r}; expected a number above 0")
