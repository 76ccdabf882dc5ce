"""Steps on a GPU, timed by its own events; nothing is yielded where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, compared
from benchmarks.steps import SIZES, TWINS
from mytutor import rules, trace
from mytutor.execute import step_

__all__ = ["run"]

ROUNDS = 30
SIZES_OF_ONE = (100_000_000, 1_000_000_000)


def run() -> Iterator[Row]:
    """Adam beside copying, every rule beside torch, a list of tensors as one buffer."""
    if not torch.cuda.is_available():
        return
    for size in SIZES_OF_ONE:
        yield from adam_beside_a_copy(size)
    for name in TWINS:
        yield from every_rule(name, SIZES_OF_ONE[0])
    yield from adam_on_a_list()


def ours(name: str, size: int) -> Callable[[], None]:
    """A compiled step on one buffer."""
    rule = getattr(rules, name)
    x, g = (torch.randn(size, device="cuda") for _ in range(2))
    slots = [torch.full_like(x, value) for value in trace.state(rule).values()]
    settings = trace.hyperparameters(rule)
    return lambda: step_(rule, x, g, 10, slots, settings, how="compiled")


def theirs(name: str, sizes: list[int], **options: Any) -> Callable[[], None]:
    """A step of torch.optim."""
    kind, settings = TWINS[name]
    tensors = [torch.randn(size, device="cuda") for size in sizes]
    for tensor in tensors:
        tensor.grad = torch.randn_like(tensor)
    return kind(tensors, lr=1e-3, **settings, **options).step


def copy_of_as_many(size: int, arrays: int) -> Callable[[], None]:
    """Copies that move as many bytes as a step reads and writes: half of each copy is reading."""
    source, target = torch.randn(size, device="cuda"), torch.empty(size, device="cuda")
    more = torch.randn(size // 2, device="cuda") if arrays % 2 else None

    def copy() -> None:
        for _ in range(arrays // 2):
            target.copy_(source)
        if more is not None:
            target[: len(more)].copy_(more)

    return copy


def milliseconds(run: Callable[[], None]) -> float:
    """The time of one call between two events of the GPU."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    run()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def rows_of(work: str, mine: Any, peers: dict[str, Any], targets: dict[str, float]) -> list[Row]:
    """Ours beside its peers, round by round."""
    candidates = [mine, *peers.values()]
    for candidate in candidates * 3:
        candidate()
    times = np.array([[milliseconds(each) for each in candidates] for _ in range(ROUNDS)])
    return compared(work, list(peers), times, targets)


def adam_beside_a_copy(size: int) -> list[Row]:
    """Adam against the bandwidth of a device copy, of which 90 % is wanted, and torch fused."""
    peers = {"a copy of as many bytes": copy_of_as_many(size, 7)}
    peers["torch fused"] = theirs("adam", [size], fused=True)
    targets = {"a copy of as many bytes": 1 / 0.9, "torch fused": 1.0}
    return rows_of(f"CUDA: Adam, {size:.0e} float32", ours("adam", size), peers, targets)


def every_rule(name: str, size: int) -> list[Row]:
    """A rule against the fastest version of it that torch has."""
    peers: dict[str, Callable[[], None]] = {}
    for option in ("fused", "foreach"):
        try:
            peers[f"torch {option}"] = theirs(name, [size], **{option: True})
        except (TypeError, RuntimeError):
            continue  # this rule has no such version
    return rows_of(f"CUDA: {name}, {size:.0e}", ours(name, size), peers, dict.fromkeys(peers, 1.0))


def adam_on_a_list() -> list[Row]:
    """Adam on 161 tensors, which are views of one buffer here."""
    peers = {
        "torch fused": theirs("adam", SIZES, fused=True),
        "torch foreach": theirs("adam", SIZES, foreach=True),
    }
    targets = dict.fromkeys(peers, 1.0)
    return rows_of("CUDA: Adam, 161 tensors", ours("adam", sum(SIZES)), peers, targets)
