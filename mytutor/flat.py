"""A list of arrays as one vector, for methods that need the whole of a network at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from mytutor.arrays import concatenate, is_floating

__all__ = ["Objective", "aligned", "flatten", "objective", "views"]

LINE = 64
"""Bytes of a cache line, and of the widest vectors."""


def aligned(size: int, dtype: np.dtype) -> np.ndarray:
    """An empty vector that begins with a cache line; else the widest loads would touch two each.

    Source: the alignment that Intel's Optimization Reference Manual asks of vectors, 64 bytes.
    """
    memory = np.empty(size * dtype.itemsize + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    return memory[first : first + size * dtype.itemsize].view(dtype)


def flatten(params: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All elements as one vector, and the function that turns such a vector back.

    ``params`` is a list of arrays, which comes back as a list, or one array. A vector of NumPy's
    begins with a cache line. Raises TypeError for anything but floating-point arrays of one dtype,
    ValueError for an empty list, and the function ValueError for a vector of another length.

    Source: the vector θ of all parameters, Goodfellow, Bengio & Courville (2016), Section 8.6.
    """
    single = not isinstance(params, (list, tuple))
    arrays = [params] if single else list(params)
    if not arrays:
        raise ValueError("params is an empty list; expected at least one array")
    for i, array in enumerate(arrays):
        if not is_floating(array) or array.dtype != arrays[0].dtype:
            found = getattr(array, "dtype", type(array).__name__)
            wanted = getattr(arrays[0], "dtype", "an array") if i else "an array"
            raise TypeError(
                f"params[{i}] is {found}; expected {wanted} of floating-point numbers, all of one "
                "dtype, for example np.array(x, dtype=float)"
            )
    shapes = [tuple(array.shape) for array in arrays]
    size = sum(map(math.prod, shapes))

    def restore(vector: Any) -> Any:
        if tuple(vector.shape) != (size,):
            raise ValueError(
                f"the vector has shape {tuple(vector.shape)}; expected {(size,)}, as many "
                "elements as the arrays"
            )
        pieces = views(vector, shapes)
        return pieces[0] if single else pieces

    if all(isinstance(array, np.ndarray) for array in arrays):
        return np.concatenate(arrays, axis=None, out=aligned(size, arrays[0].dtype)), restore
    return concatenate([array.reshape(-1) for array in arrays]), restore


def views(vector: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """The parts of a vector, one behind another, as arrays of those shapes in its memory.

    Source: the vector θ of all parameters, Goodfellow, Bengio & Courville (2016), Section 8.6.
    """
    ends = list(accumulate(map(math.prod, shapes)))
    return [
        vector[start:end].reshape(shape)
        for start, end, shape in zip([0, *ends], ends, shapes, strict=False)
    ]


class Objective(NamedTuple):
    """A network's loss on a batch as a function of one vector.

    ``value(vector)`` and ``gradient(vector)`` share one pass through the network when they are
    asked for the same vector; ``start`` is the vector of the parameters at the beginning and
    ``restore(vector)`` the list of parameters it stands for.
    """

    value: Callable[[Any], float]
    gradient: Callable[[Any], Any]
    start: Any
    restore: Callable[[Any], list[Any]]


def objective(network: Any, params: Sequence[Any], x: Any, y: Any) -> Objective:
    """The loss of a network on the batch x, y, ready for a solver.

    >>> loss = objective(network, params, x, y)
    >>> solution = lbfgs(loss.value, loss.gradient, loss.start)
    >>> params = loss.restore(solution.x)

    Raises what ``flatten`` raises.

    Source: Goodfellow, Bengio & Courville (2016), Equation (8.3), the empirical risk.
    """
    start, restore = flatten(list(params))
    last: list[Any] = []

    def both(vector: Any) -> Any:
        # A copy, so that a caller who changes the vector in place gets a new pass.
        if not last or not bool((last[0] == vector).all()):
            loss, grads = network.loss_and_gradient(restore(vector), x, y)
            last[:] = [vector + 0, float(loss), flatten(grads)[0]]
        return last

    return Objective(lambda v: both(v)[1], lambda v: both(v)[2], start, restore)
