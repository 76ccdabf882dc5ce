"""Update rules that look at the whole array: the grammar of ``rules`` plus norms and products.

They are called like any other rule, once per layer, and never run in blocks or read as equations
of single numbers.
"""

from __future__ import annotations

from typing import Any

from mytutor._checks import check_whole
from mytutor.arrays import maximum, sqrt, where

__all__ = ["lamb", "lars", "muon", "newton_schulz", "norm"]


def norm(x: Any) -> Any:
    """Euclidean length of an array of any shape.

    Source: Golub & Van Loan (2013), Section 2.3, for a matrix the Frobenius norm.
    """
    return sqrt((x**2).sum())


def lars(x, g, t, v=0.0, *, lr=0.1, mu=0.9, trust=0.001, weight_decay=1e-4):
    """LARS: momentum whose step is a fixed fraction of each layer's own length.

    You, Gitman & Ginsburg (2017), Algorithm 1. A layer or a gradient of length zero takes the plain
    step.

    optax ``lars`` is the same rule with lr outside the velocity, and with eps = 0. PyTorch and
    Keras have none.
    """
    g = g + weight_decay * x
    size = norm(x) * norm(g)
    ratio = where(size > 0, trust * norm(x) / maximum(norm(g), 1e-300 + 0 * size), 1.0 + 0 * size)
    v = mu * v + lr * ratio * g
    x = x - v
    return x, v


def lamb(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.01):
    """LAMB: Adam's direction, rescaled to the length of the layer it moves.

    You et al. (2020), Algorithm 2, with phi the identity. A layer or a step of length zero takes
    the plain step.

    optax ``lamb`` is the same rule with weight_decay 0. Keras ``Lamb`` has no weight decay inside
    the ratio; PyTorch has none.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    r = mhat / (sqrt(vhat) + eps) + weight_decay * x
    size = norm(x) * norm(r)
    ratio = where(size > 0, norm(x) / maximum(norm(r), 1e-300 + 0 * size), 1.0 + 0 * size)
    x = x - lr * ratio * r
    return x, m, v


def muon(x, g, t, b=0.0, *, lr=0.02, mu=0.95):
    """Muon: momentum whose matrix is replaced by the nearest one with all singular values near 1.

    Jordan et al. (2024), 'Muon: an optimizer for hidden layers in neural networks'. x is a matrix
    (fan_out, fan_in); for weights kept as (fan_in, fan_out) the factor of the step turns around.

    PyTorch ``Muon`` (2.9 and later) is the same rule with weight decay, in bfloat16, and with b
    as a running average, which the normalization cancels. optax ``contrib.muon`` corrects the bias
    of that average and takes its matrices as (fan_in, fan_out). Raises ValueError for anything but
    a matrix.
    """
    if getattr(x, "ndim", None) != 2:
        found = tuple(getattr(x, "shape", ()))
        raise ValueError(f"x has shape {found}; Muon takes a matrix, use adam for the rest")
    b = mu * b + g
    u = newton_schulz(g + mu * b)
    x = x - lr * max(1, x.shape[0] / x.shape[1]) ** 0.5 * u
    return x, b


def newton_schulz(g: Any, *, steps: int = 5, eps: float = 1e-7) -> Any:
    """Push the singular values of a matrix towards 1 and leave its singular vectors.

    Five steps bring every singular value above 0.001 of the largest between about 0.7 and 1.2.

    Jordan et al. (2024), the quintic iteration with its coefficients; Higham (2008), Section 8.3,
    on the classical one.
    """
    if getattr(g, "ndim", None) != 2:
        raise ValueError(f"g has shape {getattr(g, 'shape', ())}; expected a matrix")
    check_whole("steps", steps, 0)
    tall = g.shape[0] > g.shape[1]
    y = g.T if tall else g
    y = y / (norm(y) + eps)
    for _ in range(steps):
        a = y @ y.T
        y = 3.4445 * y + (-4.7750 * a + 2.0315 * a @ a) @ y
    return y.T if tall else y
