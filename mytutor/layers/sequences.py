"""Layers over sequences: the same map at every step."""

from __future__ import annotations

from typing import Any

from mytutor import arrays
from mytutor.layers._checks import check_arrays, check_gradient, check_shapes

__all__ = ["recurrent", "recurrent_backward"]


def recurrent(x: Any, w: Any, u: Any, b: Any) -> tuple[Any, Any]:
    """The last state of h_t = tanh(x_t w + h_{t-1} u + b), from h_0 = 0.

    x is (batch, steps, in), w (in, units), u (units, units), b (units,); the state is
    (batch, units). Raises ValueError when the shapes don't fit.

    Source: Elman (1990), Figure 2; Pascanu, Mikolov & Bengio (2013), Section 1. PyTorch's ``RNN``
    keeps w and u transposed and has two biases, which add up to this one; Keras' ``SimpleRNN``
    keeps them as here.
    """
    check_arrays(x=x, w=w, u=u, b=b)
    fit = x.ndim == 3 and w.ndim == 2 and x.shape[2] == w.shape[0]
    fit = fit and tuple(u.shape) == (w.shape[1],) * 2 and tuple(b.shape) == (w.shape[1],)
    expected = "(batch, steps, in), (in, units), (units, units), (units,)"
    check_shapes(fit, expected, x=x, w=w, u=u, b=b)
    states = [arrays.full(x, (x.shape[0], w.shape[1]), 0.0)]
    for t in range(x.shape[1]):
        states.append(arrays.tanh(x[:, t] @ w + states[-1] @ u + b))
    return states[-1], (x, w, u, states)


def recurrent_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any, Any]:
    """Gradients (dx, dw, du, db), backward through all steps.

    Source: Rumelhart, Hinton & Williams (1986), p. 535, on iterative nets: the changes of weights
    that are the same add up; Pascanu, Mikolov & Bengio (2013), Equations (3) to (5).
    """
    x, w, u, states = cache
    check_gradient(dy, states[-1].shape)
    dh, dzs = dy, []
    for h in reversed(states[1:]):
        dz = dh * (1 - h**2)
        dzs.append(dz)
        dh = dz @ u.T
    dz = arrays.stack(dzs[::-1])
    before = arrays.stack(states[:-1])
    by_step = x.swapaxes(0, 1)
    dw = (by_step.swapaxes(1, 2) @ dz).sum(0)
    du = (before.swapaxes(1, 2) @ dz).sum(0)
    return (dz @ w.T).swapaxes(0, 1), dw, du, dz.sum(0).sum(0)
