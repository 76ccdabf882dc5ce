import re
from functools import partial

import numpy as np
import pytest
import torch

from mytutor.datasets import digits
from mytutor.layers import (
    batch_norm,
    batch_norm_inference,
    conv2d,
    dense,
    dropout,
    flatten,
    fold_batch_norm,
    leaky_relu,
    max_pool2d,
    relu,
    tanh,
)
from mytutor.losses import huber, softmax_cross_entropy
from mytutor.network import (
    Network,
    accuracy,
    different_units,
    gradient_check,
    inference_network,
    initialize,
    mlp,
    numerical_gradient,
    population_statistics,
    update_statistics,
)
from mytutor.optimizer import Optimizer
from mytutor.rules import adam
from mytutor.train import train

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


def test_nobody_computes_the_gradient_of_the_networks_input_where_it_can_be_left_out():
    scope = {"dense": dense, "asked": []}
    exec(
        "def mine(x, w, b):\n    return dense(x, w, b)\n\n"
        "def mine_backward(dy, cache):\n    asked.append('all')\n"
        "    return dy @ cache[1].T, cache[0].T @ dy, dy.sum(0)\n\n"
        "def mine_gradients(dy, cache):\n    asked.append('without dx')\n"
        "    return mine_backward(dy, cache)[1:]",
        scope,
    )
    params = initialize(np.random.default_rng(1), [5, 4, 3])
    network = Network((scope["mine"], relu, scope["mine"]))
    _, grads = network.loss_and_gradient(params, X, Y)
    assert scope["asked"] == ["all", "without dx", "all"]
    for grad, expected in zip(grads, mlp(1).loss_and_gradient(params, X, Y)[1], strict=True):
        np.testing.assert_array_equal(grad, expected)


def test_a_network_without_layers_has_no_gradients():
    assert Network(()).loss_and_gradient([], X[:, :3], Y)[1] == []


def test_input_that_does_not_fit_is_refused():
    params = initialize(np.random.default_rng(1), [5, 4, 3])
    with pytest.raises(ValueError, match="got 4 parameters; the layers take 6"):
        mlp(2).forward(params, X)
    with pytest.raises(ValueError, match="hidden is -1"):
        mlp(-1)
    with pytest.raises(
        ValueError, match=re.escape("sizes[1] is 0; expected a whole number of at least 1")
    ):
        initialize(np.random.default_rng(1), [5, 0, 3])
    with pytest.raises(ValueError, match=r"sizes is \[5\]; expected at least two"):
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


def convolutional(seed=0):
    """A network with every kind of layer, and its parameters."""
    layers = (
        partial(conv2d, padding=1),
        batch_norm,
        partial(leaky_relu, slope=0.1),
        max_pool2d,
        flatten,
        partial(dropout, rng=np.random.default_rng(seed), rate=0.25),
        dense,
    )
    rng = np.random.default_rng(1)
    shapes = [(4, 2, 3, 3), (4,), (4,), (4,), (16, 3), (3,)]
    return Network(layers), [rng.normal(size=shape) for shape in shapes]


IMAGES = RNG.normal(size=(7, 2, 4, 4))


def test_settings_are_bound_by_partial_and_gradients_pass_the_check_through_all_layers():
    network, params = convolutional()
    _, grads = network.loss_and_gradient(params, IMAGES, Y)
    for i, (grad, param) in enumerate(zip(grads, params, strict=True)):

        def loss(value, i=i):
            # A network made afresh draws the same noise.
            again = [*params[:i], value, *params[i + 1 :]]
            return float(convolutional()[0].loss_and_gradient(again, IMAGES, Y)[0])

        if i == 1:
            # Batch norm removes the bias of the convolution again.
            np.testing.assert_allclose(grad, 0, atol=1e-14)
        else:
            assert gradient_check(loss, grad, param) < 1e-7


def test_a_convolutional_network_of_tensors_computes_the_same():
    network, params = convolutional()
    loss, grads = network.loss_and_gradient(params, IMAGES, Y)
    tensors = [torch.tensor(p) for p in params]
    same, theirs = convolutional()[0].loss_and_gradient(
        tensors, torch.tensor(IMAGES), torch.tensor(Y)
    )
    assert float(same) == pytest.approx(float(loss), rel=1e-13)
    for grad, tensor in zip(grads, theirs, strict=True):
        np.testing.assert_allclose(grad, tensor.numpy(), rtol=1e-11, atol=1e-13)


def test_training_and_inference_network_are_torchs_train_and_eval():
    """Over 15 batches, running statistics included; PyTorch's momentum weighs the new batch."""
    network = Network((dense, partial(batch_norm, eps=1e-3), relu, dense))
    params = initialize(np.random.default_rng(1), [5, 8, 3])
    params = [*params[:2], np.linspace(0.5, 2, 8), np.linspace(-1, 1, 8), *params[2:]]
    twin = torch.nn.Sequential(
        torch.nn.Linear(5, 8),
        torch.nn.BatchNorm1d(8, eps=1e-3, momentum=0.2),
        torch.nn.ReLU(),
        torch.nn.Linear(8, 3),
    ).double()
    for p, value in zip(twin.parameters(), params, strict=True):
        p.data = torch.tensor(value.T.copy())
    statistics = []
    for seed in range(15):
        x = np.random.default_rng(seed).normal(size=(7, 5)) * 2 + 1
        output, caches = network.forward(params, x)
        statistics = update_statistics(statistics, caches, momentum=0.8)
        expected = twin(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(output, expected, rtol=1e-11, atol=1e-13)
    inference = inference_network(network, statistics)
    output, _ = inference.forward(params, X)
    expected = twin.eval()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(output, expected, rtol=1e-11, atol=1e-13)


def test_population_statistics_are_averages_over_batches_with_unbiased_variance():
    network = Network((batch_norm, dense))
    params = [np.ones(5), np.zeros(5), *initialize(np.random.default_rng(1), [5, 3])]
    batches = [RNG.normal(size=(6, 5)) for _ in range(4)]
    ((mean, variance),) = population_statistics(network, params, iter(batches))
    np.testing.assert_allclose(mean, np.mean([b.mean(0) for b in batches], 0), rtol=1e-12)
    expected = np.mean([b.var(0, ddof=1) for b in batches], 0)
    np.testing.assert_allclose(variance, expected, rtol=1e-12)


def test_the_inference_network_drops_nothing_and_treats_rows_alone():
    network, params = convolutional()
    inference = inference_network(network, population_statistics(network, params, [IMAGES]))
    functions = [getattr(layer, "func", layer) for layer in inference.layers]
    assert functions == [conv2d, batch_norm_inference, leaky_relu, max_pool2d, flatten, dense]
    whole, _ = inference.forward(params, IMAGES)
    np.testing.assert_array_equal(whole, inference.forward(params, IMAGES)[0])
    alone, _ = inference.forward(params, IMAGES[:1])
    np.testing.assert_allclose(alone, whole[:1], rtol=1e-12)
    # Its gradients are right too, for fine-tuning with fixed statistics.
    _, grads = inference.loss_and_gradient(params, IMAGES, Y)

    def loss(w):
        return float(inference.loss_and_gradient([w, *params[1:]], IMAGES, Y)[0])

    assert gradient_check(loss, grads[0], params[0]) < 1e-7


def test_batch_norm_trains_on_the_digits_and_folds_away():
    data = digits()
    network = Network((dense, batch_norm, relu, partial(dropout, rng=RNG, rate=0.1), dense))
    params = initialize(np.random.default_rng(0), [64, 32, 10])
    params = [*params[:2], np.ones(32), np.zeros(32), *params[2:]]
    params, _, _ = train(network, params, Optimizer(adam, lr=0.01), data, epochs=4)
    batches = [data.x_train[i : i + 32] for i in range(0, 1400, 32)]
    statistics = population_statistics(network, params, batches)
    inference = inference_network(network, statistics)
    assert accuracy(inference, params, data.x_test, data.y_test) > 0.94
    w, b, gamma, beta, *rest = params
    folded = [*fold_batch_norm(w, b, gamma, beta, *statistics[0]), *rest]
    np.testing.assert_allclose(
        mlp(1).forward(folded, data.x_test)[0],
        inference.forward(params, data.x_test)[0],
        rtol=1e-9,
        atol=1e-11,
    )


def test_a_loss_takes_settings_by_partial_too():
    network = Network((dense,), partial(huber, delta=0.1))
    params = initialize(np.random.default_rng(1), [5, 3])
    target = RNG.normal(size=(7, 3))
    _, grads = network.loss_and_gradient(params, X, target)

    def loss(w):
        return float(network.loss_and_gradient([w, params[1]], X, target)[0])

    assert gradient_check(loss, grads[0], params[0]) < 1e-7


def test_statistics_of_another_network_are_refused():
    network, params = convolutional()
    _, caches = network.forward(params, IMAGES)
    with pytest.raises(ValueError, match=r"got 0 pairs .*; the network has 1 batch norms"):
        inference_network(network)
    with pytest.raises(ValueError, match=r"got 2 pairs .* of 1 batch norms"):
        update_statistics([(0.0, 1.0)] * 2, caches)
    with pytest.raises(ValueError, match="batches is empty"):
        population_statistics(network, params, [])


def test_a_backward_with_too_few_gradients_is_refused():
    scope = {}
    exec(
        "def scale(x, a):\n    return a * x, (x, a)\n\n"
        "def scale_backward(dy, cache):\n    return dy * cache[1]",
        scope,
    )
    network = Network((scope["scale"],))
    with pytest.raises(ValueError, match=r"scale_backward returns dx and 0 more .* expected 1"):
        network.loss_and_gradient([np.ones(5)], X, Y)


def test_units_are_counted_by_their_columns():
    w = np.array([[1.0, 2.0, 1.0, 1.0], [0.0, 0.0, 0.0, 3.0]])
    assert different_units(w) == len({tuple(column) for column in w.T}) == 3
    assert different_units(np.full((5, 7), 0.1)) == 1
    assert different_units(np.random.default_rng(0).normal(size=(3, 50))) == 50


def test_only_a_matrix_of_weights_has_units():
    with pytest.raises(TypeError, match="w is of type list; expected a NumPy array"):
        different_units([[1.0]])
    with pytest.raises(ValueError, match=r"w has shape \(3,\); expected weights of shape"):
        different_units(np.ones(3))
