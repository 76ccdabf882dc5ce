"""Answers to the exercises on symmetry and scale: right, wrong, and harmless mutants."""

import math

import numpy as np
import torch


def units_set(w):
    return len({tuple(column) for column in w.T})


def units_loop(w):
    found = []
    for j in range(w.shape[1]):
        if not any((w[:, j] == other).all() for other in found):
            found.append(w[:, j])
    return len(found)


def units_pairs(w):
    same = (w[:, :, None] == w[:, None, :]).all(axis=0)
    return int((~np.triu(same, 1).any(axis=0)).sum())


def units_torch(w):
    return torch.unique(torch.as_tensor(w), dim=1).shape[1]


def units_bytes(w):
    return np.array(len({np.ascontiguousarray(column).tobytes() for column in w.T}))


def units_transposed(w):
    return float(np.unique(w.T, axis=0).shape[0])


RIGHT = {
    "constants-after-training": ["D", "d", " D ", "(d)", "D."],
    "different-units": [
        units_set,
        units_loop,
        units_pairs,
        units_torch,
        units_bytes,
        units_transposed,
    ],
    "first-loss": [
        2.3386,
        2.34,
        math.log(10) + 0.036,
        np.float32(2.3386),
        "2.339",
        np.array([2.3386]),
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "constants-after-training": ("prediction = ...", 'prediction = "B"', "the rates are equal"),
    "different-units": ("    ...", "    return np.linalg.matrix_rank(w)", "independent columns"),
    "first-loss": ("loss = ...", "loss = np.log(10)", "all outputs are equal"),
}

LAST = "a matrix has two axes: -1 is the second"
EQUIVALENT = {
    "different-units": {
        "return np.unique(w, axis=1).shape[1]  ->  return np.unique(w, axis=-1).shape[1]": LAST,
        "return np.unique(w, axis=1).shape[1]  ->  return np.unique(w, axis=1).shape[-1]": LAST,
        "return np.unique(w, axis=1).shape[1]  ->  return np.unique(-w, axis=1).shape[1]": (
            "columns are equal when their negatives are"
        ),
    }
}
