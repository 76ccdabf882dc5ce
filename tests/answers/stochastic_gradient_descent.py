"""Answers to the exercises on stochastic gradient descent: right, wrong, and harmless mutants."""

import math
from fractions import Fraction

import numpy as np


def rate_product(t, *, high, rate, power=1.0):
    return high * (1 + rate * (t - 1)) ** -power


def rate_numpy(t, *, high, rate, power=1.0):
    return np.divide(high, np.power(1 - rate + rate * t, power))


def rate_exponential(t, high, rate, power=1.0):
    return math.exp(math.log(high) - power * math.log1p(rate * (t - 1)))


def rate_loop(t, *, high, rate, power=1.0):
    below = 1.0
    for _ in range(t - 1):
        below += rate
    return high / below**power


def rate_torch(t, *, high, rate, power=1.0):
    import torch

    finished = torch.tensor(t - 1, dtype=torch.float64)
    return high / (1 + rate * finished) ** power


def rate_steps(t, **settings):
    finished = t - 1
    power = settings.get("power", 1)
    return settings["high"] / pow(1 + finished * settings["rate"], power)


RIGHT = {
    "decreasing-rate": [
        rate_product,
        rate_numpy,
        rate_exponential,
        rate_loop,
        rate_torch,
        rate_steps,
    ],
    "noise-level": [
        0.1 * 9 / (4 * (2 - 0.4)),
        0.14,
        "0.1406",
        np.float32(0.141),
        np.array([0.140625]),
        0.09 / (1 - 0.6**2),
        9 / 64,
    ],
    "escape-delay": [
        24,
        math.log(10, 1.1),
        np.log(10) / np.log(1.1),
        1 / math.log10(1.1),
        "24.2",
        np.array(24.16),
        float(Fraction(242, 10)),
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "decreasing-rate": (
        "    ...",
        "    return high / (1 + rate * t) ** power",
        "in place of the finished steps",
    ),
    "noise-level": ("variance = ...", "variance = 0.1125", "well below 2"),
    "escape-delay": ("later = ...", "later = 10", "by a factor of about e"),
}

EQUIVALENT: dict[str, dict[str, str]] = {"decreasing-rate": {}}
