"""What every solver does beside choosing a direction: walk, count, and know when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import as_numbers, check_callable, check_number, check_whole
from mytutor.arrays import is_finite, is_floating, stack
from mytutor.solvers.line_search import NoStep

__all__ = ["Counted", "Descent", "Evaluations", "Solution", "norm"]


class Evaluations(NamedTuple):
    """How often f, its gradient, and its Hessian or a product with it were computed."""

    f: int
    gradient: int
    hessian: int


class Solution(NamedTuple):
    """Where a solver ended, and how it got there.

    ``path`` holds x0 and every point after it, one a row. ``status`` is 'converged', 'max_steps',
    'no_step' when a line search failed, or 'not_finite'; ``message`` says it in a sentence.
    """

    x: Any
    value: float
    gradient_norm: float
    path: Any
    evaluations: Evaluations
    status: str
    message: str

    @property
    def converged(self) -> bool:
        """Whether the norm of the gradient reached the tolerance."""
        return self.status == "converged"

    def __repr__(self) -> str:
        return (
            f"Solution({self.message}; value {self.value:g}, {self.evaluations.f} values, "
            f"{self.evaluations.gradient} gradients)"
        )


class Counted:
    """A function that counts its calls and remembers its last points, so asking twice is free."""

    def __init__(self, function: Callable[..., Any], check: Callable[[Any, Any], Any]) -> None:
        self.function = function
        self.check = check
        self.calls = 0
        self.last: list[tuple[Any, Any]] = []

    def __call__(self, x: Any) -> Any:
        """The result at x."""
        for point, result in self.last:
            if point is x or bool((point == x).all()):
                return result
        self.calls += 1
        # Far out a value may overflow: that is a step too long and no reason for a warning.
        with np.errstate(all="ignore"):
            result = self.check(self.function(x), x)
        self.remember(x, result)
        return result

    def remember(self, x: Any, result: Any) -> None:
        """Put a point and its result first among the two that are known."""
        self.last = [(x, result), *self.last[:1]]


class Descent:
    """A walk downhill: the point x, the value and gradient g there, and all that was counted.

    Raises TypeError or ValueError for a start, a value or a gradient that can't be used.
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        gradient: Callable[[Any], Any],
        x0: Any,
        tolerance: float,
        max_steps: int,
        keep_path: bool,
    ) -> None:
        check_callable(f=f, gradient=gradient)
        check_number(tolerance=tolerance)
        if not tolerance > 0:
            raise ValueError(f"tolerance is {tolerance!r}; expected a number above 0")
        check_whole("max_steps", max_steps, 0)
        self.tolerance, self.max_steps, self.keep_path = tolerance, max_steps, keep_path
        self.f, self.gradient = Counted(f, _check_value), Counted(gradient, _check_gradient)
        self.hessians = self.steps = 0
        self.status = self.message = ""
        self.x = _check_start(x0)
        self.value, self.g = self.f(self.x), self.gradient(self.x)
        self.path = [self.x]
        if not math.isfinite(self.value):
            raise ValueError(f"f(x0) is {self.value}; expected a finite number to start from")
        if not is_finite(self.g):
            raise ValueError("gradient(x0) has a NaN or infinite element; expected finite numbers")
        # So that the first try goes one unit along -g.
        self.before = self.value + norm(self.g) / 2

    def goes_on(self) -> bool:
        """Whether another step is to be made; if not, ``status`` and ``message`` say why."""
        if self.status:
            return False
        size = norm(self.g)
        if not (math.isfinite(self.value) and math.isfinite(size)):
            self._stop("not_finite", f"value {self.value:g} and gradient norm {size:g}")
        elif size <= self.tolerance:
            self._stop("converged", f"gradient norm {size:.1e}, at most {self.tolerance:.1e}")
        elif self.steps >= self.max_steps:
            self._stop("max_steps", f"gradient norm {size:.1e}, still above {self.tolerance:.1e}")
        return not self.status

    def _stop(self, status: str, message: str) -> None:
        self.status, self.message = status, f"{status} after {self.steps} steps: {message}"

    def first_try(self, p: Any) -> float:
        """The step along p whose end is lowest, were f a parabola that fell as at the last step.

        Source: Nocedal & Wright (2006), Equation (3.60).
        """
        slope = float(self.g @ p)
        return 2 * (self.value - self.before) / slope or 1.0 if slope < 0 else 1.0

    def step(self, p: Any, search: Callable[..., float], alpha: float = 1.0) -> tuple[Any, Any]:
        """Go along p as far as the search says: the changes s of x and y of g.

        When the search fails nothing changes, s and y are zero and the descent stops.
        """
        check_callable(line_search=search)
        self.f.remember(self.x, self.value)
        self.gradient.remember(self.x, self.g)
        x, g = self.x, self.g
        try:
            with np.errstate(all="ignore"):
                if not float(p @ g) < 0:
                    raise NoStep("rounding leaves no direction that descends")
                alpha = search(self.f, self.gradient, x, p, alpha=alpha)
        except NoStep as error:
            self._stop("no_step", str(error))
            return 0 * x, 0 * x
        self.x, self.before = x + alpha * p, self.value
        self.value, self.g = self.f(self.x), self.gradient(self.x)
        self.steps += 1
        if self.keep_path:
            self.path.append(self.x)
        return self.x - x, self.g - g

    def solution(self) -> Solution:
        """All that there is to report."""
        return Solution(
            self.x,
            self.value,
            norm(self.g),
            stack(self.path if self.keep_path else [self.path[0], self.x]),
            Evaluations(self.f.calls, self.gradient.calls, self.hessians),
            self.status,
            self.message,
        )


def norm(v: Any) -> float:
    """The Euclidean norm of a vector."""
    with np.errstate(over="ignore"):
        return math.sqrt(float(v @ v))


def _check_start(x0: Any) -> Any:
    x = x0 if hasattr(x0, "shape") else as_numbers("x0", x0)
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(
            f"x0 has shape {tuple(x.shape)}; expected a vector of one element or more "
            "(mytutor.flat.flatten makes one of a list of arrays)"
        )
    if not is_floating(x):
        raise TypeError(f"x0 is {x.dtype}; expected floating-point numbers")
    if not is_finite(x):
        raise ValueError("x0 has a NaN or infinite element; expected finite numbers")
    return x


def _check_value(value: Any, x: Any) -> float:
    if getattr(value, "shape", ()) != ():
        raise ValueError(f"f(x) is an array of shape {tuple(value.shape)}; expected one number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"f(x) is {value!r}; expected one number") from None


def _check_gradient(g: Any, x: Any) -> Any:
    if getattr(g, "shape", None) != x.shape:
        found = tuple(g.shape) if hasattr(g, "shape") else type(g).__name__
        raise ValueError(f"gradient(x) has shape {found}; expected {tuple(x.shape)}, that of x")
    return g
