"""Activations: functions without parameters, all but the softmax elementwise."""

from __future__ import annotations

import math
from typing import Any

from mytutor import arrays
from mytutor.layers._checks import (
    check_arrays,
    check_gradient,
    check_number,
    check_setting,
    check_shapes,
)

__all__ = [
    "elu",
    "elu_backward",
    "gelu",
    "gelu_backward",
    "gelu_tanh",
    "gelu_tanh_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "log_softmax",
    "log_softmax_backward",
    "relu",
    "relu_backward",
    "selu",
    "selu_backward",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softplus",
    "softplus_backward",
    "tanh",
    "tanh_backward",
]


def sigmoid(x: Any) -> tuple[Any, Any]:
    """Logistic sigmoid, 1 / (1 + exp(-x)).

    Source: Rumelhart, Hinton & Williams (1986), Equation (2).
    """
    check_arrays(x=x)
    y = arrays.sigmoid(x)
    return y, y


def sigmoid_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the sigmoid, dy y (1 - y).

    Source: Rumelhart, Hinton & Williams (1986), Equation (5).
    """
    check_gradient(dy, cache.shape)
    return dy * cache * (1 - cache)


def tanh(x: Any) -> tuple[Any, Any]:
    """Hyperbolic tangent unit.

    Source: LeCun et al. (1998), Section 4.4.
    """
    check_arrays(x=x)
    y = arrays.tanh(x)
    return y, y


def tanh_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the hyperbolic tangent, 1 - tanh².

    Source: LeCun et al. (1998), Section 4.4.
    """
    check_gradient(dy, cache.shape)
    return dy * (1 - cache**2)


def relu(x: Any) -> tuple[Any, Any]:
    """Rectified linear unit, max(x, 0).

    Source: Nair & Hinton (2010), Section 2.
    """
    check_arrays(x=x)
    return arrays.maximum(x, 0.0), x


def relu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the rectified linear unit; at 0 the subgradient 0 is taken, as everywhere.

    Source: Nair & Hinton (2010), Section 2.
    """
    check_gradient(dy, cache.shape)
    return dy * (cache > 0)


def leaky_relu(x: Any, *, slope: float = 0.01) -> tuple[Any, Any]:
    """Leaky rectified linear unit: x where it is positive, slope x elsewhere.

    Raises ValueError for a slope that isn't finite.

    Source: Maas, Hannun & Ng (2013), Section 2. PyTorch and JAX agree; Keras' ``LeakyReLU`` has
    the default slope 0.3.
    """
    check_arrays(x=x)
    check_number(slope=slope)
    check_setting(math.isfinite(slope), "slope", slope, "a finite number")
    return arrays.where(x > 0, x, slope * x), (x, slope)


def leaky_relu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the leaky rectified linear unit; at 0 the slope is taken, as in PyTorch.

    Source: Maas, Hannun & Ng (2013), Section 2.
    """
    x, slope = cache
    check_gradient(dy, x.shape)
    return arrays.where(x > 0, dy, slope * dy)


def elu(x: Any, *, alpha: float = 1.0) -> tuple[Any, Any]:
    """Exponential linear unit: x where it is positive, alpha (exp(x) - 1) elsewhere.

    Raises ValueError for an alpha that isn't finite.

    Source: Clevert, Unterthiner & Hochreiter (2016), Section 3.
    """
    check_arrays(x=x)
    check_number(alpha=alpha)
    check_setting(math.isfinite(alpha), "alpha", alpha, "a finite number")
    negative = -arrays.maximum(-x, 0.0)
    return arrays.where(x > 0, x, alpha * arrays.expm1(negative)), (x, alpha)


def elu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the exponential linear unit: 1 where x is positive, alpha exp(x) elsewhere.

    Source: Clevert, Unterthiner & Hochreiter (2016), Section 3.
    """
    x, alpha = cache
    check_gradient(dy, x.shape)
    negative = -arrays.maximum(-x, 0.0)
    return arrays.where(x > 0, dy, dy * alpha * arrays.exp(negative))


def selu(
    x: Any, *, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805
) -> tuple[Any, Any]:
    """Self-normalizing unit: an exponential linear unit, scaled to keep mean 0 and variance 1.

    Raises ValueError for an alpha or a scale that isn't finite.

    Source: Klambauer et al. (2017), Equation (2), whose fixed point gives the two numbers.
    """
    check_number(scale=scale)
    check_setting(math.isfinite(scale), "scale", scale, "a finite number")
    y, cache = elu(x, alpha=alpha)
    return scale * y, (scale, cache)


def selu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the self-normalizing unit.

    Source: Klambauer et al. (2017), Equation (2).
    """
    scale, inner = cache
    check_gradient(dy, inner[0].shape)
    return elu_backward(scale * dy, inner)


def softplus(x: Any) -> tuple[Any, Any]:
    """Softplus log(1 + exp(x)), the smooth form of the rectified linear unit.

    Source: Goodfellow, Bengio & Courville (2016), Section 3.10. PyTorch switches to x above
    ``threshold=20``, where float32 cannot see the difference.
    """
    check_arrays(x=x)
    return arrays.maximum(x, 0.0) + arrays.log1p(arrays.exp(-abs(x))), x


def softplus_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the softplus, which is the sigmoid.

    Source: Goodfellow, Bengio & Courville (2016), Section 3.10.
    """
    check_gradient(dy, cache.shape)
    return dy * arrays.sigmoid(cache)


def silu(x: Any) -> tuple[Any, Any]:
    """Sigmoid-weighted linear unit x sigmoid(x), also called swish.

    Source: Elfwing, Uchibe & Doya (2018), Section 2; Ramachandran, Zoph & Le (2017).
    """
    check_arrays(x=x)
    s = arrays.sigmoid(x)
    return x * s, (x, s)


def silu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the sigmoid-weighted linear unit, s (1 + x (1 - s)) with s the sigmoid of x.

    Source: Elfwing, Uchibe & Doya (2018), Section 2.
    """
    x, s = cache
    check_gradient(dy, x.shape)
    return dy * s * (1 + x * (1 - s))


def gelu(x: Any) -> tuple[Any, Any]:
    """Gaussian error linear unit x Φ(x), with the normal distribution's Φ computed exactly.

    Source: Hendrycks & Gimpel (2016), Section 2. PyTorch and Keras agree; JAX takes the
    approximation, here ``gelu_tanh``, unless told otherwise.
    """
    check_arrays(x=x)
    cumulative = 0.5 * (1 + arrays.erf(x * math.sqrt(0.5)))
    return x * cumulative, (x, cumulative)


def gelu_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the Gaussian error linear unit, Φ(x) + x φ(x).

    Source: Hendrycks & Gimpel (2016), Section 2.
    """
    x, cumulative = cache
    check_gradient(dy, x.shape)
    density = arrays.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    return dy * (cumulative + x * density)


def gelu_tanh(x: Any) -> tuple[Any, Any]:
    """Gaussian error linear unit with Φ approximated by a hyperbolic tangent, off by under 5e-4.

    Source: Hendrycks & Gimpel (2016), Section 2. PyTorch and Keras: ``approximate='tanh'``.
    """
    check_arrays(x=x)
    t = arrays.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), (x, t)


def gelu_tanh_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the approximated Gaussian error linear unit.

    Source: Hendrycks & Gimpel (2016), Section 2.
    """
    x, t = cache
    check_gradient(dy, x.shape)
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return dy * 0.5 * (1 + t + x * (1 - t**2) * inner)


def softmax(x: Any) -> tuple[Any, Any]:
    """Softmax over the last axis: positive numbers that sum to 1.

    The maximum is subtracted first, so that nothing overflows. Raises ValueError for a single
    number, which has no axis.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3.
    """
    check_arrays(x=x)
    check_shapes(x.ndim > 0, "(..., classes)", x=x)
    e = arrays.exp(x - arrays.amax(x, -1))
    y = e / e.sum(-1)[..., None]
    return y, y


def softmax_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the softmax, y (dy - Σ dy y).

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3.
    """
    y = cache
    check_gradient(dy, y.shape)
    return y * (dy - (dy * y).sum(-1)[..., None])


def log_softmax(x: Any) -> tuple[Any, Any]:
    """Logarithm of the softmax over the last axis, exact also where the softmax is all but 0.

    Raises ValueError for a single number, which has no axis.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3.
    """
    check_arrays(x=x)
    check_shapes(x.ndim > 0, "(..., classes)", x=x)
    y = arrays.log_softmax(x)
    return y, y


def log_softmax_backward(dy: Any, cache: Any) -> Any:
    """Gradient of the log-softmax, dy - softmax Σ dy.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3.
    """
    y = cache
    check_gradient(dy, y.shape)
    return dy - arrays.exp(y) * dy.sum(-1)[..., None]
