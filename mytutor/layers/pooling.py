"""Pooling: one number for every window of an image."""

from __future__ import annotations

from typing import Any

from mytutor.arrays import amax, full
from mytutor.layers._checks import check_arrays, check_gradient, check_shapes, check_whole
from mytutor.layers._windows import offsets, output_size, windows

__all__ = ["avg_pool2d", "avg_pool2d_backward", "max_pool2d", "max_pool2d_backward"]


def max_pool2d(x: Any, *, size: int = 2, stride: int | None = None) -> tuple[Any, Any]:
    """Largest number of every window of size x size pixels; x is (batch, channels, height, width).

    Windows lie ``stride`` pixels apart (by default ``size``, so that they don't overlap); those
    that would reach over the edge are left out. Raises ValueError for another shape, a window
    larger than the image, or a size or stride below 1.

    Source: Goodfellow, Bengio & Courville (2016), Section 9.3. PyTorch and Keras agree.
    """
    stride = _check(x, size, stride)
    out = output_size(x, (size, size), stride)
    gathered = windows(x, (size, size), stride).reshape(*x.shape[:2], size * size, *out)
    return amax(gathered, 2)[:, :, 0], (gathered.argmax(2), tuple(x.shape), size, stride)


def max_pool2d_backward(dy: Any, cache: Any) -> Any:
    """Gradient of max pooling: all of it goes to the maximum, among equals to the first.

    Source: Goodfellow, Bengio & Courville (2016), Section 9.3.
    """
    winner, shape, size, stride = cache
    check_gradient(dy, winner.shape)
    dx = full(dy, shape, 0.0)
    for i, j, pixels in offsets((size, size), dy.shape[2:], stride):
        dx[pixels] += dy * (winner == i * size + j)
    return dx


def avg_pool2d(x: Any, *, size: int = 2, stride: int | None = None) -> tuple[Any, Any]:
    """Mean of every window of size x size pixels; x is (batch, channels, height, width).

    Windows lie ``stride`` pixels apart (by default ``size``, so that they don't overlap); those
    that would reach over the edge are left out. Raises ValueError for another shape, a window
    larger than the image, or a size or stride below 1.

    Source: LeCun et al. (1998), Section II.B, whose sub-sampling also has a weight and a bias.
    PyTorch and Keras agree.
    """
    stride = _check(x, size, stride)
    out = output_size(x, (size, size), stride)
    y = full(x, (*x.shape[:2], *out), 0.0)
    for _, _, pixels in offsets((size, size), out, stride):
        y += x[pixels]
    return y / size**2, (tuple(x.shape), out, size, stride)


def avg_pool2d_backward(dy: Any, cache: Any) -> Any:
    """Gradient of average pooling: every pixel of a window gets the same share.

    Source: LeCun et al. (1998), Section II.B.
    """
    shape, out, size, stride = cache
    check_gradient(dy, (*shape[:2], *out))
    dx, share = full(dy, shape, 0.0), dy / size**2
    for _, _, pixels in offsets((size, size), out, stride):
        dx[pixels] += share
    return dx


def _check(x: Any, size: int, stride: int | None) -> int:
    check_arrays(x=x)
    check_shapes(x.ndim == 4, "(batch, channels, height, width)", x=x)
    check_whole("size", size, 1)
    stride = size if stride is None else stride
    check_whole("stride", stride, 1)
    return stride
