"""What watches a run: early stopping, and a rate that is reduced on a plateau."""

from __future__ import annotations

import math

from mytutor._checks import check_number, check_whole
from mytutor.train.loop import Callback, Trained

__all__ = ["ReduceOnPlateau", "early_stopping"]


def early_stopping(patience: int) -> Callback:
    """A callback after each epoch that ends training when accuracy hasn't improved for so long.

    It reads the history alone, so a resumed run stops where an uninterrupted one would. Raises
    ValueError for a patience below 1.

    Source: Prechelt (1998), criterion UP, with an epoch as the strip. Keras ``EarlyStopping`` stops
    when ``patience`` epochs have passed without improvement, as here.
    """
    check_whole("patience", patience, 1, " epoch")

    def stop(trained: Trained) -> bool:
        scores = trained.history.test_accuracy
        return len(scores) - 1 - scores.index(max(scores)) >= patience

    return stop


class ReduceOnPlateau:
    """A learning rate that is multiplied by a factor when the loss stops improving.

    It is a schedule (``Optimizer(sgd, lr=plateau)``) and a callback after each epoch. A loss counts
    as better when it is below the best by the relative ``threshold``; after more than ``patience``
    epochs that don't, the rate falls, not below ``low``, and the count begins anew. Raises
    ValueError for a factor outside (0, 1) or a negative patience, threshold or low.

    Source: PyTorch ``ReduceLROnPlateau`` (mode 'min', no cooldown), which is the same. Keras' and
    optax' reduce one epoch earlier, when the count reaches ``patience``.
    """

    def __init__(
        self,
        high: float,
        *,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        low: float = 0.0,
    ) -> None:
        check_number(high=high, factor=factor, threshold=threshold, low=low)
        check_whole("patience", patience, 0, " epoch")
        if not 0 < factor < 1:
            raise ValueError(f"factor is {factor!r}; expected 0 < factor < 1")
        for name, value in {"high": high, "threshold": threshold, "low": low}.items():
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} is {value!r}; expected a finite number of at least 0")
        self.rate = high
        self.factor, self.patience, self.threshold, self.low = factor, patience, threshold, low
        self.best, self.bad_epochs = math.inf, 0

    def __repr__(self) -> str:
        return f"ReduceOnPlateau(now {self.rate!r})"

    def __call__(self, event: int | Trained) -> float | None:
        """The rate, for a step t; or take in the loss of an epoch that has ended."""
        if not isinstance(event, Trained):
            return self.rate
        self.observe(event.history.epoch_loss[-1])
        return None

    def observe(self, loss: float) -> None:
        """Take in the loss of one epoch and reduce the rate when patience is at its end."""
        if loss < self.best * (1 - self.threshold):
            self.best, self.bad_epochs = loss, 0
            return
        self.bad_epochs += 1
        if self.bad_epochs > self.patience:
            self.rate, self.bad_epochs = max(self.rate * self.factor, self.low), 0
