"""Losses: value and gradient side by side, ``loss(prediction, target) -> (value, gradient)``.

The value is the mean over the batch, so that gradients don't grow with the batch size. Settings
stay keyword-only; ``functools.partial(huber, delta=2.0)`` is a loss again.

Prediction and target are arrays of the same floating-point dtype, which the gradient has too (class
labels are integers), or it is a TypeError; an empty batch is a ValueError, and so is NaN in a
target. NaN in a prediction is no error but makes the value NaN: so a diverged run shows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mytutor._checks import check_number
from mytutor.arrays import (
    clip,
    exp,
    full,
    is_finite,
    is_floating,
    is_integer,
    log,
    log1p,
    log_softmax,
    maximum,
    sigmoid,
    where,
)

__all__ = [
    "absolute_error",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "categorical_cross_entropy",
    "crammer_singer_hinge",
    "hinge",
    "huber",
    "kl_divergence",
    "multiclass_hinge",
    "smoothed_cross_entropy",
    "soft_cross_entropy",
    "softmax_cross_entropy",
    "squared_error",
]


def squared_error(prediction: Any, target: Any, *, factor: float = 1.0) -> tuple[Any, Any]:
    """Mean of the squared differences over all elements, times a factor; and its gradient.

    Any one shape. Raises ValueError for different shapes, a negative factor or no elements.

    Source: Goodfellow, Bengio & Courville (2016), Equation (5.5). PyTorch ``MSELoss``, Keras and
    optax ``squared_error`` agree (optax takes no mean); optax ``l2_loss`` is factor=0.5.
    """
    count = _check_regression(prediction, target)
    _check_positive("factor", factor)
    difference = prediction - target
    scale = factor / count
    return (difference**2).sum() * scale, 2 * scale * difference


def absolute_error(prediction: Any, target: Any) -> tuple[Any, Any]:
    """Mean of the absolute differences over all elements; where they are 0 the gradient is 0.

    Any one shape. Raises ValueError for different shapes or no elements.

    Source: Boyd & Vandenberghe (2004), Section 6.1.2. PyTorch ``L1Loss`` and Keras agree.
    """
    count = _check_regression(prediction, target)
    difference = prediction - target
    return abs(difference).sum() / count, (_step(difference) - _step(-difference)) / count


def huber(prediction: Any, target: Any, *, delta: float = 1.0) -> tuple[Any, Any]:
    """Mean Huber loss: half the square up to delta, from there on a line of slope delta.

    Any one shape. Raises ValueError for different shapes, no elements or a delta that isn't
    positive.

    Source: Huber (1964); Hastie, Tibshirani & Friedman (2009), Equation (10.23), which is twice as
    large. PyTorch ``HuberLoss``, Keras and optax agree; PyTorch
    ``SmoothL1Loss(beta)`` is this with delta=beta, divided by beta.
    """
    count = _check_regression(prediction, target)
    _check_positive("delta", delta)
    difference = prediction - target
    limited = clip(difference, -delta, delta)
    return (limited * (difference - limited / 2)).sum() / count, limited / count


def binary_cross_entropy(prediction: Any, target: Any, *, eps: float = 1e-7) -> tuple[Any, Any]:
    """Mean negative log-likelihood of yes or no under probabilities of yes.

    Any one shape, all in [0, 1]; targets between 0 and 1 are probabilities too. Predictions are
    clipped to [eps, 1 - eps], beyond which the gradient is 0: nothing is learned from a prediction
    that is wrong and certain, and ``binary_cross_entropy_with_logits`` has no such limit. Raises
    ValueError for different shapes, values outside [0, 1], no elements, or an eps that isn't
    between 0 and 1/2 or vanishes beside 1.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.2. Keras clips as here; PyTorch
    ``BCELoss`` limits each logarithm to at least -100 instead; optax takes logits only.
    """
    count = _check_regression(prediction, target)
    _check_probabilities("prediction", prediction, "binary_cross_entropy_with_logits takes logits")
    _check_probabilities("target", target, "write labels as 0 and 1")
    _check_eps(eps, prediction)
    p = clip(prediction, eps, 1 - eps)
    value = -(target * log(p) + (1 - target) * log(1 - p)).sum() / count
    clipped = (prediction < eps) | (prediction > 1 - eps)
    return value, where(clipped, 0.0, (p - target) / (p * (1 - p))) / count


def binary_cross_entropy_with_logits(logits: Any, target: Any) -> tuple[Any, Any]:
    """Mean negative log-likelihood of yes or no, where the sigmoid of a logit is P(yes).

    Any one shape; targets are in [0, 1]. Sigmoid and logarithm are one formula, in which nothing
    overflows and nothing saturates. Raises ValueError for different shapes, targets outside [0, 1]
    or no elements.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.2. PyTorch ``BCEWithLogitsLoss``,
    Keras ``from_logits=True`` and optax ``sigmoid_binary_cross_entropy`` agree.
    """
    count = _check_regression(logits, target, "logits")
    _check_probabilities("target", target, "write labels as 0 and 1")
    value = maximum(logits, 0.0) - logits * target + log1p(exp(-abs(logits)))
    return value.sum() / count, (sigmoid(logits) - target) / count


def softmax_cross_entropy(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Mean negative log-likelihood of integer labels under the softmax of the logits.

    logits are (batch, classes), labels (batch,) with 0 <= label < classes. Raises ValueError for
    other shapes, an empty batch or a label out of range; TypeError for labels that are no integers.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3. The row maximum is subtracted
    before the exponential, so that no logit overflows. PyTorch ``CrossEntropyLoss`` agrees.
    """
    at_label = _check_labels(logits, labels)
    count = len(logits)
    log_probability = log_softmax(logits)
    gradient = exp(log_probability)
    gradient[at_label] -= 1
    return -log_probability[at_label].sum() / count, gradient / count


def smoothed_cross_entropy(logits: Any, labels: Any, *, smoothing: float = 0.1) -> tuple[Any, Any]:
    """Mean cross-entropy with labels of which a part, ``smoothing``, is shared by all classes.

    logits are (batch, classes), labels integers (batch,). A label keeps 1 - smoothing +
    smoothing / classes, so that no logit is driven to infinity. Raises ValueError for other shapes,
    an empty batch, a label out of range or a smoothing outside [0, 1]; TypeError for labels that
    are no integers.

    Source: Szegedy et al. (2016), Section 7. PyTorch and Keras ``label_smoothing`` and optax
    ``smooth_labels`` agree.
    """
    at_label = _check_labels(logits, labels)
    check_number(smoothing=smoothing)
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is {smoothing!r}; expected a probability from 0 to 1")
    target = full(logits, tuple(logits.shape), smoothing / logits.shape[1])
    target[at_label] += 1 - smoothing
    return soft_cross_entropy(logits, target)


def soft_cross_entropy(logits: Any, target: Any) -> tuple[Any, Any]:
    """Mean cross-entropy between target probabilities and the softmax of the logits.

    Both are (batch, classes), and a row of the target sums to 1. Raises ValueError for other
    shapes, an empty batch, or targets that are no probabilities.

    Source: Goodfellow, Bengio & Courville (2016), Section 6.2.2.3. PyTorch ``CrossEntropyLoss``
    with probabilities, Keras ``from_logits=True`` and optax ``softmax_cross_entropy`` agree.
    """
    _check_distributions("logits", logits, target)
    count = len(logits)
    log_probability = log_softmax(logits)
    value = -_weighted(target, log_probability).sum() / count
    return value, (exp(log_probability) - target) / count


def categorical_cross_entropy(
    prediction: Any, target: Any, *, eps: float = 1e-7
) -> tuple[Any, Any]:
    """Mean cross-entropy between target and predicted probabilities of classes.

    Both are (batch, classes), and a row of the target sums to 1. Predictions are clipped to [eps,
    1 - eps], beyond which the gradient is 0; ``soft_cross_entropy`` has no such limit. Raises
    ValueError for other shapes, values outside [0, 1], an empty batch, targets that are no
    probabilities, or an eps that isn't between 0 and 1/2 or vanishes beside 1.

    Source: Goodfellow, Bengio & Courville (2016), Equation (3.51). Rows are taken as they are;
    Keras divides each row by its sum first, which changes the gradient even where the sum is 1.
    PyTorch and optax take logits only.
    """
    _check_distributions("prediction", prediction, target)
    _check_probabilities("prediction", prediction, "soft_cross_entropy takes logits")
    _check_eps(eps, prediction)
    count = len(prediction)
    p = clip(prediction, eps, 1 - eps)
    clipped = (prediction < eps) | (prediction > 1 - eps)
    return -(target * log(p)).sum() / count, where(clipped, 0.0, -target / p) / count


def kl_divergence(log_prediction: Any, target: Any) -> tuple[Any, Any]:
    """Kullback-Leibler divergence of the prediction from the target, summed over the classes.

    The prediction is the logarithm of probabilities, as the layer ``log_softmax`` gives it; both
    are (batch, classes), and a row of the target sums to 1. The value is the mean over the batch.
    Raises ValueError for other shapes, an empty batch, logarithms above 0, or targets that are no
    probabilities.

    Source: Kullback & Leibler (1951); Goodfellow, Bengio & Courville (2016), Equation (3.50).
    PyTorch ``KLDivLoss(reduction='batchmean')`` agrees; its default 'mean' divides by the number of
    elements. Keras takes probabilities and clips them at 1e-7; optax has no mean over the batch.
    """
    _check_distributions("log_prediction", log_prediction, target)
    if bool((log_prediction > 1e-6).any()):
        raise ValueError(
            f"log_prediction goes up to {float(log_prediction.max()):g}; expected logarithms of "
            "probabilities, at most 0, as the layer log_softmax gives them"
        )
    count = len(target)
    entropy = (target * log(where(target > 0, target, 1.0))).sum()
    return (entropy - _weighted(target, log_prediction).sum()) / count, -target / count


def hinge(scores: Any, target: Any, *, margin: float = 1.0) -> tuple[Any, Any]:
    """Mean hinge loss of two classes: how far target times score stays below the margin.

    Any one shape; targets are -1 and +1. At the margin itself the gradient is 0. Raises ValueError
    for different shapes, other targets, no elements or a margin that isn't positive.

    Source: Cortes & Vapnik (1995), Section 3. optax ``hinge_loss`` agrees but takes no mean; Keras
    turns targets 0 and 1 into -1 and +1; PyTorch's ``HingeEmbeddingLoss`` is another loss.
    """
    count = _check_regression(scores, target, "scores")
    _check_positive("margin", margin)
    if not bool(((target == 1) | (target == -1)).all()):
        raise ValueError(
            f"target runs from {float(target.min()):g} to {float(target.max()):g}; expected only "
            "-1 and +1, which 2 * y - 1 makes of 0 and 1"
        )
    short = margin - target * scores
    return maximum(short, 0.0).sum() / count, -target * _step(short) / count


def multiclass_hinge(scores: Any, labels: Any, *, margin: float = 1.0) -> tuple[Any, Any]:
    """Mean hinge loss summed over the wrong classes that come within the margin of the right one.

    scores are (batch, classes), labels integers (batch,). Raises ValueError for other shapes, an
    empty batch, a label out of range or a margin that isn't positive; TypeError for labels that
    are no integers.

    Source: Weston & Watkins (1999), whose margin is 2. PyTorch ``MultiMarginLoss`` is
    this divided by the number of classes; Keras ``CategoricalHinge`` and scikit-learn are
    ``crammer_singer_hinge``.
    """
    at_label = _check_labels(scores, labels, "scores")
    _check_positive("margin", margin)
    count = len(scores)
    short = scores - scores[at_label][:, None] + margin
    short[at_label] = 0.0
    gradient = _step(short)
    gradient[at_label] = -gradient.sum(1)
    return maximum(short, 0.0).sum() / count, gradient / count


def crammer_singer_hinge(scores: Any, labels: Any, *, margin: float = 1.0) -> tuple[Any, Any]:
    """Mean hinge loss of the right class against the best of the wrong ones.

    scores are (batch, classes) with at least 2 classes, labels integers (batch,). Raises ValueError
    for other shapes, an empty batch, a label out of range or a margin that isn't positive;
    TypeError for labels that are no integers.

    Source: Crammer & Singer (2001), Section 3. optax ``multiclass_hinge_loss`` agrees but takes
    no mean. Keras ``CategoricalHinge`` agrees where a wrong class has a positive score: it takes
    the largest of these and 0.
    """
    at_label = _check_labels(scores, labels, "scores")
    _check_positive("margin", margin)
    count, classes = scores.shape
    if classes < 2:
        raise ValueError(f"scores have shape {tuple(scores.shape)}; expected at least 2 classes")
    others = scores + 0.0
    others[at_label] = -math.inf
    rival = (np.arange(count), others.argmax(1))
    short = others[rival] - scores[at_label] + margin
    gradient = full(scores, (count, classes), 0.0)
    gradient[rival] = _step(short)
    gradient[at_label] = -_step(short)
    return maximum(short, 0.0).sum() / count, gradient / count


def _step(x: Any) -> Any:
    """1 where x is positive and 0 elsewhere; NaN stays NaN."""
    return where(x > 0, 1.0, clip(x, 0.0, 0.0))


def _weighted(target: Any, logarithm: Any) -> Any:
    """Target times logarithm, where a target of 0 counts nothing, even against -infinity."""
    return target * where(target == 0, 0.0, logarithm)


def _check_floating(name: str, values: Any) -> None:
    if not is_floating(values):
        found = getattr(values, "dtype", type(values).__name__)
        raise TypeError(
            f"{name} is {found}; expected an array of floating-point numbers, "
            "for example np.array(values, dtype=float)"
        )


def _check_regression(prediction: Any, target: Any, name: str = "prediction") -> float:
    """Refuse what can't be compared element by element; the number of elements otherwise."""
    _check_floating(name, prediction)
    _check_floating("target", target)
    if prediction.dtype != target.dtype:
        raise TypeError(
            f"target is {target.dtype}; expected {prediction.dtype}, the dtype of {name}"
        )
    if prediction.shape != target.shape:
        raise ValueError(
            f"{name} has shape {tuple(prediction.shape)} and target {tuple(target.shape)}; "
            "expected the same shape"
        )
    _check_batch(prediction)
    if not is_finite(target):
        raise ValueError("target has a NaN or infinite element; expected finite numbers")
    return float(math.prod(prediction.shape))


def _check_distributions(name: str, prediction: Any, target: Any) -> None:
    """Refuse what are no two batches of classes, or targets that are no probabilities."""
    _check_regression(prediction, target, name)
    if prediction.ndim != 2:
        raise ValueError(
            f"{name} and target have shape {tuple(prediction.shape)}; expected (batch, classes)"
        )
    _check_probabilities("target", target, "integer labels go to softmax_cross_entropy")
    sums = target.sum(1)
    furthest = float(abs(sums - 1).max())
    if furthest > 1e-4:
        raise ValueError(
            f"a row of target sums to a number {furthest:g} away from 1; expected probabilities"
        )


def _check_labels(logits: Any, labels: Any, name: str = "logits") -> tuple[Any, Any]:
    """Refuse what are no labels for these logits; the index of every label otherwise."""
    _check_floating(name, logits)
    if logits.ndim != 2 or tuple(getattr(labels, "shape", ())) != (logits.shape[0],):
        raise ValueError(
            f"{name} and labels have shapes {tuple(logits.shape)} and "
            f"{tuple(getattr(labels, 'shape', ()))}; expected (batch, classes) and (batch,)"
        )
    _check_batch(logits)
    if not is_integer(labels):
        raise TypeError(f"labels are {labels.dtype}; expected integers from 0 to classes - 1")
    classes = logits.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels run from {int(labels.min())} to {int(labels.max())}; "
            f"expected 0 to {classes - 1}, one for each of the {classes} {name}"
        )
    return np.arange(len(logits)), labels


def _check_probabilities(name: str, values: Any, advice: str) -> None:
    if bool(((values < 0) | (values > 1)).any()):
        raise ValueError(
            f"{name} runs from {float(values.min()):g} to {float(values.max()):g}; expected "
            f"probabilities between 0 and 1 ({advice})"
        )


def _check_positive(name: str, value: float) -> None:
    check_number(**{name: value})
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}; expected a positive finite number")


def _check_eps(eps: float, p: Any) -> None:
    check_number(eps=eps)
    if not (0 < eps < 0.5 and float(full(p, (1,), 1.0)[0] - eps) < 1):
        raise ValueError(
            f"eps is {eps!r}; expected a number between 0 and 0.5 that 1 - eps shows in {p.dtype}"
        )


def _check_batch(values: Any) -> None:
    if 0 in values.shape:
        raise ValueError(
            f"the batch has shape {tuple(values.shape)}; expected at least one element"
        )
