"""Clipping: gradients made smaller where they are too large.

Gradients that are NaN or infinite are not made finite: clipping by norm returns them as they are,
clipping by value limits infinity and keeps NaN. So a diverged run still shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mytutor._checks import check_number
from mytutor.arrays import clip, is_floating, to_numpy

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value"]


def clip_by_value(g: Any, limit: float) -> Any:
    """Every element limited to [-limit, limit], which also turns the gradient's direction.

    NaN stays NaN. Raises ValueError for a limit that isn't positive and finite or an empty
    gradient, TypeError for a gradient that is no array of floating-point numbers.

    Source: Mikolov (2012), as told by Pascanu, Mikolov & Bengio (2013), Section 3.2. PyTorch
    ``clip_grad_value_``, Keras ``clipvalue`` and optax ``clip`` agree.
    """
    _check(limit, [g], "g")
    return clip(g, -limit, limit)


def clip_by_norm(g: Any, limit: float, *, eps: float = 0.0) -> Any:
    """One gradient scaled down to Euclidean norm ``limit``, if its norm is larger.

    A zero gradient stays zero; one with NaN or infinity is returned as it is. Raises ValueError for
    a limit that isn't positive and finite, a negative eps or an empty gradient, TypeError for a
    gradient that is no array of floating-point numbers.

    Source: Pascanu, Mikolov & Bengio (2013), Algorithm 1. Keras ``clipnorm`` treats every array
    alone, as here; PyTorch ``clip_grad_norm_`` on a single array divides by norm + 1e-6, which is
    eps=1e-6 here.
    """
    _check(limit, [g], "g", eps)
    norm = _norm([g])
    return g * (limit / (norm + eps)) if limit < norm + eps < math.inf else g


def clip_by_global_norm(
    grads: Sequence[Any], limit: float, *, eps: float = 0.0
) -> tuple[list[Any], float]:
    """All gradients scaled by one factor, if their common norm exceeds ``limit``; and that norm.

    The norm is of all the gradients as one long vector, before clipping. The direction stays. Zero
    gradients stay zero; with NaN or infinity among them all are returned as they are. Raises
    ValueError for a limit that isn't positive and finite, a negative eps, no gradients or an empty
    one, TypeError for gradients that are no list of arrays of floating-point numbers.

    Source: Pascanu, Mikolov & Bengio (2013), Algorithm 1. Keras ``global_clipnorm`` and optax
    ``clip_by_global_norm`` agree; PyTorch ``clip_grad_norm_`` divides by norm + 1e-6, which is
    eps=1e-6 here.
    """
    _check(limit, grads, "grads", eps)
    norm = _norm(grads)
    if not limit < norm + eps < math.inf:
        return list(grads), norm
    factor = limit / (norm + eps)
    return [g * factor for g in grads], norm


def _norm(grads: Sequence[Any]) -> float:
    """Norm of all elements; the largest is divided out first, so that no square overflows."""
    sizes = [float(to_numpy(abs(g).max())) for g in grads]
    largest = sum(sizes) if any(map(math.isnan, sizes)) else max(sizes)
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(float(to_numpy(((g / largest) ** 2).sum())) for g in grads))


def _check(limit: float, grads: Any, name: str, eps: float = 0.0) -> None:
    check_number(limit=limit)
    check_number(eps=eps)
    if not 0 <= eps < math.inf:
        raise ValueError(f"eps is {eps!r}; expected a finite number of at least 0")
    if not 0 < limit < math.inf:
        raise ValueError(f"limit is {limit!r}; expected a positive finite number")
    if not isinstance(grads, (list, tuple)):
        raise TypeError(
            f"{name} is of type {type(grads).__name__}; expected a list of arrays, "
            "so wrap a single gradient as [g]"
        )
    if not grads:
        raise ValueError(f"{name} is empty; expected at least one gradient")
    for i, g in enumerate(grads):
        label = name if name == "g" else f"{name}[{i}]"
        if not is_floating(g):
            found = getattr(g, "dtype", type(g).__name__)
            raise TypeError(f"{label} is {found}; expected an array of floating-point numbers")
        if 0 in g.shape:
            raise ValueError(f"{label} has shape {tuple(g.shape)}; expected at least one element")
