"""Write peers.json: paths that optax and Keras compute, for rules that torch.optim doesn't have.

The file is committed, since JAX and Keras are needed only here:

    python -m venv peers && peers/bin/pip install jax==0.10.2 optax==0.2.8 keras==3.15.1
    KERAS_BACKEND=jax peers/bin/python tests/vectors/generate.py
"""

import json
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

keras.backend.set_floatx("float64")

STEPS = 40
START = [0.5, -1.0, 2.0]
RNG = np.random.default_rng(7)
GRADIENTS = (RNG.normal(size=(STEPS, 3)) * 10.0 ** RNG.integers(-2, 2, size=(STEPS, 3))).tolist()
LR, EPS = 0.02, 1e-2


def with_optax(optimizer):
    x = jnp.array(START)
    state, path = optimizer.init(x), []
    for g in GRADIENTS:
        updates, state = optimizer.update(jnp.array(g), state, x)
        x = optax.apply_updates(x, updates)
        path.append(np.asarray(x).tolist())
    return path


def with_keras(optimizer):
    x = keras.Variable(START, dtype="float64")
    optimizer.build([x])
    path = []
    for g in GRADIENTS:
        optimizer.apply([jnp.array(g)])
        path.append(np.asarray(x.value).tolist())
    return path


RMS = {"lr": LR, "rho": 0.8, "eps": EPS}
MOMENTS = {"lr": LR, "beta1": 0.8, "beta2": 0.95, "eps": EPS}
BETAS = {"b1": 0.8, "b2": 0.95, "eps": EPS}
KERAS_BETAS = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": EPS}
ROWS = [
    ("optax", "momentum", {"lr": LR, "mu": 0.8}, optax.sgd(LR, momentum=0.8)),
    ("optax", "nesterov", {"lr": LR, "mu": 0.8}, optax.sgd(LR, momentum=0.8, nesterov=True)),
    ("optax", "signsgd", {"lr": LR}, optax.sign_sgd(LR)),
    ("optax", "adagrad_eps_inside", {"lr": LR, "eps": EPS}, optax.adagrad(LR, 0.1, EPS)),
    ("optax", "rmsprop_eps_inside", RMS, optax.rmsprop(LR, 0.8, EPS)),
    (
        "optax",
        "centered_rmsprop_eps_inside",
        RMS,
        optax.rmsprop(LR, 0.8, EPS, centered=True),
    ),
    (
        "optax",
        "rmsprop_momentum_eps_inside",
        {**RMS, "mu": 0.7},
        optax.rmsprop(LR, 0.8, EPS, momentum=0.7),
    ),
    ("optax", "adadelta", RMS, optax.adadelta(LR, 0.8, EPS)),
    ("optax", "adam", MOMENTS, optax.adam(LR, **BETAS)),
    ("optax", "adam_eps_inside", MOMENTS, optax.adam(LR, 0.8, 0.95, eps=0.0, eps_root=EPS)),
    (
        "optax",
        "adamw",
        {**MOMENTS, "weight_decay": 0.3},
        optax.adamw(LR, **BETAS, weight_decay=0.3),
    ),
    ("optax", "adamax", MOMENTS, optax.adamax(LR, **BETAS)),
    ("optax", "nadam_constant", MOMENTS, optax.nadam(LR, **BETAS)),
    ("optax", "amsgrad_max_corrected", MOMENTS, optax.amsgrad(LR, **BETAS)),
    (
        "optax",
        "lion",
        {"lr": LR, "beta1": 0.8, "beta2": 0.95},
        optax.lion(LR, 0.8, 0.95, weight_decay=0.0),
    ),
    (
        "optax",
        "adopt",
        MOMENTS,
        optax.contrib.adopt(LR, **BETAS, use_clipping=False),
    ),
    ("keras", "classical_momentum", {"lr": LR, "mu": 0.8}, keras.optimizers.SGD(LR, 0.8)),
    (
        "keras",
        "classical_nesterov",
        {"lr": LR, "mu": 0.8},
        keras.optimizers.SGD(LR, 0.8, nesterov=True),
    ),
    ("keras", "adagrad_eps_inside", {"lr": LR, "eps": EPS}, keras.optimizers.Adagrad(LR, 0.1, EPS)),
    ("keras", "rmsprop_eps_inside", RMS, keras.optimizers.RMSprop(LR, 0.8, epsilon=EPS)),
    (
        "keras",
        "centered_rmsprop_eps_inside",
        RMS,
        keras.optimizers.RMSprop(LR, 0.8, epsilon=EPS, centered=True),
    ),
    (
        "keras",
        "rmsprop_momentum_eps_inside",
        {**RMS, "mu": 0.7},
        keras.optimizers.RMSprop(LR, 0.8, momentum=0.7, epsilon=EPS),
    ),
    ("keras", "adamax_eps_outside", MOMENTS, keras.optimizers.Adamax(LR, **KERAS_BETAS)),
    (
        "keras",
        "amsgrad_eps_raw",
        MOMENTS,
        keras.optimizers.Adam(LR, **KERAS_BETAS, amsgrad=True),
    ),
    ("keras", "adadelta", RMS, keras.optimizers.Adadelta(LR, 0.8, EPS)),
    ("keras", "adam_eps_raw", MOMENTS, keras.optimizers.Adam(LR, **KERAS_BETAS)),
    (
        "keras",
        "lion",
        {"lr": LR, "beta1": 0.8, "beta2": 0.95},
        keras.optimizers.Lion(LR, 0.8, 0.95),
    ),
]


# Matrix rules see a whole array, so they have a start and gradients of their own.
MATRIX = np.random.default_rng(8).normal(size=(6, 4))
MATRIX_GRADIENTS = np.random.default_rng(9).normal(size=(12, 6, 4))
MATRIX_ROWS = [
    (
        "lars",
        {"lr": 0.1, "mu": 0.8, "trust": 0.01, "weight_decay": 0.1},
        optax.lars(0.1, 0.1, trust_coefficient=0.01, momentum=0.8),
    ),
    (
        "lamb",
        {**MOMENTS, "weight_decay": 0.1},
        optax.lamb(LR, **BETAS, weight_decay=0.1),
    ),
]


def matrix_path(optimizer):
    x = jnp.array(MATRIX)
    state, path = optimizer.init(x), []
    for g in MATRIX_GRADIENTS:
        updates, state = optimizer.update(jnp.array(g), state, x)
        x = optax.apply_updates(x, updates)
        path.append(np.asarray(x).tolist())
    return path


def main():
    runs = {"optax": with_optax, "keras": with_keras}
    rows = [
        {"peer": peer, "rule": rule, "hyperparameters": settings, "path": runs[peer](optimizer)}
        for peer, rule, settings, optimizer in ROWS
    ]
    versions = {"optax": optax.__version__, "keras": keras.__version__, "jax": jax.__version__}
    matrices = [
        {"rule": rule, "hyperparameters": settings, "path": matrix_path(optimizer)}
        for rule, settings, optimizer in MATRIX_ROWS
    ]
    out = {
        "versions": versions,
        "start": START,
        "gradients": GRADIENTS,
        "rows": rows,
        "matrix_start": MATRIX.tolist(),
        "matrix_gradients": MATRIX_GRADIENTS.tolist(),
        "matrix_rows": matrices,
    }
    Path(__file__).with_name("peers.json").write_text(json.dumps(out) + "\n")
    print(f"{len(rows)} paths of {STEPS} steps")


if __name__ == "__main__":
    main()
