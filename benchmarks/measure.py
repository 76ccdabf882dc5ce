"""Interleaved rounds of all candidates in one process, and ratios with their spread.

A time by itself says more about the machine and its other users than about the code. So every round
runs each candidate once, a ratio is formed within the round, and the median over rounds is quoted
with its quartiles. The same code timed twice beside itself tells how much of a ratio is noise.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Row", "ratios", "rows_of"]

SECONDS = 4.0
LEAST, MOST = 7, 60


class Row(NamedTuple):
    """One comparison: our time divided by the peer's, median and quartiles over the rounds."""

    work: str
    peer: str
    ratio: float
    low: float
    high: float
    target: float | None
    rounds: int


def seconds(run: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def rounds_of(candidates: Sequence[Callable[[], object]]) -> np.ndarray:
    """Seconds of every candidate in every round, after two rounds that don't count."""
    for run in candidates:
        run()
    once = sum(seconds(run) for run in candidates)
    count = int(np.clip(SECONDS / max(once, 1e-9), LEAST, MOST))
    gc.collect()
    gc.disable()
    try:
        return np.array([[seconds(run) for run in candidates] for _ in range(count)])
    finally:
        gc.enable()


def ratios(times: np.ndarray, peer: int) -> tuple[float, float, float]:
    """Median and quartiles of the first candidate's time over a peer's, round by round."""
    each = times[:, 0] / times[:, peer]
    low, middle, high = np.percentile(each, [25, 50, 75])
    return float(middle), float(low), float(high)


def rows_of(
    work: str,
    ours: Callable[[], object],
    peers: Mapping[str, Callable[[], object]],
    targets: Mapping[str, float],
) -> list[Row]:
    """Ours against every peer, and against itself as the noise figure."""
    times = rounds_of([ours, ours, *peers.values()])
    names = ["itself (noise)", *peers]
    return [
        Row(work, name, *ratios(times, place), targets.get(name), len(times))
        for place, name in enumerate(names, start=1)
    ]
