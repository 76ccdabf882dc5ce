"""Interleaved rounds of all candidates in one process, and ratios with their spread.

A time by itself says more about the machine and its other users than about the code. So every round
runs each candidate once, in a new order, as none should always find the cache as the same other one
left it. A ratio is formed within the round, and the median over rounds is quoted with its
quartiles. What the same code takes from one round to the next tells how much of a ratio is noise.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Row", "agree", "compared", "ratios", "rows_of", "scaled"]

SECONDS = 6.0
LEAST, MOST = 7, 400


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
    rng = np.random.default_rng(0)
    times = np.empty((count, len(candidates)))
    gc.collect()
    gc.disable()
    try:
        for row in times:
            for place in rng.permutation(len(candidates)):
                row[place] = seconds(candidates[place])
    finally:
        gc.enable()
    return times


def ratios(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float]:
    """Median and quartiles of our times over a peer's, round by round."""
    low, middle, high = np.percentile(ours / theirs, [25, 50, 75])
    return float(middle), float(low), float(high)


def rows_of(
    work: str,
    ours: Callable[[], object],
    peers: Mapping[str, Callable[[], object]],
    targets: Mapping[str, float],
    threads: int = 1,
) -> list[Row]:
    """Ours against every peer, and against itself a round later as the noise figure."""
    times = rounds_of([ours, *peers.values()])
    return compared(work, list(peers), times, targets, threads)


def compared(
    work: str,
    peers: Sequence[str],
    times: np.ndarray,
    targets: Mapping[str, float],
    threads: int = 1,
) -> list[Row]:
    """The rows of times (rounds, candidates), of which the first candidate is ours."""
    mine, *others = times.T
    found = {"itself (noise)": ratios(mine[1:], mine[:-1])}
    found |= {name: ratios(mine, theirs) for name, theirs in zip(peers, others, strict=True)}
    return [
        Row(work, name, *ratio, targets.get(name), len(mine), threads)
        for name, ratio in found.items()
    ]


def scaled(row: Row, factor: float) -> Row:
    """The row where ours did as many times more than the peer, or less."""
    ratio, low, high = (factor * value for value in (row.ratio, row.low, row.high))
    return row._replace(ratio=ratio, low=low, high=high)
