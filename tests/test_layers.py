import inspect

import numpy as np
import pytest
import torch

from mytutor import layers, trace
from mytutor.network import gradient_check

FUNCTIONS = trace.functions_of(layers)
LAYERS = [f for name, f in FUNCTIONS.items() if not name.endswith("_backward")]
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda f: f.__name__)
SHAPES = {"x": (5, 4), "w": (4, 3), "b": (3,)}


def arguments(layer, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=SHAPES[name]) for name in inspect.signature(layer).parameters]


def backward(layer, dy, cache):
    out = FUNCTIONS[f"{layer.__name__}_backward"](dy, cache)
    return out if isinstance(out, tuple) else (out,)


@every_layer
def test_backward_passes_the_gradient_check_in_every_argument(layer):
    values = arguments(layer)
    y, cache = layer(*values)
    dy = np.random.default_rng(1).normal(size=y.shape)
    grads = backward(layer, dy, cache)
    assert len(grads) == len(values)
    for i, grad in enumerate(grads):

        def scalar(value, i=i):
            return float((layer(*values[:i], value, *values[i + 1 :])[0] * dy).sum())

        assert gradient_check(scalar, grad, values[i]) < 1e-7


@every_layer
def test_backward_equals_torch_autograd(layer):
    values = [torch.tensor(v, requires_grad=True) for v in arguments(layer)]
    y, _ = layer(*values)
    dy = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(0))
    y.backward(dy)
    plain = [v.detach().numpy() for v in values]
    y, cache = layer(*plain)
    for grad, value in zip(backward(layer, dy.numpy(), cache), values, strict=True):
        np.testing.assert_allclose(grad, value.grad.numpy(), rtol=1e-12, atol=1e-14)


@every_layer
def test_forward_on_torch_equals_numpy(layer):
    values = arguments(layer)
    ours, _ = layer(*values)
    theirs, _ = layer(*[torch.tensor(v) for v in values])
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-13, atol=1e-15)


def test_forward_equals_torchs_layers():
    x, w, b = arguments(layers.dense)
    linear = torch.nn.functional.linear(torch.tensor(x), torch.tensor(w.T), torch.tensor(b))
    np.testing.assert_allclose(layers.dense(x, w, b)[0], linear.numpy(), rtol=1e-13)
    np.testing.assert_array_equal(layers.relu(x)[0], torch.relu(torch.tensor(x)).numpy())
    np.testing.assert_allclose(layers.tanh(x)[0], torch.tanh(torch.tensor(x)).numpy(), rtol=1e-14)


def test_relu_has_gradient_zero_at_zero():
    _, cache = layers.relu(np.array([0.0, -0.0, 1.0]))
    np.testing.assert_array_equal(layers.relu_backward(np.ones(3), cache), [0, 0, 1])


def test_shapes_that_do_not_fit_are_refused():
    x, w, b = arguments(layers.dense)
    with pytest.raises(ValueError, match=r"\(5, 4\), \(3, 4\), \(3,\); expected \(batch, in\)"):
        layers.dense(x, w.T, b)
    with pytest.raises(ValueError, match=r"\(5, 4\), \(4, 3\), \(1, 3\)"):
        layers.dense(x, w, b[None])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_docstring_names_its_source(function):
    assert "Source: " in inspect.getdoc(function)
