"""Training a network, normalizing a batch, starting a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import torch

from benchmarks.measure import Row, rows_of
from mytutor import Optimizer, digits, initialize, mlp, rules
from mytutor.layers import _channels, batch_norm, batch_norm_backward
from mytutor.layers._norm_loops import has_numba
from mytutor.train import train

__all__ = ["run"]


def run() -> Iterator[Row]:
    """All comparisons of networks, on one thread."""
    torch.set_num_threads(1)
    for batch_size, eager, fused in ((32, 0.20, 0.30), (128, 0.36, 0.50)):
        yield from digits_network(batch_size, {"torch eager": eager, "torch fused": fused})
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
