"""Right answers, a wrong one, and harmless mutants for the exercises on the learning rate."""

from fractions import Fraction

import numpy as np

from answers import AGAIN


def best_rate_sum(hessian):
    values = np.linalg.eigvalsh(hessian)
    return 2.0 / (min(values) + max(values))


def best_rate_unsorted(hessian):
    values = np.linalg.eigvals(hessian).real
    return 2 / (values.min() + values.max())


def best_rate_kappa(hessian):
    values, _ = np.linalg.eigh(hessian)
    kappa = values[-1] / values[0]
    return 2 * kappa / (kappa + 1) / values[-1]


def best_rate_singular(hessian):
    singular = np.linalg.svd(hessian, compute_uv=False)
    return np.array(2 / (singular[0] + singular[-1]))


def best_rate_norms(hessian):
    largest = np.linalg.norm(hessian, 2)
    smallest = 1 / np.linalg.norm(np.linalg.inv(hessian), 2)
    return 1 / ((largest + smallest) / 2)


def best_rate_torch(hessian):
    import torch

    values = torch.linalg.eigvalsh(torch.as_tensor(hessian))
    return 2 / (values[0] + values[-1])


RIGHT = {
    "rate-threshold": [
        0.2,
        2 / 10,
        "0.2",
        np.float32(0.2),
        np.array([0.2]),
        2 / np.linalg.eigvalsh([[6, 4], [4, 6]]).max(),
        float(Fraction(1, 5)),
    ],
    "best-rate": [
        best_rate_sum,
        best_rate_unsorted,
        best_rate_kappa,
        best_rate_singular,
        best_rate_norms,
        best_rate_torch,
    ],
    "rate-tuned": [
        2 / 11,
        {"lr": 0.18},
        0.17,
        np.float64(0.175),
        {"lr": np.array(0.16)},
        "0.18",
    ],
}

# In the stub: what is replaced, by what, and what the check must then say.
WRONG = {
    "rate-threshold": ("threshold = ...", "threshold = 1 / 3", "steeper"),
    "best-rate": ("    ...", "    return 1 / np.linalg.eigvalsh(hessian)[-1]", "1 / L"),
    "rate-tuned": ("rate = ...", "rate = 1 / 10.5", "Let the steep one overshoot"),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "best-rate": {"twice: eigenvalues = np.linalg.eigvalsh(hessian)": AGAIN},
}
