import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mytutor.flat import LINE, flatten, objective
from mytutor.network import initialize, mlp

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 5)), RNG.integers(0, 3, size=7)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), min_size=1, max_size=4),
    st.booleans(),
)
def test_a_list_of_arrays_comes_back_from_its_vector(shapes, as_tensors):
    params = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    params = [torch.tensor(p) for p in params] if as_tensors else [np.asarray(p) for p in params]
    vector, restore = flatten(params)
    assert tuple(vector.shape) == (sum(int(np.prod(shape)) for shape in shapes),)
    for before, after in zip(params, restore(vector), strict=True):
        assert type(after) is type(before)
        np.testing.assert_array_equal(before, after, strict=True)


def test_a_vector_begins_with_a_cache_line():
    kept = [flatten([np.ones(size, np.float32), np.ones(3, np.float32)])[0] for size in range(40)]
    assert {vector.ctypes.data % LINE for vector in kept} == {0}


def test_the_order_is_that_of_torch_parameters_to_vector():
    params = [RNG.normal(size=shape) for shape in [(2, 3), (3,), (3, 2)]]
    expected = torch.nn.utils.parameters_to_vector([torch.tensor(p) for p in params])
    np.testing.assert_array_equal(flatten(params)[0], expected.numpy())


def test_one_array_comes_back_as_one_array():
    x = np.arange(6.0).reshape(2, 3)
    vector, restore = flatten(x)
    np.testing.assert_array_equal(vector, np.arange(6.0))
    np.testing.assert_array_equal(restore(vector), x)


def test_a_networks_loss_is_a_function_of_one_vector_computed_once_a_point():
    network, params = mlp(1), initialize(np.random.default_rng(1), [5, 4, 3])
    passes = []

    class Spy:
        def loss_and_gradient(self, *arguments):
            passes.append(1)
            return network.loss_and_gradient(*arguments)

    loss = objective(Spy(), params, X, Y)
    value, grads = network.loss_and_gradient(params, X, Y)
    assert loss.value(loss.start) == float(value)
    np.testing.assert_array_equal(loss.gradient(loss.start), flatten(grads)[0])
    assert len(passes) == 1
    moved = loss.start.copy()
    before = loss.value(moved)
    moved += 0.1
    assert loss.value(moved) != before
    assert len(passes) == 2
    np.testing.assert_array_equal(loss.restore(loss.start)[2], params[2])


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ([], ValueError, "params is an empty list"),
        (
            [np.zeros(2), np.zeros(2, np.float32)],
            TypeError,
            "params[1] is float32; expected float64",
        ),
        ([np.zeros(2, int)], TypeError, "params[0] is int64; expected an array of floating-point"),
        ([1.0, 2.0], TypeError, "params[0] is float; expected an array"),
    ],
)
def test_what_is_no_list_of_arrays_is_refused(params, error, words):
    with pytest.raises(error, match=re.escape(words)):
        flatten(params)


def test_a_vector_of_another_length_is_refused():
    _, restore = flatten([np.zeros(2), np.zeros(3)])
    with pytest.raises(ValueError, match=re.escape("the vector has shape (4,); expected (5,)")):
        restore(np.zeros(4))
