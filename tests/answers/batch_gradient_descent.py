"""Right answers, a wrong one, and harmless mutants for the exercises on batch gradient descent."""

import math
from fractions import Fraction

import numpy as np

from answers import AGAIN, ORDER


def gather_weights(gradients, counts):
    return counts / counts.sum() @ gradients


def gather_average(gradients, counts):
    return np.average(gradients, axis=0, weights=counts)


def gather_loop(gradients, counts):
    total, rows = np.zeros_like(gradients[0]), 0
    for g, n in zip(gradients, counts, strict=True):
        total += n * g
        rows += n
    return total / rows


def gather_running(gradients, counts):
    mean, rows = gradients[0], counts[0]
    for k in range(1, len(counts)):
        rows = rows + counts[k]
        mean = mean + (gradients[k] - mean) * (counts[k] / rows)
    return mean


def gather_list(gradients, counts):
    columns = list(zip(*gradients, strict=True))
    return [sum(n * v for n, v in zip(counts, c, strict=True)) / sum(counts) for c in columns]


def gather_repeated(gradients, counts):
    return np.repeat(gradients, counts, axis=0).mean(axis=0)


def gather_torch(gradients, counts):
    import torch

    g, n = torch.as_tensor(gradients), torch.as_tensor(counts)
    return (n[:, None] * g).sum(0) / n.sum()


def squares_mean(w, x, y):
    error = x @ w - y
    return (error**2).mean() / 2, x.T @ error / len(y)


def squares_loop(w, x, y):
    value, gradient = 0.0, np.zeros_like(w)
    for row, answer in zip(x, y, strict=True):
        error = np.dot(row, w) - answer
        value += error**2 / (2 * len(y))
        gradient += error * row / len(y)
    return value, gradient


def squares_rows(w, x, y):
    error = np.einsum("nd,d->n", x, w) - y
    return 0.5 * np.mean(np.square(error)), np.mean(error[:, None] * x, axis=0)


def squares_hessian(w, x, y):
    error = y - x @ w
    hessian, slope = x.T @ x / len(x), x.T @ y / len(x)
    return np.dot(error, error) / len(x) / 2, hessian @ w - slope


def squares_list(w, x, y):
    errors = [sum(a * b for a, b in zip(r, w, strict=True)) - t for r, t in zip(x, y, strict=True)]
    value = sum(e * e for e in errors) / (2 * len(y))
    mean = [sum(e * r[i] for e, r in zip(errors, x, strict=True)) / len(y) for i in range(len(w))]
    return [value, mean]


def squares_torch(w, x, y):
    import torch

    w = torch.tensor(w, requires_grad=True)
    loss = torch.nn.functional.mse_loss(torch.as_tensor(x) @ w, torch.as_tensor(y)) / 2
    loss.backward()
    return loss.item(), w.grad


RIGHT = {
    "gather-parts": [
        gather_weights,
        gather_average,
        gather_loop,
        gather_running,
        gather_list,
        gather_repeated,
        gather_torch,
    ],
    "least-squares-bug": [
        squares_mean,
        squares_loop,
        squares_rows,
        squares_hessian,
        squares_list,
        squares_torch,
    ],
    "passes-needed": [
        173,
        math.ceil(math.log(1000) / math.log(51 / 49)),
        math.log(1000) / math.log(51 / 49),
        "173",
        np.float32(172.7),
        np.array([173]),
        float(Fraction(1727, 10)),
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "gather-parts": ("    ...", "    return gradients.mean(axis=0)", "mean of the means"),
    "least-squares-bug": (
        "gradient = error @ x",
        "gradient = error @ x / len(w)",
        "",
    ),
    "passes-needed": ("passes = ...", "passes = 342", "half of the steps are enough"),
}

LENGTH = "x, -x and y have as many rows"
EQUIVALENT: dict[str, dict[str, str]] = {
    "gather-parts": {"twice: total = sum(counts)": AGAIN},
    "least-squares-bug": {
        "rows = len(x)  ->  rows = len(y)": LENGTH,
        "rows = len(x)  ->  rows = len(-x)": LENGTH,
        "twice: rows = len(x)": AGAIN,
        "twice: error = x @ w - y": AGAIN,
        "twice: value = error @ error / (2 * rows)": AGAIN,
        "twice: gradient = error @ x / rows": AGAIN,
        "after the next line: rows = len(x)": ORDER,
        "after the next line: value = error @ error / (2 * rows)": ORDER,
    },
}
