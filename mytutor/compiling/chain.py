"""Which networks can be compiled, and how their layers follow one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mytutor._optional import compiled, installed
from mytutor.execute.elements import on_elements
from mytutor.layers import dense
from mytutor.losses import softmax_cross_entropy
from mytutor.network import Layer, Network, backward_of

__all__ = ["Loops", "can_compile", "chain", "check_known", "check_labels", "places"]


def can_compile() -> bool:
    """Whether what it takes is installed: Numba, and SciPy for its matrix products."""
    return installed("numba") and installed("scipy")


def check_known(network: Network, params: Sequence[Any]) -> None:
    """Refuse, with a ValueError, a network of others than dense layers and activations."""
    if network.loss is not softmax_cross_entropy:
        raise ValueError(_refusal("the loss softmax_cross_entropy", network.loss))
    for layer, group in zip(network.layers, network.groups(params), strict=True):
        if group and layer is not dense:
            raise ValueError(_refusal("dense layers and elementwise activations", layer))


def check_labels(params: Sequence[Any], labels: Any) -> None:
    """Refuse a label that is out of range, in the words of the loss; compiled code doesn't look."""
    logits = np.broadcast_to(params[-1], (len(labels), len(params[-1])))
    softmax_cross_entropy(logits, labels)


def _refusal(expected: str, found: Any) -> str:
    function = found.func if isinstance(found, partial) else found
    name = getattr(function, "__name__", repr(found))
    return f"only networks of {expected} can be compiled; found {name}: use how='auto'"


def places(params: Sequence[np.ndarray]) -> np.ndarray:
    """For every dense layer where its numbers begin in the vector of all, and its two sizes."""
    starts = np.cumsum([0, *(array.size for array in params)])[:-2:2]
    return np.array([(start, *w.shape) for start, w in zip(starts, params[::2], strict=True)])


class Loops(NamedTuple):
    """What makes a function of a layer and the function of those that follow it."""

    dense: Callable[[Any, int], Any]
    activation: Callable[[Any, Any, Any], Any]
    loss: Callable[..., Any]


def chain(layers: Sequence[Layer], dtype: np.dtype, loops: Loops, number: int = 0) -> Any:
    """The layers from one on, and the loss at their end; ``number`` dense ones lie before.

    Raises ValueError for an activation that can't be compiled.
    """
    if not layers:
        return compiled(loops.loss)
    layer, *others = layers
    if layer is dense:
        return loops.dense(chain(others, dtype, loops, number + 1), number)
    following = chain(others, dtype, loops, number)
    forward, backward = on_elements(layer, dtype), on_elements(backward_of(layer), dtype)
    return loops.activation(following, forward, backward)
