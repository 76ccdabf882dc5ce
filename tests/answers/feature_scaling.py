"""Answers to the exercises on feature scaling: right, wrong, harmless mutants."""

import math

import numpy as np


def standard_numpy(x, *, ddof=0):
    deviation = x.std(axis=0, ddof=ddof)
    deviation[deviation == 0] = 1.0
    return x.mean(axis=0), deviation, 0.0


def standard_tuple(x, *, ddof=0):
    shift = np.mean(x, 0)
    spread = np.sqrt(((x - shift) ** 2).sum(0) / (len(x) - ddof))
    return shift, np.where(x.max(0) > x.min(0), spread, 1), 0


def standard_loop(x, *, ddof=0):
    shift, scale = [], []
    for column in x.T:
        mean = sum(column) / len(column)
        variance = sum((value - mean) ** 2 for value in column) / (len(column) - ddof)
        shift.append(mean)
        scale.append(math.sqrt(variance) if variance > 0 else 1.0)
    return shift, scale, 0.0


def standard_cov(x, ddof=0):
    variances = np.atleast_2d(np.cov(x, rowvar=False, ddof=ddof)).diagonal()
    return [x.mean(0), np.sqrt(variances) + (variances == 0), 0.0]


def standard_torch(x, *, ddof=0):
    import torch

    x = torch.as_tensor(x)
    scale = x.std(0, correction=ddof)
    return x.mean(0), torch.where(scale > 0, scale, torch.ones_like(scale)), torch.tensor(0.0)


def standard_ones(x, *, ddof=0):
    ones = np.ones(len(x), dtype=x.dtype)
    mean = ones @ x / len(x)
    centred = x - mean
    scale = (np.einsum("ij,ij->j", centred, centred) / (len(x) - ddof)) ** 0.5
    return mean, np.array([s or 1.0 for s in scale]), 0.0


def white_eigh(x, *, ddof=0, eps=0.0):
    mean = x.mean(0)
    covariance = (x - mean).T @ (x - mean) / (len(x) - ddof)
    variances, directions = np.linalg.eigh(covariance)
    deviations = np.sqrt(variances + eps)
    matrix = directions / deviations @ directions.T
    return mean, matrix, directions * deviations @ directions.T


def white_svd(x, *, ddof=0, eps=0.0):
    mean = x.mean(axis=0)
    _, singular, directions = np.linalg.svd(x - mean, full_matrices=False)
    deviations = np.sqrt(singular**2 / (len(x) - ddof) + eps)
    back = directions.T @ np.diag(deviations) @ directions
    return mean, directions.T @ np.diag(1 / deviations) @ directions, back


def white_inverse(x, *, ddof=0, eps=0.0):
    covariance = np.atleast_2d(np.cov(x.T, ddof=ddof)) + eps * np.eye(x.shape[1])
    variances, u = np.linalg.eig(covariance)
    back = u @ np.diag(np.sqrt(variances)) @ np.linalg.inv(u)
    return x.mean(0), np.linalg.inv(back), back


def white_outer(x, *, ddof=0, eps=0.0):
    mean = x.mean(0)
    variances, u = np.linalg.eigh(np.atleast_2d(np.cov(x, rowvar=False, ddof=ddof)))
    pairs = list(zip(variances, u.T, strict=True))
    matrix = sum(np.outer(v, v) * (s + eps) ** -0.5 for s, v in pairs)
    return [mean, matrix, sum(np.outer(v, v) * (s + eps) ** 0.5 for s, v in pairs)]


def white_scipy(x, *, ddof=0, eps=0.0):
    from scipy.linalg import sqrtm

    centred = x - x.mean(0)
    covariance = centred.T @ centred / (len(x) - ddof)
    back = np.real(sqrtm(covariance + eps * np.eye(len(covariance))))
    return x.mean(0), np.linalg.inv(back), back


def white_torch(x, *, ddof=0, eps=0.0):
    import torch

    x = torch.as_tensor(x)
    mean = x.mean(0)
    variances, u = torch.linalg.eigh((x - mean).T @ (x - mean) / (len(x) - ddof))
    root = torch.sqrt(variances + eps)
    return mean, u / root @ u.T, u * root @ u.T


RIGHT = {
    "standardize": [
        standard_numpy,
        standard_tuple,
        standard_loop,
        standard_cov,
        standard_torch,
        standard_ones,
    ],
    "whitening-bug": [
        white_eigh,
        white_svd,
        white_inverse,
        white_outer,
        white_scipy,
        white_torch,
    ],
    "standardized-condition": [4, 4.0, "4", np.float32(4), [4], 1.6 / 0.4, np.array(4.0)],
}
WRONG = {
    "standardize": (
        "    ...",
        "    return x.mean(0), x.std(0, ddof=ddof), 0.0",
        "Its scale is to be 1",
    ),
    "whitening-bug": (
        "matrix = directions / (variances + eps)",
        "matrix = directions * np.sqrt(variances + eps)",
        "made larger still",
    ),
    "standardized-condition": ("kappa = ...", "kappa = 1.6", "largest eigenvalue"),
}

AGAIN = "the line gives the same when run again: it reads nothing that it writes"

EQUIVALENT: dict[str, dict[str, str]] = {
    "standardize": {
        "twice: summary = _summary(x)": AGAIN,
        "twice: deviation = np.sqrt(summary.squares / (summary.rows - ddof))": AGAIN,
    },
    "whitening-bug": {"twice: mean, components, scale = _principal(x, ddof, eps)": AGAIN},
}
