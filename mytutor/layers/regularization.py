"""Regularization by noise: a layer for training that is left out afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.arrays import like
from mytutor.layers._checks import (
    check_arrays,
    check_generator,
    check_gradient,
    check_number,
    check_setting,
)

__all__ = ["dropout", "dropout_backward"]


def dropout(x: Any, *, rng: np.random.Generator, rate: float = 0.5) -> tuple[Any, Any]:
    """Set each element to 0 with probability ``rate`` and divide the others by 1 - rate.

    The expected output is x, so that inference simply leaves the layer out. The noise comes from
    the NumPy generator ``rng`` whatever the library of x, and is the same on every device. Raises
    ValueError for a rate outside [0, 1) and TypeError for anything but a generator.

    Source: Srivastava et al. (2014), Section 4, scaled at training time as in their Section 10;
    their p is the probability to keep, 1 - rate. PyTorch, Keras and flax agree with the rate here.
    """
    check_arrays(x=x)
    check_number(rate=rate)
    check_setting(0 <= rate < 1, "rate", rate, "the probability to drop, from 0 to below 1")
    check_generator(rng)
    mask = like(x, (rng.random(tuple(x.shape)) >= rate) / (1 - rate))
    return x * mask, mask


def dropout_backward(dy: Any, cache: Any) -> Any:
    """Gradient of dropout: through the elements that were kept, with the same factor.

    Source: Srivastava et al. (2014), Section 5.1.
    """
    check_gradient(dy, cache.shape)
    return dy * cache
