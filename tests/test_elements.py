"""A function of arrays as a compiled function of one number."""

from functools import partial

import numpy as np
import pytest

from mytutor import arrays
from mytutor.execute.elements import on_elements
from mytutor.layers import activations, elu, flatten, leaky_relu, relu, softmax
from mytutor.network import backward_of

pytest.importorskip("numba")

ELEMENTWISE = [
    getattr(activations, name)
    for name in activations.__all__
    if not name.endswith("_backward") and "softmax" not in name
]
VALUES = [0.0, -0.0, 1e-8, -3.0, 0.7, 40.0, -40.0, 200.0, -200.0, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layer", ELEMENTWISE, ids=lambda layer: layer.__name__)
def test_an_activation_and_its_gradient_are_those_of_arrays(layer, dtype):
    x = np.array([*VALUES, *np.random.default_rng(0).normal(0, 3, 100)], dtype)
    dy = np.random.default_rng(1).standard_normal(len(x)).astype(dtype)
    with np.errstate(all="ignore"):
        y, cache = layer(x)
        dx = backward_of(layer)(dy, cache)
    forward = on_elements(layer, np.dtype(dtype))
    backward = on_elements(backward_of(layer), np.dtype(dtype))
    near = {"rtol": 30 * np.finfo(dtype).eps, "atol": 30 * np.finfo(dtype).eps}
    np.testing.assert_allclose([forward(v)[0] for v in x], y, **near)
    found = [backward(d, forward(v)[1]) for d, v in zip(dy, x, strict=True)]
    np.testing.assert_allclose(found, dx, **near)


@pytest.mark.parametrize(
    "layer",
    [
        *(partial(leaky_relu, slope=0.3), partial(elu, alpha=2.0)),
        *(partial(leaky_relu, slope=np.float32(0.3)), partial(elu, alpha=np.int64(2))),
    ],
)
def test_settings_are_constants(layer):
    expected = layer(np.array([-1.0]))[0][0]
    assert on_elements(layer, np.dtype(float))(-1.0)[0] == pytest.approx(expected)


def test_single_precision_stays_single():
    element = on_elements(activations.gelu, np.dtype(np.float32))
    element(np.float32(1))
    ((arguments, result),) = [(s.args, s.return_type) for s in element.nopython_signatures]
    y, (x, _) = result
    assert {str(kind) for kind in (*arguments, y, x)} == {"float32"}


def half(x):
    return 0.5 * x


def halved_twice(x):
    y = half(half(x))
    return y, y**2


def last_of_all(x):
    return x[-1], x


def drawn(x, *, rng):
    return x * rng.random(x.shape), x


def named(x):
    return x, "x"


def branching(x):
    if x > 0:
        return x, x
    return -x, x


def squashed(x):
    y = np.where(x > 0, np.tanh(x), np.clip(x, -0.5, 0.0))
    return np.maximum(y, -0.25), y


def test_functions_of_numpy_are_known():
    element, x = on_elements(squashed, np.dtype(float)), np.array([-2.0, -0.1, 0.0, 3.0])
    np.testing.assert_allclose([element(v)[0] for v in x], squashed(x)[0])


def test_a_function_may_call_others_of_ones_own():
    assert on_elements(halved_twice, np.dtype(float))(8.0) == (2.0, 4.0)


@pytest.mark.parametrize(
    "function",
    [
        *(softmax, flatten, last_of_all, branching, named, arrays.amax, len, np.cumsum),
        partial(drawn, rng=np.random.default_rng(0)),
        partial(relu, mean=np.zeros(3)),
    ],
    ids=lambda function: getattr(function, "__name__", "partial"),
)
def test_what_looks_at_more_than_its_own_place_is_refused(function):
    with pytest.raises(ValueError, match="compiled"):
        on_elements(function, np.dtype(float))
