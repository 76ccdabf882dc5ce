"""Answers to the exercises on Adam: right, wrong, and harmless mutants."""

import functools
import math

import numpy as np

from answers import AGAIN, ORDER, SQUARE
from mytutor.arrays import sqrt


def adam_plain(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (np.square(g) - v)
    rate = lr / (1 - math.pow(beta1, t))
    return x - rate * m / (np.sqrt(v) / math.sqrt(1 - beta2**t) + eps), m, v


def adam_keras(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """The shortened form, its eps scaled so that it means the same."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return x - rate * m / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t)), m, v


def adam_loop(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = m + np.zeros(len(x)), v + np.zeros(len(x))
    out = np.zeros(len(x))
    for i in range(len(x)):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        mhat, vhat = m[i] / (1 - beta1**t), v[i] / (1 - beta2**t)
        out[i] = x[i] - lr * mhat / (math.sqrt(vhat) + eps)
    return out.tolist(), m.tolist(), v.tolist()


def adam_scalar(x, g, t, m, v, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return x - lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + eps), m, v


def adam_vectorized(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return np.vectorize(adam_scalar)(x, g, t, m, v, lr, beta1, beta2, eps)


def adam_objects(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return np.frompyfunc(adam_scalar, 9, 3)(x, g, t, m, v, lr, beta1, beta2, eps)


def adam_general(kind, x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    assert kind == "adam"
    return adam_plain(x, g, t, m, v, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def adam_seen(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Repaired by undoing the last factor instead of leaving it out."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    denominator = sqrt(v / (1 - beta2**t)) + eps
    return x - (lr / denominator) * (m / (1 - beta1**t)), m, v


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


ADAMS = [
    adam_plain,
    adam_keras,
    adam_loop,
    adam_vectorized,
    adam_objects,
    functools.partial(adam_general, "adam"),
    logged(adam_plain),
    adam_seen,
]
RIGHT = {
    "adam": ADAMS,
    "adam-bug": ADAMS,
    "adam-two-averages": ADAMS,
    "adam-epsilon": ADAMS,
    "adam-first-step": ["C", "c", " C ", "(C)", "c."],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "adam": (
        "    ...",
        "    m = beta1 * m + (1 - beta1) * g\n    v = beta2 * v + (1 - beta2) * g**2\n"
        "    return x - lr * m / (sqrt(v) + eps), m, v",
        "missing bias correction",
    ),
    "adam-bug": ("+ eps) * g", ") + eps", "epsilon outside the denominator"),
    "adam-two-averages": ("(1 - beta2) * g", "(1 - beta2) * g**2", "missing bias correction"),
    "adam-epsilon": ("sqrt(vhat) + eps", "sqrt(vhat + eps)", "epsilon inside the root"),
    "adam-first-step": ("first_step = ...", 'first_step = "a"', "gradient descent"),
}

EQUIVALENT = {
    "adam": {
        "v = beta2 * v + (1 - beta2) * g ** 2  ->  v = beta2 * v + (1 - beta2) * (-g) ** 2": SQUARE,
        "after the next line: m = beta1 * m + (1 - beta1) * g": ORDER,
        "after the next line: v = beta2 * v + (1 - beta2) * g ** 2": ORDER,
        "after the next line: mhat = m / (1 - beta1 ** t)": ORDER,
        "twice: mhat = m / (1 - beta1 ** t)": AGAIN,
        "twice: vhat = v / (1 - beta2 ** t)": AGAIN,
    },
}
