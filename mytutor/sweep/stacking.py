"""Arrays of many models at once: layers and losses compute with them as with those of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from mytutor.execute import available

__all__ = ["Stacked"]

WHOLE_SHAPE = np.ndarray.shape.__get__


class Stacked(np.ndarray):
    """An array with one more axis, the last, of models, which code for one model doesn't see.

    Models come last because every elementwise operation and every product then runs along them,
    over numbers that lie side by side. An axis of one model stands for what all models share.

    Source: the transformation is that of ``jax.vmap``, Bradbury et al. (2018).
    """

    @property  # type: ignore[misc]
    def shape(self) -> tuple[int, ...]:
        """The shape that one model has."""
        return WHOLE_SHAPE(self)[:-1]

    @property
    def ndim(self) -> int:
        """The number of axes that one model has."""
        return len(self.shape)

    @property
    def T(self) -> Stacked:  # noqa: N802
        """Every model's matrix transposed."""
        return self.swapaxes(0, 1)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_inside(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_inside(key), value)

    def __matmul__(self, other: Any) -> Stacked:
        return _product(self.view(np.ndarray), other.view(np.ndarray)).view(Stacked)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(function, types, args, kwargs)
        return result.view(Stacked) if function is np.where else result

    def sum(  # type: ignore[override]
        self, axis: int | None = None, **options: Any
    ) -> Any:
        """The sum of every model, along an axis or over all of them."""
        return super().sum(self._axes(axis), **options)

    def max(  # type: ignore[override]
        self, axis: int | None = None, **options: Any
    ) -> Any:
        """The maximum of every model, along an axis or over all of them."""
        return super().max(self._axes(axis), **options)

    def argmax(self, axis: int, **options: Any) -> Any:  # type: ignore[override]
        """The place of every model's maximum along an axis."""
        return super().argmax(self._axes(axis), **options)

    def _axes(self, axis: int | None) -> Any:
        if axis is None:
            return tuple(range(self.ndim))
        return axis if axis >= 0 else axis + self.ndim


def _inside(key: Any) -> Any:
    """An index that leaves the models alone; without an ellipsis it does so by itself."""
    parts = key if isinstance(key, tuple) else (key,)
    return (*parts, slice(None)) if any(part is Ellipsis for part in parts) else key


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Every model's matrix product, of (n, k, models) and (k, p, models)."""
    if a.shape[2] == 1 and b.shape[2] > 1:  # one matrix for all models: theirs, side by side
        wide = a[:, :, 0] @ b.reshape(len(b), -1)
        return wide.reshape(len(a), *b.shape[1:])
    if available()["fused"] or a.shape[2] != b.shape[2]:
        return _sum_of_outer_products(a, b)
    out = np.empty((len(a), b.shape[1], a.shape[2]), a.dtype)
    _compiled()(*_flat(a), *_flat(b), out, a.shape[1])
    return out


def _sum_of_outer_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product without Numba: column times row, in arrays that stay in the cache."""
    out = a[:, 0, None] * b[0]
    term = np.empty_like(out)
    for k in range(1, len(b)):
        np.multiply(a[:, k, None], b[k], out=term)
        out += term
    return out


def _flat(a: np.ndarray) -> tuple[np.ndarray, int, int]:
    """An array in the order of its memory, and how far apart its rows and its columns lie."""
    in_order = a if a.strides[0] >= a.strides[1] else a.swapaxes(0, 1)
    flat = np.ascontiguousarray(in_order).reshape(-1)
    _, columns, models = in_order.shape
    steps = (columns * models, models)
    return (flat, *steps) if in_order is a else (flat, *reversed(steps))


@cache
def _compiled() -> Callable[..., None]:
    import numba

    return numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})(_products)


def _products(
    a: Any, a_row: int, a_column: int, b: Any, b_row: int, b_column: int, out: Any, inner: int
) -> None:
    """Sum over ``inner`` with the models in the innermost loop, four terms at a time."""
    rows, columns, models = out.shape
    whole = inner - inner % 4
    for n in range(rows):
        for p in range(columns):
            into = out[n, p]
            into[:] = 0
            for k in range(0, whole, 4):
                # Slices, because an index into them that isn't negative needs no check.
                a_0 = a[n * a_row + k * a_column :][:models]
                a_1 = a[n * a_row + (k + 1) * a_column :][:models]
                a_2 = a[n * a_row + (k + 2) * a_column :][:models]
                a_3 = a[n * a_row + (k + 3) * a_column :][:models]
                b_0 = b[k * b_row + p * b_column :][:models]
                b_1 = b[(k + 1) * b_row + p * b_column :][:models]
                b_2 = b[(k + 2) * b_row + p * b_column :][:models]
                b_3 = b[(k + 3) * b_row + p * b_column :][:models]
                for i in range(models):
                    into[i] += a_0[i] * b_0[i] + a_1[i] * b_1[i] + a_2[i] * b_2[i] + a_3[i] * b_3[i]
            for k in range(whole, inner):
                a_0 = a[n * a_row + k * a_column :][:models]
                b_0 = b[k * b_row + p * b_column :][:models]
                for i in range(models):
                    into[i] += a_0[i] * b_0[i]
