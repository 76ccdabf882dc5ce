"""Batch norm of rows, as the paper writes it: what the layers do once their input is checked."""

from __future__ import annotations

from typing import Any

from mytutor.arrays import sqrt


def normalize_rows(x: Any, gamma: Any, beta: Any, *, eps: float = 1e-5) -> tuple[Any, ...]:
    """Outputs, normalized rows, and the batch's mean and variance, one number a channel.

    x is (rows, channels); gamma and beta are (channels,).

    Source: Ioffe & Szegedy (2015), Algorithm 1.
    """
    mean = x.mean(0)
    centered = x - mean
    variance = (centered**2).mean(0)
    xhat = centered / sqrt(variance + eps)
    y = gamma * xhat + beta
    return y, xhat, mean, variance


def normalize_rows_backward(dy: Any, xhat: Any, gamma: Any, deviation: Any) -> tuple[Any, ...]:
    """Gradients (dx, dgamma, dbeta) of ``normalize_rows``.

    deviation is sqrt(variance + eps), one number a channel. The derivatives of mean and variance
    take two things out of dy: its mean, and its component along xhat.

    Source: Ioffe & Szegedy (2015), Section 3, the chain rule after Algorithm 1, simplified.
    """
    dgamma = (dy * xhat).sum(0)
    dbeta = dy.sum(0)
    rows = len(dy)
    dx = gamma / deviation * (dy - dbeta / rows - xhat * dgamma / rows)
    return dx, dgamma, dbeta


def update_statistics_of_rows(
    mean: Any,
    variance: Any,
    batch_mean: Any,
    batch_variance: Any,
    rows: int,
    *,
    momentum: float = 0.9,
    correction: int = 1,
) -> tuple[Any, Any]:
    """Running mean and variance after one more batch of so many rows.

    The variances of the batch divide by rows; ``correction`` 1 makes them unbiased.

    Source: Ioffe & Szegedy (2015), Algorithm 2 and Section 3.1.
    """
    unbiased = batch_variance * rows / (rows - correction)
    mean = momentum * mean + (1 - momentum) * batch_mean
    variance = momentum * variance + (1 - momentum) * unbiased
    return mean, variance
