"""The steps of a training: as the optimizer takes them, or in place over vectors of all numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mytutor import execute, trace
from mytutor.flat import aligned, flatten, views
from mytutor.optimizer import Optimizer, State, check_fit, check_grads

__all__ = ["InPlace", "Pure", "Vectors", "as_vectors", "steps"]


class Pure:
    """Steps of any optimizer: each makes new arrays and writes into none that it was given."""

    def __init__(self, optimizer: Any, params: Sequence[Any], state: Any) -> None:
        self.optimizer, self.params, self.state = optimizer, list(params), state

    def step(self, grads: Sequence[Any]) -> None:
        """One step; raises what ``update`` raises."""
        self.params, self.state = self.optimizer.update(self.params, grads, self.state)


class Vectors:
    """Copies of parameters and slots and room for a gradient, as a vector for each of them.

    ``params`` and ``state`` are views of these vectors, shaped as they were given.
    """

    def __init__(self, params: Sequence[Any], state: State) -> None:
        shapes = [array.shape for array in params]
        self.x = flatten(params)[0]
        self.slots = [flatten(slot)[0] for slot in zip(*state.slots, strict=True)]
        self.gradient = aligned(self.x.size, self.x.dtype)
        self.params, self.grads = views(self.x, shapes), views(self.gradient, shapes)
        columns = [views(slot, shapes) for slot in self.slots]
        slots = tuple(zip(*columns, strict=True)) if columns else state.slots
        self.state = State(state.t, slots)


class InPlace:
    """Steps of an elementwise rule over all parameters as one array, with the bits of ``update``.

    ``params`` and ``state`` are copies that every step overwrites.
    """

    def __init__(self, optimizer: Optimizer, params: Sequence[Any], state: State) -> None:
        own = Vectors(params, state)
        self.optimizer, self.params, self.state = optimizer, own.params, own.state
        self._gradient = own.gradient
        # Not fused: it multiplies where the rule divides, which would change the last bits.
        self._run = execute.prepare(optimizer.rule, own.x, own.gradient, own.slots, how="blocked")

    def step(self, grads: Sequence[Any]) -> None:
        """One step; raises what ``update`` raises, before anything is written."""
        check_fit(self.params, grads)
        np.concatenate(grads, axis=None, out=self._gradient)
        # The sum of squares is quicker to find than an element that isn't finite; it may overflow.
        if not math.isfinite(self._gradient.dot(self._gradient)):
            check_grads(self.params, grads)  # says which
        t = self.state.t + 1
        self._run(t, self.optimizer.at(t))
        self.state = State(t, self.state.slots)


def steps(optimizer: Any, params: Sequence[Any], state: Any) -> Pure | InPlace:
    """In place where that gives the same bits, otherwise pure."""
    return (InPlace if as_vectors(optimizer, params, state) else Pure)(optimizer, params, state)


def as_vectors(optimizer: Any, params: Sequence[Any], state: Any) -> bool:
    """Whether these parameters can be stepped as one vector: an elementwise rule, arrays alike."""
    suits = _is_elementwise(optimizer) and _lie_alike(params)
    return suits and _belongs(params, state, len(trace.state(optimizer.rule)))


def _is_elementwise(optimizer: Any) -> bool:
    if type(optimizer) is not Optimizer or not execute.elementwise(optimizer.rule):
        return False
    # A scalar of NumPy's promotes arrays of single precision, which can't be done in place.
    values = optimizer.hyperparameters.values()
    return all(callable(value) or type(value) in (int, float) for value in values)


def _lie_alike(arrays: Sequence[Any]) -> bool:
    """Whether they are arrays of NumPy's, of one dtype, each in one piece."""
    return len(arrays) > 0 and all(
        type(x) is np.ndarray
        and x.ndim > 0
        and x.dtype == arrays[0].dtype
        and x.dtype in (np.float32, np.float64)
        and x.flags.c_contiguous
        for x in arrays
    )


def _belongs(params: Sequence[Any], state: Any, count: int) -> bool:
    """Whether the state is one of these parameters; where it isn't, ``update`` says why."""
    if not isinstance(state, State) or len(state.slots) != len(params):
        return False
    return all(
        len(slots) == count
        and _lie_alike([x, *slots])
        and all(slot.shape == x.shape for slot in slots)
        for x, slots in zip(params, state.slots, strict=True)
    )
