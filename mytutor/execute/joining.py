"""Arrays that lie one behind another in memory, taken as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

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
    places = [_places(row) for row in rows]
    breaks = [n for n in range(1, len(rows)) if not _follow(places[n - 1], places[n])]
    return [
        rows[low] if high == low + 1 else tuple(map(_span, rows[low], rows[high - 1]))
        for low, high in pairwise([0, *breaks, len(rows)])
    ]


class _Place(NamedTuple):
    """What an array is a view of and how, and where in memory it begins and ends."""

    kind: tuple[int, np.dtype, bool]
    start: int
    end: int


def _places(row: Sequence[Any]) -> list[_Place]:
    """The places of arrays of one shape and dtype; an empty list where one can't be joined."""
    first = row[0]
    found = []
    for array in row:
        if type(array) is not np.ndarray or type(array.base) is not np.ndarray:
            return []
        if array.shape != first.shape or array.dtype != first.dtype:
            return []
        flags = array.flags
        if not (flags.c_contiguous and array.base.flags.c_contiguous):
            return []
        start = _address(array)
        kind = id(array.base), array.dtype, flags.writeable
        found.append(_Place(kind, start, start + array.nbytes))
    return found


def _follow(before: list[_Place], after: list[_Place]) -> bool:
    """Whether in every list an array begins where the one before it ends."""
    if not before or not after:
        return False
    return all(a.end == b.start and a.kind == b.kind for a, b in zip(before, after, strict=True))


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
