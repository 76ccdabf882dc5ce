"""The loss and gradient of one model.

Every layer is a function ``run(x, labels, places, params, grads, dx) -> loss``. ``params`` and
``grads`` are all of them as one vector; ``places[k]`` says where the k-th dense layer's numbers
begin and how wide it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from mytutor._optional import compiled
from mytutor.compiling.chain import Loops, chain
from mytutor.network import Layer

__all__ = ["one_model"]


@cache
def one_model(layers: tuple[Layer, ...], dtype: np.dtype) -> Callable[..., Any]:
    """``run(x, labels, places, params, grads, dx)``: the mean loss; writes its gradient.

    The layers are dense ones and elementwise activations, the loss is ``softmax_cross_entropy``.
    Raises ValueError for an activation that can't be compiled.
    """
    return chain(layers, dtype, Loops(_dense, _activation, _softmax_cross_entropy))


def _dense(following: Callable[..., Any], number: int) -> Callable[..., Any]:
    """``mytutor.layers.dense`` and its gradients; nobody asks the first one for dx."""

    @compiled
    def run(x: Any, labels: Any, places: Any, params: Any, grads: Any, dx: Any) -> float:
        start, inputs, outputs = places[number]
        middle = start + inputs * outputs
        w = params[start:middle].reshape(inputs, outputs)
        b = params[middle : middle + outputs]
        y = np.dot(x, w)
        for n in range(len(y)):
            for j in range(outputs):
                y[n, j] += b[j]
        dy = np.empty_like(y)
        loss = following(y, labels, places, params, grads, dy)
        np.dot(x.T, dy, grads[start:middle].reshape(inputs, outputs))
        db = grads[middle : middle + outputs]
        db[:] = 0
        for n in range(len(dy)):
            for j in range(outputs):
                db[j] += dy[n, j]
        if number > 0:
            np.dot(dy, w.T, dx)
        return loss

    return run


def _activation(
    following: Callable[..., Any], forward: Callable[..., Any], backward: Callable[..., Any]
) -> Callable[..., Any]:
    """An elementwise layer, from its own definition: y, cache = forward(x), then dx."""

    @compiled
    def run(x: Any, labels: Any, places: Any, params: Any, grads: Any, dx: Any) -> float:
        y, dy = np.empty_like(x), np.empty_like(x)
        for n in range(x.shape[0]):
            for j in range(x.shape[1]):
                y[n, j] = forward(x[n, j])[0]
        loss = following(y, labels, places, params, grads, dy)
        for n in range(x.shape[0]):
            for j in range(x.shape[1]):
                # Computed again rather than kept; where it is x or a product, for nothing.
                dx[n, j] = backward(dy[n, j], forward(x[n, j])[1])
        return loss

    return run


def _softmax_cross_entropy(
    logits: Any, labels: Any, places: Any, params: Any, grads: Any, dlogits: Any
) -> float:
    """``mytutor.losses.softmax_cross_entropy``, with one exponential for value and gradient."""
    batch, classes = logits.shape
    share = logits.dtype.type(1) / logits.dtype.type(batch)
    value = 0.0
    for n in range(batch):
        largest = logits[n, 0]
        for j in range(1, classes):
            largest = max(largest, logits[n, j])
        total = logits.dtype.type(0)
        for j in range(classes):
            dlogits[n, j] = np.exp(logits[n, j] - largest)
            total += dlogits[n, j]
        factor = share / total
        for j in range(classes):
            dlogits[n, j] *= factor
        dlogits[n, labels[n]] -= share
        value += np.log(total) - (logits[n, labels[n]] - largest)
    return value / batch
