"""What a surface is, and the few words its formulas share."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_whole
from mytutor.arrays import fill_like, stack

__all__ = ["Surface", "diagonal", "plane", "space", "symmetric"]


class Surface(NamedTuple):
    """A test function, of two variables unless ``in_dimensions`` made it one of more.

    ``value(x)`` has the shape of x without its first axis, ``gradient(x)`` the shape of x and
    ``hessian(x)`` one more leading axis. ``minima`` lists the global minima in the box (none for a
    saddle), ``box`` the ranges worth plotting, ``start`` a point from which the descent is
    instructive. ``any_dimension`` says whether the formulas take points of more coordinates.
    """

    name: str
    value: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    hessian: Callable[[Any], Any]
    minima: tuple[tuple[float, ...], ...]
    box: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    any_dimension: bool = False

    def __call__(self, x: Any) -> Any:
        """The value at x."""
        return self.value(x)

    def in_dimensions(self, n: int) -> Surface:
        """The same function of n variables: minima, box and start repeat their two coordinates.

        Raises ValueError for a function of two variables only, or n below 2.
        """
        if not self.any_dimension:
            raise ValueError(
                f"{self.name} is a function of two variables; "
                "expected one whose any_dimension is True, such as rosenbrock"
            )
        check_whole("n", n, 2, " variables")
        return self._replace(
            minima=tuple(_repeat(minimum, n) for minimum in self.minima),
            box=_repeat(self.box, n),
            start=_repeat(self.start, n),
        )


def _repeat(pair: Any, n: int) -> Any:
    return tuple(islice(cycle(pair), n))


def plane(point: Any) -> tuple[Any, Any]:
    """The two coordinates of a point, each an array when the point is many.

    Raises ValueError for more or fewer coordinates.
    """
    if _count(point) != 2:
        raise ValueError(
            f"the point has {len(point)} coordinates; expected 2, x and y, along its first axis"
        )
    return point[0], point[1]


def space(point: Any) -> Any:
    """A point of any number of coordinates as one array, whose first axis they are.

    Raises ValueError for fewer than two coordinates.
    """
    if _count(point) < 2:
        raise ValueError(
            f"the point has {len(point)} coordinates; expected at least 2 along its first axis"
        )
    return point if hasattr(point, "shape") else stack(point)


def _count(point: Any) -> int:
    try:
        return len(point)
    except TypeError:
        raise TypeError(
            f"the point is {point!r}; expected its coordinates along a first axis"
        ) from None


def symmetric(xx: Any, xy: Any, yy: Any) -> Any:
    """The Hessian of two variables from its three different elements."""
    return stack([stack([xx, xy]), stack([xy, yy])])


def diagonal(elements: Any) -> Any:
    """The Hessian, to be written into, that has these elements on its diagonal and zeros beside."""
    hessian = fill_like(elements[:, None] + elements, 0)
    i = np.arange(len(elements))
    hessian[i, i] = elements
    return hessian
