"""Linear maps: dense, convolution, flatten."""

from __future__ import annotations

from typing import Any

from mytutor import arrays
from mytutor.layers._checks import check_arrays, check_gradient, check_shapes, check_whole
from mytutor.layers._windows import add_windows, output_size, windows

__all__ = [
    "conv2d",
    "conv2d_backward",
    "conv2d_gradients",
    "dense",
    "dense_backward",
    "dense_gradients",
    "flatten",
    "flatten_backward",
]


def dense(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
    """Affine map y = x w + b, with x (batch, in), w (in, out) and b (out,).

    Raises ValueError when the shapes don't fit.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.4. PyTorch's ``Linear`` keeps w
    as (out, in) and computes x wᵀ + b; Keras and flax keep it as here.
    """
    check_arrays(x=x, w=w, b=b)
    fit = x.ndim == 2 and w.ndim == 2 and x.shape[1] == w.shape[0]
    fit = fit and tuple(b.shape) == (w.shape[1],)
    check_shapes(fit, "(batch, in), (in, out), (out,)", x=x, w=w, b=b)
    return x @ w + b, (x, w)


def dense_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dw, db) of the affine map.

    Source: Goodfellow, Bengio & Courville (2016), Algorithm 6.4.
    """
    dw, db = dense_gradients(dy, cache)
    _, w = cache
    return dy @ w.T, dw, db


def dense_gradients(dy: Any, cache: Any) -> tuple[Any, Any]:
    """Gradients (dw, db) alone: nothing lies before the first layer that would ask for dx.

    Source: Goodfellow, Bengio & Courville (2016), Algorithm 6.4.
    """
    x, w = cache
    check_gradient(dy, (x.shape[0], w.shape[1]))
    return x.T @ dy, dy.sum(0)


def conv2d(x: Any, w: Any, b: Any, *, stride: int = 1, padding: int = 0) -> tuple[Any, Any]:
    """Convolution of images, without the flip: every window of x, times w, plus b.

    x is (batch, in, height, width), w (out, in, kernel height, kernel width), b (out,). The image
    is surrounded by ``padding`` zeros on each side; windows lie ``stride`` pixels apart, and those
    that would reach over the edge are left out. All windows are laid out as the columns of a
    matrix, so that the work is one matrix product an image. Raises ValueError for other shapes, a
    kernel larger than the padded image, a stride below 1 or a negative padding.

    Source: Goodfellow, Bengio & Courville (2016), Equations (9.7) and (9.8), with their layout of
    w; the matrix product is Chellapilla, Puri & Simard (2006). PyTorch agrees; Keras and
    flax keep x as (batch, height, width, in) and w as (kernel height, kernel width, in, out), and
    their ``padding='same'`` pads the lower right more where the total is odd.
    """
    check_arrays(x=x, w=w, b=b)
    check_whole("stride", stride, 1)
    check_whole("padding", padding, 0)
    fit = x.ndim == 4 and w.ndim == 4 and x.shape[1] == w.shape[1]
    fit = fit and tuple(b.shape) == (w.shape[0],)
    expected = "(batch, in, height, width), (out, in, kernel height, kernel width), (out,)"
    check_shapes(fit, expected, x=x, w=w, b=b)
    padded = _pad(x, padding)
    out = output_size(padded, w.shape[2:], stride)
    columns = windows(padded, w.shape[2:], stride).reshape(len(x), -1, out[0] * out[1])
    y = (w.reshape(len(w), -1) @ columns).reshape(len(x), len(w), *out) + b[:, None, None]
    return y, (columns, w, tuple(padded.shape), out, stride, padding)


def conv2d_backward(dy: Any, cache: Any) -> tuple[Any, Any, Any]:
    """Gradients (dx, dw, db) of the convolution.

    Source: Goodfellow, Bengio & Courville (2016), Equations (9.11) and (9.13).
    """
    dw, db = conv2d_gradients(dy, cache)
    _, w, padded, out, stride, padding = cache
    rows = dy.reshape(len(dy), len(w), -1)
    dcolumns = (w.reshape(len(w), -1).T @ rows).reshape(*padded[:2], *w.shape[2:], *out)
    dx = add_windows(dcolumns, padded, stride)
    height, width = padded[2:]
    inside = dx[:, :, padding : height - padding, padding : width - padding]
    return inside, dw, db


def conv2d_gradients(dy: Any, cache: Any) -> tuple[Any, Any]:
    """Gradients (dw, db) alone: nothing lies before the first layer that would ask for dx.

    Source: Goodfellow, Bengio & Courville (2016), Equation (9.11).
    """
    columns, w, padded, out, _, _ = cache
    check_gradient(dy, (padded[0], w.shape[0], *out))
    rows = dy.reshape(len(dy), len(w), -1)
    return (rows @ columns.mT).sum(0).reshape(w.shape), rows.sum(2).sum(0)


def flatten(x: Any) -> tuple[Any, Any]:
    """Every example of the batch as one row: (batch, ...) becomes (batch, features).

    Raises ValueError for a single number, which has no batch.

    Source: LeCun et al. (1998), Section II.B, where the last feature maps meet a dense layer.
    Keras flattens channels last, so that weights behind it are in another order.
    """
    check_arrays(x=x)
    check_shapes(x.ndim > 0, "(batch, ...)", x=x)
    return x.reshape(len(x), -1), tuple(x.shape)


def flatten_backward(dy: Any, cache: Any) -> Any:
    """Gradient of flatten: the same numbers in the shape of x.

    Source: LeCun et al. (1998), Section II.B.
    """
    size = 1
    for length in cache[1:]:
        size *= length
    check_gradient(dy, (cache[0], size))
    return dy.reshape(cache)


def _pad(x: Any, padding: int) -> Any:
    if padding == 0:
        return x
    batch, channels, height, width = x.shape
    shape = (batch, channels, height + 2 * padding, width + 2 * padding)
    padded = arrays.full(x, shape, 0.0)
    padded[:, :, padding : padding + height, padding : padding + width] = x
    return padded
