"""Arrays that lie one behind another in memory, taken as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["joined"]


def joined(lists: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """What lies side by side in lists of arrays, from each list one, as few as possible.

    Where arrays follow one another in memory in every list, as views of one vector do, they are one
    array, so that a step over all of them costs one call. Others stay as they are.
    """
    rows = list(zip(*lists, strict=True))
    if not rows:
        return []
    breaks = [place for place in range(1, len(rows)) if not _follow(rows[place - 1], rows[place])]
    return [
        rows[low] if high == low + 1 else tuple(map(_span, rows[low], rows[high - 1]))
        for low, high in pairwise([0, *breaks, len(rows)])
    ]


def _follow(before: Sequence[Any], after: Sequence[Any]) -> bool:
    return all(map(_follows, before, after)) and _are_alike(before) and _are_alike(after)


def _follows(a: Any, b: Any) -> bool:
    """Whether both are views of one array, and b begins where a ends."""
    if type(a) is not np.ndarray or type(b) is not np.ndarray or a.base is None:
        return False
    if a.base is not b.base or a.dtype != b.dtype or a.flags.writeable != b.flags.writeable:
        return False
    pieces = a.flags.c_contiguous and b.flags.c_contiguous and type(a.base) is np.ndarray
    return pieces and a.base.flags.c_contiguous and _address(b) == _address(a) + a.nbytes


def _are_alike(row: Sequence[Any]) -> bool:
    """Whether there is nothing in their shapes and dtypes that had to be refused."""
    return all(array.shape == row[0].shape and array.dtype == row[0].dtype for array in row)


def _span(first: Any, last: Any) -> np.ndarray:
    """All from the first to the last of arrays that follow one another, as a vector."""
    start = _address(first)
    count = (_address(last) + last.nbytes - start) // first.itemsize
    offset = start - _address(first.base)
    vector = np.ndarray((count,), first.dtype, buffer=first.base, offset=offset)
    vector.flags.writeable = first.flags.writeable
    return vector


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
