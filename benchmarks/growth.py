"""How cost grows: the time for each parameter and each path, at a hundred times as many."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.measure import Row, rows_of, scaled
from benchmarks.steps import arrays_of, stepper
from mytutor import rules, surfaces, sweep

__all__ = ["run"]

SIZES = (1_000_000, 10_000_000, 100_000_000)
STEPS = 100
TARGET = 1.3


def run() -> Iterator[Row]:
    """Adam over arrays of several sizes, and from several numbers of starts."""
    yield from against_the_smallest("Adam, per parameter", step)
    yield from against_the_smallest("Adam, per path", paths)


def against_the_smallest(work: str, make: Callable[[int], Callable[[], None]]) -> Iterator[Row]:
    """The time for one of many over the time for one of the fewest."""
    least, *others = SIZES
    for size in others:
        peer = f"{least:,} of them"
        for row in rows_of(f"{work}, {size:,}", make(size), {peer: make(least)}, {}):
            if row.peer == peer:
                yield scaled(row, least / size)._replace(target=TARGET)


def step(size: int) -> Callable[[], None]:
    """A fused step on that many parameters."""
    return stepper(rules.adam, arrays_of(rules.adam, size), "fused")


def paths(count: int) -> Callable[[], None]:
    """As many steps as beside the peers, from that many starts."""
    starts = np.random.default_rng(0).uniform(-2, 2, (2, count)).astype(np.float32)

    def descend() -> None:
        sweep.paths(rules.adam, surfaces.rosenbrock, starts, STEPS, how="fused")

    return descend
