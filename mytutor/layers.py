"""Layers: forward and backward side by side.

``layer(x, ...) -> (y, cache)`` and ``layer_backward(dy, cache) -> dx`` or ``(dx, d...)`` with one
gradient for every further argument of the forward function. A batch is the first axis.
"""

from __future__ import annotations

from typing import Any

from mytutor import arrays

__all__ = ["dense", "dense_backward", "relu", "relu_backward", "tanh", "tanh_backward"]


def dense(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """Affine map y = x w + b, with x (batch, in), w (in, out) and b (out,).

    Raises ValueError when the shapes don't fit.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.4. PyTorch's ``Linear`` keeps w
    as (out, in) and computes x wᵀ + b; Keras and flax keep it as here.
    """
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0] or tuple(b.shape) != (w.shape[1],):
        raise ValueError(
            f"x, w, b have shapes {tuple(x.shape)}, {tuple(w.shape)}, {tuple(b.shape)}; "
            "expected (batch, in), (in, out), (out,)"
        )
    return x @ w + b, (x, w)


def dense_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dw, db) of the affine map.

    Source: Goodfellow, Bengio & Courville (2016), Algorithm 6.4.
    """
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(0)


def relu(x: Any) -> tuple[Any, Any]:
    """Rectified linear unit, max(x, 0).

    Source: Nair & Hinton (2010), Section 2.
    """
    return arrays.maximum(x, 0.0), x


def relu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the rectified linear unit; at 0 the subgradient 0 is taken, as everywhere.

    Source: Nair & Hinton (2010), Section 2.
    """
    return dy * (cache > 0)


def tanh(x: Any) -> tuple[Any, Any]:
    """Hyperbolic tangent unit.

    Source: LeCun et al. (1998), Section 4.4.
    """
    y = arrays.tanh(x)
    return y, y


def tanh_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the hyperbolic tangent, 1 - tanh².

    Source: LeCun et al. (1998), Section 4.4.
    """
    return dy * (1 - cache**2)
