"""Interleaved rounds of all candidates in one process, and ratios with their spread.

A time by itself says more about the machine and its other users than about the code. So every round
runs each candidate once, a ratio is formed within the round, and the median over rounds is quoted
with its quartiles. The same code timed twice beside itself tells how much of a ratio is noise. What
takes less than a few milliseconds is called several times in a row, so that it finds its own
numbers in the cache and not those of the candidate before it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Row", "agree", "ratios", "rows_of"]

SECONDS = 4.0
"""What all rounds together may take, as far as there are enough of them."""
TURN = 0.005
"""Seconds that a candidate's turn in a round takes at least."""
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
    threads: int = 1


def agree(what: str, found: Any, expected: Any, within: float) -> None:
    """Refuse to time what computes something else: relative to the largest number expected."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    apart = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not apart <= within:
        raise ArithmeticError(f"{what}: {apart:.1e} apart; expected at most {within:.0e}")


def seconds(run: Callable[[], object], times: int = 1) -> float:
    """Wall-clock seconds of one call, as the mean of several after one that doesn't count."""
    if times > 1:
        run()
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) / times


def rounds_of(candidates: Sequence[Callable[[], object]]) -> np.ndarray:
    """Seconds of every candidate in every round, after two rounds that don't count."""
    for run in candidates:
        run()
    once = [seconds(run) for run in candidates]
    calls = [max(1, round(TURN / each)) for each in once]
    turns = list(zip(candidates, calls, strict=True))
    whole = float(np.dot(once, calls))
    count = int(np.clip(SECONDS / whole, LEAST, MOST))
    gc.collect()
    gc.disable()
    try:
        return np.array([[seconds(run, times) for run, times in turns] for _ in range(count)])
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
    threads: int = 1,
) -> list[Row]:
    """Ours against every peer, and against itself as the noise figure."""
    times = rounds_of([ours, ours, *peers.values()])
    names = ["itself (noise)", *peers]
    return [
        Row(work, name, *ratios(times, place), targets.get(name), len(times), threads)
        for place, name in enumerate(names, start=1)
    ]
