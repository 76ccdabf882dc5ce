"""Thousands of small networks at once, that differ in their first weights or in their settings."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor import trace
from mytutor._checks import check_how, check_seed, check_whole
from mytutor._optional import fusible
from mytutor.compiling import check_known, check_labels, many_models, places
from mytutor.datasets import Dataset, minibatches
from mytutor.execute.blocked import blocked
from mytutor.execute.parts import split
from mytutor.network import Network
from mytutor.optimizer import Optimizer, check_params
from mytutor.sweep.progress import bar
from mytutor.sweep.settings import each_run, swept_and_fixed
from mytutor.sweep.stacking import Stacked

__all__ = ["Networks", "networks"]

NUMBERS = 131_072
"""Outputs of the widest layer for a block of models: what a second-level cache holds."""
WORTH_COMPILING = 10_000_000_000
"""Models times rows times parameters from which a compiled loop repays its few seconds."""


class Networks(NamedTuple):
    """What became of many networks.

    ``params`` are arrays of shape (models, ...), ``step_loss`` is (steps, models) and
    ``test_accuracy`` (models,). ``done`` says how many models were trained to the end; after an
    interrupt the others are NaN.
    """

    params: list[np.ndarray]
    step_loss: np.ndarray
    test_accuracy: np.ndarray
    done: int

    @property
    def diverged(self) -> np.ndarray:
        """For every model whether it was trained and a parameter or a loss isn't finite."""
        finite = np.isfinite(self.step_loss).all(0)
        for array in self.params:
            finite &= np.isfinite(array).reshape(len(array), -1).all(1)
        return ~finite & (np.arange(len(finite)) < self.done)

    def model(self, k: int) -> list[np.ndarray]:
        """The parameters of one model, as ``Network.forward`` takes them."""
        return [array[k] for array in self.params]


def networks(
    network: Network,
    params: Sequence[Any],
    rule: Callable[..., Any],
    data: Dataset,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    how: str = "auto",
    progress: bool = False,
    **hyperparameters: Any,
) -> Networks:
    """Train many copies of one small network, each as ``train`` would train it alone.

    ``params`` is a list of parameters for each model, or one such list that all begin with. A
    hyperparameter is a number, a schedule, or an array of one number for each model. The rule is
    elementwise, and all models see the same minibatches, those of ``train`` with that seed. A model
    that diverges ends in infinity or NaN and leaves the others alone. ``how`` is "plain" (the
    network's own functions on arrays of all models), "fused" (forward and backward as one compiled
    loop: dense layers, elementwise activations and ``softmax_cross_entropy``, twice as fast but for
    the seconds that compiling takes) or "auto", fused where that pays and Numba is installed; equal
    within rounding. ``progress`` shows a bar, and an interrupt returns what is done. Raises
    ValueError for models that differ in shape or number, for a layer that can't be run for
    many models at once, such as dropout, and for settings that don't fit; TypeError for unknown
    hyperparameters.

    Source: one more axis for the models, as in ``jax.vmap``, Bradbury et al. (2018).
    """
    check_whole("epochs", epochs, 1)
    check_whole("batch_size", batch_size, 1, " row")
    check_seed(seed)
    split(rule)  # says why not
    swept, optimizer = swept_and_fixed(rule, hyperparameters)
    starts = _starts(params, swept)
    each = each_run(rule, swept, len(starts[0]))
    _check_stackable(network, starts, data, batch_size)
    batches = _batches(data, epochs, batch_size, seed)
    gradients, abreast = _gradients(how, network, starts, batches)
    return _in_blocks(network, gradients, abreast, starts, optimizer, each, batches, progress)


class _Batches(NamedTuple):
    """The minibatches that every model sees: the data, and the rows of each step."""

    data: Dataset
    steps: list[np.ndarray]

    def each(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for rows in self.steps:
            yield self.data.x_train[rows], self.data.y_train[rows]


def _batches(data: Dataset, epochs: int, size: int, seed: int) -> _Batches:
    """The minibatches of ``train``, whose rows are drawn once for all blocks of models."""
    numbers = np.arange(len(data.x_train))
    generators = (np.random.default_rng([seed, epoch]) for epoch in range(epochs))
    return _Batches(
        data, [rows for rng in generators for rows, _ in minibatches(rng, numbers, numbers, size)]
    )


def _shared(x: np.ndarray) -> Stacked:
    """An array that all models share, as the layers of stacked models want it."""
    return x[..., None].view(Stacked)


def _starts(params: Sequence[Any], swept: Mapping[str, Any]) -> list[np.ndarray]:
    """First parameters as arrays of shape (models, ...)."""
    if not isinstance(params, (list, tuple)) or not params:
        found = "empty" if isinstance(params, (list, tuple)) else f"a {type(params).__name__}"
        raise ValueError(f"params is {found}; expected lists of arrays, one for each model")
    counts = {name: len(value) for name, value in swept.items()}
    if isinstance(params[0], (list, tuple)):
        models = list(params)
        counts["params"] = len(models)
    else:
        models = [params] * next(iter(counts.values()), 1)
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} in {name}" for name, count in counts.items())
        raise ValueError(f"there are {found}; expected one number of models")
    check_params(models[0])
    kinds = [(array.shape, array.dtype) for array in models[0]]
    for model in models:
        if [(np.shape(a), getattr(a, "dtype", None)) for a in model] != kinds:
            raise ValueError(
                f"a model has parameters of shapes {[np.shape(a) for a in model]}; expected the "
                f"shapes and the dtype of the first model, {[np.shape(a) for a in models[0]]}"
            )
    return [np.stack(arrays) for arrays in zip(*models, strict=True)]


def _check_stackable(
    network: Network, starts: list[np.ndarray], data: Dataset, batch_size: int
) -> None:
    """Refuse a network that computes something else for two models than for one alone."""
    x, y = data.x_train[:batch_size], data.y_train[:batch_size]
    pair = [np.stack([array[0], array[-1]], -1).view(Stacked) for array in starts]
    with np.errstate(all="ignore"):
        _, alone = network.loss_and_gradient([array[0] for array in starts], x, y)
        try:
            _, stacked = network.loss_and_gradient(pair, _shared(x), y)
            same = _close([np.asarray(array)[..., 0] for array in stacked], alone)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(_NOT_STACKABLE.format(f" ({error})")) from error
    if not same:
        raise ValueError(_NOT_STACKABLE.format(", or it draws numbers"))


_NOT_STACKABLE = (
    "the network has a layer or a loss that can't be run for many models at once{}; expected dense "
    "layers, activations and softmax_cross_entropy: train other networks one by one, with study"
)


def _close(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    """Whether gradients agree but for rounding, measured by the largest of them."""
    near = np.sqrt(np.finfo(expected[0].dtype).eps)
    scale = max(np.abs(g[np.isfinite(g)]).max(initial=0) for g in expected)
    pairs = zip(found, expected, strict=True)
    return all(np.allclose(f, e, rtol=near, atol=near * scale, equal_nan=True) for f, e in pairs)


def _in_blocks(
    network: Network,
    gradients: Callable[..., Any],
    abreast: int,
    starts: list[np.ndarray],
    optimizer: Optimizer,
    each: Mapping[str, np.ndarray],
    batches: _Batches,
    progress: bool,
) -> Networks:
    count, done = len(starts[0]), 0
    ends = [np.full_like(array, np.nan) for array in starts]
    losses = np.full((len(batches.steps), count), np.nan, starts[0].dtype)
    right = np.full(count, np.nan)
    with contextlib.suppress(KeyboardInterrupt), bar(count, "networks", shown=progress) as shows:
        for low in range(0, count, abreast):
            here = slice(low, min(low + abreast, count))
            own = {name: values[here] for name, values in each.items()}
            block = _Block([array[here] for array in starts], optimizer, own)
            losses[:, here] = block.train(gradients, batches)
            right[here] = block.accuracy(network, batches.data)
            for end, array in zip(ends, block.params, strict=True):
                end[here] = np.moveaxis(np.asarray(array), -1, 0)
            done = here.stop
            shows.update(here.stop - here.start)
    return Networks(ends, losses, right, done)


def _gradients(
    how: str, network: Network, starts: list[np.ndarray], batches: _Batches
) -> tuple[Callable[..., Any], int]:
    """What writes a block's gradient and returns its losses, and how many models it takes."""
    check_how(how)
    model = [array[0] for array in starts]
    numbers = sum(array.size for array in model)
    work = len(starts[0]) * sum(map(len, batches.steps)) * numbers
    if how == "fused" or (how == "auto" and work >= WORTH_COMPILING):
        loop = _loop(network, model, batches.data.y_train, how)
        if loop is not None:
            return _in_one_loop(loop, places(model)), int(np.clip(NUMBERS // numbers, 64, 1024))
    widest = max(array.shape[-1] for array in starts)
    abreast = NUMBERS // (len(batches.steps[0]) * widest)
    return _by_stacking(network), int(np.clip(abreast, 32, 1024))


def _loop(
    network: Network, model: list[np.ndarray], labels: np.ndarray, how: str
) -> Callable[..., None] | None:
    """The compiled loop; None without Numba or, unless it was asked for, for another network."""
    try:
        check_known(network, model)
        check_labels(model, labels)
        dtype = model[0].dtype
        return many_models(tuple(network.layers), dtype) if fusible(dtype) else None
    except ValueError:
        if how == "fused":
            raise
        return None


def _by_stacking(network: Network) -> Callable[..., Any]:
    """The network's own functions, on arrays with one more axis for the models."""

    def gradients(block: _Block, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        loss, grads = network.loss_and_gradient(block.params, _shared(x), y)
        rows = [_bare(g).reshape(-1, block.x.shape[1]) for g in grads]
        np.concatenate(rows, out=block.g)
        return np.asarray(loss)

    return gradients


def _in_one_loop(loop: Callable[..., None], begins: np.ndarray) -> Callable[..., Any]:
    """Forward and backward compiled, with the models in the innermost loop."""

    def gradients(block: _Block, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        loss = np.empty(block.x.shape[1], block.x.dtype)
        loop(x, y, begins, block.x, block.g, loss)
        return loss

    return gradients


class _Block:
    """Some models side by side: one array of all numbers, and views of it as parameters."""

    def __init__(
        self, starts: list[np.ndarray], optimizer: Optimizer, each: Mapping[str, np.ndarray]
    ) -> None:
        models = len(starts[0])
        rows = [np.moveaxis(array, 0, -1).reshape(-1, models) for array in starts]
        self.x = np.ascontiguousarray(np.concatenate(rows))  # models side by side in memory
        self.g = np.empty_like(self.x)
        ends = np.cumsum([len(part) for part in rows])[:-1]
        self.params = [
            part.reshape(*array.shape[1:], models).view(Stacked)
            for part, array in zip(np.split(self.x, ends), starts, strict=True)
        ]
        self.optimizer, self.each = optimizer, each
        self.slots = [np.full_like(self.x, v) for v in trace.state(optimizer.rule).values()]
        self.kernel = blocked(optimizer.rule)
        self.scratch = [np.empty_like(self.x, s.dtype) for s in self.kernel.scratch(self.x.dtype)]

    def train(self, gradients: Callable[..., Any], batches: _Batches) -> np.ndarray:
        """Train on all minibatches; the loss of every step and model."""
        losses = []
        with np.errstate(all="ignore"):
            for t, (x, y) in enumerate(batches.each(), start=1):
                losses.append(gradients(self, x, y))
                arrays = [self.x, self.g, *self.slots]
                self.kernel.run(0, len(self.x), arrays, self._scalars(t), self.scratch)
        return np.array(losses)

    def _scalars(self, t: int) -> list[Any]:
        """What a step needs of its number and the settings, in double precision until here."""
        settings: dict[str, Any] = {**self.optimizer.at(t), **self.each}
        values = self.kernel.scalars(t, settings)
        dtype = self.x.dtype
        return [
            value.astype(dtype) if getattr(value, "dtype", None) == np.float64 else value
            for value in values
        ]

    def accuracy(self, network: Network, data: Dataset) -> Any:
        """For every model the fraction of test rows that it gets right; NaN without any."""
        if not len(data.y_test):
            return np.nan
        with np.errstate(all="ignore"):
            predicted = network.predict(self.params, _shared(data.x_test))
        return (np.asarray(predicted) == data.y_test[:, None]).mean(0)


def _bare(array: Any) -> np.ndarray:
    return array.view(np.ndarray)
