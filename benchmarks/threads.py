"""Two threads, for those who have the machine for themselves: such ratios are less steady."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import torch

from benchmarks.measure import Row, rows_of
from benchmarks.steps import LARGE, SIZES, arrays_of, stepper, torch_stepper
from mytutor import rules

__all__ = ["run"]

THREADS = 2


def run() -> Iterator[Row]:
    """Adam over large arrays; nothing is yielded on a machine with one core."""
    cores = range(os.cpu_count() or 1)
    if len(cores) < THREADS:
        return
    had = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if had is not None:
        os.sched_setaffinity(0, cores)
    torch.set_num_threads(THREADS)
    try:
        yield from beside_torch("Adam, 30 M float32, flat", [LARGE])
        yield from beside_torch("Adam, 161 tensors, 25.6 M float32", SIZES)
    finally:
        torch.set_num_threads(1)
        if had is not None:
            os.sched_setaffinity(0, had)


def beside_torch(work: str, sizes: list[int]) -> list[Row]:
    """Ours on one buffer beside torch's on tensors of those sizes, both with two threads."""
    peers: dict[str, Callable[[], None]] = {
        "torch fused": torch_stepper("adam", sizes, fused=True),
        "torch foreach": torch_stepper("adam", sizes, foreach=True),
        "ours, one thread": step_with(1, sum(sizes)),
    }
    return rows_of(work, step_with(THREADS, sum(sizes)), peers, {}, threads=THREADS)


def step_with(threads: int, size: int) -> Callable[[], None]:
    """A fused step that so many threads share."""
    return stepper(rules.adam, arrays_of(rules.adam, size), "fused", threads)
