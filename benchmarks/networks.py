"""Training a network, normalizing a batch, starting a process."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier

from benchmarks.measure import Row, rows_of
from mytutor import Optimizer, digits, initialize, mlp, rules, sweep
from mytutor.datasets import two_moons
from mytutor.layers import _channels, batch_norm, batch_norm_backward
from mytutor.layers._norm_loops import has_numba
from mytutor.train import train

__all__ = ["run"]


def run() -> Iterator[Row]:
    """All comparisons of networks, on one thread."""
    torch.set_num_threads(1)
    for batch_size, eager, fused in ((32, 0.20, 0.30), (128, 0.36, 0.50)):
        yield from digits_network(batch_size, {"torch eager": eager, "torch fused": fused})
    for batch_size in (32, 128):
        yield from many_networks(batch_size)
    yield from normalization("NumPy", False, 1.5)
    if has_numba():
        yield from normalization("Numba", True, 0.5)
    yield from fresh_process()


def digits_network(batch_size: int, targets: dict[str, float]) -> list[Row]:
    """Two epochs of digits, two layers, Adam."""
    data = digits(dtype=np.float32)
    params = initialize(np.random.default_rng(0), [64, 64, 10], dtype=np.float32)
    network, optimizer = mlp(hidden=1), Optimizer(rules.adam, lr=0.003)

    def ours() -> None:
        train(network, params, optimizer, data, epochs=2, batch_size=batch_size)

    peers = {
        f"torch {kind}": torch_digits(data, batch_size, **options)
        for kind, options in (("eager", {}), ("fused", {"fused": True}))
    }
    peers["scikit-learn"] = sklearn_digits(data, batch_size)
    name = f"digits, 2 epochs, batch {batch_size}"
    return rows_of(name, ours, peers, targets)


def torch_digits(data: Any, batch_size: int, **options: Any) -> Callable[[], None]:
    """The same network in torch."""
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)

    def fit() -> None:
        layers = torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.003, **options)
        for _ in range(2):
            order = torch.randperm(len(x))
            for rows in order.split(batch_size):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
                optimizer.step()

    return fit


def sklearn_digits(data: Any, batch_size: int) -> Callable[[], None]:
    """The same network in scikit-learn, with its own Adam."""
    settings = {"hidden_layer_sizes": (64,), "batch_size": batch_size, "max_iter": 2}

    def fit() -> None:
        with warnings.catch_warnings(action="ignore"):  # that two epochs are too few
            MLPClassifier(**settings, alpha=0.0, learning_rate_init=0.003).fit(
                data.x_train, data.y_train
            )

    return fit


MODELS, STEPS, TORCH = 4096, 100, 4
"""How many networks, steps of each, and networks that torch trains before its time is scaled."""


def many_networks(batch_size: int) -> Iterator[Row]:
    """Thousands of networks 2-8-2, that differ in their first weights and rates; Adam."""
    data = two_moons(rows=160, dtype=np.float32)
    epochs = STEPS * batch_size // len(data.x_train)
    rng = np.random.default_rng(0)
    params = [initialize(rng, [2, 8, 2], dtype=np.float32) for _ in range(MODELS)]
    rates = np.geomspace(1e-4, 1e-1, MODELS)

    def ours() -> None:
        options = {"epochs": epochs, "batch_size": batch_size}
        sweep.networks(mlp(hidden=1), params, rules.adam, data, lr=rates, **options)

    x, y = data.x_train[:batch_size], data.y_train[:batch_size]
    peers: dict[str, Callable[[], Any]] = {"loop over torch": torch_networks(x, y)}
    targets = {"loop over torch": 0.01, "jax jit(vmap(scan))": 0.5}
    jax = jax_networks(params, rates, x, y)
    if jax is not None:
        peers["jax jit(vmap(scan))"] = jax
    for row in rows_of(f"{MODELS} networks, {STEPS} steps of {batch_size}", ours, peers, targets):
        factor = TORCH / MODELS if "torch" in row.peer else 1.0
        yield row._replace(ratio=row.ratio * factor, low=row.low * factor, high=row.high * factor)


def torch_networks(x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """A few of the networks in torch, one after the other."""
    inputs, labels = torch.tensor(x), torch.tensor(y)

    def fit() -> None:
        for _ in range(TORCH):
            layers = torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)
            network = torch.nn.Sequential(*layers)
            optimizer = torch.optim.Adam(network.parameters())
            for _ in range(STEPS):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(inputs), labels).backward()
                optimizer.step()

    return fit


def jax_networks(
    params: list[Any], rates: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Callable[[], Any] | None:
    """All of the networks in jax and optax; None where they aren't installed."""
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError:
        return None
    inputs, labels = jnp.asarray(x), jnp.asarray(y)

    def loss(p: Any) -> Any:
        logits = jax.nn.relu(inputs @ p[0] + p[1]) @ p[2] + p[3]
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def fit(p: Any, rate: Any) -> Any:
        optimizer = optax.adam(rate)

        def step(carry: Any, _: Any) -> Any:
            p, state = carry
            updates, state = optimizer.update(jax.grad(loss)(p), state)
            return (optax.apply_updates(p, updates), state), None

        return jax.lax.scan(step, (p, optimizer.init(p)), None, length=STEPS)[0][0]

    compiled = jax.jit(jax.vmap(fit))
    stacked = [jnp.asarray(np.stack(arrays)) for arrays in zip(*params, strict=True)]
    return lambda: jax.block_until_ready(compiled(stacked, jnp.asarray(rates, jnp.float32)))


def normalization(name: str, numba: bool, target: float) -> list[Row]:
    """Batch norm of images, forward and backward, with Numba's loops or without."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 64, 32, 32), dtype=np.float32)
    dy, gamma, beta = np.ones_like(x), np.ones(64, np.float32), np.zeros(64, np.float32)

    def ours() -> None:
        _, cache = batch_norm(x, gamma, beta)
        batch_norm_backward(dy, cache)

    layer, tensor = torch.nn.BatchNorm2d(64), torch.tensor(x, requires_grad=True)
    slope = torch.tensor(dy)

    def theirs() -> None:
        layer(tensor).backward(slope)

    peers, targets = {"torch with autograd": theirs}, {"torch with autograd": target}
    with mock.patch.object(_channels, "has_numba", return_value=numba):
        return rows_of(f"batch norm with {name}, 32x64x32x32", ours, peers, targets)


OURS = """
from mytutor import adam
import numpy as np
x, state = np.ones(3), []
for t in range(1, 11):
    x, *state = adam(x, 2 * x, t, *state)
"""
THEIRS = """
import torch
x = torch.ones(3, requires_grad=True)
optimizer = torch.optim.Adam([x])
for t in range(10):
    optimizer.zero_grad()
    (x * x).sum().backward()
    optimizer.step()
"""


def fresh_process() -> list[Row]:
    """Import and ten steps, in a process of its own."""

    def process(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    peers = {"import torch and 10 steps": process(THEIRS)}
    targets = {"import torch and 10 steps": 0.1}
    return rows_of("import mytutor and 10 steps", process(OURS), peers, targets)
