"""Answers to the exercises on Xavier and He: right, wrong, and harmless mutants."""

import math

import numpy as np
import torch

from mytutor.fans import fan_average


def bound_of_the_variance(fan_in, fan_out, *, gain=1.0):
    variance = gain**2 * 2 / (fan_in + fan_out)
    return math.sqrt(3 * variance)


def bound_of_the_mean(fan_in, fan_out, *, gain=1.0):
    return gain * (3 / fan_average((fan_in, fan_out))) ** 0.5


def bound_numpy(fan_in, fan_out, gain=1.0):
    std = gain / np.sqrt(np.mean([fan_in, fan_out]))
    return np.sqrt(3) * std


def bound_roots(fan_in, fan_out, *, gain=1.0):
    return np.array(gain * math.sqrt(6) / math.sqrt(fan_out + fan_in))


def bound_torch(fan_in, fan_out, *, gain=1.0):
    total = torch.tensor(float(fan_in + fan_out), dtype=torch.float64)
    return gain * torch.sqrt(6 / total)


def bound_logarithms(fan_in, fan_out, *, gain=1.0):
    return math.exp(math.log(gain) + (math.log(6) - math.log(fan_in + fan_out)) / 2)


def he_gain(fan_in, *, slope=0.0):
    gain = math.sqrt(2 / (1 + slope**2))
    return gain / math.sqrt(fan_in)


def he_moments(fan_in, *, slope=0.0):
    kept = 0.5 * 1 + 0.5 * slope * slope
    return (1 / (fan_in * kept)) ** 0.5


def he_power(fan_in, slope=0.0):
    return ((1 + slope**2) * fan_in / 2) ** -0.5


def he_numpy(fan_in, *, slope=0.0):
    return np.sqrt(np.divide(2, fan_in + fan_in * np.square(slope)))


def he_torch(fan_in, *, slope=0.0):
    return torch.nn.init.calculate_gain("leaky_relu", slope) / fan_in**0.5


def he_hypot(fan_in, *, slope=0.0):
    return math.sqrt(2 / fan_in) / math.hypot(1, slope)


RIGHT = {
    "xavier-bound": [
        bound_of_the_variance,
        bound_of_the_mean,
        bound_numpy,
        bound_roots,
        bound_torch,
        bound_logarithms,
    ],
    "he-std-bug": [he_gain, he_moments, he_power, he_numpy, he_torch, he_hypot],
    "xavier-narrowing": [(2 / 3) ** 4, 0.198, 0.1975, "0.1975", np.float32(0.1975), 16 / 81],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "xavier-bound": (
        "    ...",
        "    return gain * math.sqrt(2 / (fan_in + fan_out))",
        "√3 times as large",
    ),
    "he-std-bug": (
        "math.sqrt(1 / ((1 + slope**2) * fan_in))",
        "2 / ((1 + slope**2) * fan_in)",
        "the root is missing",
    ),
    "xavier-narrowing": ("left = ...", "left = 1 / 16", "square layers"),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "xavier-bound": {},
    "he-std-bug": {
        "return math.sqrt(2 / ((1 + slope ** 2) * fan_in))  ->  "
        "return math.sqrt(2 / ((1 + (-slope) ** 2) * fan_in))": "a square has no sign",
    },
}
