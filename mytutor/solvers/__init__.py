"""Methods that need the function itself, not only the gradient of a step.

Each takes ``f``, its ``gradient`` and a start ``x0``, a vector of NumPy or torch, walks downhill
until the gradient's norm is at most ``tolerance``, and returns a ``Solution``::

    solution = bfgs(rosenbrock.value, rosenbrock.gradient, np.array([-1.2, 1.0]))

``normal_equations`` alone takes no step: least squares has its minimum in one formula. The other
equations are those of Nocedal & Wright (2006), *Numerical Optimization*, second edition.
"""

from mytutor.solvers.descent import Evaluations, Solution
from mytutor.solvers.least_squares import least_squares, normal_equations
from mytutor.solvers.line_search import NoStep, armijo, strong_wolfe
from mytutor.solvers.methods import (
    bfgs,
    bfgs_update,
    gradient_descent,
    lbfgs,
    newton,
    newton_cg,
    two_loop,
)
from mytutor.solvers.stationary import find_stationary_points

__all__ = [
    "Evaluations",
    "NoStep",
    "Solution",
    "armijo",
    "bfgs",
    "bfgs_update",
    "find_stationary_points",
    "gradient_descent",
    "lbfgs",
    "least_squares",
    "newton",
    "newton_cg",
    "normal_equations",
    "strong_wolfe",
    "two_loop",
]
