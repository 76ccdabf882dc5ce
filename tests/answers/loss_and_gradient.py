"""Answers to the exercises on loss and gradient: right, wrong, and harmless mutants."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from answers import AGAIN, ORDER


def vectorised(logits, labels):
    rows = np.arange(len(labels))
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return -log_p[rows, labels].mean(), gradient / len(labels)


def one_hot(logits, labels):
    truth = np.eye(logits.shape[1])[labels]
    top = logits.max(axis=1, keepdims=True)
    e = np.exp(logits - top)
    p = e / e.sum(axis=1, keepdims=True)
    losses = np.log(e.sum(axis=1)) + top[:, 0] - (logits * truth).sum(axis=1)
    return np.mean(losses), (p - truth) / len(logits)


def by_loop(logits, labels):
    total, gradient = 0.0, []
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(row)
        e = [math.exp(z - top) for z in row]
        total += math.log(sum(e)) + top - row[label]
        p = [value / sum(e) for value in e]
        p[label] -= 1
        gradient.append([value / len(logits) for value in p])
    return total / len(logits), gradient


def by_torch(logits, labels):
    z = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(labels))
    loss.backward()
    return loss.detach(), z.grad


def by_logaddexp(logits, labels):
    total = np.logaddexp.reduce(logits, axis=1)
    picked = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    p = np.exp(logits - total[:, None])
    p[np.arange(len(p)), labels] -= 1.0
    return [float((total - picked).mean()), p / p.shape[0]]


def logarithm_last(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    rows = range(len(labels))
    loss = -sum(math.log(p[i, labels[i]]) for i in rows) / len(labels)
    for i in rows:
        p[i, labels[i]] -= 1
    return loss, p / len(labels)


def by_where(logits, labels):
    z = logits - np.max(logits, axis=-1)[:, None]
    log_p = z - np.log(np.sum(np.exp(z), axis=-1))[:, None]
    true = np.arange(logits.shape[1])[None, :] == labels[:, None]
    return -np.sum(np.where(true, log_p, 0.0)) / len(z), (np.exp(log_p) - true) / len(z)


def step(x, g, t, *, lr=0.01):
    return x - lr * g


def step_added(x, g, t, *, lr=0.01):
    return x + (-lr) * g


def step_by_numpy(x, g, t, *, lr=0.01):
    return np.subtract(x, np.multiply(lr, g))


def step_by_loop(x, g, t, *, lr=0.01):
    return [a - lr * b for a, b in zip(x, g, strict=True)]


def step_named(x, g, t, lr=0.01):
    change = g * lr
    new = x - change
    return new


def step_copied(x, g, t, *, lr=0.01):
    x = np.array(x, copy=True)
    x -= lr * g
    return x


RIGHT: dict[str, list[Any]] = {
    "softmax-cross-entropy": [
        vectorised,
        one_hot,
        by_loop,
        by_torch,
        by_logaddexp,
        logarithm_last,
        by_where,
    ],
    "new-weight": [step, step_added, step_by_numpy, step_by_loop, step_named, step_copied],
    "line-slope": [-58 / 3, -19.333, -19.3, Fraction(-58, 3), np.float32(-19.3333), "-19.33"],
}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {
    "softmax-cross-entropy": (
        "    ...",
        "    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)\n"
        "    rows = np.arange(len(labels))\n"
        "    truth = np.eye(logits.shape[1])[labels]\n"
        "    return -np.log(p[rows, labels]).mean(), (p - truth) / len(labels)",
        "becomes NaN or infinite where it should not",
    ),
    "new-weight": ("    x = g\n", "    x = x + lr * g\n", "opposite sign"),
    "line-slope": ("slope_derivative = ...", "slope_derivative = -58", "divide by three"),
}
LABELS = "at_label = _check_labels(logits, labels)"
INDEX = "only the shape of the logits is used"
EQUIVALENT: dict[str, dict[str, str]] = {
    "softmax-cross-entropy": {
        f"{LABELS}  ->  at_label = _check_labels(-logits, labels)": INDEX,
        "count = len(logits)  ->  count = len(labels)": "there is a label for every row",
        "count = len(logits)  ->  count = len(-logits)": INDEX,
        f"twice: {LABELS}": AGAIN,
        f"after the next line: {LABELS}": ORDER,
        "twice: count = len(logits)": AGAIN,
        "after the next line: count = len(logits)": ORDER,
        "twice: log_probability = log_softmax(logits)": AGAIN,
        "twice: gradient = exp(log_probability)": AGAIN,
    },
    "new-weight": {},
}
