"""Turn whatever a student's function returns into plain values, at once and without trusting it.

Only exact types are looked at: no method of an unknown object is called, nothing is compared with
``==`` and nothing is printed with its own ``repr``. What comes out can be stored, sent to another
process and judged there.
"""

from __future__ import annotations

import sys
import types
from typing import Any, NamedTuple

import numpy as np

from mytutor.arrays import to_numpy

__all__ = ["LARGEST", "Unknown", "as_array", "as_number", "plain", "show", "show_code", "type_name"]

LARGEST = 100_000  # numbers that a returned value may hold
DEEPEST = 8
EXACT_NUMBERS = ("fractions", "decimal", "sympy", "mpmath")


class Unknown(NamedTuple):
    """An object that is no number, text, array or sequence: only what to call it is kept."""

    kind: str


class _TooLarge(Exception):
    pass


def type_name(value: Any) -> str:
    """What a value is, in words for a student: 'a string', 'a list', 'an object of type Foo'."""
    words = {
        type(None): "None",
        type(...): "...",
        str: "a string",
        bool: "a truth value",
        int: "a whole number",
        float: "a number",
        list: "a list",
        tuple: "a tuple",
        dict: "a dictionary",
        set: "a set",
        np.ndarray: "an array",
        types.GeneratorType: "a generator (made by yield)",
        types.CoroutineType: "a coroutine (made by async def)",
        types.ModuleType: "a module",
        types.FunctionType: "a function",
    }
    kind = type(value)
    return words.get(kind) or f"an object of type {type.__getattribute__(kind, '__name__')!s}"


def plain(value: Any) -> Any:
    """A copy of a value of numbers, text, arrays, lists, tuples and dictionaries with text keys.

    Anything else, and anything with more than ``LARGEST`` numbers, becomes an ``Unknown``.
    """
    try:
        return _plain(value, [LARGEST], DEEPEST)
    except _TooLarge:
        return Unknown(f"more than {LARGEST} numbers")


def _plain(value: Any, room: list[int], depth: int) -> Any:
    kind = type(value)
    room[0] -= 1
    if room[0] < 0 or depth < 0:
        raise _TooLarge
    if value is None or value is ... or kind in (bool, float, complex):
        return value
    if kind is int:
        return value if value.bit_length() < 1000 else Unknown("a very large whole number")
    if kind is str:
        return value[:1000]
    if issubclass(kind, np.generic):
        return _array(np.asarray(value), room, depth)
    if issubclass(kind, np.ndarray):
        return _array(np.ndarray.view(value, np.ndarray), room, depth)
    if issubclass(kind, tuple):
        return tuple(_plain(item, room, depth - 1) for item in tuple.__iter__(value))
    if issubclass(kind, list):
        return [_plain(item, room, depth - 1) for item in list.__iter__(value)]
    if kind is dict and all(type(key) is str for key in value):
        return {key[:100]: _plain(item, room, depth - 1) for key, item in value.items()}
    return _foreign(value, kind, room, depth)


def _foreign(value: Any, kind: type, room: list[int], depth: int) -> Any:
    if kind is types.CoroutineType:
        value.close()  # or Python warns that nobody awaited it
    root = str(type.__getattribute__(kind, "__module__")).partition(".")[0]
    torch = sys.modules.get("torch")
    if torch is not None and issubclass(kind, torch.Tensor):
        if value.numel() > room[0]:
            raise _TooLarge
        tensor = value.detach()
        return _array(
            to_numpy(tensor.float() if tensor.dtype == torch.bfloat16 else tensor), room, 1
        )
    if root in EXACT_NUMBERS:
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return Unknown(type_name(value))
    return Unknown(type_name(value))


def _array(value: np.ndarray, room: list[int], depth: int) -> Any:
    if value.size > room[0]:
        raise _TooLarge
    room[0] -= value.size
    if value.dtype.kind in "biufc":
        return value.copy()
    if value.dtype.kind == "O":  # an array of Python numbers is as good as a list of them
        items = [_plain(item, room, depth - 1) for item in value.ravel().tolist()]
        numbers = as_array(items)
        if numbers is not None and numbers.shape == (value.size,):
            return numbers.reshape(value.shape)
    return Unknown(f"an array of {value.dtype.name}")


def as_array(value: Any) -> np.ndarray | None:
    """A plain value as an array of numbers; None when it is no number, array or grid of them."""
    if type(value) is int and value.bit_length() > 63:
        value = float(value)
    if type(value) in (bool, int, float, complex) or isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if type(value) not in (list, tuple):
        return None
    parts = [as_array(item) for item in value]
    found = [part for part in parts if part is not None]
    if not found or len(found) < len(parts) or len({part.shape for part in found}) > 1:
        return None
    return np.stack(found)


def as_number(value: Any) -> float | None:
    """A plain value as one number: also an array or list of one, or a numeral as text."""
    if type(value) is str:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool):
        return None
    array = as_array(value)
    if array is None or array.size != 1 or array.dtype.kind not in "iuf":
        return None
    return float(array.ravel()[0])


def _number(value: Any, digits: int) -> str:
    if isinstance(value, (complex, np.complexfloating)):
        return str(complex(value))
    if isinstance(value, (bool, int, np.integer, np.bool_)):
        return str(value)
    text = format(float(value), f".{digits}g")
    return text if any(mark in text for mark in ".en") else text + ".0"


def show(value: Any, digits: int = 6) -> str:
    """A plain value as short text, numbers to some significant digits."""
    if isinstance(value, Unknown):
        return value.kind
    if isinstance(value, np.ndarray):
        return _grid(value, digits)
    if isinstance(value, (list, tuple)):
        inside = ", ".join(show(item, digits) for item in value[:8])
        inside += ", …" if len(value) > 8 else ""
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if isinstance(value, (bool, int, float, complex)):
        return _number(value, digits)
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {show(item, digits)}" for key, item in [*value.items()][:8])
        return f"{{{inside}{', …' if len(value) > 8 else ''}}}"
    return repr(value) if value is not ... else "..."


def _grid(value: np.ndarray, digits: int) -> str:
    if value.ndim == 0:
        return _number(value[()], digits)
    inside = ", ".join(_grid(row, digits) for row in value[:8])
    return f"[{inside}, …]" if len(value) > 8 else f"[{inside}]"


def show_code(value: Any) -> str:
    """An input as Python code that can be pasted into a cell."""
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype == np.float64 else f", dtype=np.{value.dtype.name}"
        return f"np.array({_grid(value, 17) if value.dtype.kind != 'f' else _short(value)}{dtype})"
    return repr(value)


def _short(value: np.ndarray) -> str:
    """Floats with as few digits as give the same numbers back."""
    if value.ndim == 0:
        return repr(float(str(value[()])))
    return f"[{', '.join(_short(row) for row in value)}]"
