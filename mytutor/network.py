"""Layers in a row: forward, explicit backward, and a check of any gradient.

Settings are bound to a layer by ``functools.partial``. A network with batch norm or dropout is two
networks over the same parameters: the one that is trained, and the one that ``inference_network``
makes of it, with fixed statistics for batch norm and without dropout.

>>> training = Network((dense, batch_norm, relu, partial(dropout, rng=rng, rate=0.2), dense))
>>> inference = inference_network(training, population_statistics(training, params, batches))

To follow the statistics while training instead, keep them beside the parameters:

>>> output, caches = training.forward(params, x)
>>> statistics = update_statistics(statistics, caches)
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_callable, check_number, check_whole
from mytutor.arrays import is_floating
from mytutor.initializers import he_normal
from mytutor.layers import (
    BatchNormCache,
    batch_norm,
    batch_norm_inference,
    dense,
    dropout,
    relu,
    update_running,
)
from mytutor.losses import softmax_cross_entropy

__all__ = [
    "Network",
    "accuracy",
    "backward_of",
    "different_units",
    "gradient_check",
    "inference_network",
    "initialize",
    "mlp",
    "numerical_gradient",
    "population_statistics",
    "update_statistics",
]

Layer = Callable[..., Any]
Statistics = list[tuple[Any, Any]]


class Network(NamedTuple):
    """Layers in a row and the loss at their end; the parameters are a list of arrays beside it.

    A layer is a function beside which, in its module or notebook, ``<name>_backward`` is defined;
    ``functools.partial(layer, setting=...)`` is a layer with that setting. Where
    ``<name>_gradients`` is defined too, which leaves dx out, the first layer uses it.
    """

    layers: tuple[Layer, ...]
    loss: Callable[..., tuple[Any, Any]] = softmax_cross_entropy

    def forward(self, params: Sequence[Any], x: Any) -> tuple[Any, list[Any]]:
        """Output of the last layer, and what every layer keeps for its backward pass.

        Raises ValueError when there are more or fewer parameters than the layers take.
        """
        groups = self.groups(params)
        caches = []
        for layer, group in zip(self.layers, groups, strict=True):
            x, cache = layer(x, *group)
            caches.append(cache)
        return x, caches

    def backward(self, dy: Any, caches: Sequence[Any]) -> list[Any]:
        """Gradients of all parameters, in their order, from the gradient of the output.

        Raises ValueError for a layer without backward function or one that returns more or fewer
        gradients than the layer has parameters.

        Source: Rumelhart, Hinton & Williams (1986), Equations (4) to (7).
        """
        grads: list[Any] = []
        pairs = list(zip(self.layers, caches, strict=True))
        for place, (layer, kept) in reversed(list(enumerate(pairs))):
            alone = _beside(layer, "gradients") if place == 0 else None
            if alone:  # nobody asks the first layer for dx
                return [*alone(dy, kept), *grads]
            dy, *group = _gradients(layer, dy, kept)
            grads = [*group, *grads]
        return grads

    def loss_and_gradient(self, params: Sequence[Any], x: Any, y: Any) -> tuple[Any, list[Any]]:
        """Loss on a batch and its gradient in every parameter."""
        output, caches = self.forward(params, x)
        value, dy = self.loss(output, y)
        return value, self.backward(dy, caches)

    def predict(self, params: Sequence[Any], x: Any) -> Any:
        """Index of the largest output for every row of x."""
        return self.forward(params, x)[0].argmax(1)

    def groups(self, params: Sequence[Any]) -> list[Sequence[Any]]:
        """The parameters of each layer, an empty list for a layer without.

        Raises ValueError when there are more or fewer parameters than the layers take.
        """
        if not isinstance(self.layers, (tuple, list)):
            found = reprlib.repr(self.layers)
            raise TypeError(f"layers is {found}; expected a tuple such as (dense, relu, dense)")
        if not all(map(callable, self.layers)):
            check_callable(**{f"layers[{i}]": layer for i, layer in enumerate(self.layers)})
        if not isinstance(params, (tuple, list)):
            found = type(params).__name__
            raise TypeError(f"params is of type {found}; expected a list of arrays")
        counts = [_parameter_count(layer) for layer in self.layers]
        if sum(counts) != len(params):
            raise ValueError(f"got {len(params)} parameters; the layers take {sum(counts)}")
        ends = accumulate(counts)
        return [params[end - count : end] for end, count in zip(ends, counts, strict=True)]


def mlp(hidden: int, *, activation: Layer = relu) -> Network:
    """A multilayer perceptron with that many hidden layers: dense, activation, ..., dense.

    Raises ValueError for a negative number of hidden layers.
    """
    check_whole("hidden", hidden, 0, " hidden layers")
    check_callable(activation=activation)
    return Network((*(dense, activation) * hidden, dense))


def initialize(
    rng: np.random.Generator,
    sizes: Sequence[int],
    *,
    weights: Callable[..., np.ndarray] = he_normal,
    dtype: Any = np.float64,
) -> list[np.ndarray]:
    """Weights and zero biases [w, b, w, b, ...] of dense layers between the given sizes.

    Raises ValueError for fewer than two sizes or a size below 1.
    """
    check_callable(weights=weights)
    if not isinstance(sizes, Sequence) or isinstance(sizes, str):
        raise TypeError(f"sizes is {sizes!r}; expected a list of whole numbers such as [64, 10]")
    for i, size in enumerate(sizes):
        check_whole(f"sizes[{i}]", size, 1)
    if len(sizes) < 2:
        raise ValueError(f"sizes is {list(sizes)}; expected at least two, those in and those out")
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"dtype is {dtype!r}; expected a floating-point type such as np.float64")
    params: list[np.ndarray] = []
    for fan_in, fan_out in pairwise(sizes):
        params += [weights(rng, (fan_in, fan_out)).astype(dtype), np.zeros(fan_out, dtype)]
    return params


def inference_network(network: Network, statistics: Sequence[tuple[Any, Any]] = ()) -> Network:
    """The network for use after training: the same parameters, batch norm fixed, dropout left out.

    ``statistics`` has a (mean, variance) for every batch norm, in their order, from
    ``population_statistics`` or ``update_statistics``. Raises ValueError for more or fewer.

    Source: Ioffe & Szegedy (2015), Algorithm 2; Srivastava et al. (2014), Section 10.
    """
    count = sum(_function(layer) is batch_norm for layer in network.layers)
    if count != len(statistics):
        raise ValueError(
            f"got {len(statistics)} pairs of mean and variance; the network has {count} batch norms"
        )
    remaining = iter(statistics)
    layers: list[Layer] = []
    for layer in network.layers:
        if _function(layer) is batch_norm:
            mean, variance = next(remaining)
            settings = layer.keywords if isinstance(layer, partial) else {}
            layer = partial(batch_norm_inference, mean=mean, variance=variance, **settings)
        if _function(layer) is not dropout:
            layers.append(layer)
    return network._replace(layers=tuple(layers))


def population_statistics(
    network: Network, params: Sequence[Any], batches: Iterable[Any]
) -> Statistics:
    """Mean and variance for every batch norm of a trained network: averages over batches of x.

    The batches should be as large as in training. Raises ValueError when there are none.

    Source: Ioffe & Szegedy (2015), Algorithm 2, lines 8 to 10, with the unbiased variance.
    """
    statistics: Statistics = []
    for done, x in enumerate(batches):
        _, caches = network.forward(params, x)
        # The k-th batch enters with weight 1/k, which makes the running average the mean.
        statistics = update_statistics(statistics, caches, momentum=done / (done + 1))
    if not statistics and any(_function(layer) is batch_norm for layer in network.layers):
        raise ValueError("batches is empty; expected at least one batch of x")
    return statistics


def update_statistics(
    statistics: Sequence[tuple[Any, Any]],
    caches: Sequence[Any],
    *,
    momentum: float = 0.9,
    correction: int = 1,
) -> Statistics:
    """Running mean and variance of every batch norm after one more forward pass, by its caches.

    Begin with an empty list, which stands for mean 0 and variance 1; ``momentum`` and
    ``correction`` are those of ``update_running``. Raises ValueError when the list belongs to
    another network.

    Source: Ioffe & Szegedy (2015), Section 3.1.
    """
    norms = [cache for cache in caches if isinstance(cache, BatchNormCache)]
    statistics = list(statistics) or [(0.0, 1.0)] * len(norms)
    if len(statistics) != len(norms):
        raise ValueError(
            f"got {len(statistics)} pairs of mean and variance; the caches are of "
            f"{len(norms)} batch norms"
        )
    return [
        update_running(mean, variance, cache, momentum=momentum, correction=correction)
        for (mean, variance), cache in zip(statistics, norms, strict=True)
    ]


def accuracy(network: Network, params: Sequence[Any], x: Any, y: Any) -> float:
    """Fraction of the rows of x whose predicted class is y."""
    predicted = network.predict(params, x)
    if getattr(y, "shape", None) != predicted.shape:
        found = tuple(y.shape) if hasattr(y, "shape") else type(y).__name__
        raise ValueError(
            f"y has shape {found}; expected labels of shape {tuple(predicted.shape)}, one for "
            "every row of x"
        )
    return float((predicted == y).sum()) / len(y)


def different_units(w: np.ndarray) -> int:
    """How many units of a dense layer differ: the different columns of its weights (in, out).

    Units that start equal stay equal, so this is the width that a layer really has; round the
    weights first where rounding errors are to be overlooked. Raises TypeError for what is no array
    and ValueError for one that isn't two-dimensional.

    Source: Goodfellow, Bengio & Courville (2016), Section 8.4, on breaking symmetry.
    """
    _check_matrix(w)
    return np.unique(w, axis=1).shape[1]


def numerical_gradient(function: Callable[[Any], float], x: np.ndarray, *, h: float = 1e-5) -> Any:
    """Central differences of a scalar function at x: twice as many calls as x has elements.

    Source: Goodfellow, Bengio & Courville (2016), Equation (11.6), error O(h²).
    """
    _check_difference(function, x, h)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        gradient[i] = (function(x + step) - function(x - step)) / (2 * h)
    return gradient


def gradient_check(
    function: Callable[[Any], float], gradient: Any, x: np.ndarray, *, h: float = 1e-5
) -> float:
    """Relative difference between a gradient at x and central differences; below 1e-7 is right.

    The difference is ``max |a - n| / max(|a|, |n|, 1e-8)`` over the elements, in float64. Raises
    TypeError for x in less precision and ValueError for a gradient of another shape.

    Source: Goodfellow, Bengio & Courville (2016), Section 11.5, 'Compare back-propagated
    derivatives to numerical derivatives'.
    """
    _check_difference(function, x, h)
    if x.dtype != np.float64:
        raise TypeError(f"x is {x.dtype}; expected float64, or rounding hides a wrong gradient")
    if getattr(gradient, "shape", None) != x.shape:
        found = getattr(gradient, "shape", type(gradient).__name__)
        raise ValueError(f"the gradient has shape {found}; expected {x.shape}, that of x")
    numeric = numerical_gradient(function, x, h=h)
    scale = max(float(abs(gradient).max()), float(abs(numeric).max()), 1e-8)
    return float(abs(gradient - numeric).max()) / scale


def backward_of(layer: Layer) -> Callable[..., Any]:
    """The backward function of a layer; raises ValueError where there is none beside it."""
    backward = _beside(layer, "backward")
    if backward is None:
        name = _name(layer)
        raise ValueError(f"layer {name!r} has no '{name}_backward' beside it; define both together")
    return backward


def _check_matrix(w: Any) -> None:
    if not isinstance(w, np.ndarray):
        raise TypeError(f"w is of type {type(w).__name__}; expected a NumPy array of weights")
    if w.ndim != 2:
        raise ValueError(f"w has shape {w.shape}; expected weights of shape (in, out)")


def _check_difference(function: Any, x: Any, h: float) -> None:
    check_callable(function=function)
    if not is_floating(x):
        found = getattr(x, "dtype", type(x).__name__)
        raise TypeError(f"x is {found}; expected an array of floating-point numbers")
    check_number(h=h)
    if not 0 < h < np.inf:
        raise ValueError(f"h is {h!r}; expected a positive number such as 1e-5")


def _parameter_count(layer: Layer) -> int:
    try:
        return _count_parameters(layer)
    except TypeError:  # a layer of one's own that can't be a key
        return _count_parameters.__wrapped__(layer)


@cache
def _count_parameters(layer: Layer) -> int:
    """Read once: a training asks for it at every step."""
    parameters = inspect.signature(layer).parameters.values()
    return sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) - 1


def _function(layer: Layer) -> Layer:
    """The layer itself, where settings were bound to it."""
    return layer.func if isinstance(layer, partial) else layer


def _name(layer: Layer) -> str:
    return getattr(_function(layer), "__name__", None) or repr(layer)


def _gradients(layer: Layer, dy: Any, kept: Any) -> tuple[Any, ...]:
    """What a layer's backward function returns: dx and a gradient for each parameter."""
    name, count = _name(layer), _parameter_count(layer)
    back = backward_of(layer)(dy, kept)
    back = back if isinstance(back, tuple) else (back,)
    if len(back) != count + 1:
        raise ValueError(
            f"{name}_backward returns dx and {len(back) - 1} more gradients; "
            f"expected {count}, one for each parameter of the layer"
        )
    return back


def _beside(layer: Layer, what: str) -> Layer | None:
    """The function of that name, as in ``dense_backward``, where the layer is defined."""
    return getattr(_function(layer), "__globals__", {}).get(f"{_name(layer)}_{what}")
