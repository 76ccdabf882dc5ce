"""Curved valleys, plains and walls: one way down that is hard to go."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.arrays import concatenate, fill_like, stack, tanh
from mytutor.surfaces.surface import Surface, diagonal, plane, space, symmetric

__all__ = ["beale", "cliff", "goldstein_price", "plateau", "rosenbrock"]


def _rosenbrock(point: Any) -> Any:
    """Source: Rosenbrock (1960), Equation (1): f(x, y) = (1 - x)² + 100 (y - x²)².

    Of more variables it is the sum of that over all neighbours, as in SciPy's ``rosen``.
    """
    x = space(point)
    x, y = x[:-1], x[1:]
    return ((1 - x) ** 2 + 100 * (y - x**2) ** 2).sum(0)


def _rosenbrock_gradient(point: Any) -> Any:
    x = space(point)
    zero = fill_like(x[:1], 0)
    x, y = x[:-1], x[1:]
    as_first = concatenate([-2 * (1 - x) - 400 * x * (y - x**2), zero])
    as_second = concatenate([zero, 200 * (y - x**2)])
    return as_first + as_second


def _rosenbrock_hessian(point: Any) -> Any:
    x = space(point)
    zero = fill_like(x[:1], 0)
    x, y = x[:-1], x[1:]
    as_first = concatenate([2 - 400 * (y - 3 * x**2), zero])
    as_second = concatenate([zero, fill_like(x, 200)])
    hessian = diagonal(as_first + as_second)
    i = np.arange(len(x))
    hessian[i, i + 1] = -400 * x
    hessian[i + 1, i] = -400 * x
    return hessian


rosenbrock = Surface(
    "rosenbrock",
    _rosenbrock,
    _rosenbrock_gradient,
    _rosenbrock_hessian,
    minima=((1.0, 1.0),),
    box=((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.2, 1.0),
    any_dimension=True,
)


def _beale(point: Any) -> Any:
    """Source: Beale (1958); Moré, Garbow & Hillstrom (1981), Problem 5."""
    x, y = plane(point)
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    return a**2 + b**2 + c**2


def _beale_gradient(point: Any) -> Any:
    x, y = plane(point)
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    dx = -2 * a * (1 - y) - 2 * b * (1 - y**2) - 2 * c * (1 - y * y**2)
    dy = 2 * a * x + 4 * b * x * y + 6 * c * x * y**2
    return stack([dx, dy])


def _beale_hessian(point: Any) -> Any:
    x, y = plane(point)
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    dxx = 2 * (1 - y) ** 2 + 2 * (1 - y**2) ** 2 + 2 * (1 - y * y**2) ** 2
    first = 2 * a + 4 * b * y + 6 * c * y**2
    dxy = first - 2 * x * (1 - y) - 4 * x * y * (1 - y**2) - 6 * x * y**2 * (1 - y * y**2)
    dyy = 2 * x**2 + 8 * x**2 * y**2 + 18 * x**2 * (y**2) ** 2 + 4 * b * x + 12 * c * x * y
    return symmetric(dxx, dxy, dyy)


beale = Surface(
    "beale",
    _beale,
    _beale_gradient,
    _beale_hessian,
    minima=((3.0, 0.5),),
    box=((-4.5, 4.5), (-4.5, 4.5)),
    start=(-1.0, 1.5),
)


def _goldstein_price_factors(point: Any) -> tuple[Any, ...]:
    """The factors, with their derivatives, of s = x + y and of w = 2x - 3y."""
    x, y = plane(point)
    s, w = x + y, 2 * x - 3 * y
    a = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
    da, dda = 12 * (s + 1) * (s - 1) * (s - 2), 12 * (3 * s**2 - 4 * s - 1)
    b = 30 + w**2 * (18 - 16 * w + 3 * w**2)
    db, ddb = 12 * w * (w - 1) * (w - 3), 12 * (3 * w**2 - 8 * w + 3)
    return a, da, dda, b, db, ddb


def _goldstein_price(point: Any) -> Any:
    """Source: Goldstein & Price (1971); each factor is a function of one sum of x and y."""
    a, _, _, b, _, _ = _goldstein_price_factors(point)
    return a * b


def _goldstein_price_gradient(point: Any) -> Any:
    a, da, _, b, db, _ = _goldstein_price_factors(point)
    return stack([da * b + 2 * a * db, da * b - 3 * a * db])


def _goldstein_price_hessian(point: Any) -> Any:
    a, da, dda, b, db, ddb = _goldstein_price_factors(point)
    dxx = dda * b + 4 * da * db + 4 * a * ddb
    dxy = dda * b - da * db - 6 * a * ddb
    dyy = dda * b - 6 * da * db + 9 * a * ddb
    return symmetric(dxx, dxy, dyy)


goldstein_price = Surface(
    "goldstein_price",
    _goldstein_price,
    _goldstein_price_gradient,
    _goldstein_price_hessian,
    minima=((0.0, -1.0),),
    box=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-1.0, -1.5),
)


def _plateau(point: Any) -> Any:
    """Source: Geman & McClure (1987): f(x, y) = r² / (1 + r²), which forgets how far r is out."""
    x, y = plane(point)
    r2 = x**2 + y**2
    return r2 / (1 + r2)


def _plateau_gradient(point: Any) -> Any:
    x, y = plane(point)
    q = 1 + (x**2 + y**2)
    return stack([2 * x / q**2, 2 * y / q**2])


def _plateau_hessian(point: Any) -> Any:
    x, y = plane(point)
    q = 1 + (x**2 + y**2)
    level, bend = 2 / q**2, 8 / (q * q**2)
    return symmetric(level - bend * x**2, -bend * x * y, level - bend * y**2)


plateau = Surface(
    "plateau",
    _plateau,
    _plateau_gradient,
    _plateau_hessian,
    minima=((0.0, 0.0),),
    box=((-4.0, 4.0), (-4.0, 4.0)),
    start=(2.5, 1.5),
)


def _cliff(point: Any) -> Any:
    """A wall of height 5 at x = 2 in a shallow bowl: (x² + y²) / 20 + 5 (1 + tanh(10 (x - 2))) / 2.

    Source: the walls in the loss of recurrent networks, Pascanu, Mikolov & Bengio (2013), Figure 6,
    as the simplest formula that has one.
    """
    x, y = plane(point)
    return (x**2 + y**2) / 20 + 2.5 * (1 + tanh(10 * (x - 2)))


def _cliff_gradient(point: Any) -> Any:
    x, y = plane(point)
    wall = tanh(10 * (x - 2))
    return stack([x / 10 + 25 * (1 - wall**2), y / 10])


def _cliff_hessian(point: Any) -> Any:
    x, _ = plane(point)
    wall = tanh(10 * (x - 2))
    zero = 0 * x
    return symmetric(0.1 - 500 * wall * (1 - wall**2), zero, zero + 0.1)


# Exact for the bowl alone: at the origin the wall's slope is 100 exp(-40), below all rounding.
cliff = Surface(
    "cliff",
    _cliff,
    _cliff_gradient,
    _cliff_hessian,
    minima=((0.0, 0.0),),
    box=((-4.0, 4.0), (-4.0, 4.0)),
    start=(2.6, 3.0),
)
