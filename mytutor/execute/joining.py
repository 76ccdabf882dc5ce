"""Arrays that lie one behind another in memory, taken as one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from ctypes import c_void_p
from itertools import chain, compress, pairwise
from operator import attrgetter, eq
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

__all__ = ["joined"]


def joined(
    params: Sequence[Any], grads: Sequence[Any], slots: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...]]:
    """What a step runs over, rows (x, g, *slots), as few as possible.

    Where arrays follow one another in memory in every list, as views of one vector do, they are one
    array, so that a step over all of them costs one call. Others stay as they are. What was found
    for some arrays is remembered as long as they live: a training asks at every step.
    """
    first = _each(params[:1], grads[:1], slots[:1])
    key = (len(params), len(grads), len(slots), *map(id, first))
    known = _KNOWN.get(key)
    if known is None or not known.is_of(params, grads, slots):
        rows = [(x, g, *own) for x, g, own in zip(params, grads, slots, strict=True)]
        spans = _spans(rows)
        if len(spans) == len(rows):
            return rows
        known = _KNOWN[key] = _Known.of(key, list(_each(params, grads, slots)), spans)
    return [span or (params[k], grads[k], *slots[k]) for k, span in known.spans]


def _each(
    params: Sequence[Any], grads: Sequence[Any], slots: Sequence[Sequence[Any]]
) -> Iterator[Any]:
    return chain(params, grads, chain.from_iterable(slots))


class _Known(NamedTuple):
    """What was found for arrays: weak references, who they are, which are NumPy's.

    ``writeable`` says which of NumPy's could be written. ``spans`` has the place of each row's
    first array, and the row where it joins several; a row of arrays as they were given isn't kept,
    or they would live on.
    """

    held: Sequence[ref]
    ids: Sequence[int | None]
    numpy: Sequence[bool]
    writeable: Sequence[bool]
    spans: list[tuple[int, tuple[Any, ...] | None]]

    @classmethod
    def of(cls, key: tuple[int, ...], arrays: Sequence[Any], spans: Any) -> _Known:
        """Forgotten when one of the arrays is no more, before its id may be another's."""
        held = [ref(array, lambda _: _KNOWN.pop(key, None)) for array in arrays]
        numpy = [type(array) is np.ndarray for array in arrays]
        writeable = [*map(_writeable, compress(arrays, numpy))]
        return cls(held, (*map(id, arrays), None), numpy, writeable, spans)

    def is_of(
        self, params: Sequence[Any], grads: Sequence[Any], slots: Sequence[Sequence[Any]]
    ) -> bool:
        """Whether it was found for these very arrays; makes no list of them, which takes memory."""
        # None at the end tells fewer arrays, or more, from as many.
        ids = chain(map(id, _each(params, grads, slots)), (None,))
        if not all(map(eq, ids, self.ids)):
            return False
        flags = map(_writeable, compress(_each(params, grads, slots), self.numpy))
        return all(map(eq, flags, self.writeable))


_KNOWN: dict[tuple[int, ...], _Known] = {}
_writeable = attrgetter("flags.writeable")


def _spans(rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, tuple[Any, ...] | None]]:
    """Where each row of as few as possible begins, and the row itself where it joins several."""
    if not rows:
        return []
    breaks = {place for n, row in enumerate(rows) if not _is_alike(row) for place in (n, n + 1)}
    for arrays in zip(*rows, strict=True):
        breaks |= _breaks(arrays)
    cuts = sorted(breaks - {0, len(rows)})
    return [
        (low, None if high == low + 1 else tuple(map(_span, rows[low], rows[high - 1])))
        for low, high in pairwise([0, *cuts, len(rows)])
    ]


def _is_alike(row: Sequence[Any]) -> bool:
    """Whether all are arrays of NumPy's, of one shape and dtype."""
    first = row[0]
    if type(first) is not np.ndarray:
        return False
    shape, dtype = first.shape, first.dtype
    return all(type(a) is np.ndarray and a.shape == shape and a.dtype == dtype for a in row[1:])


def _breaks(arrays: Sequence[Any]) -> set[int]:
    """Where an array doesn't begin where the one before it ends, as a view of the same memory."""
    found, kind, end = set(), None, 0
    for n, array in enumerate(arrays):
        base = array.base if type(array) is np.ndarray else None
        if type(base) is not np.ndarray or not (
            array.flags.c_contiguous and base.flags.c_contiguous
        ):
            found |= {n, n + 1}
            continue
        own, start = (id(base), array.dtype, array.flags.writeable), _address(array)
        if own != kind or start != end:
            found.add(n)
        kind, end = own, start + array.nbytes
    return found


def _span(first: Any, last: Any) -> np.ndarray:
    """All from the first to the last of arrays that follow one another, as a vector."""
    start = _address(first)
    count = (_address(last) + last.nbytes - start) // first.itemsize
    offset = start - _address(first.base)
    vector = np.ndarray((count,), first.dtype, buffer=first.base, offset=offset)
    vector.flags.writeable = first.flags.writeable
    return vector


def _told_address(array: np.ndarray) -> int:
    """Where an array's memory begins."""
    return array.__array_interface__["data"][0]


HEADER = object.__basicsize__


def _read_address(array: np.ndarray) -> int:
    """The same from NumPy's C structure, where it is the first field, in a fifth of the time."""
    return c_void_p.from_address(id(array) + HEADER).value or 0


_SEEN = np.zeros(1)
_is_there = sys.implementation.name == "cpython" and _read_address(_SEEN) == _told_address(_SEEN)
_address = _read_address if _is_there else _told_address
