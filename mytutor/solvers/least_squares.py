"""Linear least squares: its value and gradient, and its minimum without a single step."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.arrays import is_finite, is_floating, like, to_numpy

__all__ = ["least_squares", "normal_equations"]


def least_squares(w: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Half the mean squared error of the linear model x w over all rows, and its gradient in w.

    x is (rows, features), y (rows,), w (features,), floating-point. The Hessian is xᵀx / rows.
    Raises ValueError for other shapes or no rows, TypeError for other values.

    Source: Boyd & Vandenberghe (2004), Section 9.3, with the mean in place of the sum.
    """
    _check_rows(x, y)
    _check_weights(w, x)
    rows = len(x)
    error = x @ w - y
    value = error @ error / (2 * rows)
    gradient = error @ x / rows
    return value, gradient


def normal_equations(x: Any, y: Any) -> Any:
    """The weights of least squares: the solution w of xᵀx w = xᵀy.

    x is (rows, features) and y (rows,), floating-point; the weights are computed in float64. The
    cost is that of about as many gradients as there are features, and the error grows with the
    square of the condition number of x. Raises ValueError for other shapes, NaN or infinite
    elements, or columns that depend on each other, TypeError for other values.

    Source: Golub & Van Loan (2013), Section 5.3.2.
    """
    _check_rows(x, y)
    if not (is_finite(x) and is_finite(y)):
        raise ValueError("x or y has a NaN or infinite element; expected finite numbers")
    rows, answers = to_numpy(x).astype(float), to_numpy(y).astype(float)
    if np.linalg.matrix_rank(rows) < rows.shape[1]:
        raise ValueError(
            f"the {rows.shape[1]} columns of x depend on each other over {len(rows)} rows; "
            "expected independent ones: leave some out"
        )
    return like(x, np.linalg.solve(rows.T @ rows, rows.T @ answers))


def _check_rows(x: Any, y: Any) -> None:
    for name, values in (("x", x), ("y", y)):
        if not is_floating(values):
            found = getattr(values, "dtype", type(values).__name__)
            raise TypeError(f"{name} is {found}; expected an array of floating-point numbers")
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected (rows, features), one or more")
    if y.shape != (len(x),):
        raise ValueError(f"y has shape {tuple(y.shape)}; expected ({len(x)},), one for each row")


def _check_weights(w: Any, x: Any) -> None:
    if not is_floating(w):
        found = getattr(w, "dtype", type(w).__name__)
        raise TypeError(f"w is {found}; expected an array of floating-point numbers")
    if w.shape != (x.shape[1],):
        raise ValueError(
            f"w has shape {tuple(w.shape)}; expected ({x.shape[1]},), as x has columns"
        )
