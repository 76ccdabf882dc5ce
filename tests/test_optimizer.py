import re

import numpy as np
import pytest
import torch

from mytutor.optimizer import NonFiniteGradient, Optimizer, State
from mytutor.rules import adagrad, adam, momentum, sgd

X = [np.zeros((2, 3)), np.ones(4)]
G = [np.full((2, 3), 0.5), np.full(4, -1.0)]


def test_runs_the_rule_on_every_array_and_counts_the_steps():
    optimizer = Optimizer(adam, lr=0.1)
    state = optimizer.init(X)
    assert state.t == 0
    params, state = optimizer.update(X, G, state)
    params, state = optimizer.update(params, G, state)
    assert state.t == 2
    for x, g, new in zip(X, G, params, strict=True):
        one, m, v = adam(x, g, 1, lr=0.1)
        two, *_ = adam(one, g, 2, m, v, lr=0.1)
        np.testing.assert_array_equal(new, two)


def test_a_network_of_tensors_follows_torch_optim():
    params = [torch.zeros(2, 3, dtype=torch.float64), torch.ones(4, dtype=torch.float64)]
    twins = [torch.nn.Parameter(x.clone()) for x in params]
    twin = torch.optim.Adam(twins, lr=0.05)
    optimizer = Optimizer(adam, lr=0.05)
    state = optimizer.init(params)
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        grads = [torch.randn(x.shape, generator=generator, dtype=x.dtype) for x in params]
        params, state = optimizer.update(params, grads, state)
        for parameter, g in zip(twins, grads, strict=True):
            parameter.grad = g
        twin.step()
    for x, parameter in zip(params, twins, strict=True):
        torch.testing.assert_close(x, parameter.data, rtol=1e-12, atol=1e-12)


def test_update_is_pure():
    optimizer = Optimizer(momentum)
    state = optimizer.init(X)
    before = [x.copy() for x in X]
    optimizer.update(X, G, state)
    for x, kept in zip(X, before, strict=True):
        np.testing.assert_array_equal(x, kept)
    assert state.t == 0
    np.testing.assert_array_equal(state.slots[1][0], np.zeros(4))


def test_a_schedule_is_asked_for_every_step_from_one():
    asked = []

    def schedule(t):
        asked.append(t)
        return np.float64(0.1 / t)

    optimizer = Optimizer(sgd, lr=schedule)
    params, state = [np.zeros(1, np.float32)], State(0, ((),))
    for _ in range(3):
        params, state = optimizer.update(params, [np.ones(1, np.float32)], state)
    assert asked == [1, 2, 3]
    assert params[0].dtype == np.float32
    np.testing.assert_allclose(params[0], -(0.1 + 0.05 + 0.1 / 3), rtol=1e-6)


def test_initial_state_has_the_rules_values_in_the_params_dtype():
    def warm(x, g, t, s=0.1, *, lr=0.1):
        return x - lr * g, s

    state = Optimizer(warm).init([np.zeros(2, np.float32)])
    np.testing.assert_array_equal(state.slots[0][0], np.full(2, 0.1, np.float32))
    assert state.slots[0][0].dtype == np.float32


def test_wrong_names_list_the_right_ones():
    words = "rule 'adam' has no hyperparameter 'learning_rate'; it has: lr, beta1, beta2, eps"
    with pytest.raises(TypeError, match=words):
        Optimizer(adam, learning_rate=0.1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": -0.1}, "lr of 'adam' is -0.1; expected a finite number with 0 <= lr < inf"),
        ({"lr": float("nan")}, "lr of 'adam' is nan"),
        ({"lr": float("inf")}, "lr of 'adam' is inf"),
        ({"beta1": 1.0}, "beta1 of 'adam' is 1.0; expected a finite number with 0 <= beta1 < 1"),
        ({"beta2": -0.1}, "beta2 of 'adam' is -0.1"),
        ({"eps": -1e-8}, "eps of 'adam' is -1e-08"),
    ],
)
def test_values_out_of_range_are_refused(settings, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Optimizer(adam, **settings)


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="lr of 'sgd' is 'fast'; expected a number or a function"):
        Optimizer(sgd, lr="fast")


def test_a_rule_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="rule is 'adam'; expected a function"):
        Optimizer("adam")


def test_a_schedule_that_leaves_the_range_is_refused_with_its_step():
    optimizer = Optimizer(sgd, lr=lambda t: 1.0 - t)
    _, state = optimizer.update(X, G, optimizer.init(X))
    with pytest.raises(ValueError, match=r"lr at t=2 of 'sgd' is -1\.0"):
        optimizer.update(X, G, state)


@pytest.mark.parametrize(
    ("grads", "error", "words"),
    [
        ([G[0], np.ones(3)], ValueError, "grads[1] has shape (3,); expected (4,)"),
        ([G[0]], ValueError, "grads is 1 of them; expected a list of 2"),
        (G[0], ValueError, "grads is ndarray; expected a list of 2"),
        ([G[0], np.ones(4, np.float32)], TypeError, "grads[1] is float32; expected float64"),
        ([G[0], [1.0] * 4], ValueError, "grads[1] has shape list; expected (4,)"),
        ([G[0], np.array([1, np.nan, 1, 1])], NonFiniteGradient, "grads[1] has a NaN"),
        ([G[0] * np.inf, G[1]], NonFiniteGradient, "grads[0] has a NaN or infinite"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(grads, error, words):
    optimizer = Optimizer(sgd)
    with pytest.raises(error, match=re.escape(words)):
        optimizer.update(X, grads, optimizer.init(X))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (np.zeros(3), "params is of type ndarray; expected a list of arrays"),
        ([np.zeros(3, int)], "params[0] is int64; expected an array of floating-point"),
        ([[1.0, 2.0]], "params[0] is list"),
        ([torch.zeros(2, dtype=torch.int32)], "params[0] is torch.int32"),
    ],
)
def test_params_that_are_no_list_of_float_arrays_are_refused(params, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        Optimizer(sgd).init(params)


def test_a_state_of_other_params_is_refused():
    optimizer = Optimizer(adagrad)
    with pytest.raises(ValueError, match="the state is of 1 arrays and params of 2"):
        optimizer.update(X, G, optimizer.init(X[:1]))


def test_prints_as_it_is_written():
    assert repr(Optimizer(momentum, lr=0.1)) == "Optimizer(momentum, lr=0.1, mu=0.9)"


def test_initial_values_of_the_state_can_be_given():
    state = Optimizer(adagrad).init(X, s=0.1)
    np.testing.assert_array_equal(state.slots[1][0], np.full(4, 0.1))
    with pytest.raises(TypeError, match="rule 'adagrad' has no state 'v'; it has: s"):
        Optimizer(adagrad).init(X, v=0.1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_parameter_without_axes_is_stepped_more_than_once(dtype):
    # NumPy turns an array of no axes into a scalar at the first operation on it.
    optimizer, params = Optimizer(momentum, lr=0.1), [np.array(1.5, dtype)]
    state = optimizer.init(params)
    for _ in range(3):
        params, state = optimizer.update(params, [2 * params[0]], state)
    assert params[0].shape == ()
    assert params[0].dtype == dtype
