"""Least squares: value, gradient and minimum agree with other people's, and refuse bad input."""

import numpy as np
import pytest
import torch

from mytutor.curvature import condition_number, numerical_hessian
from mytutor.solvers import least_squares, normal_equations
from mytutor.train import best_rate

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(30, 4)), RNG.normal(size=30), RNG.normal(size=4)


def test_value_and_gradient_are_those_of_torch():
    w = torch.tensor(W, requires_grad=True)
    loss = torch.nn.functional.mse_loss(torch.tensor(X) @ w, torch.tensor(Y)) / 2
    loss.backward()
    value, gradient = least_squares(W, X, Y)
    assert np.isclose(value, loss.item())
    np.testing.assert_allclose(gradient, w.grad.numpy(), atol=1e-14)
    tensors = least_squares(*map(torch.tensor, (W, X, Y)))
    np.testing.assert_allclose(tensors[1].numpy(), gradient, atol=1e-14)


def test_its_hessian_is_the_mean_of_the_products():
    hessian = numerical_hessian(lambda w: least_squares(w, X, Y)[1], W)
    np.testing.assert_allclose(hessian, X.T @ X / 30, atol=1e-8)


def test_normal_equations_find_what_numpy_finds():
    w = normal_equations(X, Y)
    np.testing.assert_allclose(w, np.linalg.lstsq(X, Y, rcond=None)[0])
    assert abs(least_squares(w, X, Y)[1]).max() < 1e-14
    single = normal_equations(X.astype(np.float32), Y.astype(np.float32))
    assert single.dtype == np.float32


def test_no_other_rate_is_better_on_a_bowl():
    hessian = X.T @ X / 30
    eigenvalues, kappa = np.linalg.eigvalsh(hessian), condition_number(hessian)
    best = best_rate(hessian)
    factors = [abs(1 - rate * eigenvalues).max() for rate in best * np.array([0.99, 1, 1.01])]
    assert np.isclose(factors[1], (kappa - 1) / (kappa + 1))
    assert factors[1] == min(factors)
    assert best_rate(np.array([[4.0]])) == 0.25


@pytest.mark.parametrize("hessian", [np.diag([1.0, 0.0]), np.diag([1.0, -2.0]), -np.eye(2)])
def test_without_a_bowl_there_is_no_best_rate(hessian):
    with pytest.raises(ValueError, match="positive definite"):
        best_rate(hessian)


@pytest.mark.parametrize(
    ("w", "x", "y", "error", "message"),
    [
        (W, X, Y[:, None], ValueError, "y has shape"),
        (W, X, Y[:3], ValueError, "y has shape"),
        (W, X[0], Y, ValueError, "x has shape"),
        (W, X[:0], Y[:0], ValueError, "x has shape"),
        (W[:3], X, Y, ValueError, "w has shape"),
        (W, X.astype(int), Y, TypeError, "x is int64"),
        ([1.0], X, Y, TypeError, "w is list"),
    ],
)
def test_other_shapes_and_kinds_are_refused(w, x, y, error, message):
    with pytest.raises(error, match=message):
        least_squares(w, x, y)


def test_dependent_columns_and_gaps_are_refused():
    with pytest.raises(ValueError, match="depend on each other"):
        normal_equations(np.c_[X, X[:, 0]], Y)
    with pytest.raises(ValueError, match="NaN"):
        normal_equations(X * np.nan, Y)
