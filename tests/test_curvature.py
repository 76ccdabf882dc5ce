import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mytutor import surfaces
from mytutor.curvature import (
    check_hessian,
    classify,
    condition_number,
    hessian_vector,
    lanczos,
    numerical_hessian,
    power_iteration,
    sharpness,
    stationary_point,
)
from mytutor.datasets import digits
from mytutor.flat import flatten, objective
from mytutor.layers import dense, tanh
from mytutor.losses import squared_error
from mytutor.network import Network, initialize, mlp
from mytutor.rules import sgd
from mytutor.train import descend

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 5)), RNG.integers(0, 3, size=20)
NETWORK = mlp(1, activation=tanh)
PARAMS = initialize(np.random.default_rng(1), [5, 6, 3])


def exact_hessian_of_the_network():
    """What torch differentiates twice, from its own layers and loss."""
    start, restore = flatten([torch.tensor(p) for p in PARAMS])

    def loss(vector):
        w1, b1, w2, b2 = restore(vector)
        logits = torch.tanh(torch.tensor(X) @ w1 + b1) @ w2 + b2
        return torch.nn.functional.cross_entropy(logits, torch.tensor(Y))

    return torch.autograd.functional.hessian(loss, start).numpy()


EXACT = exact_hessian_of_the_network()


def symmetric(eigenvalues, seed=0):
    n = len(eigenvalues)
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    return (q * np.array(eigenvalues)) @ q.T


# -- the Hessian -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rosenbrock", "beale", "goldstein_price", "ackley", "cliff"])
@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_numerical_hessian_is_the_exact_one(name, make):
    surface = getattr(surfaces, name)
    for point in ([0.3, -0.7], [1.9, 0.4], [-1.1, 1.2]):
        exact = surface.hessian(np.array(point))
        found = numerical_hessian(surface.gradient, make(np.array(point)))
        np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-7 * abs(exact).max())


def test_numerical_hessian_of_a_networks_loss_is_torchs():
    loss = objective(NETWORK, PARAMS, X, Y)
    np.testing.assert_allclose(numerical_hessian(loss.gradient, loss.start), EXACT, atol=1e-8)


def test_hessian_vector_product_over_a_list_of_arrays_is_torchs():
    vectors = [RNG.normal(size=p.shape) for p in PARAMS]
    product = hessian_vector(lambda p: NETWORK.loss_and_gradient(p, X, Y)[1], PARAMS, vectors)
    assert [p.shape for p in product] == [p.shape for p in PARAMS]
    np.testing.assert_allclose(flatten(product)[0], EXACT @ flatten(vectors)[0], atol=1e-7)


@settings(deadline=None)
@given(scale=st.floats(1e-8, 1e8), seed=st.integers(0, 100))
def test_hessian_vector_product_is_linear_in_the_vector(scale, seed):
    x, v = np.random.default_rng(seed).normal(size=(2, 4))
    product = hessian_vector(surfaces.rosenbrock.gradient, x, v)
    np.testing.assert_allclose(product, surfaces.rosenbrock.hessian(x) @ v, rtol=1e-6, atol=1e-4)
    scaled = hessian_vector(surfaces.rosenbrock.gradient, x, scale * v)
    np.testing.assert_allclose(scaled, scale * product, rtol=1e-6, atol=1e-5 * scale)
    np.testing.assert_array_equal(hessian_vector(surfaces.rosenbrock.gradient, x, 0 * v), 0)


# -- stationary points -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ([1.0, 2.0, 3.0], "minimum"),
        ([-1.0, -2.0], "maximum"),
        ([-1e-3, 1.0, 2.0], "saddle"),
        ([-1.0, 0.0, 1.0], "saddle"),
        ([0.0, 1.0], "degenerate"),
        ([0.0, -1.0], "degenerate"),
        ([0.0, 0.0], "degenerate"),
    ],
)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_stationary_points_are_told_by_the_signs_of_the_eigenvalues(eigenvalues, kind, scale):
    point = classify(scale * symmetric(eigenvalues))
    assert point.kind == kind
    np.testing.assert_allclose(point.eigenvalues, scale * np.sort(eigenvalues), atol=1e-12 * scale)


def test_stationary_points_of_himmelblau_are_the_known_nine():
    f = surfaces.himmelblau
    for minimum in f.minima:
        assert stationary_point(f.gradient, np.array(minimum)).kind == "minimum"
        assert stationary_point(f.gradient, np.array(minimum), f.hessian).kind == "minimum"
    starts = [[-0.27, -0.92], [-3.07, -0.08], [-0.13, 1.95], [0.09, 2.88], [3.39, 0.07]]
    kinds = []
    for x in np.array(starts):
        for _ in range(20):
            x = x - np.linalg.solve(f.hessian(x), f.gradient(x))
        kinds.append(stationary_point(f.gradient, x).kind)
    assert kinds == ["maximum", "saddle", "saddle", "saddle", "saddle"]


def test_saddles_and_the_monkey_saddle():
    origin = np.zeros(2)
    found = stationary_point(surfaces.saddle.gradient, origin)
    assert found.kind == "saddle"
    np.testing.assert_allclose(abs(found.eigenvectors[:, 0]), [0, 1], atol=1e-9)
    assert (
        stationary_point(
            surfaces.monkey_saddle.gradient, origin, surfaces.monkey_saddle.hessian
        ).kind
        == "degenerate"
    )


# -- how unequal curvatures are ----------------------------------------


def test_the_condition_number_is_that_of_numpy():
    for matrix in (np.diag([1.0, -4.0]), symmetric([3.0, 0.5, -6.0]), symmetric([1.0, 1.0])):
        assert condition_number(matrix) == pytest.approx(np.linalg.cond(matrix))
    assert condition_number(np.diag([2.0, 0.0])) == math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: condition_number(np.ones((2, 3))), r"shape \(2, 3\); expected a square"),
    ],
)
def test_bad_input_to_them_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -- eigenvalues by products -----------------------------------------------------------------------

SPECTRA = [
    [5.0, 3.0, 1.0, 0.5],
    [-7.0, -1.0, 2.0, 4.0],
    [-4.0, 1.0, 4.0, 0.0],
    [-5.0, -3.0, -1.0],
    [2.0, 2.0, 2.0],
    [0.0, 0.0, 0.0],
    [0.0, -3.0],
    [4.0],
    [-4.0],
]


@pytest.mark.parametrize("method", [power_iteration, lanczos])
@pytest.mark.parametrize("eigenvalues", SPECTRA, ids=str)
@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_the_largest_eigenvalue_is_found_whatever_the_others_are(method, eigenvalues, make):
    matrix = make(symmetric(eigenvalues))
    pair = method(lambda v: matrix @ v, matrix[0])
    expected = max(eigenvalues)
    assert pair.value == pytest.approx(expected, abs=2e-6 * max(map(abs, eigenvalues)))
    if expected:
        assert pair.converged
        assert pair.residual <= 1e-6 * abs(expected) + 1e-14
    np.testing.assert_allclose(
        matrix @ pair.vector, expected * pair.vector, atol=1e-5 * max(map(abs, eigenvalues))
    )


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_lanczos_finds_what_numpy_finds(n, seed):
    matrix = symmetric(np.random.default_rng(seed).normal(size=n), seed)
    pair = lanczos(lambda v: matrix @ v, np.zeros(n))
    assert pair.converged
    assert pair.products <= n + 1
    top = np.linalg.eigvalsh(matrix)[-1]
    assert pair.value == pytest.approx(top, abs=1e-6 * abs(np.linalg.eigvalsh(matrix)).max())


def test_lanczos_needs_far_fewer_products_than_power_iteration():
    matrix = symmetric(np.linspace(-0.5, 1, 200))
    slow = power_iteration(lambda v: matrix @ v, matrix[0], tolerance=1e-3)
    fast = lanczos(lambda v: matrix @ v, matrix[0], tolerance=1e-3)
    assert slow.converged
    assert fast.converged
    assert fast.products < slow.products / 5


@pytest.mark.parametrize("method", [power_iteration, lanczos])
def test_the_eigenvalue_of_a_networks_hessian_comes_with_its_list_of_arrays(method):
    def gradient(params):
        return NETWORK.loss_and_gradient(params, X, Y)[1]

    pair = method(lambda v: hessian_vector(gradient, PARAMS, v), PARAMS, tolerance=1e-5)
    assert [v.shape for v in pair.vector] == [p.shape for p in PARAMS]
    assert pair.value == pytest.approx(np.linalg.eigvalsh(EXACT)[-1], rel=1e-6)
    vector = flatten(pair.vector)[0]
    np.testing.assert_allclose(EXACT @ vector, pair.value * vector, atol=1e-4)


def test_an_eigenvalue_not_reached_says_so():
    matrix = symmetric(np.linspace(0.99, 1, 50))
    for method in (power_iteration, lanczos):
        pair = method(lambda v: matrix @ v, matrix[0], max_steps=3, tolerance=1e-12)
        assert not pair.converged
        assert abs(pair.value - 1) <= 0.01
        assert pair.residual > 1e-12


# -- the sharpness of a network's loss -------------------------------------------------------------


def test_sharpness_is_torchs_largest_eigenvalue():
    top = np.linalg.eigvalsh(EXACT)[-1]
    assert sharpness(NETWORK, PARAMS, X, Y) == pytest.approx(top, rel=1e-4)
    tensors = [torch.tensor(p) for p in PARAMS]
    assert sharpness(NETWORK, tensors, torch.tensor(X), torch.tensor(Y)) == pytest.approx(
        top, rel=1e-4
    )
    single = [p.astype(np.float32) for p in PARAMS]
    assert sharpness(NETWORK, single, X.astype(np.float32), Y, tolerance=1e-2) == pytest.approx(
        top, rel=1e-2
    )


def test_sharpness_of_a_relu_network_is_torchs_between_the_jumps():
    data = digits()
    x, y = data.x_train[:400], data.y_train[:400]
    params = initialize(np.random.default_rng(0), [64, 32, 10])
    start, restore = flatten([torch.tensor(p) for p in params])

    def loss(vector):
        w1, b1, w2, b2 = restore(vector)
        logits = torch.relu(torch.tensor(x) @ w1 + b1) @ w2 + b2
        return torch.nn.functional.cross_entropy(logits, torch.tensor(y))

    exact = lanczos(lambda v: torch.autograd.functional.hvp(loss, start, v)[1], start)
    assert sharpness(mlp(1), params, x, y) == pytest.approx(exact.value, rel=1e-4)


def test_products_across_a_jump_are_not_taken_for_curvature():
    """Steps so long that units of ReLU switch: no symmetric matrix has these products."""
    data = digits()
    params = initialize(np.random.default_rng(0), [64, 32, 10])
    with pytest.raises(ArithmeticError, match="where units of ReLU switch"):
        sharpness(mlp(1), params, data.x_train, data.y_train, h=8e-5)


def test_two_over_the_sharpness_is_the_threshold_of_gradient_descent():
    network = Network((dense,), squared_error)
    params = initialize(np.random.default_rng(2), [5, 2])
    targets = RNG.normal(size=(20, 2))
    largest = sharpness(network, params, X, targets)
    loss = objective(network, params, X, targets)
    start = loss.value(loss.start)
    for share, holds in [(0.99, True), (1.01, False)]:
        path = descend(sgd, loss.gradient, loss.start, 2000, lr=share * 2 / largest)
        assert (loss.value(path[-1]) < start) == holds


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.zeros((2, 3)), "the Hessian has shape (2, 3); expected a square matrix"),
        (np.zeros(3), "the Hessian has shape (3,); expected a square matrix"),
        (np.zeros((0, 0)), "the Hessian has shape (0, 0); expected at least one row"),
        (np.array([[1.0, 2.0], [3.0, 1.0]]), "isn't symmetric: element (0, 1) is 2 and (1, 0) 3"),
        (np.array([[np.nan, 0.0], [0.0, 1.0]]), "the Hessian has a NaN or infinite element"),
    ],
)
def test_matrices_that_are_no_hessian_are_refused(matrix, words):
    for function in (classify, check_hessian):
        with pytest.raises(ValueError, match=re.escape(words)):
            function(matrix)


def test_a_point_that_is_not_stationary_is_refused():
    with pytest.raises(ValueError, match=r"the gradient at x has norm 232\.868; expected at most"):
        stationary_point(surfaces.rosenbrock.gradient, np.array([-1.2, 1.0]))


def test_points_and_vectors_that_do_not_fit_are_refused():
    gradient = surfaces.rosenbrock.gradient
    with pytest.raises(ValueError, match=re.escape("v has shape (3,); expected (2,)")):
        hessian_vector(gradient, np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="v has a NaN or infinite element"):
        hessian_vector(gradient, np.zeros(2), np.array([np.nan, 1.0]))
    with pytest.raises(ValueError, match="x has a NaN or infinite element"):
        numerical_hessian(gradient, np.array([np.inf, 1.0]))
    with pytest.raises(ValueError, match=re.escape("x has shape (2, 2); expected a vector")):
        numerical_hessian(gradient, np.zeros((2, 2)))
    with pytest.raises(TypeError, match="int64"):
        numerical_hessian(gradient, np.zeros(2, int))
    with pytest.raises(ValueError, match=re.escape("the gradient has shape (3,); expected (2,)")):
        numerical_hessian(lambda x: np.zeros(3), np.zeros(2))


@pytest.mark.parametrize("method", [power_iteration, lanczos])
def test_impossible_settings_and_products_are_refused(method):
    with pytest.raises(ValueError, match="tolerance is 0; expected a number above 0"):
        method(lambda v: v, np.zeros(2), tolerance=0)
    with pytest.raises(ValueError, match="max_steps is 0"):
        method(lambda v: v, np.zeros(2), max_steps=0)
    with pytest.raises(ValueError, match=re.escape("product(v) has 3 elements; expected 2")):
        method(lambda v: np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match=re.escape("product(v) has a NaN")):
        method(lambda v: math.nan * v, np.zeros(2))


def test_a_sharpness_not_reached_is_no_number():
    with pytest.raises(ArithmeticError, match=r"after 2 products .* raise max_steps or tolerance"):
        sharpness(NETWORK, PARAMS, X, Y, max_steps=1)
