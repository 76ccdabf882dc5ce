"""The methods: each a loop of a few lines that chooses the direction of the next step."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mytutor._checks import check_whole
from mytutor.arrays import like, to_numpy
from mytutor.curvature import check_hessian, numerical_hessian
from mytutor.solvers.descent import Descent, Solution, norm
from mytutor.solvers.line_search import armijo, strong_wolfe

__all__ = [
    "bfgs",
    "bfgs_update",
    "gradient_descent",
    "lbfgs",
    "newton",
    "newton_cg",
    "two_loop",
]

Function = Callable[[Any], Any]


def gradient_descent(
    f: Function,
    gradient: Function,
    x0: Any,
    *,
    line_search: Callable[..., float] = armijo,
    tolerance: float = 1e-6,
    max_steps: int = 10_000,
    keep_path: bool = True,
) -> Solution:
    """Gradient descent with a line search: ``armijo``, or ``strong_wolfe``, at every step.

    The first try at every step supposes that f will fall as much as at the step before.

    Source: Cauchy (1847); Nocedal & Wright (2006), Section 3.3, with Equation (3.60) for that try.
    """
    descent = Descent(f, gradient, x0, tolerance, max_steps, keep_path)
    while descent.goes_on():
        p = -descent.g
        descent.step(p, line_search, descent.first_try(p))
    return descent.solution()


# -- Newton's method -------------------------------------------------------------------------------


def newton(
    f: Function,
    gradient: Function,
    x0: Any,
    *,
    hessian: Function | None = None,
    tolerance: float = 1e-6,
    max_steps: int = 200,
    keep_path: bool = True,
) -> Solution:
    """Damped Newton: the step to the bottom of the local parabola, shortened until f falls.

    Where the Hessian isn't positive definite, a multiple of the identity is added until it is,
    which turns the step towards the gradient. Without ``hessian`` it is taken by differences.
    Raises ValueError for a Hessian that isn't square, symmetric and finite.

    Source: Nocedal & Wright (2006), Algorithms 3.2 and 3.3.
    """
    descent = Descent(f, gradient, x0, tolerance, max_steps, keep_path)
    hessian = hessian or partial(numerical_hessian, descent.gradient)
    while descent.goes_on():
        matrix = check_hessian(hessian(descent.x), len(descent.x))
        descent.hessians += 1
        factor = _cholesky_of_shifted(matrix)
        p = -np.linalg.solve(factor.T, np.linalg.solve(factor, to_numpy(descent.g)))
        descent.step(like(descent.g, p), armijo)
    return descent.solution()


def _cholesky_of_shifted(matrix: np.ndarray, beta: float = 1e-3) -> np.ndarray:
    """The Cholesky factor of the matrix plus the first multiple of the identity that has one.

    Source: Nocedal & Wright (2006), Algorithm 3.3.
    """
    least = float(matrix.diagonal().min())
    shift = 0.0 if least > 0 else beta - least
    while True:
        try:
            return np.linalg.cholesky(matrix + shift * np.eye(len(matrix)))
        except np.linalg.LinAlgError:
            shift = max(2 * shift, beta)


def newton_cg(
    f: Function,
    gradient: Function,
    x0: Any,
    *,
    hessian_vector: Callable[[Any, Any], Any] | None = None,
    tolerance: float = 1e-6,
    max_steps: int = 500,
    keep_path: bool = True,
) -> Solution:
    """Truncated Newton: the Newton step by conjugate gradients, no further than it pays.

    It never forms the Hessian: ``hessian_vector(x, v)`` is its product with v, by default a forward
    difference of the gradient.

    Source: Nocedal & Wright (2006), Algorithm 7.1, Line Search Newton-CG, and Equation (8.20).
    """
    descent = Descent(f, gradient, x0, tolerance, max_steps, keep_path)

    def difference(x: Any, v: Any) -> Any:
        h = math.sqrt(_rounding(x)) * (1 + norm(x)) / norm(v)
        return (descent.gradient(x + h * v) - descent.g) / h

    def product(v: Any) -> Any:
        descent.hessians += 1
        hv = (hessian_vector or difference)(descent.x, v)
        if getattr(hv, "shape", None) != v.shape:
            found = tuple(hv.shape) if hasattr(hv, "shape") else type(hv).__name__
            raise ValueError(f"hessian_vector(x, v) has shape {found}; expected {tuple(v.shape)}")
        return hv

    while descent.goes_on():
        size = norm(descent.g)
        p = _truncated_cg(product, descent.g, min(0.5, math.sqrt(size)) * size)
        descent.step(p, armijo)
    return descent.solution()


def _truncated_cg(product: Function, g: Any, tolerance: float) -> Any:
    """Solve H z = -g by conjugate gradients until the residual is small or the curvature negative.

    Source: Nocedal & Wright (2006), Algorithm 7.1, the inner loop.
    """
    z, r, d = 0 * g, g, -g
    for j in range(2 * len(g)):
        hd = product(d)
        curvature = float(d @ hd)
        if not curvature > 0:
            return -g if j == 0 else z
        rr = float(r @ r)
        alpha = rr / curvature
        z = z + alpha * d
        r = r + alpha * hd
        if norm(r) < tolerance:
            break
        beta = float(r @ r) / rr
        d = -r + beta * d
    return z


# -- quasi-Newton methods --------------------------------------------------------------------------


def bfgs(
    f: Function,
    gradient: Function,
    x0: Any,
    *,
    line_search: Callable[..., float] = strong_wolfe,
    tolerance: float = 1e-6,
    max_steps: int = 1000,
    keep_path: bool = True,
) -> Solution:
    """BFGS: learn the inverse Hessian from the changes of the gradient along the way.

    It starts from the identity, and tries a full step as soon as f falls as much.

    Source: Nocedal & Wright (2006), Algorithm 6.1, with first tries as after Equation (3.60), as
    SciPy's ``BFGS`` does both.
    """
    descent = Descent(f, gradient, x0, tolerance, max_steps, keep_path)
    inverse = like(descent.x, np.eye(len(descent.x)))
    while descent.goes_on():
        p = -(inverse @ descent.g)
        s, y = descent.step(p, line_search, min(1.0, 1.01 * descent.first_try(p)))
        if _curves_up(s, y):
            inverse = bfgs_update(inverse, s, y)
    return descent.solution()


def bfgs_update(inverse: Any, s: Any, y: Any) -> Any:
    """The inverse Hessian nearest to the given one that takes the change y of the gradient to s.

    Raises ValueError unless s @ y is positive, as the Wolfe conditions make it.

    Source: Nocedal & Wright (2006), Equation (6.17), multiplied out.
    """
    sy = _positive_curvature(s, y)
    if tuple(getattr(inverse, "shape", ())) != (len(s), len(s)):
        found = tuple(getattr(inverse, "shape", ()))
        raise ValueError(
            f"inverse has shape {found}; expected {(len(s), len(s))}, as s has {len(s)}"
        )
    hy = inverse @ y
    grown = (1 + float(y @ hy) / sy) / sy * s[:, None] * s
    return inverse + grown - (hy[:, None] * s + s[:, None] * hy) / sy


def lbfgs(
    f: Function,
    gradient: Function,
    x0: Any,
    *,
    memory: int = 10,
    line_search: Callable[..., float] = strong_wolfe,
    tolerance: float = 1e-6,
    max_steps: int = 1000,
    keep_path: bool = True,
) -> Solution:
    """L-BFGS: the same from the last ``memory`` changes alone, without a matrix.

    Source: Nocedal & Wright (2006), Algorithm 7.5. The first step is tried with length at most 1,
    as in optax ``lbfgs``; PyTorch ``LBFGS`` measures that length with the 1-norm and by default
    makes steps of lr without a line search. SciPy's ``L-BFGS-B`` searches as Moré & Thuente (1994).
    """
    check_whole("memory", memory, 1, " change to remember")
    descent = Descent(f, gradient, x0, tolerance, max_steps, keep_path)
    changes: deque[tuple[Any, Any]] = deque(maxlen=memory)
    while descent.goes_on():
        p = -two_loop(descent.g, changes)
        alpha = 1.0 if changes else min(1.0, 1 / norm(p))
        s, y = descent.step(p, line_search, alpha)
        if _curves_up(s, y):
            changes.append((s, y))
    return descent.solution()


def two_loop(g: Any, changes: Sequence[tuple[Any, Any]], gamma: float | None = None) -> Any:
    """The product of g with the inverse Hessian that the changes (s, y), oldest first, describe.

    It starts from ``gamma`` times the identity, by default s @ y / y @ y of the last change. Raises
    ValueError unless every s @ y is positive.

    Source: Nocedal & Wright (2006), Algorithm 7.4, with the scaling of Equation (7.20).
    """
    rhos = [1 / _positive_curvature(s, y) for s, y in changes]
    _check_vector("g", g, len(changes[0][0]) if changes else None)
    q, alphas = g, []
    for rho, (s, y) in zip(reversed(rhos), reversed(changes), strict=True):
        alpha = rho * float(s @ q)
        alphas.append(alpha)
        q = q - alpha * y
    if gamma is None:
        gamma = _gamma(*changes[-1]) if changes else 1.0
    r = gamma * q
    for rho, (s, y), alpha in zip(rhos, changes, reversed(alphas), strict=True):
        beta = rho * float(y @ r)
        r = r + (alpha - beta) * s
    return r


def _gamma(s: Any, y: Any) -> float:
    return float(s @ y) / float(y @ y)


def _curves_up(s: Any, y: Any) -> bool:
    """Whether the change may be learnt from: s @ y is positive beyond its rounding."""
    return float(s @ y) > _rounding(s) * norm(s) * norm(y)


def _positive_curvature(s: Any, y: Any) -> float:
    for name, vector in (("s", s), ("y", y)):
        _check_vector(name, vector, len(s) if hasattr(s, "shape") and s.ndim else None)
    sy = float(s @ y)
    if not sy > 0:
        raise ValueError(
            f"s @ y is {sy:g}; expected a positive number, as the Wolfe conditions make it"
        )
    return sy


def _check_vector(name: str, vector: Any, length: int | None) -> None:
    shape = tuple(getattr(vector, "shape", ()))
    if len(shape) != 1 or (length is not None and shape != (length,)):
        expected = "a vector" if length is None else f"{(length,)}, that of s"
        raise ValueError(f"{name} has shape {shape}; expected {expected}")


def _rounding(x: Any) -> float:
    return float(np.finfo(to_numpy(x[:1]).dtype).eps)
