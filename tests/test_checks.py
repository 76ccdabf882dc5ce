"""Numbers, counts, generators and functions: what no room of the library takes for one."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from mytutor import (
    Network,
    Optimizer,
    accuracy,
    adam,
    clipping,
    curvature,
    datasets,
    fans,
    initialize,
    initializers,
    layers,
    losses,
    matrix_rules,
    mlp,
    momentum,
    muon,
    quadratic,
    scaling,
    schedules,
    sgd,
    show,
    solvers,
    surfaces,
    train,
    wrappers,
)
from mytutor._checks import check_number
from mytutor.network import numerical_gradient

RNG = np.random.default_rng(0)
X = np.random.default_rng(1).normal(size=(4, 3))
ONES = np.ones(3)
LABELS = np.array([0, 1, 0, 1])
DATA = datasets.Dataset(X, LABELS, X, LABELS)
NETWORK, PARAMS = mlp(1), initialize(RNG, (3, 4, 2))

NUMBERS = {
    "lr": partial(Optimizer, adam),
    "beta1": partial(Optimizer, adam),
    "high": partial(schedules.cosine, 1, total=5),
    "low": partial(schedules.cosine, 1, total=5, high=1.0),
    "factor": partial(schedules.exponential, 1, high=1.0),
    "total": partial(schedules.cosine, high=1.0, t=1),
    "t": partial(schedules.constant, value=0.1),
    "start": partial(schedules.warmup, partial(schedules.constant, value=1.0), steps=3),
    "limit": partial(clipping.clip_by_norm, X),
    "eps": partial(layers.batch_norm, X, ONES, ONES),
    "slope": partial(layers.leaky_relu, X),
    "alpha": partial(layers.elu, X),
    "rate": partial(layers.dropout, X, rng=RNG),
    "delta": partial(losses.huber, X, X),
    "margin": partial(losses.hinge, X, np.sign(X)),
    "smoothing": partial(losses.smoothed_cross_entropy, X, LABELS),
    "gain": partial(initializers.he_normal, RNG, (4, 3)),
    "std": partial(initializers.normal, RNG, (4, 3)),
    "cut": partial(initializers.rescaled_truncated_normal, RNG, (4, 3)),
    "ddof": partial(scaling.standardization, X),
    "test": datasets.digits,
    "noise": datasets.two_moons,
    "condition": quadratic,
    "angle": surfaces.rotated_quadratic,
    "tolerance": partial(curvature.classify, np.eye(2)),
    "h": partial(numerical_gradient, np.sum, X),
    "decay": train.ExponentialAverage,
    "threshold": partial(train.ReduceOnPlateau, 0.1),
    "fraction": partial(train.hold_out, DATA),
}


@pytest.mark.parametrize("value", ["0.1", None, True, [1.0], 1j, X], ids=str)
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_by_the_name_of_its_argument(name, value):
    with pytest.raises(TypeError, match=rf"(?s)\b{name}\b.* is .*expected a number"):
        NUMBERS[name](**{name: value})


COUNTS = {
    "size": partial(layers.max_pool2d, np.ones((1, 1, 4, 4))),
    "connections": partial(initializers.sparse, RNG, (4, 3)),
    "rows": datasets.spirals,
    "batch_size": partial(datasets.minibatches, RNG, X, LABELS),
    "epochs": partial(train.train, NETWORK, PARAMS, Optimizer(sgd), DATA),
    "steps": partial(train.descend, sgd, np.array, [1.0]),
    "patience": train.early_stopping,
    "every": train.Snapshots,
    "start": train.StochasticWeightAverage,
    "memory": partial(solvers.lbfgs, np.sum, np.ones_like, ONES),
    "max_steps": partial(solvers.bfgs, np.sum, np.ones_like, ONES),
    "n": surfaces.rotated_quadratic,
    "hidden": mlp,
    "seed": datasets.two_moons,
    "t": Optimizer(sgd).at,
}


@pytest.mark.parametrize("value", ["a", None, True, 2.5, -1, math.nan, math.inf, [1]], ids=str)
@pytest.mark.parametrize("name", COUNTS)
def test_what_is_no_whole_number_is_refused_by_the_name_of_its_argument(name, value):
    with pytest.raises(ValueError, match=rf"^{name} is .*; expected a whole number of at least"):
        COUNTS[name](**{name: value})


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.5), np.int64(2), np.array(0.5)], ids=repr)
def test_every_real_number_is_one(value):
    check_number(value=value)
    check_number(value=torch.tensor(0.5))


@pytest.mark.parametrize("rng", [None, 0, np.random, np.random.RandomState(0)], ids=str)
def test_only_a_generator_is_drawn_from_never_the_global_one(rng):
    before = np.random.get_state()[1].tolist()
    for draw in (initializers.he_normal, initializers.orthogonal, initializers.sparse):
        with pytest.raises(TypeError, match=r"rng is .*expected a generator such as"):
            draw(rng, (4, 3))
    for name in ("uniform", "normal", "truncated_normal", "rescaled_uniform"):
        with pytest.raises(TypeError, match=r"rng is .*expected a generator such as"):
            getattr(initializers, name)(rng, (4, 3))
    with pytest.raises(TypeError, match=r"rng is .*expected a generator such as"):
        datasets.minibatches(rng, X, LABELS, 2)
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize(
    "call",
    [
        lambda f: schedules.hold(f, last=3),
        lambda f: schedules.sequence([f, f], boundaries=[3]),
        lambda f: initializers.he_normal(RNG, (4, 3), fan=f),
        lambda f: mlp(1, activation=f),
        lambda f: curvature.power_iteration(f, ONES),
        lambda f: solvers.bfgs(f, np.ones_like, ONES),
        lambda f: numerical_gradient(f, X),
        lambda f: show(f),
        lambda f: Optimizer(f),
    ],
)
@pytest.mark.parametrize("value", [None, 3, "relu"])
def test_what_cannot_be_called_is_refused(call, value):
    with pytest.raises(TypeError, match=r"is .*; expected a function"):
        call(value)


def test_a_state_of_another_rule_or_shape_is_refused():
    optimizer = Optimizer(adam)
    for state, words in (
        (Optimizer(momentum).init([X]), "has 1 slots .* 'adam' has 2: it is of another rule"),
        (optimizer.init([ONES]), r"of params\[0\] has shape \(3,\); expected \(4, 3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            optimizer.update([X], [X], state)
    with pytest.raises(TypeError, match="state is of type NoneType; expected what init"):
        optimizer.update([X], [X], None)


@pytest.mark.parametrize("name", ["weight_decay", "trust"])
def test_a_negative_decay_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} of 'lars' is -0.1"):
        Optimizer(matrix_rules.lars, **{name: -0.1})


def test_gradients_that_do_not_fit_are_refused_by_regularized_too():
    optimizer = wrappers.Regularized(Optimizer(sgd), 0.1)
    with pytest.raises(ValueError, match="grads is 0 of them; expected a list of 1"):
        optimizer.update([X], [], optimizer.init([X]))


@pytest.mark.parametrize("y", [LABELS[:, None], LABELS[:2], LABELS.tolist(), "a"], ids=repr)
def test_accuracy_compares_as_many_labels_as_rows(y):
    with pytest.raises(ValueError, match=r"y has shape .*; expected labels of shape \(4,\)"):
        accuracy(NETWORK, PARAMS, X, y)


def test_integers_are_no_point_to_differentiate_at_and_no_type_of_weights():
    with pytest.raises(TypeError, match="x is int64; expected an array of floating-point"):
        numerical_gradient(np.sum, np.array([1, 2]))
    with pytest.raises(TypeError, match=r"dtype is .*int.*; expected a floating-point type"):
        initialize(RNG, (3, 2), dtype=int)


def test_a_hessian_of_integers_is_a_hessian():
    assert curvature.classify(np.array([[2, 1], [1, 2]])).kind == "minimum"
    with pytest.raises(TypeError, match="the Hessian is bool; expected a matrix of real numbers"):
        curvature.classify(np.eye(2, dtype=bool))


def test_what_is_trained_has_to_be_a_network_a_data_set_and_an_optimizer():
    run = partial(train.train, epochs=1)
    for arguments, words in (
        ((NETWORK, PARAMS, sgd, DATA), "optimizer is 'sgd'; expected an Optimizer"),
        ((NETWORK, PARAMS, Optimizer(sgd), (X, LABELS)), "data is of type tuple; expected a Data"),
        ((None, PARAMS, Optimizer(sgd), DATA), "network is of type NoneType; expected a Network"),
    ):
        with pytest.raises(TypeError, match=words):
            run(*arguments)


def test_running_statistics_of_another_layer_are_refused():
    _, cache = layers.batch_norm(X, ONES, ONES)
    with pytest.raises(
        ValueError, match=r"mean is of shape \(7,\); expected an array of shape \(3"
    ):
        layers.update_running(np.ones(7), ONES, cache)


def test_muon_takes_matrices_and_no_others():
    with pytest.raises(ValueError, match="Muon takes a matrix"):
        muon(ONES, ONES, 1)
    with pytest.raises(ValueError, match=r"g has shape \(3,\); expected a matrix"):
        matrix_rules.newton_schulz(ONES)


def test_values_that_are_no_numbers_are_refused_by_name():
    for name, call in (
        ("p", fans.log_odds),
        ("counts", fans.log_frequencies),
        ("value", lambda value: initializers.constant(RNG, (2,), value=value)),
        ("start", lambda start: train.descend(sgd, np.array, start, 1)),
        ("x0", lambda x0: solvers.bfgs(np.sum, np.ones_like, x0)),
    ):
        with pytest.raises(TypeError, match=f"{name} is .'a'.; expected a number or an array"):
            call(["a"])


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_cycle_is_not_divided_by_zero(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected a positive number"):
        schedules.one_cycle(1, total=10, high=1.0, **{name: 0})


@pytest.mark.parametrize("schedule", [schedules.triangular, schedules.triangular2])
def test_a_triangle_between_texts_is_refused(schedule):
    with pytest.raises(TypeError, match="low is 'a'; expected a number"):
        schedule(1, low="a", high=1.0, half=2)


def test_a_wrapper_takes_an_optimizer_and_a_network_takes_layers():
    for wrapper in (wrappers.Clipped, wrappers.Decoupled, wrappers.Regularized):
        with pytest.raises(TypeError, match="optimizer is 'adam'; expected an Optimizer"):
            wrapper(adam, 0.1).init([X])
    with pytest.raises(TypeError, match=r"layers\[1\] is 'relu'; expected a function"):
        Network((layers.dense, "relu")).forward(PARAMS, X)
    with pytest.raises(TypeError, match=r"layers is <function .*; expected a tuple"):
        Network(layers.dense).forward(PARAMS, X)


def test_vectors_that_do_not_fit_are_refused_by_the_pieces_of_bfgs_too():
    with pytest.raises(ValueError, match=r"y has shape \(4,\); expected \(3,\), that of s"):
        solvers.bfgs_update(np.eye(3), ONES, np.ones(4))
    with pytest.raises(ValueError, match=r"inverse has shape \(2, 2\); expected \(3, 3\)"):
        solvers.bfgs_update(np.eye(2), ONES, ONES)
    with pytest.raises(ValueError, match=r"g has shape \(2,\); expected \(3,\)"):
        solvers.two_loop(np.ones(2), [(ONES, ONES)])
    with pytest.raises(ValueError, match=r"p has shape \(\); expected \(3,\)"):
        solvers.armijo(np.sum, np.ones_like, ONES, [-1.0] * 3)
    with pytest.raises(TypeError, match=r"gradient.* is of type float; expected an array like x"):
        solvers.strong_wolfe(np.sum, lambda x: 1.0, ONES, -ONES)
    with pytest.raises(TypeError, match="line_search is 'armijo'; expected a function"):
        solvers.bfgs(np.sum, np.ones_like, ONES, line_search="armijo")
