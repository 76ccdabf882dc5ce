"""Answers to the exercises on batch normalization: right, wrong, and harmless mutants."""

import math
from typing import Any

import numpy as np

from answers import AGAIN, ORDER, SQUARE
from mytutor.arrays import sqrt

# -- forward ---------------------------------------------------------------------------------------


def forward_plain(x, gamma, beta, *, eps=1e-5):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(variance + eps)
    return gamma * xhat + beta, xhat, mean, variance


def forward_squares(x, gamma, beta, *, eps=1e-5):
    """E[x²] - E[x]², right though poor."""
    x = x.astype(np.float64)
    mean = sum(x) / len(x)
    variance = np.maximum(sum(x * x) / len(x) - mean * mean, 0)
    xhat = (x - mean) * (variance + eps) ** -0.5
    return xhat * gamma + beta, xhat, mean, variance


def forward_loops(x, gamma, beta, *, eps=1e-5):
    rows, channels = x.shape
    y, xhat = np.zeros_like(x), np.zeros_like(x)
    means, variances = [], []
    for c in range(channels):
        mean = sum(float(x[i, c]) for i in range(rows)) / rows
        variance = sum((float(x[i, c]) - mean) ** 2 for i in range(rows)) / rows
        for i in range(rows):
            xhat[i, c] = (x[i, c] - mean) / math.sqrt(variance + eps)
            y[i, c] = gamma[c] * xhat[i, c] + beta[c]
        means.append(mean)
        variances.append(variance)
    return y, xhat, means, variances


def forward_transposed(x, gamma, beta, eps=1e-5):
    columns = x.T
    mean = columns.mean(axis=1)
    centered = columns - mean[:, None]
    variance = np.einsum("cn,cn->c", centered, centered) / columns.shape[1]
    xhat = centered / np.sqrt(variance + eps)[:, None]
    return [(gamma[:, None] * xhat + beta[:, None]).T, xhat.T, mean, variance]


def forward_affine(x, gamma, beta, *, eps=1e-5):
    """One multiplication and one addition, as in inference."""
    mean, variance = np.average(x, axis=0), np.var(x, axis=0, ddof=0)
    scale = 1 / sqrt(variance + eps)
    return x * (gamma * scale) + (beta - mean * gamma * scale), (x - mean) * scale, mean, variance


def forward_torch(x, gamma, beta, *, eps=1e-5):
    import torch

    x, gamma, beta = torch.as_tensor(x), torch.as_tensor(gamma), torch.as_tensor(beta)
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    xhat = (x - mean) * torch.rsqrt(variance + eps)
    return torch.addcmul(beta, gamma, xhat), xhat, mean, variance


# -- backward --------------------------------------------------------------------------------------


def backward_means(dy, xhat, gamma, deviation):
    dx = gamma / deviation * (dy - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))
    return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)


def backward_chain(dy, xhat, gamma, deviation):
    """The chain rule one piece after the other, as the paper writes it."""
    rows = dy.shape[0]
    centered = xhat * deviation
    dxhat = gamma * dy
    dvariance = (dxhat * centered).sum(axis=0) * -0.5 * deviation**-3.0
    dmean = -dxhat.sum(axis=0) / deviation - dvariance * 2 * centered.mean(axis=0)
    dx = dxhat / deviation + dvariance * 2 * centered / rows + dmean / rows
    return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)


def backward_one_fraction(dy, xhat, gamma, deviation):
    rows = len(dy)
    dbeta, dgamma = sum(dy), sum(dy * xhat)
    return gamma * (rows * dy - dbeta - xhat * dgamma) / (rows * deviation), dgamma, dbeta


def backward_matrix(dy, xhat, gamma, deviation):
    """One Jacobian per channel."""
    rows, channels = dy.shape
    dx = np.empty_like(dy)
    for c in range(channels):
        outer = np.outer(xhat[:, c], xhat[:, c])
        jacobian = (np.eye(rows) - 1 / rows - outer / rows) / deviation[c]
        dx[:, c] = gamma[c] * jacobian @ dy[:, c]
    return dx, np.einsum("nc,nc->c", dy, xhat), np.einsum("nc->c", dy)


def backward_loops(dy, xhat, gamma, deviation):
    rows, channels = dy.shape
    dx = np.zeros_like(dy)
    dgamma, dbeta = [0.0] * channels, [0.0] * channels
    for c in range(channels):
        for i in range(rows):
            dbeta[c] += float(dy[i, c])
            dgamma[c] += float(dy[i, c]) * float(xhat[i, c])
        for i in range(rows):
            inner = dy[i, c] - dbeta[c] / rows - xhat[i, c] * dgamma[c] / rows
            dx[i, c] = gamma[c] * inner / deviation[c]
    return dx, dgamma, dbeta


def backward_torch(dy, xhat, gamma, deviation):
    import torch

    dy, xhat, gamma, deviation = map(torch.as_tensor, (dy, xhat, gamma, deviation))
    dgamma, dbeta = (dy * xhat).sum(0), dy.sum(0)
    dx = gamma * (dy - dbeta / len(dy) - xhat * dgamma / len(dy)) / deviation
    return dx, dgamma, dbeta


# -- running averages ------------------------------------------------------------------------------


def running_plain(mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1):
    unbiased = rows / (rows - correction) * batch_variance
    mean = momentum * mean + (1 - momentum) * batch_mean
    return mean, momentum * variance + (1 - momentum) * unbiased


def running_difference(
    mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1
):
    """The old value and a part of the way to the new one."""
    unbiased = batch_variance / (1 - correction / rows)
    weight = 1 - momentum
    return mean + weight * (batch_mean - mean), variance + weight * (unbiased - variance)


def running_loop(mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1):
    means, variances = [], []
    old_means = np.broadcast_to(mean, batch_mean.shape)
    old_variances = np.broadcast_to(variance, batch_mean.shape)
    for c in range(len(batch_mean)):
        squares = batch_variance[c] * rows
        means.append(momentum * old_means[c] + (1 - momentum) * batch_mean[c])
        new = squares / (rows - correction)
        variances.append(momentum * old_variances[c] + (1 - momentum) * new)
    return means, variances


def running_stacked(
    mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1
):
    old = np.array([mean + 0 * batch_mean, variance + 0 * batch_mean])
    new = np.array([batch_mean, batch_variance * (rows / (rows - correction))])
    return momentum * old + (1 - momentum) * new


def running_torchs(mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1):
    """PyTorch's formula, its weight converted."""
    new = 1 - momentum
    mean = (1 - new) * mean + new * batch_mean
    variance = (1 - new) * variance + new * batch_variance * rows / (rows - correction)
    return mean, variance


def running_torch(mean, variance, batch_mean, batch_variance, rows, *, momentum=0.9, correction=1):
    import torch

    new, squares = torch.as_tensor(batch_mean), torch.as_tensor(batch_variance) * rows
    old = torch.as_tensor(mean, dtype=new.dtype), torch.as_tensor(variance, dtype=new.dtype)
    mean = torch.lerp(old[0].expand_as(new), new, 1 - momentum)
    return mean, torch.lerp(old[1].expand_as(new), squares / (rows - correction), 1 - momentum)


RIGHT: dict[str, list[Any]] = {
    "batch-norm": [
        forward_plain,
        forward_squares,
        forward_loops,
        forward_transposed,
        forward_affine,
        forward_torch,
    ],
    "batch-norm-backward": [
        backward_means,
        backward_chain,
        backward_one_fraction,
        backward_matrix,
        backward_loops,
        backward_torch,
    ],
    "running-average-bug": [
        running_plain,
        running_difference,
        running_loop,
        running_stacked,
        running_torchs,
        running_torch,
    ],
    "batch-norm-equal-rows": ["C", "c", " C ", "(C)", "c."],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "batch-norm": (
        "    ...",
        "    mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)\n"
        "    xhat = (x - mean) / np.sqrt(variance + eps)\n"
        "    return gamma * xhat + beta, xhat, mean, variance",
        "variance divided by N - 1",
    ),
    "batch-norm-backward": (
        "    ...",
        "    return gamma / deviation * dy, (dy * xhat).sum(axis=0), dy.sum(axis=0)",
        "statistics taken as constants",
    ),
    "running-average-bug": (
        "(1 - momentum) * mean + momentum * batch_mean",
        "momentum * mean + (1 - momentum) * batch_mean",
        "weights swapped for the variance only",
    ),
    "batch-norm-equal-rows": ("equal_rows = ...", 'equal_rows = "d"', "without eps"),
}
COUNT = "both have as many rows"
EQUIVALENT: dict[str, dict[str, str]] = {
    "batch-norm": {
        "variance = (centered ** 2).mean(0)  ->  variance = ((-centered) ** 2).mean(0)": SQUARE,
        "twice: mean = x.mean(0)": AGAIN,
        "twice: centered = x - mean": AGAIN,
        "twice: variance = (centered ** 2).mean(0)": AGAIN,
        "twice: xhat = centered / sqrt(variance + eps)": AGAIN,
        "twice: y = gamma * xhat + beta": AGAIN,
    },
    "batch-norm-backward": {
        "rows = len(dy)  ->  rows = len(xhat)": COUNT,
        "rows = len(dy)  ->  rows = len(-dy)": COUNT,
        "twice: dgamma = (dy * xhat).sum(0)": AGAIN,
        "after the next line: dgamma = (dy * xhat).sum(0)": ORDER,
        "twice: dbeta = dy.sum(0)": AGAIN,
        "after the next line: dbeta = dy.sum(0)": ORDER,
        "twice: rows = len(dy)": AGAIN,
        "twice: dx = gamma / deviation * (dy - dbeta / rows - xhat * dgamma / rows)": AGAIN,
    },
    "running-average-bug": {
        "twice: unbiased = batch_variance * rows / (rows - correction)": AGAIN,
        "after the next line: unbiased = batch_variance * rows / (rows - correction)": ORDER,
        "after the next line: mean = momentum * mean + (1 - momentum) * batch_mean": ORDER,
    },
}
