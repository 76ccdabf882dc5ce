"""One step of a rule over large arrays: against memory itself, torch.optim and optax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, agree, rows_of
from mytutor import Optimizer, rules, trace
from mytutor.execute import step_
from mytutor.flat import flatten

__all__ = ["run"]

LARGE, MEDIUM = 30_000_000, 1_000_000
# About the tensors of a ResNet-50: 161 of them, 25.6 million numbers, most of them in few.
SIZES = [2048] * 53 + [512] * 54 + [64_000] * 30 + [960_000] * 24
TWINS: dict[str, tuple[Any, dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "adamax": (torch.optim.Adamax, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "rprop": (torch.optim.Rprop, {}),
}


def run() -> Iterator[Row]:
    """All comparisons of single steps, on one thread."""
    torch.set_num_threads(1)
    # The smallest first: a process that has freed large arrays keeps memory for temporaries.
    yield from without_numba()
    for name in TWINS:
        yield from every_rule(name)
    yield from adam_on_a_list()
    yield from adam_on_a_flat_buffer()


def arrays_of(rule: Callable[..., Any], size: int, seed: int = 0) -> list[np.ndarray]:
    """x, g and the state of a rule, single precision, as flat buffers of the package."""
    rng = np.random.default_rng(seed)
    x, g = (flatten(rng.standard_normal(size, dtype=np.float32))[0] for _ in range(2))
    return [x, g, *Optimizer(rule).init([x]).slots[0]]


def stepper(
    rule: Callable[..., Any], arrays: list[np.ndarray], how: str, threads: int = 1
) -> Callable[[], None]:
    """A step of ours; t stays in the middle of a run, as a peer's does after its first steps."""
    x, g, *slots = arrays
    settings = trace.hyperparameters(rule)
    return lambda: step_(rule, x, g, 10, slots, settings, how=how, threads=threads)


def check_rounding(rule: Callable[..., Any], how: str) -> None:
    """Several steps in single precision beside the readable rule in double precision."""
    ends = []
    for kind, way in ((np.float32, how), (np.float64, "plain")):
        arrays = [array[:1000].astype(kind) for array in arrays_of(rule, 1000)]
        run = stepper(rule, arrays, way)
        for _ in range(10):
            run()
        ends.append(arrays[0])
    agree(f"{rule.__name__}, {how}", *ends, 1e-5)


def torch_stepper(name: str, sizes: list[int], **options: Any) -> Callable[[], None]:
    """A step of torch.optim on tensors of those sizes."""
    kind, settings = TWINS[name]
    tensors = [torch.randn(size) for size in sizes]
    for tensor in tensors:
        tensor.grad = torch.randn_like(tensor)
    return kind(tensors, lr=1e-3, **settings, **options).step


def optax_stepper(name: str, size: int) -> Callable[[], None] | None:
    """A jitted step of optax with donated buffers; None where it isn't installed."""
    try:
        import jax
        import optax
    except ImportError:
        return None
    makers = {"adam": optax.adam, "sgd": optax.sgd, "rmsprop": optax.rmsprop}
    makers |= {"adagrad": optax.adagrad, "adamw": optax.adamw, "adadelta": optax.adadelta}
    if name not in makers:
        return None
    optimizer = makers[name](1e-3)
    key = jax.random.PRNGKey(0)
    x, g = jax.random.normal(key, (size,)), jax.random.normal(key, (size,))
    held = [x, optimizer.init(x)]

    def step(x: Any, state: Any, g: Any) -> Any:
        updates, state = optimizer.update(g, state, x)
        return optax.apply_updates(x, updates), state

    compiled = jax.jit(step, donate_argnums=(0, 1))

    def once() -> None:
        held[:] = compiled(held[0], held[1], g)
        jax.block_until_ready(held[0])

    return once


def memory_floor(size: int) -> Callable[[], None]:
    """Read four arrays and write three of them back: what a step of Adam cannot do without."""
    import numba

    x, g, m, v = (np.ones(size, np.float32) for _ in range(4))

    @numba.njit(nogil=True)
    def touch(x: Any, g: Any, m: Any, v: Any) -> None:
        for i in range(len(x)):
            x[i] = x[i] + g[i]
            m[i] = m[i] + g[i]
            v[i] = v[i] + g[i]

    return lambda: touch(x, g, m, v)


def adam_on_a_flat_buffer() -> list[Row]:
    """Adam on 30 million numbers, which no cache holds."""
    ours = stepper(rules.adam, arrays_of(rules.adam, LARGE), "fused")
    peers: dict[str, Callable[[], None]] = {
        "reading and writing": memory_floor(LARGE),
        "torch fused": torch_stepper("adam", [LARGE], fused=True),
        "torch foreach": torch_stepper("adam", [LARGE], foreach=True),
    }
    optax = optax_stepper("adam", LARGE)
    if optax is not None:
        peers["optax jit"] = optax
    targets = {"reading and writing": 1.10, "torch fused": 1.0, "optax jit": 0.6}
    return rows_of("Adam, 30 M float32, flat", ours, peers, targets)


def list_stepper(sizes: list[int], how: str) -> Callable[[], None]:
    """A step of Adam on views of one buffer, as a user takes it."""
    x, g = arrays_of(rules.adam, sum(sizes))[:2]
    ends = np.cumsum(sizes)[:-1]
    params, grads = np.split(x, ends), np.split(g, ends)
    optimizer = Optimizer(rules.adam)
    held = [optimizer.init(params)]

    def step() -> None:
        held[0] = optimizer.update_(params, grads, held[0], how=how)

    return step


def adam_on_a_list() -> list[Row]:
    """Adam on 161 tensors, which are views of one buffer here."""
    ours = list_stepper(SIZES, "auto")
    peers = {
        "torch fused": torch_stepper("adam", SIZES, fused=True),
        "torch foreach": torch_stepper("adam", SIZES, foreach=True),
        "torch loop (its default)": torch_stepper("adam", SIZES, foreach=False),
    }
    return rows_of("Adam, 161 tensors, 25.6 M float32", ours, peers, {"torch fused": 0.8})


def every_rule(name: str) -> Iterator[Row]:
    """A rule on a million numbers against the fastest that torch and optax have.

    Peer by peer: the arrays of two fit into the last-level cache side by side, those of all don't.
    """
    rule = getattr(rules, name)
    check_rounding(rule, "fused")
    ours = stepper(rule, arrays_of(rule, MEDIUM), "fused")
    peers: dict[str, Callable[[], None]] = {}
    for option in ("fused", "foreach"):
        try:
            peers[f"torch {option}"] = torch_stepper(name, [MEDIUM], **{option: True})
        except (TypeError, RuntimeError):
            continue  # this rule has no such version
    optax = optax_stepper(name, MEDIUM)
    if optax is not None:
        peers["optax jit"] = optax
    for number, (peer, run) in enumerate(peers.items()):
        noise, row = rows_of(f"{name}, 1 M float32", ours, {peer: run}, {peer: 0.8})
        yield from [row] if number else [noise, row]


def without_numba() -> Iterator[Row]:
    """NumPy alone, block by block."""
    check_rounding(rules.adam, "blocked")
    sizes = [64 * 128, 128, 128 * 128, 128, 128 * 10, 10]
    ours = list_stepper(sizes, "blocked")
    peers = {"torch fused": torch_stepper("adam", sizes, fused=True)}
    yield from rows_of("NumPy only: Adam, 6 tensors, 26 k", ours, peers, {"torch fused": 0.7})
    ours = stepper(rules.adam, arrays_of(rules.adam, MEDIUM), "blocked")
    peers = {"torch loop (its default)": torch_stepper("adam", [MEDIUM], foreach=False)}
    yield from rows_of("NumPy only: Adam, 1 M", ours, peers, {"torch loop (its default)": 0.7})
