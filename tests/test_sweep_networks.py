"""Many networks trained at once become what each of them becomes alone."""

from functools import partial

import numpy as np
import pytest

from mytutor import Optimizer, initialize, matrix_rules, mlp, rules
from mytutor.datasets import two_moons
from mytutor.layers import batch_norm, dense, dropout, leaky_relu, relu, sigmoid, tanh
from mytutor.network import Network
from mytutor.sweep import networks, stacking, training
from mytutor.train import train

MOONS = two_moons(rows=70, seed=1)  # 56 to train on: the last of the minibatches is smaller
ELEMENTWISE = [relu, tanh, sigmoid, leaky_relu]


def models(count, sizes=(2, 8, 2), dtype=np.float64):
    return [initialize(np.random.default_rng(k), sizes, dtype=dtype) for k in range(count)]


def assert_each_as_alone(network, params, rule, found, each=None, **options):
    for k, start in enumerate(params):
        own = {name: values[k] for name, values in (each or {}).items()}
        alone = train(network, start, Optimizer(rule, **own), MOONS, **options)
        for ours, theirs in zip(found.model(k), alone.params, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(found.step_loss[:, k], alone.history.step_loss, rtol=1e-7)
        assert found.test_accuracy[k] == alone.history.test_accuracy[-1]


@pytest.fixture(params=["plain", "plain without Numba", "fused"])
def how(request, monkeypatch):
    if request.param == "plain without Numba":
        monkeypatch.setattr(stacking, "available", lambda: {"fused": "Numba is not installed"})
    return request.param.split()[0]


@pytest.mark.parametrize(
    "rule", [rules.sgd, rules.momentum, rules.adam, rules.rmsprop, rules.rprop]
)
def test_each_network_becomes_what_it_becomes_alone(rule, how):
    start, options = models(5), {"epochs": 13, "batch_size": 16, "seed": 3}
    lr = np.geomspace(1e-3, 1e-1, 5)
    each = {"lr": lr} if rule is not rules.rprop else {"grow": 1 + lr}
    found = networks(mlp(hidden=1), start, rule, MOONS, how=how, **options, **each)
    assert found.step_loss.shape == (52, 5)
    assert_each_as_alone(mlp(hidden=1), start, rule, found, each, **options)
    assert not found.diverged.any()
    assert found.done == 5


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_depth_and_activation_are_free(activation, how):
    network, start = mlp(hidden=2, activation=activation), models(3, (2, 5, 7, 2))
    found = networks(network, start, rules.adam, MOONS, epochs=4, how=how)
    assert_each_as_alone(network, start, rules.adam, found, epochs=4)


def test_several_hyperparameters_and_a_schedule():
    start, each = models(4), {"beta1": [0.0, 0.5, 0.9, 0.99], "eps": [1e-8, 1e-3, 1e-2, 0.1]}
    found = networks(
        mlp(hidden=1), start, rules.adam, MOONS, epochs=3, lr=lambda t: 0.1 / t, **each
    )
    each["lr"] = [lambda t: 0.1 / t] * 4
    assert_each_as_alone(mlp(hidden=1), start, rules.adam, found, each, epochs=3)


def test_one_start_serves_all_settings_and_single_precision_stays():
    start, each = models(1, dtype=np.float32)[0], {"lr": [0.001, 0.01, 0.1]}
    data = two_moons(rows=70, seed=1, dtype=np.float32)
    found = networks(mlp(hidden=1), start, rules.adam, data, epochs=5, **each)
    assert {array.dtype for array in found.params} == {np.dtype(np.float32)}
    for k, lr in enumerate(each["lr"]):
        alone = train(mlp(hidden=1), start, Optimizer(rules.adam, lr=lr), data, epochs=5)
        for ours, theirs in zip(found.model(k), alone.params, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_blocks_of_models_make_no_difference(monkeypatch):
    start = models(70)
    whole = networks(mlp(hidden=1), start, rules.adam, MOONS, epochs=1)
    monkeypatch.setattr(training, "NUMBERS", 1)
    blocks = networks(mlp(hidden=1), start, rules.adam, MOONS, epochs=1)
    for ours, theirs in zip(whole.params, blocks.params, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_a_model_that_diverges_is_reported_and_leaves_the_others_alone():
    start, lr = models(3), [0.1, 1e200, 0.1]
    found = networks(mlp(hidden=1), start, rules.sgd, MOONS, epochs=3, lr=lr)
    assert found.diverged.tolist() == [False, True, False]
    kept = [start[0], start[2]]
    others = networks(mlp(hidden=1), kept, rules.sgd, MOONS, epochs=3, lr=[0.1, 0.1])
    for ours, theirs in zip(found.params, others.params, strict=True):
        np.testing.assert_allclose(ours[[0, 2]], theirs)


def test_an_interrupt_returns_what_is_done(monkeypatch):
    monkeypatch.setattr(training, "NUMBERS", 1)  # 32 models a block
    real, calls = training._Block.train, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(training._Block, "train", interrupted)
    found = networks(mlp(hidden=1), models(70), rules.adam, MOONS, epochs=1)
    assert found.done == 32
    assert np.isfinite(found.params[0][:32]).all()
    assert np.isnan(found.params[0][32:]).all()
    assert np.isnan(found.test_accuracy[32:]).all()
    assert not found.diverged.any()


@pytest.mark.parametrize(
    ("start", "settings", "says"),
    [
        ([], {}, "params is empty; expected lists of arrays"),
        (models(2), {"lr": [0.1] * 3}, "3 in lr, 2 in params; expected one number of models"),
        (models(1)[0], {"lr": [0.1], "eps": [1, 2]}, "1 in lr, 2 in eps"),
        ([*models(1), *models(1, (2, 7, 2))], {}, r"a model has parameters of shapes \[\(2, 7\)"),
        (models(2), {"lr": [0.1, -1]}, "lr of 'adam' is -1.0"),
        (models(2), {"epochs": 0}, "epochs is 0"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(start, settings, says):
    with pytest.raises(ValueError, match=says):
        networks(mlp(hidden=1), start, rules.adam, MOONS, **{"epochs": 1, **settings})


def test_networks_that_cannot_be_stacked_are_refused():
    drops = Network((dense, partial(dropout, rng=np.random.default_rng(0), rate=0.5), relu, dense))
    with pytest.raises(ValueError, match=r"can't be run for many models at once.*one by one"):
        networks(drops, models(3), rules.adam, MOONS, epochs=1)
    with pytest.raises(ValueError, match="isn't elementwise"):
        networks(mlp(hidden=1), models(3), matrix_rules.muon, MOONS, epochs=1)


def test_batch_norm_looks_at_each_model_alone():
    network = Network((dense, batch_norm, relu, dense))
    start = [[w, b, np.ones(8), np.zeros(8), *rest] for w, b, *rest in models(3)]
    found = networks(network, start, rules.sgd, MOONS, epochs=2)
    assert_each_as_alone(network, start, rules.sgd, found, epochs=2)
