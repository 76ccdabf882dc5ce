"""Numbers as an explorable writes and offers them: the same text and grids as in the browser."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

__all__ = ["decade", "floor", "isfinite", "log10", "nearest", "number", "sqrt", "tanh"]

MINUS = "\N{MINUS SIGN}"
THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP)


def number(value: Any) -> str:
    """A number with three significant digits, '4.1e-6' when it is small or large; any float."""
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}infinity"
    if value == 0:
        return "0"
    rounded = THREE_DIGITS.create_decimal(Decimal(abs(value)))
    exponent = rounded.adjusted()
    if -3 <= exponent < 5:
        text = _trimmed(f"{rounded:f}")
    else:
        text = f"{_trimmed(f'{rounded.scaleb(-exponent):f}')}e{exponent}"
    return f"{MINUS}{text}" if value < 0 else text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def sqrt(value: Any) -> float:
    """Square root; NaN for a negative number, as in JavaScript."""
    return math.sqrt(value) if value >= 0 else math.nan


def tanh(value: Any) -> float:
    """Hyperbolic tangent; a browser's own may differ in its last bits."""
    return math.tanh(value)


def log10(value: Any) -> float:
    """Decimal logarithm; minus infinity for zero and NaN below, as in JavaScript."""
    if value > 0:
        return math.log10(value)
    return -math.inf if value == 0 else math.nan


def decade(exponent: Any) -> float:
    """The power of ten nearest to 10 ** exponent, for a whole exponent."""
    return float(f"1e{int(exponent)}")


def floor(value: Any) -> Any:
    """The largest whole number not above a finite value."""
    return math.floor(value)


def isfinite(value: Any) -> bool:
    """True for a number that is neither NaN nor infinite."""
    return math.isfinite(value)


def nearest(values: list[float], value: float) -> int:
    """The position of the grid value closest to a number, the first of equals."""
    return min(range(len(values)), key=lambda index: abs(values[index] - value))
