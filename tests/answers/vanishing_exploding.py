"""Answers to the exercises on vanishing and exploding gradients: right, wrong, harmless mutants."""

import math

import numpy as np


def clip_min(g, limit, *, eps=0.0):
    norm = np.sqrt((g**2).sum())
    return g * min(1.0, limit / (norm + eps)) if norm + eps > 0 else g


def clip_linalg(g, limit, *, eps=0.0):
    length = np.linalg.norm(g) + eps
    return g.copy() if length <= limit else limit * g / length


def clip_rows_added(g, limit, *, eps=0.0):
    norm = math.sqrt(sum(float(row @ row) for row in g))
    return [[x / max(1, (norm + eps) / limit) for x in row] for row in g]


def clip_divide(g, limit, *, eps=0.0):
    return g / np.maximum((np.linalg.norm(g.ravel()) + eps) / limit, 1)


def clip_loop(g, limit, *, eps=0.0):
    squares = 0.0
    for row in g:
        for x in row:
            squares += float(x) ** 2
    factor = 1.0
    if squares**0.5 + eps > limit:
        factor = limit / (squares**0.5 + eps)
    return np.array([[x * factor for x in row] for row in g])


def clip_torch(g, limit, *, eps=0.0):
    import torch

    g = torch.as_tensor(g)
    norm = torch.linalg.norm(g)
    return g * torch.clamp(limit / (norm + eps), max=1.0)


def clip_einsum(g, limit, eps=0.0):
    norm = np.einsum("ij,ij->", g, g) ** 0.5
    return np.where(norm + eps > limit, g * limit / np.where(norm + eps > 0, norm + eps, 1), g)


def slope_factors(dy, cache):
    return dy * (1 - cache) * (1 + cache)


def slope_expanded(dy, cache):
    return dy - dy * cache * cache


def slope_loop(dy, cache):
    return [_row(d, y) for d, y in zip(dy, cache, strict=True)]


def _row(d, y):
    if np.ndim(d) == 0:
        return d * (1 - y**2)
    return [a * (1 - b**2) for a, b in zip(d, y, strict=True)]


def slope_torch(dy, cache):
    import torch

    return torch.as_tensor(dy) * (1 - torch.as_tensor(cache) ** 2)


def slope_numpy(dy, cache):
    return np.multiply(dy, np.subtract(1, np.square(cache)))


def slope_diagonal(dy, cache):
    return np.stack([d @ np.diag(1 - y**2) for d, y in zip(dy, cache, strict=True)])


RIGHT = {
    "clip-together": [
        clip_min,
        clip_linalg,
        clip_rows_added,
        clip_divide,
        clip_loop,
        clip_torch,
        clip_einsum,
    ],
    "tanh-slope-bug": [
        slope_factors,
        slope_expanded,
        slope_loop,
        slope_torch,
        slope_numpy,
        slope_diagonal,
    ],
    "twenty-sigmoids": [
        0.75**20,
        (3 / 4) ** 20,
        0.00317,
        "0.00317",
        np.float32(0.75) ** 20,
        np.array([0.75**20]),
        np.exp(20 * np.log(0.75)),
    ],
}
WRONG = {
    "clip-together": ("    ...", "    return np.clip(g, -limit, limit)", "cut to [-limit, limit]"),
    "tanh-slope-bug": ("np.tanh(cache) ** 2", "cache", "not symmetric"),
    "twenty-sigmoids": ("at_most = ...", "at_most = 0.25**20", "part of the sigmoids"),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "clip-together": {
        "norm = _norm([g])  ->  norm = _norm([-g])": "a norm has no sign",
        "twice: norm = _norm([g])": "the line gives the same when run again",
    },
    "tanh-slope-bug": {
        "return dy * (1 - cache ** 2)  ->  return dy * (1 - (-cache) ** 2)": "a square has no sign",
    },
}
