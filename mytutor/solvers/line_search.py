"""How far to go along a direction: ``search(f, gradient, x, p) -> alpha``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from mytutor._checks import check_callable, check_number

__all__ = ["NoStep", "armijo", "strong_wolfe"]

TRIALS = 40


class NoStep(ArithmeticError):
    """A line search found no step that satisfies its conditions."""


def armijo(
    f: Callable[[Any], Any],
    gradient: Callable[[Any], Any],
    x: Any,
    p: Any,
    *,
    alpha: float = 1.0,
    c1: float = 1e-4,
    rho: float = 0.5,
) -> float:
    """Backtracking: shorten the step until f falls at least c1 times what the slope promises.

    Raises ValueError when p is no descent direction or a constant is out of range, NoStep when 40
    shorter steps don't help.

    Source: Nocedal & Wright (2006), Algorithm 3.1, with condition (3.4).
    """
    check_callable(f=f, gradient=gradient)
    check_number(alpha=alpha, c1=c1, rho=rho)
    _check_constants(
        alpha, 0 < c1 < 1 and 0 < rho < 1, f"c1 = {c1!r}, rho = {rho!r}", "0 < c1, rho"
    )
    value, slope = _value(f(x)), _slope(gradient(x), p)
    for _ in range(TRIALS):
        if _value(f(x + alpha * p)) <= value + c1 * alpha * slope:
            return alpha
        alpha = rho * alpha
    raise NoStep(
        f"no step down to {alpha:.1e} lowers f from {value:g} although the slope is {slope:.1e}; "
        "f is as low as its rounding shows, or the gradient is wrong: try gradient_check"
    )


class _Trial(NamedTuple):
    """A step tried: its length, the value there and, where it was needed, the slope."""

    alpha: float
    value: float
    slope: float = math.nan


def strong_wolfe(
    f: Callable[[Any], Any],
    gradient: Callable[[Any], Any],
    x: Any,
    p: Any,
    *,
    alpha: float = 1.0,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> float:
    """A step that lowers f enough and flattens the slope to at most c2 of what it was.

    Steps double until an acceptable one must lie between two of them. Raises ValueError when p is
    no descent direction or not 0 < c1 < c2 < 1, NoStep when 40 steps don't find one.

    Source: Nocedal & Wright (2006), Algorithm 3.5, with conditions (3.7).
    """
    check_callable(f=f, gradient=gradient)
    check_number(alpha=alpha, c1=c1, c2=c2)
    _check_constants(alpha, 0 < c1 < c2 < 1, f"c1 = {c1!r}, c2 = {c2!r}", "0 < c1 < c2")

    def phi(alpha: float) -> float:
        return _value(f(x + alpha * p))

    def slope_at(alpha: float) -> float:
        return float(gradient(x + alpha * p) @ p)

    start = before = _Trial(0.0, _value(f(x)), _slope(gradient(x), p))
    for i in range(TRIALS):
        trial = _Trial(alpha, phi(alpha))
        if not _falls_enough(trial, start, c1) or (i > 0 and trial.value >= before.value):
            return _zoom(phi, slope_at, start, before, trial, c1, c2)
        trial = trial._replace(slope=slope_at(alpha))
        if abs(trial.slope) <= -c2 * start.slope:
            return alpha
        if trial.slope >= 0:
            return _zoom(phi, slope_at, start, trial, before, c1, c2)
        before, alpha = trial, 2 * alpha
    raise NoStep(f"f still falls after a step of {alpha:.1e}: it seems to have no minimum along p")


def _zoom(
    phi: Callable[[float], float],
    slope_at: Callable[[float], float],
    start: _Trial,
    low: _Trial,
    high: _Trial,
    c1: float,
    c2: float,
) -> float:
    """Close in on an acceptable step between two; ``low`` is the lowest that falls enough.

    Source: Nocedal & Wright (2006), Algorithm 3.6.
    """
    for _ in range(TRIALS):
        alpha = _between(low, high)
        trial = _Trial(alpha, phi(alpha))
        if not _falls_enough(trial, start, c1) or trial.value >= low.value:
            high = trial
            continue
        trial = trial._replace(slope=slope_at(alpha))
        if abs(trial.slope) <= -c2 * start.slope:
            return alpha
        if trial.slope * (high.alpha - low.alpha) >= 0:
            high = low
        low = trial
    if low.alpha > 0:
        return low.alpha
    raise NoStep(
        f"no step between 0 and {high.alpha:.1e} lowers f from {start.value:g} although the slope "
        f"is {start.slope:.1e}; f is as low as its rounding shows, or the gradient is wrong: try "
        "gradient_check"
    )


def _between(low: _Trial, high: _Trial) -> float:
    """Where the parabola through both values and the low slope is lowest, well between them.

    Source: Nocedal & Wright (2006), Equation (3.58).
    """
    width = high.alpha - low.alpha
    bend = high.value - low.value - low.slope * width
    share = -low.slope * width / (2 * bend) if bend > 0 else 0.5
    return low.alpha + min(max(share, 0.1), 0.9) * width


def _falls_enough(trial: _Trial, start: _Trial, c1: float) -> bool:
    return trial.value <= start.value + c1 * trial.alpha * start.slope


def _value(value: Any) -> float:
    """A value that isn't a number is as bad as infinity: the search looks for a shorter step."""
    value = float(value)
    return math.inf if math.isnan(value) else value


def _slope(g: Any, p: Any) -> float:
    if not hasattr(g, "shape"):
        raise TypeError(f"gradient(x) is of type {type(g).__name__}; expected an array like x")
    if tuple(getattr(p, "shape", ())) != tuple(g.shape):
        raise ValueError(
            f"p has shape {tuple(getattr(p, 'shape', ()))}; expected {tuple(g.shape)}, that of x"
        )
    slope = float(g @ p)
    if not slope < 0:
        raise ValueError(
            f"p is no descent direction: gradient(x) @ p is {slope:g}; expected a number below 0, "
            "such as p = -gradient(x) gives"
        )
    return slope


def _check_constants(alpha: float, hold: bool, found: str, expected: str) -> None:
    if not (0 < alpha < math.inf and hold):
        raise ValueError(f"alpha = {alpha!r}, {found}; expected 0 < alpha < inf and {expected} < 1")
