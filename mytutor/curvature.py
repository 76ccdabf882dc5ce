"""The curvature of a function: its Hessian, products with it, and its eigenvalues.

All of it needs no more than a gradient. A point is an array, or the list of arrays that a network's
parameters are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_callable, check_number, check_seed, check_whole
from mytutor.arrays import is_finite, like, to_numpy
from mytutor.flat import flatten

__all__ = [
    "Eigenpair",
    "StationaryPoint",
    "check_hessian",
    "classify",
    "condition_number",
    "hessian_vector",
    "lanczos",
    "numerical_hessian",
    "power_iteration",
    "sharpness",
    "stationary_point",
]


class StationaryPoint(NamedTuple):
    """What kind of point it is: 'minimum', 'maximum', 'saddle' or 'degenerate'.

    ``eigenvalues`` of the Hessian in ascending order, ``eigenvectors`` in the columns beside them.
    """

    kind: str
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


class Eigenpair(NamedTuple):
    """An eigenvalue and its vector; ``residual`` is the norm of H v - value v, for v of norm 1.

    The eigenvalue is wrong by no more than the residual. ``products`` counts the products H v that
    it took, and ``converged`` says whether the residual reached the tolerance.
    """

    value: float
    vector: Any
    residual: float
    products: int
    converged: bool


# -- the Hessian -----------------------------------------------------------------------------------


def numerical_hessian(
    gradient: Callable[[Any], Any], x: Any, *, h: float | None = None
) -> np.ndarray:
    """The Hessian at a vector x by central differences of the gradient, made symmetric.

    Two gradients for every element of x; the error is O(h²). By default h is the third root of the
    rounding unit, times the size of the element. Raises ValueError for x that is no vector or isn't
    finite, or a gradient of another shape.

    Source: Nocedal & Wright (2006), Section 8.1, Equation (8.7) applied to the gradient.
    """
    check_callable(gradient=gradient)
    _check_step(h)
    _check_vector(x)
    columns = []
    for i, element in enumerate(to_numpy(x)):
        step = h or _rounding(x) ** (1 / 3) * max(1.0, abs(float(element)))
        shift = like(x, step * np.eye(len(x))[i])
        difference = _gradient(gradient, x + shift) - _gradient(gradient, x - shift)
        columns.append(to_numpy(difference) / (2 * step))
    matrix = np.stack(columns)
    return (matrix + matrix.T) / 2


def hessian_vector(
    gradient: Callable[[Any], Any], x: Any, v: Any, *, h: float | None = None
) -> Any:
    """The product of the Hessian at x with v, by a central difference of the gradient along v.

    Two gradients, whatever the size of x. x and v, and what ``gradient`` takes and returns, are
    arrays or lists of arrays. The difference is taken h v to both sides. By default the length of
    h v is the root of the rounding unit times 1 + the root mean square of x: shorter than a smooth
    function asks for, because the gradient of a network of ReLU jumps wherever a unit switches, and
    a step across a jump measures the jump. Raises ValueError for v of another shape than x, or not
    finite.

    Source: Nocedal & Wright (2006), Equation (8.20), with a central difference; Pearlmutter (1994),
    Section 1, for networks.
    """
    check_callable(gradient=gradient)
    _check_step(h)
    point, restore = flatten(x)
    direction, _ = flatten(v)
    if _shapes(x) != _shapes(v):
        raise ValueError(f"v has shape {_shapes(v)}; expected {_shapes(x)}, that of x")
    for name, vector in (("x", point), ("v", direction)):
        if not is_finite(vector):
            raise ValueError(f"{name} has a NaN or infinite element; expected finite numbers")
    norm = _norm(direction)
    if norm == 0:
        return restore(0 * point)
    size = _norm(point) / math.sqrt(len(point))
    step = h or math.sqrt(_rounding(point)) * (1 + size) / norm
    ahead, _ = flatten(gradient(restore(point + step * direction)))
    behind, _ = flatten(gradient(restore(point - step * direction)))
    return restore((ahead - behind) / (2 * step))


def check_hessian(hessian: Any, n: int | None = None) -> np.ndarray:
    """The matrix as a NumPy array, made exactly symmetric.

    Raises ValueError for a matrix that isn't square, of n rows where n is given, symmetric up to
    rounding, and finite.

    Source: Schwarz's theorem: second derivatives that are continuous commute.
    """
    matrix = to_numpy(hessian)
    if matrix.dtype.kind not in "fiu":
        raise TypeError(f"the Hessian is {matrix.dtype}; expected a matrix of real numbers")
    if matrix.dtype.kind != "f":
        matrix = matrix.astype(float)
    if (
        matrix.ndim != 2
        or matrix.shape[0] != matrix.shape[1]
        or matrix.shape[0] != (n or len(matrix))
    ):
        expected = "a square matrix" if n is None else f"{(n, n)}, as x has {n} elements"
        raise ValueError(f"the Hessian has shape {matrix.shape}; expected {expected}")
    if matrix.size == 0:
        raise ValueError("the Hessian has shape (0, 0); expected at least one row")
    if not np.isfinite(matrix).all():
        raise ValueError("the Hessian has a NaN or infinite element; expected finite numbers")
    skew = float(abs(matrix - matrix.T).max())
    if skew > math.sqrt(np.finfo(matrix.dtype).eps) * float(abs(matrix).max()):
        i, j = np.unravel_index(abs(matrix - matrix.T).argmax(), matrix.shape)
        raise ValueError(
            f"the Hessian isn't symmetric: element ({i}, {j}) is {matrix[i, j]:g} and ({j}, {i}) "
            f"{matrix[j, i]:g}; expected equal second derivatives, so check their formulas"
        )
    return (matrix + matrix.T) / 2


# -- stationary points -----------------------------------------------------------------------------


def classify(hessian: Any, *, tolerance: float = 1e-6) -> StationaryPoint:
    """The kind of a stationary point, from the signs of the eigenvalues of the Hessian there.

    All positive: a minimum; all negative: a maximum; both signs: a saddle, whatever else; otherwise
    some are zero and the point is degenerate: the second derivatives leave it open. An eigenvalue
    counts as zero when its size is at most ``tolerance`` times that of the largest. Raises
    ValueError for a matrix that isn't square, symmetric and finite.

    Source: Goodfellow, Bengio & Courville (2016), Section 4.3.1, the second derivative test.
    """
    _check_tolerance(tolerance)
    eigenvalues, eigenvectors = np.linalg.eigh(check_hessian(hessian))
    zero = tolerance * abs(eigenvalues).max()
    up, down = bool((eigenvalues > zero).any()), bool((eigenvalues < -zero).any())
    flat = bool((abs(eigenvalues) <= zero).any())
    if up and down:
        kind = "saddle"
    elif flat:
        kind = "degenerate"
    else:
        kind = "minimum" if up else "maximum"
    return StationaryPoint(kind, eigenvalues, eigenvectors)


def stationary_point(
    gradient: Callable[[Any], Any],
    x: Any,
    hessian: Callable[[Any], Any] | None = None,
    *,
    tolerance: float = 1e-6,
) -> StationaryPoint:
    """The kind of the stationary point x of a function, given its gradient.

    Without ``hessian`` it is taken numerically. Raises ValueError when x is no stationary point:
    when the norm of the gradient there is above ``tolerance``.

    Source: Goodfellow, Bengio & Courville (2016), Section 4.3.1.
    """
    check_callable(gradient=gradient)
    _check_tolerance(tolerance)
    _check_vector(x)
    norm = _norm(_gradient(gradient, x))
    if not norm <= tolerance:
        raise ValueError(
            f"the gradient at x has norm {norm:g}; expected at most {tolerance:g} at a stationary "
            "point, so descend further first"
        )
    return classify(numerical_hessian(gradient, x) if hessian is None else hessian(x))


def condition_number(hessian: Any) -> float:
    """The largest size of an eigenvalue of a symmetric matrix over the smallest.

    Infinite for a singular matrix. Raises ValueError for a matrix that isn't square, symmetric and
    finite.

    Source: Golub & Van Loan (2013), Section 2.6.2, for the 2-norm.
    """
    sizes = abs(np.linalg.eigvalsh(check_hessian(hessian)))
    return math.inf if sizes.min() == 0 else float(sizes.max() / sizes.min())


# -- eigenvalues by products -----------------------------------------------------------------------


def power_iteration(
    product: Callable[[Any], Any],
    x: Any,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 10_000,
    seed: int = 0,
) -> Eigenpair:
    """The largest eigenvalue of a symmetric matrix that is known by its products with vectors.

    ``product(v)`` takes and returns what x is, an array or a list of arrays. The iteration finds
    the eigenvalue of largest size; should that be negative, or have a twin of the other sign, it
    starts again on the matrix plus that size, whose largest eigenvalue is the largest of all.
    Raises ValueError for a tolerance or a number of steps that isn't positive.

    Source: Golub & Van Loan (2013), Section 7.3.1; LeCun, Simard & Pearlmutter (1993) for networks.
    """
    _check_positive(tolerance=tolerance)
    check_whole("max_steps", max_steps, 1)
    v, times, restore = _flat_problem(product, x, seed)
    first, size = _power(times, v, 0.0, tolerance, max_steps)
    if first.converged and first.value >= 0:
        return first._replace(vector=restore(first.vector))
    pair, _ = _power(times, v, size, tolerance, max_steps)
    return pair._replace(vector=restore(pair.vector), products=first.products + pair.products)


def _power(
    times: Callable[[Any], Any], v: Any, shift: float, tolerance: float, max_steps: int
) -> tuple[Eigenpair, float]:
    """The eigenvalue of the matrix plus shift of largest size, shifted back, and that size."""
    for step in range(1, max_steps + 1):
        w = times(v)
        value = float(v @ w)
        residual = _norm(w - value * v)
        converged = residual <= tolerance * abs(value) or residual == 0
        w = w + shift * v
        size = _norm(w)
        if converged or size == 0 or step == max_steps:
            break
        v = w / size
    return Eigenpair(value, v, residual, step, converged), size


def lanczos(
    product: Callable[[Any], Any],
    x: Any,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 100,
    seed: int = 0,
) -> Eigenpair:
    """The largest eigenvalue of a symmetric matrix, from far fewer products than power iteration.

    It keeps all earlier vectors, orthogonal to each other, and takes the largest eigenvalue of the
    matrix on the space that they span. One more product at the end measures the residual, which
    shows when the products are not those of one symmetric matrix. Arguments and errors are those of
    ``power_iteration``; for the smallest eigenvalue give the negative product and negate the value.

    Source: Golub & Van Loan (2013), Section 10.3.1, with complete reorthogonalization; the estimate
    of the residual on the way is that of Section 10.1.5.
    """
    _check_positive(tolerance=tolerance)
    check_whole("max_steps", max_steps, 1)
    q, times, restore = _flat_problem(product, x, seed)
    basis, diagonal, beside = [q], [], []
    for _ in range(min(max_steps, len(q))):
        w = times(basis[-1])
        diagonal.append(float(basis[-1] @ w))
        # Twice is enough (Parlett): once leaves what rounding brought back.
        for _ in range(2):
            for other in basis:
                w = w - (other @ w) * other
        beside.append(_norm(w))
        matrix = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
        values, vectors = np.linalg.eigh(matrix)
        rounding = 100 * _rounding(q) * float(abs(values).max())
        estimate = beside[-1] * abs(float(vectors[-1, -1]))
        if estimate <= tolerance / 2 * abs(float(values[-1])) or beside[-1] <= rounding:
            break
        basis.append(w / beside[-1])
    v = sum(float(a) * b for a, b in zip(vectors[:, -1], basis, strict=False))
    w = times(v)
    value = float(v @ w)
    residual = _norm(w - value * v)
    converged = residual <= max(tolerance * abs(value), rounding)
    return Eigenpair(value, restore(v), residual, len(diagonal) + 1, converged)


def sharpness(
    network: Any,
    params: Sequence[Any],
    x: Any,
    y: Any,
    *,
    tolerance: float = 1e-4,
    max_steps: int = 100,
    seed: int = 0,
    h: float | None = None,
) -> float:
    """The largest eigenvalue L of the Hessian of a network's loss on the batch x, y.

    Gradient descent on that batch with a learning rate above 2 / L is unstable here. ``h`` is that
    of ``hessian_vector``. Raises ArithmeticError when the tolerance, which is relative, isn't
    reached.

    Source: Cohen et al. (2021), Section 2, for the name and the threshold.
    """

    def gradient(point: Any) -> Any:
        return network.loss_and_gradient(point, x, y)[1]

    params = list(params)
    pair = lanczos(
        lambda v: hessian_vector(gradient, params, v, h=h),
        params,
        tolerance=tolerance,
        max_steps=max_steps,
        seed=seed,
    )
    if not pair.converged:
        raise ArithmeticError(
            f"after {pair.products} products the largest eigenvalue is {pair.value:g} with "
            f"residual {pair.residual:g}; expected at most {tolerance:g} of it: raise max_steps or "
            "tolerance, or, where units of ReLU switch between the two gradients of a product, try "
            "another h"
        )
    return pair.value


def _flat_problem(product: Callable[[Any], Any], x: Any, seed: int) -> tuple[Any, Any, Any]:
    """A random start of norm 1, the product for flat vectors, and the way back to what x is."""
    check_callable(product=product)
    check_seed(seed)
    point, restore = flatten(x)
    if not len(point):
        raise ValueError("x is empty; expected at least one element")
    v = like(point, np.random.default_rng(seed).normal(size=len(point)))

    def times(v: Any) -> Any:
        w, _ = flatten(product(restore(v)))
        if w.shape != v.shape:
            raise ValueError(f"product(v) has {len(w)} elements; expected {len(v)}, those of v")
        if not is_finite(w):
            raise ValueError("product(v) has a NaN or infinite element; expected finite numbers")
        return w

    return v / _norm(v), times, restore


def _gradient(gradient: Callable[[Any], Any], x: Any) -> Any:
    g = gradient(x)
    if getattr(g, "shape", None) != x.shape:
        found = getattr(g, "shape", type(g).__name__)
        raise ValueError(f"the gradient has shape {found}; expected {tuple(x.shape)}, that of x")
    return g


def _shapes(x: Any) -> Any:
    return [tuple(a.shape) for a in x] if isinstance(x, (list, tuple)) else tuple(x.shape)


def _norm(v: Any) -> float:
    return math.sqrt(float(v @ v))


def _rounding(x: Any) -> float:
    return float(np.finfo(to_numpy(x[:1]).dtype).eps)


def _check_vector(x: Any) -> None:
    flatten(x)
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected a vector of one element or more")
    if not is_finite(x):
        raise ValueError("x has a NaN or infinite element; expected finite numbers")


def _check_tolerance(tolerance: float) -> None:
    check_number(tolerance=tolerance)
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance is {tolerance!r}; expected a finite number of at least 0")


def _check_step(h: float | None) -> None:
    if h is not None:
        check_number(h=h)
        if not 0 < h < math.inf:
            raise ValueError(f"h is {h!r}; expected a positive finite number, or None")


def _check_positive(**values: float) -> None:
    check_number(**values)
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} is {value!r}; expected a number above 0")
