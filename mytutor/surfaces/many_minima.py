"""Surfaces of many minima, of which most or all but one are not the lowest."""

from __future__ import annotations

import math
from typing import Any

from mytutor.arrays import cos, exp, maximum, sin, sqrt, stack, where
from mytutor.surfaces.surface import Surface, diagonal, plane, space, symmetric

__all__ = [
    "ackley",
    "himmelblau",
    "mccormick",
    "rastrigin",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
]


def _himmelblau(point: Any) -> Any:
    """Source: Himmelblau (1972), Problem 29: f(x, y) = (x² + y - 11)² + (x + y² - 7)²."""
    x, y = plane(point)
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _himmelblau_gradient(point: Any) -> Any:
    x, y = plane(point)
    a, b = x**2 + y - 11, x + y**2 - 7
    return stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


def _himmelblau_hessian(point: Any) -> Any:
    x, y = plane(point)
    first = 12 * x**2 + 4 * y - 42
    last = 4 * x + 12 * y**2 - 26
    return symmetric(first, 4 * (x + y), last)


himmelblau = Surface(
    "himmelblau",
    _himmelblau,
    _himmelblau_gradient,
    _himmelblau_hessian,
    minima=(
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    ),
    box=((-5.0, 5.0), (-5.0, 5.0)),
    start=(0.0, -0.5),
)


def _rastrigin(point: Any) -> Any:
    """Source: Rastrigin (1974): f(x) = 10 n + Σ (xᵢ² - 10 cos(2π xᵢ))."""
    x = space(point)
    return 10 * len(x) + (x**2 - 10 * cos(math.tau * x)).sum(0)


def _rastrigin_gradient(point: Any) -> Any:
    x = space(point)
    return 2 * x + math.tau * (10 * sin(math.tau * x))


def _rastrigin_hessian(point: Any) -> Any:
    x = space(point)
    return diagonal(2 + math.tau * (math.tau * (10 * cos(math.tau * x))))


rastrigin = Surface(
    "rastrigin",
    _rastrigin,
    _rastrigin_gradient,
    _rastrigin_hessian,
    minima=((0.0, 0.0),),
    box=((-5.12, 5.12), (-5.12, 5.12)),
    start=(-2.3, 1.7),
    any_dimension=True,
)

# Far below every distance that matters: it makes 0 / r at the minimum 0 instead of NaN.
TINY = 1e-300


def _ackley_parts(point: Any) -> tuple[Any, Any, Any, int]:
    x = space(point)
    n = len(x)
    return x, sqrt((x**2).sum(0) / n), exp(cos(math.tau * x).sum(0) / n), n


def _ackley(point: Any) -> Any:
    """Source: Ackley (1987), Section 2.7: 20 + e - 20 exp(-r / 5) - exp(Σ cos(2π xᵢ) / n).

    r is the root mean square of x. The minimum is the tip of a cone: the gradient there is taken as
    0, a subgradient, and the Hessian as NaN, since it doesn't exist.
    """
    _, r, waves, _ = _ackley_parts(point)
    return 20 + math.e - 20 * exp(-r / 5) - waves


def _ackley_gradient(point: Any) -> Any:
    x, r, waves, n = _ackley_parts(point)
    cone = 4 * exp(-r / 5) / maximum(r, TINY)
    return (cone * x + math.tau * waves * sin(math.tau * x)) / n


def _ackley_hessian(point: Any) -> Any:
    x, r, waves, n = _ackley_parts(point)
    r = where(r > 0, r, math.nan * r)
    cone = 4 * exp(-r / 5) / r
    slope = math.tau * sin(math.tau * x)
    dense = -cone * (1 / 5 + 1 / r) / r * x[:, None] * x - waves * slope[:, None] * slope
    return dense / n**2 + diagonal((cone + math.tau * (math.tau * waves * cos(math.tau * x))) / n)


ackley = Surface(
    "ackley",
    _ackley,
    _ackley_gradient,
    _ackley_hessian,
    minima=((0.0, 0.0),),
    box=((-5.0, 5.0), (-5.0, 5.0)),
    start=(-3.3, 2.2),
    any_dimension=True,
)


def _styblinski_tang(point: Any) -> Any:
    """Source: Styblinski & Tang (1990): f(x) = Σ (xᵢ⁴ - 16 xᵢ² + 5 xᵢ) / 2."""
    x = space(point)
    return ((x**2) ** 2 - 16 * x**2 + 5 * x).sum(0) / 2


def _styblinski_tang_gradient(point: Any) -> Any:
    x = space(point)
    return 2 * x * x**2 - 16 * x + 2.5


def _styblinski_tang_hessian(point: Any) -> Any:
    return diagonal(6 * space(point) ** 2 - 16)


styblinski_tang = Surface(
    "styblinski_tang",
    _styblinski_tang,
    _styblinski_tang_gradient,
    _styblinski_tang_hessian,
    minima=((-2.903534027771177, -2.903534027771177),),
    box=((-5.0, 5.0), (-5.0, 5.0)),
    start=(0.5, 4.5),
    any_dimension=True,
)


def _six_hump_camel(point: Any) -> Any:
    """Source: Dixon & Szegő (1978): f(x, y) = 4x² - 2.1x⁴ + x⁶/3 + x y - 4y² + 4y⁴."""
    x, y = plane(point)
    return (4 - 2.1 * x**2 + (x**2) ** 2 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def _six_hump_camel_gradient(point: Any) -> Any:
    x, y = plane(point)
    dx = (8 - 8.4 * x**2 + 2 * (x**2) ** 2) * x + y
    return stack([dx, x + (16 * y**2 - 8) * y])


def _six_hump_camel_hessian(point: Any) -> Any:
    x, y = plane(point)
    return symmetric(8 - 25.2 * x**2 + 10 * (x**2) ** 2, 1 + 0 * x, 48 * y**2 - 8)


six_hump_camel = Surface(
    "six_hump_camel",
    _six_hump_camel,
    _six_hump_camel_gradient,
    _six_hump_camel_hessian,
    minima=(
        (0.08984201310031806, -0.7126564030207396),
        (-0.08984201310031806, 0.7126564030207396),
    ),
    box=((-2.0, 2.0), (-1.0, 1.0)),
    start=(-1.9, -0.6),
)


def _three_hump_camel(point: Any) -> Any:
    """Source: Jamil & Yang (2013): f(x, y) = 2x² - 1.05x⁴ + x⁶/6 + x y + y²."""
    x, y = plane(point)
    return (2 - 1.05 * x**2 + (x**2) ** 2 / 6) * x**2 + x * y + y**2


def _three_hump_camel_gradient(point: Any) -> Any:
    x, y = plane(point)
    return stack([(4 - 4.2 * x**2 + (x**2) ** 2) * x + y, x + 2 * y])


def _three_hump_camel_hessian(point: Any) -> Any:
    x, _ = plane(point)
    zero = 0 * x
    return symmetric(4 - 12.6 * x**2 + 5 * (x**2) ** 2, zero + 1, zero + 2)


three_hump_camel = Surface(
    "three_hump_camel",
    _three_hump_camel,
    _three_hump_camel_gradient,
    _three_hump_camel_hessian,
    minima=((0.0, 0.0),),
    box=((-2.2, 2.2), (-2.2, 2.2)),
    start=(1.2, 1.8),
)


def _mccormick(point: Any) -> Any:
    """Source: McCormick (1976): f(x, y) = sin(x + y) + (x - y)² - 1.5x + 2.5y + 1."""
    x, y = plane(point)
    return sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


def _mccormick_gradient(point: Any) -> Any:
    x, y = plane(point)
    wave, slope = cos(x + y), 2 * (x - y)
    return stack([wave + slope - 1.5, wave - slope + 2.5])


def _mccormick_hessian(point: Any) -> Any:
    x, y = plane(point)
    wave = sin(x + y)
    return symmetric(2 - wave, -2 - wave, 2 - wave)


# Only in its box is the minimum the lowest point: along x = y the function falls without end.
mccormick = Surface(
    "mccormick",
    _mccormick,
    _mccormick_gradient,
    _mccormick_hessian,
    minima=((1 / 2 - math.pi / 3, -1 / 2 - math.pi / 3),),
    box=((-1.5, 4.0), (-3.0, 4.0)),
    start=(3.5, -2.5),
)
