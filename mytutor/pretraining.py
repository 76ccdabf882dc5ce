"""Start from more than chance: weights rescaled on data, or those of another network.

Files are NumPy's ``.npz`` and hold numbers alone; what could run code is never opened.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mytutor import arrays
from mytutor._checks import check_number, check_whole
from mytutor.files import read_arrays, write_arrays
from mytutor.network import Layer, Network

__all__ = ["Transfer", "load", "lsuv", "save", "transfer"]


def lsuv(
    network: Network,
    params: Sequence[Any],
    x: Any,
    *,
    target: float = 1.0,
    tolerance: float = 0.1,
    steps: int = 10,
) -> list[Any]:
    """Layer-sequential unit variance: rescale each layer's weights until its output varies by 1.

    Start from ``orthogonal`` weights and zero biases. From the first layer to the last, the weights
    are divided by the standard deviation of what the layer makes of the batch x, at most ``steps``
    times, until the variance is ``target`` within ``tolerance``. Layers whose first parameter has
    fewer than two axes, such as batch norm, are left as they are. Raises ValueError for a batch
    with a NaN or infinite element, a layer whose output doesn't vary, and one whose variance
    doesn't get there.

    Source: Mishkin & Matas (2016), Algorithm 1.
    """
    check_number(target=target, tolerance=tolerance)
    for name, value in (("target", target), ("tolerance", tolerance)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value!r}; expected a positive finite number")
    check_whole("steps", steps, 1)
    if not arrays.is_floating(x):
        found = getattr(x, "dtype", type(x).__name__)
        raise TypeError(f"x is {found}; expected an array of floating-point numbers")
    if not arrays.is_finite(x):
        raise ValueError("x has a NaN or infinite element; expected a batch of finite numbers")
    rescaled: list[Any] = []
    groups = zip(network.layers, network.groups(params), strict=True)
    for number, (layer, given) in enumerate(groups):
        group = list(given)
        if group and group[0].ndim >= 2:
            group[0] = _rescaled(layer, group, x, target, tolerance, steps, number)
        x = layer(x, *group)[0]
        rescaled += group
    return rescaled


def save(path: str | Path, params: Sequence[Any]) -> None:
    """Write parameters to a .npz file, all or nothing: a crash leaves the old file as it was.

    The arrays are named 0, 1, 2, ... Tensors are written as NumPy arrays. Raises TypeError for what
    is no list of floating-point arrays, ValueError for an empty list or one with a NaN or infinite
    element, and FileNotFoundError when the folder isn't there.

    Source: the format is NumPy's, Kern (2007), NEP 1.
    """
    _check_params("params", params)
    write_arrays(path, {str(i): arrays.to_numpy(p) for i, p in enumerate(params)})


def load(path: str | Path, *, like: Sequence[Any] | None = None) -> list[Any]:
    """Read parameters that ``save`` has written.

    With ``like``, a list of parameters, their number and shapes are checked and every array comes
    as its counterpart is: NumPy or torch, with its dtype and device. Raises FileNotFoundError when
    there is no such file, and ValueError for a file that isn't whole, is no .npz file, holds Python
    objects or other names, holds a NaN or infinite element, or doesn't fit ``like``.

    Source: the format is NumPy's, Kern (2007), NEP 1.
    """
    found = read_arrays(path, expected="one that mytutor.pretraining.save wrote")
    names = [str(i) for i in range(len(found))]
    if not found or sorted(found) != sorted(names):
        raise ValueError(
            f"{path} holds arrays named {', '.join(map(repr, found)) or 'nothing'}; "
            "expected '0', '1', ... as mytutor.pretraining.save writes them"
        )
    params = [found[name] for name in names]
    try:
        _check_params("its arrays", params)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} can't be used: {error}") from error
    if like is None:
        return params
    shapes, wanted = ([tuple(p.shape) for p in group] for group in (params, like))
    if shapes != wanted:
        raise ValueError(
            f"{path} holds arrays of shapes {_listed(shapes)}; expected {_listed(wanted)}: "
            "build the network as it was, or use transfer for the layers that agree"
        )
    return [arrays.like(p, values) for p, values in zip(like, params, strict=True)]


class Transfer(NamedTuple):
    """Parameters of which the first ``copied`` are another network's, and why it was no more."""

    params: list[Any]
    copied: int
    reason: str

    def __repr__(self) -> str:
        return f"Transfer({self.copied} of {len(self.params)} arrays copied: {self.reason})"


def transfer(source: Sequence[Any], target: Sequence[Any], *, first: int | None = None) -> Transfer:
    """Start a network from the first layers of another: copy arrays as long as the shapes agree.

    ``first`` is the largest number of arrays to copy, for instance 4 for two dense layers; without
    it, all that agree. A copy has its target's library, dtype and device, and shares no memory.
    Raises ValueError when not even the first arrays agree, or for ``first`` below 1.

    Source: Yosinski et al. (2014), Section 2.
    """
    _check_params("source", source)
    _check_params("target", target)
    if first is not None:
        check_whole("first", first, 1, " array to copy")
    limits = [(len(source), "the source has"), (len(target), "the target has")]
    if first is not None:
        limits = [(first, "first is"), *limits]
    most, words = min(limits, key=lambda limit: limit[0])
    reason = f"{words} {most}"
    params = list(target)
    for i in range(most):
        shapes = tuple(source[i].shape), tuple(target[i].shape)
        if shapes[0] != shapes[1]:
            reason = f"array {i} has shape {shapes[0]} in the source and {shapes[1]} in the target"
            if i == 0:
                raise ValueError(f"nothing to copy: {reason}; expected the first layers to agree")
            return Transfer(params, i, reason)
        params[i] = arrays.like(target[i], arrays.to_numpy(source[i]).copy())
    return Transfer(params, most, reason)


def _rescaled(
    layer: Layer,
    group: Sequence[Any],
    x: Any,
    target: float,
    tolerance: float,
    steps: int,
    number: int,
) -> Any:
    """The weights of one layer, at which its output on x has the variance wanted."""
    w, *others = group
    for step in range(steps + 1):
        variance = _variance(layer(x, w, *others)[0], number)
        if abs(variance - target) <= tolerance:
            break
        if step == steps:
            raise ValueError(
                f"the output of layer {number} has variance {variance:g} after {steps} steps; "
                f"expected {target:g} within {tolerance:g}: start from zero biases"
            )
        w = w * math.sqrt(target / variance)
    return w


def _variance(y: Any, number: int) -> float:
    centered = y - y.mean()
    variance = float((centered * centered).mean())
    if not 0 < variance < math.inf:
        raise ValueError(
            f"the output of layer {number} has variance {variance:g} on this batch; expected a "
            "positive number: start from weights other than zero and rows that differ"
        )
    return variance


def _check_params(name: str, params: Sequence[Any]) -> None:
    if not isinstance(params, (list, tuple)):
        raise TypeError(f"{name} is of type {type(params).__name__}; expected a list of arrays")
    if not params:
        raise ValueError(f"{name} is an empty list; expected at least one array")
    for i, p in enumerate(params):
        if not arrays.is_floating(p):
            found = getattr(p, "dtype", type(p).__name__)
            raise TypeError(f"array {i} of {name} is {found}; expected floating-point numbers")
        if not arrays.is_finite(p):
            raise ValueError(
                f"array {i} of {name} has a NaN or infinite element; expected finite numbers"
            )


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes))
