"""Quadratic surfaces, where all theory begins, and the saddles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mytutor._checks import check_number, check_whole
from mytutor.arrays import like, stack
from mytutor.surfaces.surface import Surface, plane, space, symmetric

__all__ = ["booth", "matyas", "monkey_saddle", "quadratic", "rotated_quadratic", "saddle"]


def quadratic(condition: float = 10.0) -> Surface:
    """A quadratic bowl, f(x, y) = (x² + condition y²) / 2, whose Hessian has that condition number.

    Raises ValueError for a condition number below 1 or not finite.

    Source: Goh (2017), section 'First Steps: Gradient Descent'.
    """
    _check_condition(condition)

    def value(point: Any) -> Any:
        x, y = plane(point)
        return (x**2 + condition * y**2) / 2

    def gradient(point: Any) -> Any:
        x, y = plane(point)
        return stack([x, condition * y])

    def hessian(point: Any) -> Any:
        x, _ = plane(point)
        zero = 0 * x
        return symmetric(zero + 1, zero, zero + condition)

    minima, box = ((0.0, 0.0),), ((-4.0, 4.0), (-2.5, 2.5))
    return Surface("quadratic", value, gradient, hessian, minima, box, (-3.5, 1.5))


def rotated_quadratic(
    condition: float = 10.0, n: int = 2, *, angle: float = math.pi / 6
) -> Surface:
    """A quadratic bowl of n variables whose axes are turned away from those of the coordinates.

    f(x) = (u₁² + ... + condition uₙ²) / 2: the eigenvalues of the Hessian run from 1 to the
    condition number in equal ratios, and u is x turned by the angle in the plane of every two
    neighbouring coordinates, one after the other. With angle 0 the axes are the coordinates'.

    Raises ValueError for a condition number below 1 or not finite, n below 2 or an angle that isn't
    finite.

    Source: Golub & Van Loan (2013), Section 5.1.8, for the rotations in a plane.
    """
    _check_condition(condition)
    check_whole("n", n, 2, " variables")
    check_number(angle=angle)
    if not math.isfinite(angle):
        raise ValueError(f"angle is {angle!r}; expected a finite number of radians")
    eigenvalues = [condition ** (i / (n - 1)) for i in range(n)]
    c, s = math.cos(angle), math.sin(angle)

    def coordinates(point: Any) -> Any:
        x = space(point)
        if len(x) != n:
            raise ValueError(f"the point has {len(x)} coordinates; expected {n}")
        return x

    def turn(point: Any) -> list[Any]:
        u = list(coordinates(point))
        for i in range(n - 1):
            u[i], u[i + 1] = c * u[i] + s * u[i + 1], c * u[i + 1] - s * u[i]
        return u

    def turn_back(u: list[Any]) -> list[Any]:
        x = list(u)
        for i in reversed(range(n - 1)):
            x[i], x[i + 1] = c * x[i] - s * x[i + 1], s * x[i] + c * x[i + 1]
        return x

    def stretched(point: Any) -> list[Any]:
        return [h * u for h, u in zip(eigenvalues, turn(point), strict=True)]

    def value(point: Any) -> Any:
        return sum(h * u**2 for h, u in zip(eigenvalues, turn(point), strict=True)) / 2

    def gradient(point: Any) -> Any:
        return stack(turn_back(stretched(point)))

    def hessian(point: Any) -> Any:
        x = coordinates(point)
        columns = gradient(np.eye(n))
        matrix = like(x, (columns + columns.T) / 2)
        return matrix.reshape(n, n, *[1] * (x.ndim - 1)) + 0 * x[0]

    start = tuple(-3.0 if i % 2 == 0 else 0.5 for i in range(n))
    minima, box = ((0.0,) * n,), ((-4.0, 4.0),) * n
    return Surface("rotated_quadratic", value, gradient, hessian, minima, box, start)


def _check_condition(condition: float) -> None:
    check_number(condition=condition)
    if not 1 <= condition < float("inf"):
        raise ValueError(f"condition is {condition!r}; expected a finite number of at least 1")


def _booth(point: Any) -> Any:
    """Source: Jamil & Yang (2013), Booth: f(x, y) = (x + 2y - 7)² + (2x + y - 5)²."""
    x, y = plane(point)
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def _booth_gradient(point: Any) -> Any:
    x, y = plane(point)
    a, b = x + 2 * y - 7, 2 * x + y - 5
    return stack([2 * a + 4 * b, 4 * a + 2 * b])


def _booth_hessian(point: Any) -> Any:
    x, _ = plane(point)
    zero = 0 * x
    return symmetric(zero + 10, zero + 8, zero + 10)


booth = Surface(
    "booth",
    _booth,
    _booth_gradient,
    _booth_hessian,
    minima=((1.0, 3.0),),
    box=((-10.0, 10.0), (-10.0, 10.0)),
    start=(-8.0, -4.0),
)


def _matyas(point: Any) -> Any:
    """Source: Jamil & Yang (2013), Matyas: f(x, y) = 0.26 (x² + y²) - 0.48 x y."""
    x, y = plane(point)
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def _matyas_gradient(point: Any) -> Any:
    x, y = plane(point)
    return stack([0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x])


def _matyas_hessian(point: Any) -> Any:
    x, _ = plane(point)
    zero = 0 * x
    return symmetric(zero + 0.52, zero - 0.48, zero + 0.52)


matyas = Surface(
    "matyas",
    _matyas,
    _matyas_gradient,
    _matyas_hessian,
    minima=((0.0, 0.0),),
    box=((-10.0, 10.0), (-10.0, 10.0)),
    start=(-8.0, 3.0),
)


def _saddle(point: Any) -> Any:
    """Source: the normal form of a non-degenerate saddle (Morse lemma): f(x, y) = (x² - y²) / 2."""
    x, y = plane(point)
    return (x**2 - y**2) / 2


def _saddle_gradient(point: Any) -> Any:
    x, y = plane(point)
    return stack([x, -y])


def _saddle_hessian(point: Any) -> Any:
    x, _ = plane(point)
    zero = 0 * x
    return symmetric(zero + 1, zero, zero - 1)


saddle = Surface(
    "saddle",
    _saddle,
    _saddle_gradient,
    _saddle_hessian,
    minima=(),
    box=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-1.8, 0.01),
)


def _monkey_saddle(point: Any) -> Any:
    """Source: Hilbert & Cohn-Vossen (1932), Section 29: f(x, y) = x³ - 3 x y²."""
    x, y = plane(point)
    return x * x**2 - 3 * x * y**2


def _monkey_saddle_gradient(point: Any) -> Any:
    x, y = plane(point)
    return stack([3 * (x**2 - y**2), -6 * x * y])


def _monkey_saddle_hessian(point: Any) -> Any:
    x, y = plane(point)
    return symmetric(6 * x, -6 * y, -6 * x)


monkey_saddle = Surface(
    "monkey_saddle",
    _monkey_saddle,
    _monkey_saddle_gradient,
    _monkey_saddle_hessian,
    minima=(),
    box=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 0.05),
)
