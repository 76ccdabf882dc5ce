"""Fused: all steps of an epoch in one compiled loop, made of the same layers and the same rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from mytutor._optional import compiled
from mytutor.compiling import check_known, check_labels, one_model, places
from mytutor.datasets import Dataset, minibatches
from mytutor.execute.denormals import flushing
from mytutor.execute.fused import step_by_row, table
from mytutor.execute.parts import split
from mytutor.network import Layer, Network
from mytutor.optimizer import Optimizer, State, check_grads
from mytutor.train.stepping import Vectors, as_vectors

__all__ = ["Fused", "check_fusible"]

STEPS = 256
"""Steps between two looks at an interrupt."""


class Fused:
    """Epochs of an elementwise rule on dense layers and activations, equal within rounding.

    ``params`` and ``state`` are copies that every step overwrites.
    """

    def __init__(
        self, network: Network, optimizer: Optimizer, params: Sequence[Any], state: State
    ) -> None:
        self._own = Vectors(params, state)
        self.optimizer, self.params, self.state = optimizer, self._own.params, self._own.state
        self._loop = epoch_loop(tuple(network.layers), optimizer.rule, self._own.x.dtype)
        self._places = places(self.params)

    def epoch(self, data: Dataset, batch_size: int, rng: np.random.Generator, history: Any) -> None:
        """All minibatches once, in a new random order; appends the loss of every step.

        Raises what ``update`` raises, with the parameters as they were before that step.
        """
        x, y = np.ascontiguousarray(data.x_train), data.y_train.astype(np.intp)
        ((order, _),) = minibatches(rng, np.arange(len(x)), y, len(x))
        own, rows = self._own, STEPS * batch_size
        for low in range(0, len(order), rows):
            some = order[low : low + rows]
            losses = np.empty(-(-len(some) // batch_size))
            steps = self._table(len(losses))
            vectors = own.x, own.gradient, tuple(own.slots)
            done = self._loop(x, y, some, batch_size, self._places, *vectors, steps, losses)
            self.state = State(self.state.t + done, self.state.slots)
            history.step_loss += losses[: done + 1].tolist()
            if done < len(losses):
                check_grads(self.params, own.grads)  # says which isn't finite

    def _table(self, count: int) -> np.ndarray:
        rule, t = self.optimizer.rule, self.state.t
        steps, dtype = range(t + 1, t + 1 + count), self._own.x.dtype
        return table(rule, dtype, steps, self.optimizer.at, not self.optimizer.scheduled)


@cache
def epoch_loop(layers: tuple[Layer, ...], rule: Callable[..., Any], dtype: np.dtype) -> Any:
    """All steps of an epoch as one compiled loop; returns how many had a finite gradient.

    The layers are dense ones and elementwise activations, the loss is ``softmax_cross_entropy``.
    Raises ValueError for an activation that can't be compiled.
    """
    run, step, finite = one_model(layers, dtype), step_by_row(rule, dtype), compiled(_finite)

    @compiled
    def epoch(
        x: Any, y: Any, order: Any, batch_size: int, places: Any, params: Any, grads: Any,
        slots: Any, table: Any, losses: Any,
    ) -> int:  # fmt: skip
        for n in range(len(losses)):
            rows = order[n * batch_size : (n + 1) * batch_size]
            batch = x[rows]
            losses[n] = run(batch, y[rows], places, params, grads, batch)
            if not finite(grads):
                return n
            step(params, grads, slots, table[n])
        return len(losses)

    return flushing(epoch)


def _finite(grads: Any) -> bool:
    """Whether no element is NaN or infinite; the sum of squares is quicker but may overflow."""
    return np.isfinite(np.dot(grads, grads)) or np.isfinite(grads).all()


def check_fusible(
    network: Network, params: Sequence[Any], optimizer: Any, state: Any, data: Dataset, rows: int
) -> None:
    """Refuse, with a ValueError, what can't be trained in one loop.

    What is wrong with the first minibatch of so many rows, or with any label, is refused in the
    words of the layers and the loss.
    """
    if type(optimizer) is not Optimizer:
        raise ValueError(_refusal("an Optimizer of an elementwise rule", optimizer))
    split(optimizer.rule)  # says why not
    if not as_vectors(optimizer, params, state):
        raise ValueError(_refusal("NumPy arrays of one dtype and their state", "another kind"))
    check_known(network, params)
    if not isinstance(data.x_train, np.ndarray):
        raise ValueError(_refusal("data in NumPy arrays", type(data.x_train).__name__))
    network.loss_and_gradient(params, data.x_train[:rows], data.y_train[:rows])
    check_labels(params, data.y_train)


def _refusal(expected: str, found: Any) -> str:
    return f"how='fused' takes {expected}; found {found}: use how='auto'"
