"""The gradient over a whole data set from gradients over its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytutor._checks import check_whole

__all__ = ["gather", "whole_gradient"]


def gather(gradients: Sequence[Any], counts: Sequence[int]) -> Any:
    """The mean gradient of all rows from the mean gradients of parts of so many rows each.

    ``gradients`` are arrays of one shape. It doesn't matter who computed them, when, or in which
    order, but for rounding. Raises ValueError for another number of counts than gradients, none at
    all, or a count below 1.

    Source: Chu et al. (2007), Section 2, the summation form.
    """
    _check_parts(gradients, counts)
    total = sum(counts)
    return sum(count / total * g for g, count in zip(gradients, counts, strict=True))


def whole_gradient(
    network: Any, params: Sequence[Any], x: Any, y: Any, *, rows: int = 256
) -> tuple[float, list[Any]]:
    """Loss over the whole data set and its gradient, with no more than ``rows`` rows at a time.

    Memory is that of one part, whatever the size of the data. For a network whose loss is a mean
    over rows and whose layers look at one row at a time: batch normalization doesn't. Raises
    ValueError for no rows of data or ``rows`` below 1.

    Source: Chu et al. (2007), Section 2, the summation form.
    """
    check_whole("rows", rows, 1, " row")
    if len(x) == 0 or len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y {len(y)}; expected as many, at least one")
    parts = [slice(i, i + rows) for i in range(0, len(x), rows)]
    counts = [len(x[part]) for part in parts]
    found = [network.loss_and_gradient(params, x[part], y[part]) for part in parts]
    losses, gradients = zip(*found, strict=True)
    return float(gather(losses, counts)), [gather(g, counts) for g in zip(*gradients, strict=True)]


def _check_parts(gradients: Sequence[Any], counts: Sequence[int]) -> None:
    if len(gradients) == 0 or len(gradients) != len(counts):
        raise ValueError(
            f"got {len(gradients)} gradients and {len(counts)} counts; expected as many, at least 1"
        )
    for i, count in enumerate(counts):
        check_whole(f"counts[{i}]", count, 1, " row")
