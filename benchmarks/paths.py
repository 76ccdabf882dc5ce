"""Descents of test surfaces: one after the other, and many at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, agree, rows_of, scaled
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
        yield row if "noise" in row.peer else scaled(row, 0.01)._replace(target=0.001)


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


def written_out(x: Any, y: Any, t: Any, state: Any, sqrt: Callable[[Any], Any]) -> Any:
    """A step of Adam with the gradient of Rosenbrock's function, written by hand for arrays."""
    slope = 200 * (y - x * x)
    stepped = []
    for value, g, (m, v) in zip((x, y), (-2 * (1 - x) - 2 * x * slope, slope), state, strict=True):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        step = 1e-3 * (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8)
        stepped.append((value - step, (m, v)))
    (x, first), (y, second) = stepped
    return x, y, (first, second)


def jax_paths(starts: np.ndarray) -> Callable[[], Any] | None:
    """The best that we could write in jax: arrays of all paths in one compiled loop."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None

    def step(t: Any, carry: Any) -> Any:
        x, y, state = carry
        return written_out(x, y, jnp.float32(t), state, jnp.sqrt)

    def descend(x: Any, y: Any) -> Any:
        zero = jnp.zeros_like(x)
        carry = x, y, ((zero, zero), (zero, zero))
        return jax.lax.fori_loop(1, STEPS + 1, step, carry)[:2]

    compiled, points = jax.jit(descend), [jnp.asarray(each) for each in starts]
    return lambda: jax.block_until_ready(compiled(*points))


def torch_paths(starts: np.ndarray) -> Callable[[], Any] | None:
    """Ten steps in one graph of torch.compile, ten times; None without a C++ compiler."""
    if shutil.which("g++") is None:
        return None

    @torch.compile
    def ten(x: Any, y: Any, t: Any, state: Any) -> Any:
        for k in range(10):
            x, y, state = written_out(x, y, t + k, state, torch.sqrt)
        return x, y, state

    points = [torch.tensor(each) for each in starts]

    def descend() -> Any:
        x, y = points
        zero = torch.zeros_like(x)
        state = (zero, zero), (zero, zero)
        for t in range(1, STEPS, 10):
            x, y, state = ten(x, y, torch.tensor(float(t)), state)
        return x, y

    return descend


def many_paths(count: int) -> list[Row]:
    """A hundred steps of Adam from many starts, in the single precision that jax computes in."""
    starts = np.random.default_rng(0).uniform(-2, 2, (2, count)).astype(np.float32)
    made = {
        "optax vmap + scan": optax_paths(starts),
        "jax, written by hand": jax_paths(starts),
        "torch.compile": torch_paths(starts),
    }
    peers = {name: peer for name, peer in made.items() if peer is not None}

    def ours() -> np.ndarray:
        return sweep.paths(rules.adam, surfaces.rosenbrock, starts, STEPS, how="fused").ends

    def vectorized() -> np.ndarray:
        return sweep.paths(rules.adam, surfaces.rosenbrock, starts, STEPS, how="plain").ends

    exact = sweep.paths(
        rules.adam, surfaces.rosenbrock, starts[:, :100].astype(float), STEPS, how="plain"
    ).ends
    for name, run in {"ours": ours, **peers}.items():
        ends = np.array([np.asarray(each) for each in run()]).reshape(-1, 2)
        ends = ends.T if name == "optax vmap + scan" else ends.reshape(2, -1)
        agree(f"paths of {name}", ends[:, :100], exact, 1e-3)
    if count <= 100_000:
        peers["the rule on NumPy arrays"] = vectorized
    targets = dict(zip(made, (0.10, 0.15, 0.35), strict=True))
    return rows_of(f"{count:,} paths x 100 steps", ours, peers, targets)
