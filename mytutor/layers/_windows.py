"""The windows of an image, gathered and added back: what convolution and pooling share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mytutor.arrays import full


def output_size(x: Any, window: Any, stride: int) -> tuple[int, int]:
    """How many windows fit below and beside each other; ValueError when not one does."""
    height, width = x.shape[2:]
    if window[0] > height or window[1] > width:
        raise ValueError(
            f"the window is {window[0]} x {window[1]} and the image, padding included, "
            f"{height} x {width}; expected a window that fits into the image"
        )
    return (height - window[0]) // stride + 1, (width - window[1]) // stride + 1


def offsets(window: Any, out: Any, stride: int) -> Iterator[tuple[int, int, Any]]:
    """Each place in the window: its row, its column and the pixels that come to lie there."""
    for i in range(window[0]):
        for j in range(window[1]):
            rows = slice(i, i + stride * out[0], stride)
            columns = slice(j, j + stride * out[1], stride)
            yield i, j, (..., rows, columns)


def windows(x: Any, window: Any, stride: int) -> Any:
    """All windows of x, as (batch, channels, window height, window width, rows, columns)."""
    out = output_size(x, window, stride)
    gathered = full(x, (*x.shape[:2], *window, *out), 0.0)
    for i, j, pixels in offsets(window, out, stride):
        gathered[:, :, i, j] = x[pixels]
    return gathered


def add_windows(gathered: Any, shape: tuple[int, ...], stride: int) -> Any:
    """An image of that shape: the sum of its windows, each in its place."""
    x = full(gathered, shape, 0.0)
    for i, j, pixels in offsets(gathered.shape[2:4], gathered.shape[4:], stride):
        x[pixels] += gathered[:, :, i, j]
    return x
