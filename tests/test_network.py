import re

import numpy as np
import pytest
import torch

from mytutor.layers import dense, relu, tanh
from mytutor.losses import softmax_cross_entropy
from mytutor.network import (
    Network,
    accuracy,
    gradient_check,
    initialize,
    mlp,
    numerical_gradient,
)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 5)), RNG.integers(0, 3, size=7)


@pytest.mark.parametrize("activation", [relu, tanh])
@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_gradients_of_a_deep_network_equal_torch_autograd(activation, hidden):
    network = mlp(hidden, activation=activation)
    params = initialize(np.random.default_rng(1), [5, *[8] * hidden, 3])
    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    h = torch.tensor(X)
    for i in range(0, len(tensors), 2):
        h = h @ tensors[i] + tensors[i + 1]
        h = h if i == len(tensors) - 2 else getattr(torch, activation.__name__)(h)
    expected = torch.nn.functional.cross_entropy(h, torch.tensor(Y))
    expected.backward()
    loss, grads = network.loss_and_gradient(params, X, Y)
    assert loss == pytest.approx(expected.item(), rel=1e-13)
    for grad, tensor in zip(grads, tensors, strict=True):
        np.testing.assert_allclose(grad, tensor.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_a_network_of_tensors_computes_the_same():
    network, params = mlp(2), initialize(np.random.default_rng(1), [5, 8, 8, 3])
    loss, grads = network.loss_and_gradient(params, X, Y)
    tensors = [torch.tensor(p) for p in params]
    same, tensor_grads = network.loss_and_gradient(tensors, torch.tensor(X), torch.tensor(Y))
    assert float(same) == pytest.approx(float(loss), rel=1e-13)
    for grad, tensor in zip(grads, tensor_grads, strict=True):
        np.testing.assert_allclose(grad, tensor.numpy(), rtol=1e-12, atol=1e-15)
    assert accuracy(network, params, X, Y) == accuracy(
        network, tensors, torch.tensor(X), torch.tensor(Y)
    )


def test_the_gradient_check_finds_a_wrong_gradient():
    params = initialize(np.random.default_rng(1), [5, 4, 3])
    network = mlp(1)

    def loss(w):
        return float(network.loss_and_gradient([w, *params[1:]], X, Y)[0])

    _, grads = network.loss_and_gradient(params, X, Y)
    assert gradient_check(loss, grads[0], params[0]) < 1e-7
    assert gradient_check(loss, 1.001 * grads[0], params[0]) > 1e-4


def test_numerical_gradient_is_exact_on_a_quadratic():
    x = np.array([1.0, -3.0])
    np.testing.assert_allclose(numerical_gradient(lambda x: float(x @ x), x), 2 * x, rtol=1e-9)


def test_a_layer_of_the_readers_own_needs_only_its_backward_beside_it():
    scope = {"np": np}
    exec(
        "def square(x):\n    return x**2, x\n\n"
        "def square_backward(dy, cache):\n    return 2 * cache * dy",
        scope,
    )
    network = Network((dense, scope["square"], dense))
    params = initialize(np.random.default_rng(1), [5, 4, 3])
    _, grads = network.loss_and_gradient(params, X, Y)

    def loss(w):
        return float(network.loss_and_gradient([w, *params[1:]], X, Y)[0])

    assert gradient_check(loss, grads[0], params[0]) < 1e-7


def test_input_that_does_not_fit_is_refused():
    params = initialize(np.random.default_rng(1), [5, 4, 3])
    with pytest.raises(ValueError, match="got 4 parameters; the layers take 6"):
        mlp(2).forward(params, X)
    with pytest.raises(ValueError, match="hidden is -1"):
        mlp(-1)
    with pytest.raises(ValueError, match=re.escape("sizes is [5, 0, 3]")):
        initialize(np.random.default_rng(1), [5, 0, 3])
    with pytest.raises(ValueError, match="at least two sizes"):
        initialize(np.random.default_rng(1), [5])
    with pytest.raises(TypeError, match="x is float32; expected float64"):
        gradient_check(lambda x: 0.0, np.zeros(2), np.zeros(2, np.float32))
    with pytest.raises(ValueError, match=re.escape("shape (3,); expected (2,)")):
        gradient_check(lambda x: 0.0, np.zeros(3), np.zeros(2))


def test_a_layer_without_backward_is_refused():
    def half(x):
        return x / 2, None

    network = Network((half,), softmax_cross_entropy)
    y, caches = network.forward([], X)
    with pytest.raises(ValueError, match="layer 'half' has no 'half_backward' beside it"):
        network.backward(y, caches)
