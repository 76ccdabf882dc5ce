"""Descents of test surfaces: one after the other, and many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, rows_of
from mytutor import rules, surfaces, sweep

__all__ = ["run"]

STEPS = 100


def run() -> Iterator[Row]:
    """All comparisons of paths, on one thread."""
    torch.set_num_threads(1)
    yield from one_path()
    for count in (10_000, 100_000, 1_000_000):
        yield from many_paths(count)


def torch_path(steps: int) -> Callable[[], None]:
    """Adam of torch.optim on Rosenbrock's function, its gradient by autograd."""

    def descend() -> None:
        x = torch.tensor([-1.5, 2.0], requires_grad=True)
        optimizer = torch.optim.Adam([x], lr=1e-3)
        for _ in range(steps):
            optimizer.zero_grad()
            ((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2).backward()
            optimizer.step()

    return descend


def plain_path(steps: int) -> Callable[[], None]:
    """The readable rule on plain numbers, its gradient written out."""

    def descend() -> None:
        x, y = -1.5, 2.0
        first: list[float] = []
        second: list[float] = []
        for t in range(1, steps + 1):
            slope = 200 * (y - x * x)
            gx, gy = -2 * (1 - x) - 2 * x * slope, slope
            x, *first = rules.adam(x, gx, t, *first)
            y, *second = rules.adam(y, gy, t, *second)

    return descend


def one_path() -> Iterator[Row]:
    """One descent in two dimensions."""
    peers = {"torch.optim with autograd": torch_path(200)}
    targets = {"torch.optim with autograd": 0.0125}
    yield from rows_of("Rosenbrock, Adam, plain numbers", plain_path(200), peers, targets)
    # Per step: the compiled loop makes a hundred times as many in a call.
    starts = np.array([[-1.5], [2.0]])

    def compiled() -> None:
        sweep.paths(rules.adam, surfaces.rosenbrock, starts, 20_000, how="fused")

    for row in rows_of("Rosenbrock, Adam, compiled loop, per step", compiled, peers, {}):
        factor = 1.0 if "noise" in row.peer else 0.01
        yield row._replace(
            ratio=row.ratio * factor,
            low=row.low * factor,
            high=row.high * factor,
            target=0.001 if factor < 1 else None,
        )


def optax_paths(starts: np.ndarray) -> Callable[[], None] | None:
    """Optax under vmap, scan and jit; None where it isn't installed."""
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError:
        return None
    optimizer = optax.adam(1e-3)

    def value(p: Any) -> Any:
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2

    def descend(p: Any) -> Any:
        def step(carry: Any, _: Any) -> Any:
            p, state = carry
            updates, state = optimizer.update(jax.grad(value)(p), state)
            return (optax.apply_updates(p, updates), state), None

        return jax.lax.scan(step, (p, optimizer.init(p)), None, length=STEPS)[0][0]

    compiled = jax.jit(jax.vmap(descend))
    points = jnp.asarray(starts.T)
    return lambda: jax.block_until_ready(compiled(points))


def many_paths(count: int) -> list[Row]:
    """A hundred steps of Adam from many starts, in the single precision that jax computes in."""
    starts = np.random.default_rng(0).uniform(-2, 2, (2, count)).astype(np.float32)
    peers: dict[str, Callable[[], Any]] = {}
    optax = optax_paths(starts)
    if optax is not None:
        peers["optax vmap + scan"] = optax

    def ours() -> None:
        sweep.paths(rules.adam, surfaces.rosenbrock, starts, STEPS, how="fused")

    def vectorized() -> None:
        sweep.paths(rules.adam, surfaces.rosenbrock, starts, STEPS, how="plain")

    if count <= 100_000:
        peers["the rule on NumPy arrays"] = vectorized
    return rows_of(f"{count:,} paths x 100 steps", ours, peers, {"optax vmap + scan": 0.10})
