"""Rates that need no guessing: by the curvature, where it is known, or by a range test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_number, check_seed, check_whole
from mytutor.arrays import to_numpy
from mytutor.curvature import check_hessian
from mytutor.datasets import Dataset, minibatches
from mytutor.network import Network
from mytutor.optimizer import NonFiniteGradient, Optimizer

__all__ = ["RangeTest", "best_rate", "range_test"]


class RangeTest(NamedTuple):
    """Learning rates, rising from step to step, and the loss seen before each step."""

    rates: np.ndarray
    losses: np.ndarray


def range_test(
    network: Network,
    params: Sequence[Any],
    rule: Callable[..., Any],
    data: Dataset,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: int = 0,
    **hyperparameters: float,
) -> RangeTest:
    """Train while the rate grows geometrically from low to high; end early when the loss explodes.

    It ends when a gradient is no longer finite or the loss exceeds four times the smallest so far
    (as fastai does). Raises ValueError unless 0 < low < high and there are at least 2 steps.

    Source: Smith (2017), Section 3.3, where the rate grows along a straight line.
    """
    check_whole("steps", steps, 2)
    check_seed(seed)
    check_number(low=low, high=high)
    if not 0 < low < high < math.inf:
        raise ValueError(f"low is {low!r} and high {high!r}; expected 0 < low < high, both finite")
    rates = np.geomspace(low, high, steps)
    optimizer = Optimizer(rule, **hyperparameters, lr=lambda t: float(rates[t - 1]))
    params, state = list(params), optimizer.init(params)
    losses: list[float] = []
    for x, y in _endless(data, batch_size, seed):
        with np.errstate(all="ignore"):
            loss, grads = network.loss_and_gradient(params, x, y)
        losses.append(float(loss))
        if len(losses) == steps or not losses[-1] <= 4 * min(losses):
            break
        try:
            params, state = optimizer.update(params, grads, state)
        except NonFiniteGradient:
            break
    return RangeTest(rates[: len(losses)], np.array(losses))


def _endless(data: Dataset, batch_size: int, seed: int) -> Any:
    epoch = 0
    while True:
        rng = np.random.default_rng([seed, epoch])
        yield from minibatches(rng, data.x_train, data.y_train, batch_size)
        epoch += 1


def best_rate(hessian: Any) -> float:
    """The constant learning rate with which gradient descent is fastest on a quadratic bowl.

    2 over the sum of the smallest and the largest eigenvalue; the distance to the minimum then
    shrinks by (condition - 1) / (condition + 1) a step. Raises ValueError for a Hessian that isn't
    square, symmetric, finite and positive definite.

    Source: Nesterov (2018), Section 2.1.5, Theorem 2.1.15.
    """
    check_hessian(hessian)
    _check_bowl(hessian)
    eigenvalues = np.linalg.eigvalsh(hessian)
    return 2 / (eigenvalues[0] + eigenvalues[-1])


def _check_bowl(hessian: Any) -> None:
    smallest = float(np.linalg.eigvalsh(to_numpy(hessian))[0])
    if not smallest > 0:
        raise ValueError(
            f"the smallest eigenvalue is {smallest:g}; expected a positive definite matrix"
        )
