"""Test functions to descend: value, gradient and Hessian side by side, with their minima.

A point is an array whose first axis holds the coordinates, so one call evaluates a single point of
shape (2,), a thousand paths of shape (2, 1000) or a grid of shape (2, 80, 80).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mytutor.arrays import stack

__all__ = ["Surface", "beale", "himmelblau", "quadratic", "rosenbrock", "saddle"]


class Surface(NamedTuple):
    """A test function of two variables.

    ``value(x)`` has the shape of x without its first axis, ``gradient(x)`` the shape of x and
    ``hessian(x)`` one more leading axis. ``minima`` lists the global minima (none for a saddle),
    ``box`` the ranges worth plotting, ``start`` a point from which the descent is instructive.
    """

    name: str
    value: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    hessian: Callable[[Any], Any]
    minima: tuple[tuple[float, float], ...]
    box: tuple[tuple[float, float], tuple[float, float]]
    start: tuple[float, float]

    def __call__(self, x: Any) -> Any:
        """The value at x."""
        return self.value(x)


def quadratic(condition: float = 10.0) -> Surface:
    """A quadratic bowl, f(x, y) = (x² + condition y²) / 2, whose Hessian has that condition number.

    Raises ValueError for a condition number below 1 or not finite.

    Source: Goh (2017), section 'First Steps: Gradient Descent'.
    """
    if not 1 <= condition < float("inf"):
        raise ValueError(f"condition is {condition!r}; expected a finite number of at least 1")

    def value(point: Any) -> Any:
        x, y = point
        return (x**2 + condition * y**2) / 2

    def gradient(point: Any) -> Any:
        x, y = point
        return stack([x, condition * y])

    def hessian(point: Any) -> Any:
        x, _ = point
        zero = 0 * x
        return stack([stack([zero + 1, zero]), stack([zero, zero + condition])])

    minima, box = ((0.0, 0.0),), ((-4.0, 4.0), (-2.5, 2.5))
    return Surface("quadratic", value, gradient, hessian, minima, box, (-3.5, 1.5))


def _rosenbrock(point: Any) -> Any:
    """Source: Rosenbrock (1960), Equation (1): f(x, y) = (1 - x)² + 100 (y - x²)²."""
    x, y = point
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_gradient(point: Any) -> Any:
    x, y = point
    return stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def _rosenbrock_hessian(point: Any) -> Any:
    x, y = point
    off = -400 * x
    return stack([stack([2 - 400 * (y - 3 * x**2), off]), stack([off, 200 + 0 * y])])


rosenbrock = Surface(
    "rosenbrock",
    _rosenbrock,
    _rosenbrock_gradient,
    _rosenbrock_hessian,
    minima=((1.0, 1.0),),
    box=((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.2, 1.0),
)


def _saddle(point: Any) -> Any:
    """Source: the normal form of a non-degenerate saddle (Morse lemma): f(x, y) = (x² - y²) / 2."""
    x, y = point
    return (x**2 - y**2) / 2


def _saddle_gradient(point: Any) -> Any:
    x, y = point
    return stack([x, -y])


def _saddle_hessian(point: Any) -> Any:
    x, _ = point
    zero = 0 * x
    return stack([stack([zero + 1, zero]), stack([zero, zero - 1])])


saddle = Surface(
    "saddle",
    _saddle,
    _saddle_gradient,
    _saddle_hessian,
    minima=(),
    box=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-1.8, 0.01),
)


def _himmelblau(point: Any) -> Any:
    """Source: Himmelblau (1972), Problem 29: f(x, y) = (x² + y - 11)² + (x + y² - 7)²."""
    x, y = point
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _himmelblau_gradient(point: Any) -> Any:
    x, y = point
    a, b = x**2 + y - 11, x + y**2 - 7
    return stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


def _himmelblau_hessian(point: Any) -> Any:
    x, y = point
    off = 4 * (x + y)
    first = 12 * x**2 + 4 * y - 42
    last = 4 * x + 12 * y**2 - 26
    return stack([stack([first, off]), stack([off, last])])


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


def _beale(point: Any) -> Any:
    """Source: Beale (1958); Moré, Garbow & Hillstrom (1981), Problem 5."""
    x, y = point
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    return a**2 + b**2 + c**2


def _beale_gradient(point: Any) -> Any:
    x, y = point
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    dx = -2 * a * (1 - y) - 2 * b * (1 - y**2) - 2 * c * (1 - y * y**2)
    dy = 2 * a * x + 4 * b * x * y + 6 * c * x * y**2
    return stack([dx, dy])


def _beale_hessian(point: Any) -> Any:
    x, y = point
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y * y**2)
    dxx = 2 * (1 - y) ** 2 + 2 * (1 - y**2) ** 2 + 2 * (1 - y * y**2) ** 2
    first = 2 * a + 4 * b * y + 6 * c * y**2
    dxy = first - 2 * x * (1 - y) - 4 * x * y * (1 - y**2) - 6 * x * y**2 * (1 - y * y**2)
    dyy = 2 * x**2 + 8 * x**2 * y**2 + 18 * x**2 * (y**2) ** 2 + 4 * b * x + 12 * c * x * y
    return stack([stack([dxx, dxy]), stack([dxy, dyy])])


beale = Surface(
    "beale",
    _beale,
    _beale_gradient,
    _beale_hessian,
    minima=((3.0, 0.5),),
    box=((-4.5, 4.5), (-4.5, 4.5)),
    start=(-1.0, 1.5),
)
