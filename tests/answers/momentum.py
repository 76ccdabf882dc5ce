"""Answers to the exercises on momentum: right, wrong, and harmless mutants."""

import numpy as np


def momentum_plain(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = g + v * mu
    return x - v * lr, v


def momentum_loop(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    velocities = np.broadcast_to(v, x.shape)
    new_x, new_v = [], []
    for i in range(len(x)):
        new_v.append(mu * velocities[i] + g[i])
        new_x.append(x[i] - lr * new_v[-1])
    return new_x, new_v


def momentum_list(x, g, t, v=None, lr=0.01, mu=0.9):
    v = np.zeros_like(x) if v is None else v
    new_v = np.add(np.multiply(mu, v), g)
    return [np.subtract(x, lr * new_v), new_v]


def momentum_buffers(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = np.array(v, dtype=x.dtype) * np.ones_like(x)
    v *= mu
    v += g
    x = x.copy()
    x -= lr * v
    return np.array([x, v])


def momentum_torch(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    import torch

    x, g, v = torch.as_tensor(x), torch.as_tensor(g), torch.as_tensor(v)
    v = mu * v + g
    return x - lr * v, v


class MomentumObject:
    def __call__(self, x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        new = mu * v + g
        return x - lr * new, new


def nesterov_two_steps(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    new_v = mu * v + g
    return x - lr * g - lr * mu * new_v, new_v


def nesterov_expanded(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    return x - lr * ((1 + mu) * g + mu**2 * v), mu * v + g


@np.vectorize
def nesterov_vectorized(x, g, t, v=0.0, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * (g + mu * v), v


def nesterov_from_ball(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    ball = mu * v + g
    step = [lr * (a + mu * b) for a, b in zip(np.ravel(g), np.ravel(ball), strict=True)]
    return x - np.reshape(step, x.shape), ball


def nesterov_lambda():
    return lambda x, g, t, v=0.0, *, lr=0.01, mu=0.9: (
        x - lr * (g + mu * (mu * v + g)),
        mu * v + g,
    )


RIGHT = {
    "momentum": [
        momentum_plain,
        momentum_loop,
        momentum_list,
        momentum_buffers,
        momentum_torch,
        MomentumObject(),
        MomentumObject().__call__,
    ],
    "nesterov-bug": [
        nesterov_two_steps,
        nesterov_expanded,
        nesterov_vectorized,
        nesterov_from_ball,
        nesterov_lambda(),
    ],
    "momentum-growth": [
        20,
        20.0,
        np.float32(20),
        np.array([20]),
        "20",
        1 / (1 - 0.95),
        np.int64(20),
        [20],
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "momentum": ("    ...", "    return x - lr * v, mu * v + g", "old velocity used"),
    "nesterov-bug": ("g + mu * v", "mu * v", ""),
    "momentum-growth": ("growth = ...", "growth = 0.95", "all of them add up"),
}

EQUIVALENT: dict[str, dict[str, str]] = {"momentum": {}, "nesterov-bug": {}}
