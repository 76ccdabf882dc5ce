"""Weights averaged on the way, and ensembles of what was passed: callbacks for ``train``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytutor._checks import check_number, check_whole
from mytutor.arrays import amax, exp
from mytutor.network import Network
from mytutor.train.loop import Trained

__all__ = ["ExponentialAverage", "Snapshots", "StochasticWeightAverage"]


class ExponentialAverage:
    """A running average of the weights, corrected for starting at zero; called after every step.

    ``params`` is the average, to predict with in place of the trained weights. Raises ValueError
    for a decay outside [0, 1).

    Source: Polyak & Juditsky (1992) for averages of the path; Kingma & Ba (2015), Section 7.2, for
    this one. optax ``ema`` corrects likewise; PyTorch ``AveragedModel`` begins at the first value
    it sees, TensorFlow's ``ExponentialMovingAverage`` at the initial weights.
    """

    def __init__(self, decay: float = 0.999) -> None:
        check_number(decay=decay)
        if not 0 <= decay < 1:
            raise ValueError(f"decay is {decay!r}; expected 0 <= decay < 1")
        self.decay = decay
        self.steps = 0
        self.sums: list[Any] = []

    def __call__(self, trained: Trained) -> None:
        """Take in the weights of another step."""
        sums = self.sums or [0.0] * len(trained.params)
        pairs = zip(sums, trained.params, strict=True)
        self.sums = [self.decay * s + (1 - self.decay) * x for s, x in pairs]
        self.steps += 1

    @property
    def params(self) -> list[Any]:
        """The average so far; an empty list before the first step."""
        return [s / (1 - self.decay**self.steps) for s in self.sums]


class StochasticWeightAverage:
    """The plain mean of the weights at the end of each epoch from ``start`` on.

    Called after every epoch. Raises ValueError for a start below 1.

    Source: Izmailov et al. (2018), Algorithm 1. PyTorch ``AveragedModel`` agrees. Running
    statistics of batch normalization have to be computed anew for the averaged weights.
    """

    def __init__(self, start: int = 1) -> None:
        check_whole("start", start, 1)
        self.start = start
        self.count = 0
        self.params: list[Any] = []

    def __call__(self, trained: Trained) -> None:
        """Take in the weights of another epoch, once it is late enough."""
        if len(trained.history.epoch_loss) < self.start:
            return
        self.count += 1
        old = self.params or trained.params
        pairs = zip(old, trained.params, strict=True)
        self.params = [a + (x - a) / self.count for a, x in pairs]


class Snapshots:
    """Copies of the weights after every ``every``-th epoch, which predict together.

    With a rate that restarts just after those epochs they are the snapshot ensemble. Called after
    every epoch. Raises ValueError for ``every`` below 1.

    Source: Huang et al. (2017), Section 3.
    """

    def __init__(self, every: int) -> None:
        check_whole("every", every, 1, " epoch")
        self.every = every
        self.members: list[Sequence[Any]] = []

    def __call__(self, trained: Trained) -> None:
        """Keep the weights when an ``every``-th epoch has ended."""
        if len(trained.history.epoch_loss) % self.every == 0:
            self.members.append(list(trained.params))

    def predict(self, network: Network, x: Any) -> Any:
        """Class of the largest mean softmax probability; ValueError without members."""
        if not self.members:
            raise ValueError(f"no snapshot yet: one is taken after every {self.every} epochs")
        return sum(_softmax(network.forward(params, x)[0]) for params in self.members).argmax(1)


def _softmax(logits: Any) -> Any:
    weights = exp(logits - amax(logits, 1))
    return weights / weights.sum(1)[:, None]
