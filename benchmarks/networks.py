"""Training a network, normalizing a batch, starting a process."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier

from benchmarks.measure import Row, agree, rows_of, scaled
from mytutor import Optimizer, _optional, digits, initialize, mlp, rules, sweep
from mytutor._optional import has_numba, installed
from mytutor.datasets import two_moons
from mytutor.layers import batch_norm, batch_norm_backward
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


EPOCHS, RATE = 20, 0.003


def digits_network(batch_size: int, targets: dict[str, float]) -> list[Row]:
    """Twenty epochs of digits, two layers, Adam; everyone reaches the same accuracy."""
    data = digits(dtype=np.float32)
    params = initialize(np.random.default_rng(0), [64, 64, 10], dtype=np.float32)
    network, optimizer = mlp(hidden=1), Optimizer(rules.adam, lr=RATE)

    def ours() -> float:
        options = {"epochs": EPOCHS, "batch_size": batch_size, "how": "fused"}
        trained = train(network, params, optimizer, data, **options)
        return trained.history.test_accuracy[-1]

    peers = {
        f"torch {kind}": torch_digits(data, batch_size, **options)
        for kind, options in (("eager", {}), ("fused", {"fused": True}))
    }
    peers["scikit-learn"] = sklearn_digits(data, batch_size)
    peers |= {"jax, one scan": jax_digits(data, params, batch_size)} if installed("optax") else {}
    peers |= {"Keras on jax": keras_digits(data, batch_size)} if installed("keras") else {}
    for name, peer in peers.items():
        agree(f"accuracy of {name}", peer(), ours(), 0.03)
    name = f"digits, {EPOCHS} epochs, batch {batch_size}"
    return rows_of(name, ours, peers, {**targets, "jax, one scan": 1.0})


def torch_digits(data: Any, batch_size: int, **options: Any) -> Callable[[], float]:
    """The same network in torch, which keeps the same history."""
    x, y, x_test, y_test = (torch.tensor(part) for part in data)

    def fit() -> float:
        layers = torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, **options)
        step_loss, accuracy = [], []
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x)).split(batch_size):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(network(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                step_loss.append(loss.item())
            with torch.no_grad():
                accuracy.append((network(x_test).argmax(1) == y_test).double().mean().item())
        return accuracy[-1]

    return fit


def sklearn_digits(data: Any, batch_size: int) -> Callable[[], float]:
    """The same network in scikit-learn, with its own Adam."""
    settings = {"hidden_layer_sizes": (64,), "batch_size": batch_size, "max_iter": EPOCHS}

    def fit() -> float:
        with warnings.catch_warnings(action="ignore"):  # that so many epochs are too few
            network = MLPClassifier(**settings, alpha=0.0, learning_rate_init=RATE)
            network.fit(data.x_train, data.y_train)
        return network.score(data.x_test, data.y_test)

    return fit


def jax_digits(data: Any, params: list[np.ndarray], batch_size: int) -> Callable[[], float]:
    """The whole run in one compiled scan; the last rows of an epoch, too few, are left out."""
    import jax
    import jax.numpy as jnp
    import optax

    x, y, x_test, y_test = (jnp.asarray(part) for part in data)
    optimizer, batches = optax.adam(RATE), len(x) // batch_size

    def logits(p: Any, x: Any) -> Any:
        return jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]

    def loss(p: Any, rows: Any) -> Any:
        values = optax.softmax_cross_entropy_with_integer_labels(logits(p, x[rows]), y[rows])
        return values.mean()

    def step(carry: Any, rows: Any) -> Any:
        p, state = carry
        value, grads = jax.value_and_grad(loss)(p, rows)
        updates, state = optimizer.update(grads, state)
        return (optax.apply_updates(p, updates), state), value

    def epoch(carry: Any, key: Any) -> Any:
        order = jax.random.permutation(key, len(x))[: batches * batch_size]
        carry, losses = jax.lax.scan(step, carry, order.reshape(batches, batch_size))
        return carry, (losses, (logits(carry[0], x_test).argmax(1) == y_test).mean())

    @jax.jit
    def run(p: Any, keys: Any) -> Any:
        return jax.lax.scan(epoch, (p, optimizer.init(p)), keys)[1]

    start = [jnp.asarray(array) for array in params]
    keys = jax.random.split(jax.random.PRNGKey(0), EPOCHS)
    return lambda: float(run(start, keys)[1][-1])


def keras_digits(data: Any, batch_size: int) -> Callable[[], float]:
    """The same network in Keras, compiled anew for every run, as its users do."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    def fit() -> float:
        layers = keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)
        network = keras.Sequential([keras.Input((64,)), *layers])
        network.compile(
            keras.optimizers.Adam(RATE),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        history = network.fit(
            *data[:2],
            batch_size,
            EPOCHS,
            validation_data=data[2:],
            verbose=0,
        )
        return history.history["val_accuracy"][-1]

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

    network, options = mlp(hidden=1), {"epochs": epochs, "batch_size": batch_size}

    def ours() -> sweep.Networks:
        return sweep.networks(network, params, rules.adam, data, how="fused", lr=rates, **options)

    for k in (0, MODELS - 1):
        alone = train(
            network, params[k], Optimizer(rules.adam, lr=float(rates[k])), data, **options
        )
        for found, expected in zip(ours().model(k), alone.params, strict=True):
            agree(f"network {k}", found, expected, 1e-3)

    x, y = data.x_train[:batch_size], data.y_train[:batch_size]
    peers: dict[str, Callable[[], Any]] = {"loop over torch": torch_networks(x, y)}
    targets = {"loop over torch": 0.01, "jax jit(vmap(scan))": 0.5}
    jax = jax_networks(params, rates, x, y)
    if jax is not None:
        peers["jax jit(vmap(scan))"] = jax
    for row in rows_of(f"{MODELS} networks, {STEPS} steps of {batch_size}", ours, peers, targets):
        yield scaled(row, TORCH / MODELS) if "torch" in row.peer else row


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
    with mock.patch.object(_optional, "has_numba", return_value=numba):
        y = batch_norm(x, gamma, beta)[0]
        agree(f"batch norm with {name}", y, layer(tensor).detach(), 1e-5)
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
