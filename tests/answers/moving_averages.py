"""Answers to the exercises on moving averages: right, wrong, and harmless mutants."""

import numpy as np

from answers import AGAIN


def average_plain(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    m = g + beta * (m - g)
    return x - lr * m / (1 - beta**t), m


def average_lerp(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    new = m + (1 - beta) * (g - m)
    return x - lr / (1 - beta**t) * new, new


def average_loop(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    old = np.broadcast_to(m, x.shape)
    new_x, new_m = [], []
    for i in range(len(x)):
        new_m.append(beta * old[i] + (1 - beta) * g[i])
        new_x.append(x[i] - lr * new_m[-1] / (1 - beta**t))
    return new_x, new_m


def average_geometric(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    new_m = np.add(np.multiply(beta, m), np.multiply(1 - beta, g))
    weight = sum((1 - beta) * beta**k for k in range(t))
    return [np.subtract(x, lr * new_m / weight), new_m]


def average_torch(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    import torch

    x, g, m = torch.as_tensor(x), torch.as_tensor(g), torch.as_tensor(m)
    m = beta * m + (1 - beta) * g
    return x - lr * m / (1 - beta**t), m


class AverageObject:
    def __call__(self, x, g, t, m=0.0, *, lr=0.01, beta=0.9):
        new = beta * m + (1 - beta) * g
        return x - lr * new / (1 - beta**t), new


def average_uncorrecting(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    corrected = (beta * m + (1 - beta) * g) / (1 - beta**t)
    return x - lr * corrected, corrected * (1 - beta**t)


@np.vectorize
def average_vectorized(x, g, t, m=0.0, lr=0.01, beta=0.9):
    m = beta * m + (1 - beta) * g
    return x - lr * m / (1 - beta**t), m


RIGHT = {
    "corrected-average": [
        average_plain,
        average_lerp,
        average_loop,
        average_geometric,
        average_torch,
        AverageObject(),
    ],
    "average-bug": [
        average_plain,
        average_lerp,
        average_uncorrecting,
        average_vectorized,
        lambda x, g, t, m=0.0, *, lr=0.01, beta=0.9: (
            x - lr * (beta * m + g - beta * g) / (1 - beta**t),
            beta * m + g - beta * g,
        ),
    ],
    "first-weight": [
        0.0595,
        0.1 * 0.9**9 / (1 - 0.9**10),
        "0.0595",
        np.float32(0.0595),
        np.array([0.05948]),
        0.9**9 / sum(0.9**k for k in range(10)),
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "corrected-average": (
        "    ...",
        "    m = beta * m + (1 - beta) * g\n    return x - lr * m, m",
        "no correction",
    ),
    "average-bug": ("m = m / (1 - beta**t)", "m = m", "no correction"),
    "first-weight": ("weight = ...", "weight = 0.0387", "add up to 0.65"),
}

EQUIVALENT = {"corrected-average": {"twice: mhat = m / (1 - beta ** t)": AGAIN}}
