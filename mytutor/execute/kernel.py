"""What runs over flat arrays, in one piece or shared by threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

__all__ = ["BLOCK", "Kernel", "run"]

BLOCK = 32_768
"""Elements of a block: with a rule's handful of arrays it fits into a second-level cache."""


class Kernel(NamedTuple):
    """What runs over flat arrays: ``run(start, stop, arrays, scalars, scratch)``."""

    scalars: Callable[[int, Mapping[str, float]], Sequence[Any]]
    run: Callable[..., None]
    scratch: Callable[[np.dtype], Any]


def run(kernel: Kernel, flat: list[np.ndarray], scalars: Sequence[Any], threads: int) -> None:
    """Run a kernel over the whole of flat arrays, in one piece for each thread."""
    size = len(flat[0])
    if threads == 1 or size < threads * BLOCK:
        kernel.run(0, size, flat, scalars, _scratch(kernel, flat[0].dtype, 0))
        return
    ends = [size * k // threads for k in range(threads + 1)]
    pieces = [
        _pool(threads).submit(
            kernel.run, low, high, flat, scalars, _scratch(kernel, flat[0].dtype, k)
        )
        for k, (low, high) in enumerate(pairwise(ends))
    ]
    for piece in pieces:
        piece.result()


@cache
def _scratch(kernel: Kernel, dtype: np.dtype, thread: int) -> Any:
    return kernel.scratch(dtype)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="mytutor")
