"""Compiled, a network has the loss and the gradient that its own functions give."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mytutor.compiling import check_known, many_models, one_model, places
from mytutor.flat import flatten, views
from mytutor.layers import batch_norm, dense, gelu, leaky_relu, relu, softmax, tanh
from mytutor.losses import squared_error
from mytutor.network import Network, initialize, mlp

pytest.importorskip("numba")

LAYERS = {
    "linear": (dense,),
    "two hidden layers": (dense, relu, dense, tanh, dense),
    "activations in front, behind and in a row": (relu, dense, gelu, tanh, dense, relu),
    "settings": (dense, partial(leaky_relu, slope=0.3), dense),
}


def network_of(name, inputs, hidden, classes):
    layers = LAYERS[name]
    between = [hidden] * (sum(layer is dense for layer in layers) - 1)
    return Network(layers), [inputs, *between, classes]


@pytest.mark.parametrize(
    ("name", "dtype"), [*zip(LAYERS, [np.float64, np.float32] * 2, strict=True)], ids=[*LAYERS]
)
@settings(max_examples=10, deadline=None)
@given(
    rows=st.integers(1, 9),
    inputs=st.integers(1, 9),
    hidden=st.integers(1, 9),
    classes=st.integers(1, 9),
    models=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_loss_and_gradient_of_one_and_of_many(
    name, dtype, rows, inputs, hidden, classes, models, seed
):
    network, sizes = network_of(name, inputs, hidden, classes)
    rng = np.random.default_rng(seed)
    starts = [initialize(rng, sizes, dtype=dtype) for _ in range(models)]
    x, y = rng.standard_normal((rows, inputs)).astype(dtype), rng.integers(0, classes, rows)
    table = np.array([flatten(params)[0] for params in starts])

    near = {"rtol": 2000 * np.finfo(dtype).eps, "atol": 200 * np.finfo(dtype).eps}
    together, grads = np.empty(models, dtype), np.empty_like(table.T, order="C")
    many = many_models(network.layers, np.dtype(dtype))
    many(x, y, places(starts[0]), np.ascontiguousarray(table.T), grads, together)
    one = one_model(network.layers, np.dtype(dtype))
    for k, params in enumerate(starts):
        loss, expected = network.loss_and_gradient(params, x, y)
        alone = np.empty(table.shape[1], dtype)
        found = one(x, y, places(params), table[k], alone, np.empty_like(x))
        np.testing.assert_allclose([found, together[k]], loss, **near)
        for vector in (alone, grads[:, k]):
            shapes = [array.shape for array in params]
            for ours, theirs in zip(views(vector, shapes), expected, strict=True):
                np.testing.assert_allclose(ours, theirs, **near)


def test_a_model_that_is_not_finite_leaves_the_others_alone():
    params = initialize(np.random.default_rng(0), [2, 3, 2])
    table = np.stack([flatten(params)[0]] * 3, axis=1)
    table[0, 1] = np.nan
    grads, loss = np.empty_like(table), np.empty(3)
    x, y = np.ones((4, 2)), np.zeros(4, int)
    many_models((dense, relu, dense), np.dtype(float))(x, y, places(params), table, grads, loss)
    assert np.isnan(loss[1])
    assert np.isfinite(loss[[0, 2]]).all()
    assert np.isfinite(grads[:, [0, 2]]).all()


def test_large_outputs_do_not_overflow():
    params = [np.array([[800.0, -800.0]]), np.zeros(2)]
    x, y = np.ones((1, 1)), np.array([1])
    grads, loss = np.empty((4, 1)), np.empty(1)
    table = flatten(params)[0]
    many_models((dense,), np.dtype(float))(x, y, places(params), table[:, None], grads, loss)
    alone = np.empty(4)
    found = one_model((dense,), np.dtype(float))(x, y, places(params), table, alone, x)
    assert found == loss[0] == 1600
    np.testing.assert_array_equal(alone, [1, -1, 1, -1])
    np.testing.assert_array_equal(grads[:, 0], alone)


@pytest.mark.parametrize(
    ("network", "params", "found"),
    [
        (Network((dense, relu, dense), squared_error), 4, "squared_error"),
        (Network((dense, batch_norm, dense)), 6, "batch_norm"),
    ],
    ids=["loss", "layer"],
)
def test_other_networks_are_refused(network, params, found):
    with pytest.raises(ValueError, match=f"can be compiled; found {found}"):
        check_known(network, [np.ones((2, 2))] * params)


def test_an_activation_that_looks_at_other_places_is_refused():
    for compiled in (one_model, many_models):
        with pytest.raises(ValueError, match="isn't elementwise"):
            compiled(mlp(1, activation=softmax).layers, np.dtype(float))
