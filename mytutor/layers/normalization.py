"""Normalization: batch norm in training and in inference, layer norm, group norm.

Training and inference are two layers with the same parameters. What connects them is the mean and
variance of every channel: ``batch_norm`` leaves those of its batch in its cache, ``update_running``
averages them over batches, ``batch_norm_inference`` takes the average.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from mytutor.arrays import sqrt
from mytutor.layers._channels import normalize, normalize_backward
from mytutor.layers._checks import (
    check_arrays,
    check_gradient,
    check_number,
    check_setting,
    check_shapes,
    check_whole,
)

# Under these names the pages import what they show.
from mytutor.layers._rows import normalize_rows as normalize_rows
from mytutor.layers._rows import normalize_rows_backward as normalize_rows_backward
from mytutor.layers._rows import update_statistics_of_rows

__all__ = [
    "BatchNormCache",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_inference",
    "batch_norm_inference_backward",
    "fold_batch_norm",
    "group_norm",
    "group_norm_backward",
    "layer_norm",
    "layer_norm_backward",
    "update_running",
]


class BatchNormCache(NamedTuple):
    """What ``batch_norm`` keeps: for its backward pass, and for the running statistics.

    ``x`` is its input and ``deviation`` is sqrt(variance + eps). ``mean`` and ``variance`` are
    those of the batch, one number a channel; the variance is the biased one, which divides by
    ``rows``, the number of values a channel has in the batch.
    """

    x: Any
    gamma: Any
    deviation: Any
    mean: Any
    variance: Any
    rows: int
    shape: tuple[int, ...]


def batch_norm(x: Any, gamma: Any, beta: Any, *, eps: float = 1e-5) -> tuple[Any, BatchNormCache]:
    """Normalize every channel over the batch, then scale by gamma and shift by beta: for training.

    x is (batch, channels) or (batch, channels, height, width), and then the pixels count as
    further rows; gamma and beta are (channels,). Raises ValueError for other shapes, for a single
    value a channel, whose variance says nothing, and for a negative eps.

    Source: Ioffe & Szegedy (2015), Algorithm 1 and Section 3.2. All libraries normalize by the
    biased variance; eps is 1e-5 in PyTorch and flax and 1e-3 in Keras.
    """
    _check_batch_norm(x, eps, gamma=gamma, beta=beta)
    rows = math.prod(x.shape) // x.shape[1]
    if rows < 2:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, one value a channel; batch norm needs at least 2 to "
            "train on. For single examples use batch_norm_inference"
        )
    y, mean, variance = normalize(x, gamma, beta, eps=eps)
    cache = BatchNormCache(x, gamma, sqrt(variance + eps), mean, variance, rows, tuple(x.shape))
    return y, cache


def batch_norm_backward(dy: Any, cache: BatchNormCache) -> tuple[Any, Any, Any]:
    """Gradients (dx, dgamma, dbeta) of batch norm.

    Source: Ioffe & Szegedy (2015), Section 3, the chain rule after Algorithm 1, simplified.
    """
    check_gradient(dy, cache.shape)
    return normalize_backward(dy, cache.x, cache.gamma, cache.mean, cache.deviation)


def update_running(
    mean: Any,
    variance: Any,
    cache: BatchNormCache,
    *,
    momentum: float = 0.9,
    correction: int = 1,
) -> tuple[Any, Any]:
    """Running mean and variance after one more batch, whose cache ``batch_norm`` returned.

    They start at 0.0 and 1.0. ``momentum`` is the weight of the old value, and the variance of the
    batch divides by rows - ``correction``: 1 makes it unbiased. Raises ValueError for a momentum
    outside [0, 1] or a correction that leaves nothing to divide by.

    Source: Ioffe & Szegedy (2015), Algorithm 2, which averages the unbiased variance, and Section
    3.1 on moving averages. PyTorch's ``momentum`` is the weight of the new batch: its 0.1 is 0.9
    here. Keras and flax weigh the old value, by 0.99, and take the biased variance, correction=0.
    """
    check_number(momentum=momentum)
    check_setting(0 <= momentum <= 1, "momentum", momentum, "the old value's weight, from 0 to 1")
    check_whole("correction", correction, 0)
    for name, value in (("mean", mean), ("variance", variance)):
        shape = getattr(value, "shape", None)
        if not (shape == cache.mean.shape or (isinstance(value, float) and not shape)):
            found = type(value).__name__ if shape is None else f"of shape {tuple(shape)}"
            raise ValueError(
                f"{name} is {found}; expected an array of shape {tuple(cache.mean.shape)}, one "
                "number a channel, or a float to start from"
            )
    check_setting(correction < cache.rows, "correction", correction, f"less than {cache.rows}")
    return update_statistics_of_rows(
        mean,
        variance,
        cache.mean,
        cache.variance,
        cache.rows,
        momentum=momentum,
        correction=correction,
    )


def batch_norm_inference(
    x: Any, gamma: Any, beta: Any, *, mean: Any, variance: Any, eps: float = 1e-5
) -> tuple[Any, Any]:
    """Batch norm with given mean and variance: for inference, where a row must not see the others.

    Shapes as in ``batch_norm``; mean and variance are (channels,). Raises ValueError for other
    shapes, a negative variance or a negative eps.

    Source: Ioffe & Szegedy (2015), Algorithm 2, line 11.
    """
    _check_batch_norm(x, eps, gamma=gamma, beta=beta, mean=mean, variance=variance)
    _check_variance(variance)
    deviation = sqrt(variance + eps)
    normalized = (x - _per_channel(mean, x)) / _per_channel(deviation, x)
    y = normalized * _per_channel(gamma, x) + _per_channel(beta, x)
    return y, (normalized, gamma / deviation)


def batch_norm_inference_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dgamma, dbeta) where mean and variance are constants.

    Source: Ioffe & Szegedy (2015), Algorithm 2, line 11, which is affine in x.
    """
    normalized, scale = cache
    check_gradient(dy, normalized.shape)
    axes = _over_batch(dy)
    return dy * _per_channel(scale, dy), (dy * normalized).sum(axes), dy.sum(axes)


def fold_batch_norm(
    w: Any, b: Any, gamma: Any, beta: Any, mean: Any, variance: Any, *, eps: float = 1e-5
) -> tuple[Any, Any]:
    """Weights and bias of the one layer that equals a dense or conv2d layer and its batch norm.

    w is (in, out) or (out, in, kernel height, kernel width); the others are (out,). Raises
    ValueError for other shapes, a negative variance or a negative eps.

    Source: Jacob et al. (2018), Equation (14).
    """
    check_arrays(w=w, b=b, gamma=gamma, beta=beta, mean=mean, variance=variance)
    _check_eps(eps)
    check_shapes(w.ndim in (2, 4), "(in, out) or (out, in, kernel height, kernel width)", w=w)
    out = w.shape[1] if w.ndim == 2 else w.shape[0]
    rest = {"b": b, "gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    fit = all(tuple(value.shape) == (out,) for value in rest.values())
    check_shapes(fit, f"({out},) each, for w of shape {tuple(w.shape)}", **rest)
    _check_variance(variance)
    scale = gamma / sqrt(variance + eps)
    return w * (scale if w.ndim == 2 else scale[:, None, None, None]), (b - mean) * scale + beta


def layer_norm(x: Any, gamma: Any, beta: Any, *, eps: float = 1e-5) -> tuple[Any, Any]:
    """Normalize every example over its own features, then scale by gamma and shift by beta.

    gamma and beta have the shape of the last axes of x, over which mean and variance are taken:
    for x (batch, features) that is (features,). Raises ValueError for other shapes or a negative
    eps.

    Source: Ba, Kiros & Hinton (2016), Equation (3). PyTorch agrees; Keras takes the last axis only
    unless told otherwise, with eps 1e-3; flax eps is 1e-6.
    """
    check_arrays(x=x, gamma=gamma, beta=beta)
    _check_eps(eps)
    last = tuple(gamma.shape)
    fit = 0 < len(last) < x.ndim and tuple(x.shape[-len(last) :]) == last == tuple(beta.shape)
    check_shapes(
        fit, "(batch, ..., features), (features,), (features,)", x=x, gamma=gamma, beta=beta
    )
    axes = tuple(range(x.ndim - len(last), x.ndim))
    normalized, deviation = _normalize(x, axes, eps)
    return normalized * gamma + beta, (normalized, deviation, gamma, axes)


def layer_norm_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dgamma, dbeta) of layer norm.

    Source: Ba, Kiros & Hinton (2016), Equation (3), differentiated.
    """
    normalized, deviation, gamma, axes = cache
    check_gradient(dy, normalized.shape)
    dx = _normalize_backward(dy * gamma, normalized, deviation, axes)
    batch = tuple(range(axes[0]))
    return dx, (dy * normalized).sum(batch), dy.sum(batch)


def group_norm(
    x: Any, gamma: Any, beta: Any, *, groups: int = 32, eps: float = 1e-5
) -> tuple[Any, Any]:
    """Normalize every example over groups of neighbouring channels, then scale and shift.

    x is (batch, channels, ...), gamma and beta (channels,). One group takes all features of the
    example together; as many groups as channels is instance norm. Raises ValueError for other
    shapes, groups that don't divide the channels or a negative eps.

    Source: Wu & He (2018), Equations (1) to (7), with their 32 groups. PyTorch agrees; Keras has
    eps 1e-3 and flax 1e-6.
    """
    _check_batch_norm(x, eps, gamma=gamma, beta=beta)
    check_whole("groups", groups, 1)
    channels = x.shape[1]
    check_setting(channels % groups == 0, "groups", groups, f"a divisor of the {channels} channels")
    grouped = x.reshape(len(x), groups, -1)
    normalized, deviation = _normalize(grouped, (2,), eps)
    y = normalized.reshape(x.shape) * _per_channel(gamma, x) + _per_channel(beta, x)
    return y, (normalized, deviation, gamma, tuple(x.shape))


def group_norm_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dgamma, dbeta) of group norm.

    Source: Wu & He (2018), Equations (1) to (7), differentiated.
    """
    normalized, deviation, gamma, shape = cache
    check_gradient(dy, shape)
    grouped = (dy * _per_channel(gamma, dy)).reshape(normalized.shape)
    dx = _normalize_backward(grouped, normalized, deviation, (2,)).reshape(shape)
    axes = _over_batch(dy)
    return dx, (dy * normalized.reshape(shape)).sum(axes), dy.sum(axes)


def _normalize(x: Any, axes: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """x with mean 0 and variance 1 over the axes, and the deviation it was divided by."""
    centered = x - x.mean(axes, keepdims=True)
    deviation = sqrt((centered**2).mean(axes, keepdims=True) + eps)
    return centered / deviation, deviation


def _normalize_backward(dy: Any, normalized: Any, deviation: Any, axes: tuple[int, ...]) -> Any:
    mean = dy.mean(axes, keepdims=True)
    slope = (dy * normalized).mean(axes, keepdims=True)
    return (dy - mean - normalized * slope) / deviation


def _over_batch(x: Any) -> tuple[int, ...]:
    """All axes but that of the channels."""
    return (0, *range(2, x.ndim))


def _per_channel(values: Any, x: Any) -> Any:
    """One number a channel, in a shape that meets the channels of x."""
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def _check_batch_norm(x: Any, eps: float, **channels: Any) -> None:
    check_arrays(x=x, **channels)
    _check_eps(eps)
    fit = x.ndim >= 2 and all(tuple(value.shape) == (x.shape[1],) for value in channels.values())
    expected = "(batch, channels, ...)" + ", (channels,)" * len(channels)
    check_shapes(fit, expected, x=x, **channels)


def _check_eps(eps: float) -> None:
    check_number(eps=eps)
    check_setting(0 <= eps < math.inf, "eps", eps, "a finite number of at least 0")


def _check_variance(variance: Any) -> None:
    least = float(variance.min())
    check_setting(not least < 0, "the smallest variance", least, "at least 0")
