"""The rate for a larger batch."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from mytutor import rules
from mytutor.checking import Mistuned, TuneQuestion
from mytutor.datasets import two_moons
from mytutor.exercises.minibatches.page import CHAPTER, PAGE
from mytutor.network import initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.train import Diverged, train

SMALL_RATE, FACTOR = 0.1, 8


@cache
def moons_loss(lr: float) -> float:
    """Training loss on two moons after ten epochs of batches of 64, the mean of two seeds."""
    data, network = two_moons(), mlp(hidden=1)
    found = []
    for seed in range(2):
        params = initialize(np.random.default_rng(seed), [2, 16, 2])
        try:
            outcome = train(
                network,
                params,
                Optimizer(rules.sgd, lr=lr),
                data,
                epochs=10,
                batch_size=64,
                seed=seed,
            )
        except Diverged:
            return math.inf
        output, _ = network.forward(outcome.params, data.x_train)
        found.append(float(network.loss(output, data.y_train)[0]))
    return sum(found) / 2


rate = TuneQuestion(
    name="minibatch-rate",
    variable="rate",
    ranges={"lr": (0.001, 20.0)},
    run=moons_loss,
    measure="Loss after ten epochs with batches of 64",
    target=0.12,
    example={"lr": SMALL_RATE * FACTOR},
    section="Experiment 3: the linear scaling rule",
    chapter=CHAPTER,
    page=PAGE,
    wrong=(
        Mistuned(
            "the same rate",
            "With 0.1 an epoch has an eighth of the steps, each as long as before.",
            lambda settings, loss: math.isclose(settings["lr"], 0.1, rel_tol=0.02),
            {"lr": 0.1},
        ),
        Mistuned(
            "the square root",
            "0.28 is √8 times as much: it keeps the noise of a step, but an epoch goes only a "
            "third as far. For Adam it would be the better rule.",
            lambda settings, loss: math.isclose(settings["lr"], 0.1 * 8**0.5, rel_tol=0.03),
            {"lr": 0.28},
        ),
        Mistuned(
            "a smaller rate than before",
            "A larger batch has less noise, so it bears a larger rate, not a smaller one.",
            lambda settings, loss: settings["lr"] < 0.1,
            {"lr": 0.0125},
        ),
        Mistuned(
            "raised too little",
            "The rate is larger, and still the eighth of the steps doesn't get as far as before.",
            lambda settings, loss: 0.1 < settings["lr"] < 0.8,
            {"lr": 0.4},
        ),
        Mistuned(
            "beyond what is stable",
            "Steps of this rate are too long for the curvature, and no batch, however large, mends "
            "that.",
            lambda settings, loss: settings["lr"] > 3,
            {"lr": 6.4},
        ),
    ),
    hints=(
        "An epoch now has an eighth of the steps. How long must each be to get as far?",
        "When the batch is multiplied by k, multiply the rate by k, as long as that is stable.",
        "The small batches had 0.1, and k is 64/8. `rate = 0.1 * ...`",
    ),
    why=(
        "Eight steps of rate 0.1 and one of rate 0.8 go equally far while the gradient changes "
        "little between them. Here a rate three times as large would still be stable, because the "
        "small batches had begun with a careful one."
    ),
)
