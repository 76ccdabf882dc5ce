"""Losses: value and gradient side by side, ``loss(prediction, target) -> (value, gradient)``.

The value is the mean over the batch, so that gradients don't grow with the batch size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.arrays import amax, exp, is_integer, log

__all__ = ["softmax_cross_entropy", "squared_error"]


def squared_error(prediction: Any, target: Any) -> tuple[Any, Any]:
    """Mean squared error over all elements, and its gradient in the prediction.

    Raises ValueError for different shapes or no elements.

    Source: Goodfellow, Bengio & Courville (2016), Equation (5.5). PyTorch ``MSELoss`` and Keras
    agree; optax ``l2_loss`` has a factor 1/2 and no mean.
    """
    if prediction.shape != target.shape:
        raise ValueError(
            f"prediction has shape {tuple(prediction.shape)} and target {tuple(target.shape)}; "
            "expected the same shape"
        )
    _check_batch(prediction)
    difference = prediction - target
    count = float(np.prod(tuple(difference.shape)))
    return (difference**2).sum() / count, 2 * difference / count


def softmax_cross_entropy(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Mean negative log-likelihood of integer labels under the softmax of the logits.

    logits are (batch, classes), labels (batch,) with 0 <= label < classes. Raises ValueError for
    other shapes, an empty batch or a label out of range; TypeError for labels that are no integers.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3. The row maximum is subtracted
    before the exponential, so that no logit overflows. PyTorch ``CrossEntropyLoss`` agrees.
    """
    if logits.ndim != 2 or tuple(labels.shape) != (logits.shape[0],):
        raise ValueError(
            f"logits and labels have shapes {tuple(logits.shape)} and {tuple(labels.shape)}; "
            "expected (batch, classes) and (batch,)"
        )
    _check_batch(logits)
    if not is_integer(labels):
        raise TypeError(f"labels are {labels.dtype}; expected integers from 0 to classes - 1")
    count, classes = logits.shape
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(
            f"labels run from {int(labels.min())} to {int(labels.max())}; "
            f"expected 0 to {classes - 1}, one for each of the {classes} logits"
        )
    shifted = logits - amax(logits, 1)
    log_probability = shifted - log(exp(shifted).sum(1)[:, None])
    at_label = (np.arange(count), labels)
    gradient = exp(log_probability)
    gradient[at_label] -= 1
    return -log_probability[at_label].sum() / count, gradient / count


def _check_batch(values: Any) -> None:
    if 0 in values.shape:
        raise ValueError(
            f"the batch has shape {tuple(values.shape)}; expected at least one element"
        )
