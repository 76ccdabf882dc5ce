"""Test functions to descend: value, gradient and Hessian side by side, with their minima.

A point is an array whose first axis holds the coordinates, so one call evaluates a single point of
shape (2,), a thousand paths of shape (2, 1000) or a grid of shape (2, 80, 80). Those of
``rosenbrock``, ``rastrigin``, ``ackley`` and ``styblinski_tang`` take points of any number n of
coordinates, and ``rosenbrock.in_dimensions(n)`` has the minimum, box and start to go with it.
"""

from mytutor.surfaces.many_minima import (
    ackley,
    himmelblau,
    mccormick,
    rastrigin,
    six_hump_camel,
    styblinski_tang,
    three_hump_camel,
)
from mytutor.surfaces.quadratics import (
    booth,
    matyas,
    monkey_saddle,
    quadratic,
    rotated_quadratic,
    saddle,
)
from mytutor.surfaces.surface import Surface
from mytutor.surfaces.valleys import beale, cliff, goldstein_price, plateau, rosenbrock

__all__ = [
    "Surface",
    "ackley",
    "beale",
    "booth",
    "cliff",
    "goldstein_price",
    "himmelblau",
    "matyas",
    "mccormick",
    "monkey_saddle",
    "plateau",
    "quadratic",
    "rastrigin",
    "rosenbrock",
    "rotated_quadratic",
    "saddle",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
]
