"""Compare what an answer returned with what was expected, slot by slot and shape before value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from mytutor.checking.plain import as_array, plain
from mytutor.checking.recording import Case

__all__ = [
    "Expected",
    "close",
    "expected",
    "floor_of",
    "genuine_numpy",
    "largest_of",
    "outputs_of",
    "slots",
]

FLOORS = {2: 5e-3, 4: 2e-5, 8: 1e-9}  # by the bytes of a number
JITTERS = 8

Slots = tuple[np.ndarray, ...]


class Expected(NamedTuple):
    """The values of one case and how far each slot may be from them."""

    values: Slots
    tolerances: tuple[Any, ...]


def slots(value: Any, count: int) -> Slots | None:
    """A plain returned value as ``count`` arrays; None when it doesn't hold that many."""
    if count == 1 and type(value) is not tuple:
        value = (value,)
    if type(value) is np.ndarray and value.ndim == 0:
        return None
    if type(value) not in (tuple, list, np.ndarray) or len(value) != count:
        return None
    arrays = [as_array(part) for part in value]
    found = tuple(array for array in arrays if array is not None)
    return found if len(found) == count else None


def outputs_of(function: Callable[..., Any], case: Case, count: int) -> Slots | None:
    """What one of our own functions returns for a case; None when it raises."""
    try:
        with np.errstate(all="ignore"):
            returned, _ = case.call(function)
    except (ArithmeticError, TypeError, ValueError, IndexError):
        return None
    return slots(plain(returned), count)


def expected(reference: Callable[..., Any], case: Case, count: int) -> Expected:
    """The right values of a case, with tolerances from its dtype and from its conditioning.

    A slot may be off by a floor relative to its largest value, and by as much as the reference
    itself moves, eight times over, when every input moves by its last bit.
    """
    values = outputs_of(reference, case, count)
    assert values is not None, f"the reference fails for {case}"
    floor = floor_of(case)
    largest = max(largest_of(value) for value in values)
    tolerances = [floor * (largest_of(value) or 1e-3 * largest) for value in values]
    for moved in (_jittered(case, np.inf), _jittered(case, -np.inf)):
        near = outputs_of(reference, moved, count)
        for slot, value in enumerate(near or ()):
            with np.errstate(all="ignore"):
                change = np.nan_to_num(abs(value - values[slot]), nan=0.0, posinf=0.0)
            tolerances[slot] = tolerances[slot] + JITTERS * change
    return Expected(values, tuple(tolerances))


def floor_of(case: Case) -> float:
    """The relative error that the least precise input of a case allows."""
    arrays = [value for value in case.inputs.values() if type(value) is np.ndarray]
    return FLOORS.get(min((array.itemsize for array in arrays), default=8), 1e-9)


def largest_of(value: np.ndarray) -> float:
    """The largest finite absolute value of an array; 0.0 when there is none."""
    finite = abs(value[np.isfinite(value)])
    return float(finite.max()) if finite.size else 0.0


def _jittered(case: Case, towards: float) -> Case:
    moved: Mapping[str, Any] = {
        name: np.nextafter(value, value.dtype.type(towards))
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        else float(np.nextafter(value, towards))
        if isinstance(value, float)
        else value
        for name, value in case.inputs.items()
    }
    return replace(case, inputs=moved)


def close(got: Slots, wanted: Expected) -> list[bool]:
    """For every slot, whether shape and values agree; NaN only where NaN is wanted."""
    return [
        a.shape == b.shape and bool(_near(a, b, tolerance).all())
        for a, b, tolerance in zip(got, wanted.values, wanted.tolerances, strict=True)
    ]


def _near(a: np.ndarray, b: np.ndarray, tolerance: Any) -> Any:
    with np.errstate(all="ignore"):
        near = abs(a - b) <= tolerance
        return near if near.all() else near | (a == b) | (np.isnan(a) & np.isnan(b))


_GENUINE = {name: value for name, value in vars(np).items() if callable(value)}


@contextmanager
def genuine_numpy() -> Iterator[list[str]]:
    """NumPy's own functions, in case the notebook has put others in their place; yields which."""
    present = vars(np)
    replaced = {
        name: present[name]
        for name, value in _GENUINE.items()
        if name in present and present[name] is not value
    }
    missing = [name for name in _GENUINE if name not in present]
    for name in (*replaced, *missing):
        setattr(np, name, _GENUINE[name])
    try:
        yield sorted((*replaced, *missing))
    finally:
        for name, value in replaced.items():
            setattr(np, name, value)
