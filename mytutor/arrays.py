"""The elementwise functions that a rule may use, for every kind of array.

The same call works on plain Python numbers, NumPy arrays, torch tensors (CPU or CUDA) and SymPy
expressions. This is the only module that knows the four apart: torch and SymPy are never imported
here before somebody hands over one of their objects.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "amax",
    "clip",
    "cos",
    "erf",
    "exp",
    "expm1",
    "fill_like",
    "full",
    "is_finite",
    "is_floating",
    "is_integer",
    "like",
    "log",
    "log1p",
    "log_softmax",
    "maximum",
    "namespace",
    "on_device",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "stack",
    "tanh",
    "to_numpy",
    "where",
]


SHORT = 32
"""Columns below which NumPy is faster at the maximum of rows when they are copied into columns."""


NUMBERS = frozenset((float, int))


def _kind(value: Any) -> str:
    """Name the library a value belongs to: 'torch', 'sympy' or 'numpy' (numbers included)."""
    if isinstance(value, np.ndarray):
        return "sympy" if value.dtype.kind == "O" else "numpy"
    if isinstance(value, (float, int, np.generic)):
        return "numpy"
    root = type(value).__module__.partition(".")[0]
    if root in ("torch", "sympy"):
        return root
    if any("torch" in base.__module__ for base in type(value).__mro__):
        return "torch"
    if any(base.__module__.startswith("sympy.") for base in type(value).__mro__):
        return "sympy"
    return "numpy"


def namespace(*values: Any) -> str:
    """Name the library that must compute with these values: torch and SymPy win over NumPy.

    Source: the precedence is that of the Python array API's ``array_namespace``.
    """
    if len(values) == 1:
        return _kind(values[0])
    kinds = [_kind(value) for value in values]
    return "torch" if "torch" in kinds else "sympy" if "sympy" in kinds else "numpy"


def _torch() -> Any:
    import torch

    return torch


def _sympy() -> Any:
    import sympy

    return sympy


def _each(function: Any, *values: Any) -> Any:
    """Apply a SymPy function to expressions, or elementwise to object arrays of expressions."""
    if any(isinstance(value, np.ndarray) for value in values):
        return np.frompyfunc(function, len(values), 1)(*values)
    return function(*values)


def _plain(*values: Any) -> bool:
    """True for plain Python numbers, which stay plain: far faster than NumPy's scalars."""
    return NUMBERS.issuperset(map(type, values))


def sqrt(x: Any) -> Any:
    """Square root, elementwise; a negative number gives NaN, as in NumPy."""
    if type(x) in NUMBERS:
        return math.sqrt(x) if x >= 0 else math.nan
    kind = _kind(x)
    if kind == "torch":
        return x.sqrt()
    return _each(_sympy().sqrt, x) if kind == "sympy" else np.sqrt(x)


def sign(x: Any) -> Any:
    """Sign of x, elementwise: -1, 0 or 1."""
    if type(x) in NUMBERS:
        return float((x > 0) - (x < 0)) if x == x else math.nan
    kind = _kind(x)
    if kind == "torch":
        return x.sign()
    return _each(_sympy().sign, x) if kind == "sympy" else np.sign(x)


def maximum(a: Any, b: Any) -> Any:
    """Larger of two values, elementwise; NaN wins."""
    if type(a) is np.ndarray and type(b) is float and a.dtype.kind == "f":
        return np.maximum(a, b)  # what every layer of rectified units asks at every step
    if _plain(a, b):
        return a if a >= b or a != a else b
    kind = namespace(a, b)
    if kind == "torch":
        torch = _torch()
        a, b = _tensors(a, b)
        return torch.maximum(a, b)
    return _each(_sympy().Max, a, b) if kind == "sympy" else np.maximum(a, b)


def clip(x: Any, low: Any, high: Any) -> Any:
    """x limited to [low, high], elementwise."""
    if _plain(x, low, high):
        return low if x < low else high if x > high else x
    kind = namespace(x, low, high)
    if kind == "torch":
        torch = _torch()
        x, low, high = _tensors(x, low, high)
        return torch.minimum(torch.maximum(x, low), high)
    if kind == "sympy":
        sympy = _sympy()
        return _each(lambda x, low, high: sympy.Min(sympy.Max(x, low), high), x, low, high)
    return np.clip(x, low, high)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, b elsewhere."""
    if type(condition) is bool and _plain(a, b):
        return a if condition else b
    kind = namespace(condition, a, b)
    if kind == "torch":
        if type(condition) is bool:
            device = next(value.device for value in (a, b) if _kind(value) == "torch")
            condition = _torch().tensor(condition, device=device)
        return _torch().where(condition, a, b)
    if kind == "sympy":
        sympy = _sympy()
        return _each(lambda c, a, b: sympy.Piecewise((a, c), (b, True)), condition, a, b)
    return np.where(condition, a, b)


def exp(x: Any) -> Any:
    """Exponential, elementwise."""
    kind = _kind(x)
    if kind == "torch":
        return x.exp()
    return _each(_sympy().exp, x) if kind == "sympy" else np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm, elementwise."""
    kind = _kind(x)
    if kind == "torch":
        return x.log()
    return _each(_sympy().log, x) if kind == "sympy" else np.log(x)


def expm1(x: Any) -> Any:
    """Exponential less 1, elementwise, exact also where x is tiny."""
    return x.expm1() if _kind(x) == "torch" else np.expm1(x)


def log1p(x: Any) -> Any:
    """Natural logarithm of 1 + x, elementwise, exact also where x is tiny."""
    return x.log1p() if _kind(x) == "torch" else np.log1p(x)


def erf(x: Any) -> Any:
    """Error function of an array, elementwise; NumPy has none, so C's is called on each element."""
    if _kind(x) == "torch":
        return x.erf()
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=x.dtype)


def sigmoid(x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x)), elementwise; the exponential never overflows."""
    shrunk = exp(-abs(x))
    return where(x >= 0, 1.0, shrunk) / (1 + shrunk)


def log_softmax(x: Any) -> Any:
    """Logarithm of the softmax over the last axis; the maximum goes first, so nothing overflows."""
    shifted = x - amax(x, -1)
    return shifted - log(exp(shifted).sum(-1)[..., None])


def tanh(x: Any) -> Any:
    """Hyperbolic tangent, elementwise."""
    kind = _kind(x)
    if kind == "torch":
        return x.tanh()
    return _each(_sympy().tanh, x) if kind == "sympy" else np.tanh(x)


def sin(x: Any) -> Any:
    """Sine, elementwise, x in radians."""
    kind = _kind(x)
    if kind == "torch":
        return x.sin()
    return _each(_sympy().sin, x) if kind == "sympy" else np.sin(x)


def cos(x: Any) -> Any:
    """Cosine, elementwise, x in radians."""
    kind = _kind(x)
    if kind == "torch":
        return x.cos()
    return _each(_sympy().cos, x) if kind == "sympy" else np.cos(x)


def stack(rows: Any) -> Any:
    """Stack values of one shape along a new first axis."""
    rows = list(rows)
    kind = namespace(*rows)
    if kind == "torch":
        return _torch().stack(_broadcast_tensors(rows))
    if kind == "sympy":
        return np.array(rows, dtype=object)
    return np.stack(np.broadcast_arrays(*rows))


def concatenate(parts: Any) -> Any:
    """Join arrays of one kind along their first axis."""
    parts = list(parts)
    return _torch().cat(parts) if namespace(*parts) == "torch" else np.concatenate(parts)


def like(x: Any, values: Any) -> Any:
    """Numbers as an array of x's kind and device, and of its dtype unless those are integers."""
    dtype = None if is_integer(x) else x.dtype
    if _kind(x) == "torch":
        return _torch().as_tensor(values, dtype=dtype, device=x.device)
    return np.asarray(values, dtype=dtype)


def amax(x: Any, axis: int) -> Any:
    """Maximum along one axis, which is kept with length one."""
    if _kind(x) == "torch":
        return x.amax(axis, keepdim=True)
    if x.ndim == 2 and axis in (1, -1) and x.shape[1] < SHORT:
        return np.maximum.reduce(x.T.copy(), 0)[:, None]
    return x.max(axis, keepdims=True)


def fill_like(x: Any, value: float) -> Any:
    """An array of x's kind, shape, dtype and device, filled with one value."""
    if _kind(x) == "torch":
        return _torch().full_like(x, value)
    return np.full_like(x, value)


def full(x: Any, shape: tuple[int, ...], value: float) -> Any:
    """An array of that shape and of x's kind, dtype and device, filled with one value."""
    return x.new_full(shape, value) if _kind(x) == "torch" else np.full(shape, value, x.dtype)


def is_floating(x: Any) -> bool:
    """True for an array of real floating-point numbers, also one that NumPy made a scalar."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind == "f"
    return _kind(x) == "torch" and bool(x.dtype.is_floating_point)


def is_integer(x: Any) -> bool:
    """True for an array of integers."""
    if _kind(x) == "torch":
        return not (x.dtype.is_floating_point or x.dtype.is_complex)
    return isinstance(x, np.ndarray) and x.dtype.kind in "iu"


def is_finite(x: Any) -> bool:
    """True when no element is NaN or infinite."""
    if _kind(x) == "torch":
        return bool(_torch().isfinite(x).all())
    return bool(np.isfinite(x).all())


def to_numpy(x: Any) -> np.ndarray:
    """x as a NumPy array on the CPU, whatever it was."""
    return x.detach().cpu().numpy() if _kind(x) == "torch" else np.asarray(x)


def on_device(values: list[Any], device: str) -> list[Any]:
    """The values as torch tensors on a device such as "cpu" or "cuda".

    Raises ValueError for a device that isn't there, ImportError without torch.
    """
    torch = _torch()
    try:
        kind = torch.device(device).type
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device is {device!r}; expected 'cpu', 'cuda' or 'cuda:1'") from error
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device is {device!r}, but torch finds no CUDA device; use device='cpu'")
    return [torch.as_tensor(value, device=device) for value in values]


def _tensors(*values: Any) -> list[Any]:
    """Turn numbers beside a tensor into tensors of its dtype and device."""
    like = next(value for value in values if _kind(value) == "torch")
    return [
        value
        if _kind(value) == "torch"
        else _torch().as_tensor(value, dtype=like.dtype, device=like.device)
        for value in values
    ]


def _broadcast_tensors(values: list[Any]) -> Any:
    return _torch().broadcast_tensors(*_tensors(*values))
