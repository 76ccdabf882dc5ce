"""The losses and gradients of many models, which lie in the innermost loops.

A row of the data goes through all layers and back before the next one, so that what lies between
stays in the cache. Every layer is a function ``run(x, label, places, params, grads, dx, loss)``;
arrays are (numbers, models), and ``places[k]`` says where the k-th dense layer's numbers begin and
how wide it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from mytutor._optional import compiled
from mytutor.compiling.chain import Loops, chain
from mytutor.execute.denormals import flushing
from mytutor.network import Layer

__all__ = ["many_models"]


@cache
def many_models(layers: tuple[Layer, ...], dtype: np.dtype) -> Callable[..., None]:
    """``gradient(x, y, places, params, grads, loss)``: all models' means over the rows of x.

    The layers are dense ones and elementwise activations, the loss is ``softmax_cross_entropy``.
    Raises ValueError for an activation that can't be compiled.
    """
    run = chain(layers, dtype, Loops(_dense, _activation, _softmax_cross_entropy))

    @compiled
    def gradient(x: Any, y: Any, places: Any, params: Any, grads: Any, loss: Any) -> None:
        models = params.shape[1]
        grads[:] = 0
        loss[:] = 0
        shared = np.empty((x.shape[1], models), x.dtype)
        for n in range(len(x)):
            for k in range(x.shape[1]):
                row, value = shared[k], x[n, k]
                for i in range(len(row)):
                    row[i] = value
            run(shared, y[n], places, params, grads, shared, loss)
        share = x.dtype.type(1) / x.dtype.type(len(x))
        loss *= share
        grads *= share

    return flushing(gradient)


def _dense(following: Callable[..., None], number: int) -> Callable[..., None]:
    """``mytutor.layers.dense`` and its gradients; nobody asks the first one for dx."""
    add_products, add_outer_product = compiled(_add_products), compiled(_add_outer_product)

    @compiled
    def run(
        x: Any, label: Any, places: Any, params: Any, grads: Any, dx: Any, loss: Any
    ) -> None:  # fmt: skip
        start, inputs, outputs = places[number]
        bias = start + inputs * outputs
        y = np.empty((outputs, x.shape[1]), x.dtype)
        dy = np.empty_like(y)
        for j in range(outputs):
            b, y_j = params[bias + j], y[j]
            for i in range(len(b)):  # a loop, as copying rows asks first whether they overlap
                y_j[i] = b[i]
            add_products(y_j, x, params, start + j, outputs)
        following(y, label, places, params, grads, dy, loss)
        for j in range(outputs):
            db, slope = grads[bias + j], dy[j]
            for i in range(len(db)):
                db[i] += slope[i]
        for k in range(inputs):
            add_outer_product(grads, start + k * outputs, x[k], dy)
            if number > 0:
                dx_k = dx[k]
                for i in range(len(dx_k)):
                    dx_k[i] = 0
                add_products(dx_k, dy, params, start + k * outputs, 1)

    return run


def _add_products(into: Any, a: Any, b: Any, first: int, step: int) -> None:
    """Add the sum of the products of rows, those of b ``step`` apart, four at a time."""
    whole = len(a) - len(a) % 4
    for k in range(0, whole, 4):
        here = first + k * step
        a_0, a_1, a_2, a_3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        b_0, b_1, b_2, b_3 = b[here], b[here + step], b[here + 2 * step], b[here + 3 * step]
        for i in range(len(into)):
            into[i] += a_0[i] * b_0[i] + a_1[i] * b_1[i] + a_2[i] * b_2[i] + a_3[i] * b_3[i]
    for k in range(whole, len(a)):
        a_0, b_0 = a[k], b[first + k * step]
        for i in range(len(into)):
            into[i] += a_0[i] * b_0[i]


def _add_outer_product(into: Any, first: int, a: Any, b: Any) -> None:
    """Add to rows of an array, from the first on, a row times each row of b."""
    for j in range(len(b)):
        row, b_j = into[first + j], b[j]
        for i in range(len(row)):
            row[i] += a[i] * b_j[i]


def _activation(
    following: Callable[..., None], forward: Callable[..., Any], backward: Callable[..., Any]
) -> Callable[..., None]:
    """An elementwise layer, from its own definition: y, cache = forward(x), then dx."""

    @compiled
    def run(
        x: Any, label: Any, places: Any, params: Any, grads: Any, dx: Any, loss: Any
    ) -> None:  # fmt: skip
        y, dy = np.empty_like(x), np.empty_like(x)
        for j in range(len(x)):
            before, after = x[j], y[j]
            for i in range(len(before)):
                after[i] = forward(before[i])[0]
        following(y, label, places, params, grads, dy, loss)
        for j in range(len(x)):
            before, slope, back = x[j], dy[j], dx[j]
            for i in range(len(before)):
                back[i] = backward(slope[i], forward(before[i])[1])

    return run


def _softmax_cross_entropy(
    logits: Any, label: Any, places: Any, params: Any, grads: Any, dlogits: Any, loss: Any
) -> None:
    """``mytutor.losses.softmax_cross_entropy`` of one row, with one exponential for both."""
    largest = logits[0].copy()
    for j in range(1, len(logits)):
        z = logits[j]
        for i in range(len(largest)):
            largest[i] = max(largest[i], z[i])
    total = np.zeros_like(largest)
    for j in range(len(logits)):
        z, e = logits[j], dlogits[j]
        for i in range(len(largest)):
            e[i] = np.exp(z[i] - largest[i])
            total[i] += e[i]
    for j in range(len(logits)):
        e = dlogits[j]
        for i in range(len(total)):
            e[i] /= total[i]
    dlogits[label] -= 1
    z = logits[label]
    for i in range(len(total)):
        loss[i] += np.log(total[i]) - (z[i] - largest[i])
