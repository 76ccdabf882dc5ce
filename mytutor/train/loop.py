"""The loop: descend a surface, or train a network and keep its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import (
    as_numbers,
    check_callable,
    check_how,
    check_number,
    check_seed,
    check_whole,
)
from mytutor.arrays import on_device
from mytutor.compiling import can_compile
from mytutor.datasets import Dataset, minibatches
from mytutor.network import Network, accuracy
from mytutor.optimizer import NonFiniteGradient, Optimizer, State
from mytutor.train.fused import Fused, check_fusible
from mytutor.train.stepping import InPlace, Pure, steps

__all__ = ["Diverged", "History", "Trained", "descend", "hold_out", "train"]


@dataclass
class History:
    """What happened: the loss of every step, and per epoch its mean and the test accuracy."""

    step_loss: list[float] = field(default_factory=list)
    epoch_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)

    def rows(self) -> list[dict[str, float]]:
        """A table: one row an epoch, with its number, mean loss and test accuracy."""
        pairs = zip(self.epoch_loss, self.test_accuracy, strict=True)
        return [
            {"epoch": epoch, "loss": loss, "test_accuracy": right}
            for epoch, (loss, right) in enumerate(pairs, start=1)
        ]

    def __repr__(self) -> str:
        if not self.epoch_loss:
            return f"History({len(self.step_loss)} steps)"
        return (
            f"History({len(self.epoch_loss)} epochs, {len(self.step_loss)} steps, "
            f"loss {self.epoch_loss[-1]:.4f}, test accuracy {self.test_accuracy[-1]:.4f})"
        )


class Trained(NamedTuple):
    """The outcome of training: parameters, optimizer state and history."""

    params: list[Any]
    state: State
    history: History


Callback = Callable[[Trained], Any]


class Diverged(FloatingPointError):
    """A gradient became NaN or infinite; ``history`` and the last ``params`` are kept here."""

    def __init__(self, message: str, params: list[Any], history: History) -> None:
        super().__init__(message)
        self.params = params
        self.history = history


def descend(
    rule: Callable[..., Any],
    gradient: Callable[[np.ndarray], np.ndarray],
    start: Sequence[float] | np.ndarray,
    steps: int,
    **hyperparameters: float | Callable[[int], float],
) -> np.ndarray:
    """The path of a rule: an array of steps + 1 points, of which the first is the start.

    A path that diverges goes on in infinity and NaN, silently, so that it can be looked at. Raises
    ValueError for a negative number of steps or a start that isn't finite.
    """
    optimizer = Optimizer(rule, **hyperparameters)
    check_callable(gradient=gradient)
    x = as_numbers("start", start).copy()
    check_whole("steps", steps, 0)
    if not np.isfinite(x).all():
        raise ValueError(f"start is {start!r}; expected finite numbers")
    path = np.empty((steps + 1, *x.shape))
    path[0] = x
    state: list[Any] = []
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            stepped = rule(x, gradient(x), t, *state, **optimizer.at(t))
            x, *state = stepped if isinstance(stepped, tuple) else (stepped,)
            path[t] = x
    return path


def train(
    network: Network,
    params: Sequence[Any],
    optimizer: Optimizer,
    data: Dataset,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
    after_step: Sequence[Callback] = (),
    after_epoch: Sequence[Callback] = (),
    resume: Trained | None = None,
    device: str | None = None,
    how: str = "auto",
) -> Trained:
    """Train on shuffled minibatches; the same seed gives the same run to the last bit.

    ``progress`` shows a bar with the loss. Callbacks are given the ``Trained`` so far; one that is
    called after an epoch ends the training by returning True. ``resume`` goes on from an earlier
    outcome (``params`` is then ignored) up to ``epochs`` in all, exactly as if it hadn't stopped.
    ``device`` such as "cpu" or "cuda" runs on torch tensors there. ``how`` is "plain" (every step
    as ``update`` takes it), "fused" or "auto", which writes in place and has the bits of plain.
    Fused makes one compiled loop of an epoch, for dense layers, elementwise activations and
    ``softmax_cross_entropy`` with an elementwise rule: several times faster, but for the seconds
    that compiling takes, and equal within rounding; without Numba or SciPy it is auto. Raises
    ValueError for fewer than 1 epoch, an empty data set, a batch size below 1, a device that isn't
    there or what can't be fused, and Diverged when a gradient is no longer finite.

    Source: Goodfellow, Bengio & Courville (2016), Algorithm 8.1.
    """
    check_whole("epochs", epochs, 1)
    check_whole("batch_size", batch_size, 1, " row")
    check_seed(seed)
    for callback in (*after_step, *after_epoch):
        check_callable(callback=callback)
    _check_run(network, optimizer, data, resume)
    if device is not None:
        params, data = on_device(list(params), device), Dataset(*on_device(list(data), device))
    params, state, history = _begin(params, optimizer, resume)
    begin = _runner(how, network, optimizer, data, batch_size, after_step, params, state)
    now = begin(params, state)
    for epoch in _bar(range(len(history.epoch_loss), epochs), history, progress):
        # A generator of its own for each epoch: the fifth is the same whether or not the first
        # four were run in this process.
        rng = np.random.default_rng([seed, epoch])
        done = len(history.step_loss)
        try:
            now.epoch(data, batch_size, rng, history)
        except NonFiniteGradient as error:
            raise _diverged(optimizer, now.params, history) from error
        history.epoch_loss.append(float(np.mean(history.step_loss[done:])))
        history.test_accuracy.append(accuracy(network, now.params, data.x_test, data.y_test))
        so_far = Trained(now.params, now.state, history)
        asked_to_stop = [callback(so_far) for callback in after_epoch]
        if any(asked_to_stop):
            break
        if after_epoch:  # they may keep what they were given, so it goes on with copies
            now = begin(now.params, now.state)
    return Trained(now.params, now.state, history)


def hold_out(data: Dataset, *, fraction: float = 0.2, seed: int = 0) -> Dataset:
    """The training rows alone, split anew: its test part is a validation set.

    Raises ValueError for a fraction outside (0, 1) or one that leaves a part empty.

    Source: Goodfellow, Bengio & Courville (2016), Section 5.3.
    """
    _check_data(data)
    check_seed(seed)
    check_number(fraction=fraction)
    rows = len(data.x_train)
    held = round(fraction * rows) if 0 < fraction < 1 else 0
    if not 0 < held < rows:
        raise ValueError(f"fraction is {fraction!r} of {rows} rows; expected both parts non-empty")
    order = np.random.default_rng(seed).permutation(rows)
    kept, out = order[held:], order[:held]
    return Dataset(data.x_train[kept], data.y_train[kept], data.x_train[out], data.y_train[out])


class _StepByStep:
    """Epochs in which every step is a call of the network and one of the optimizer."""

    def __init__(
        self,
        steps: Callable[..., Pure | InPlace],
        network: Network,
        optimizer: Optimizer,
        after_step: Sequence[Callback],
        params: Sequence[Any],
        state: Any,
    ) -> None:
        self.network, self.after_step = network, after_step
        self._now = steps(optimizer, params, state)

    @property
    def params(self) -> list[Any]:
        return self._now.params

    @property
    def state(self) -> Any:
        return self._now.state

    def epoch(
        self, data: Dataset, batch_size: int, rng: np.random.Generator, history: History
    ) -> None:
        """All minibatches once, in a new random order; raises what ``update`` raises."""
        now, usual = self._now, np.geterr()
        # Overflow is no warning here: it ends in a loss or a gradient that isn't finite.
        with np.errstate(all="ignore"):
            for x, y in minibatches(rng, data.x_train, data.y_train, batch_size):
                loss, grads = self.network.loss_and_gradient(now.params, x, y)
                history.step_loss.append(float(loss))
                now.step(grads)
                for callback in self.after_step:
                    with np.errstate(**usual):
                        callback(Trained(now.params, now.state, history))


def _runner(
    how: str,
    network: Network,
    optimizer: Optimizer,
    data: Dataset,
    batch_size: int,
    after_step: Sequence[Callback],
    params: Sequence[Any],
    state: Any,
) -> Callable[..., _StepByStep | Fused]:
    """What trains from parameters and a state on, epoch by epoch."""
    check_how(how)
    if how == "fused":
        if after_step:
            raise ValueError("how='fused' has no place for after_step; use how='auto'")
        check_fusible(network, params, optimizer, state, data, batch_size)
        if can_compile():
            return partial(Fused, network, optimizer)
    # Who is called after every step may keep the arrays it is given: they must be new each time.
    pure = how == "plain" or after_step
    return partial(_StepByStep, Pure if pure else steps, network, optimizer, after_step)


def _begin(
    params: Sequence[Any], optimizer: Any, resume: Trained | None
) -> tuple[list[Any], Any, History]:
    if resume is None:
        return list(params), optimizer.init(params), History()
    done = resume.history
    history = History([*done.step_loss], [*done.epoch_loss], [*done.test_accuracy])
    return list(resume.params), resume.state, history


def _check_data(data: Any) -> None:
    if not isinstance(data, Dataset):
        found = type(data).__name__
        raise TypeError(
            f"data is of type {found}; expected a Dataset(x_train, y_train, x_test, y_test), "
            "such as split(x, y) makes"
        )


def _check_run(network: Any, optimizer: Any, data: Any, resume: Any) -> None:
    _check_data(data)
    if not hasattr(network, "loss_and_gradient"):
        raise TypeError(f"network is of type {type(network).__name__}; expected a Network")
    if not hasattr(optimizer, "update"):
        raise TypeError(
            f"optimizer is {getattr(optimizer, '__name__', optimizer)!r}; expected an Optimizer, "
            "such as Optimizer(adam, lr=0.001)"
        )
    if not (resume is None or isinstance(resume, Trained)):
        found = type(resume).__name__
        raise TypeError(
            f"resume is of type {found}; expected what train or load_checkpoint returns"
        )


def _diverged(optimizer: Optimizer, params: list[Any], history: History) -> Diverged:
    step = len(history.step_loss)
    advice = "a smaller learning rate usually helps"
    loss = history.step_loss[-1]
    message = f"diverged at step {step} with {optimizer}, where the loss is {loss:g}; {advice}"
    return Diverged(message, params, history)


def _bar(epochs: range, history: History, progress: bool) -> Iterable[int]:
    if not progress:
        return epochs
    from tqdm.auto import tqdm

    return _described(tqdm(epochs, unit="epoch"), history)


def _described(bar: Any, history: History) -> Iterable[int]:
    for epoch in bar:
        yield epoch
        bar.set_postfix(loss=history.epoch_loss[-1], accuracy=history.test_accuracy[-1])
