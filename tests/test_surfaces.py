import numpy as np
import pytest
import scipy.optimize
import sympy
import torch

from mytutor import surfaces
from mytutor.surfaces import Surface

SURFACES = [
    *(value for value in vars(surfaces).values() if isinstance(value, Surface)),
    surfaces.quadratic(),
    surfaces.quadratic(250.0),
]
every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
X, Y = sympy.symbols("x y")


def exactly(expression):
    return sympy.nsimplify(sympy.sympify(expression), rational=True)


@every_surface
def test_gradient_and_hessian_are_the_derivatives_that_sympy_takes(surface):
    point = np.array([X, Y], dtype=object)
    value = exactly(surface(point))
    for i, w in enumerate((X, Y)):
        assert sympy.expand(sympy.diff(value, w) - exactly(surface.gradient(point)[i])) == 0
        for j, z in enumerate((X, Y)):
            second = sympy.diff(value, w, z)
            assert sympy.expand(second - exactly(surface.hessian(point)[i][j])) == 0


@every_surface
def test_minima_are_stationary_lowest_and_in_the_box(surface):
    (left, right), (bottom, top) = surface.box
    grid = np.stack(np.meshgrid(np.linspace(left, right, 101), np.linspace(bottom, top, 101)))
    for x, y in surface.minima:
        assert left <= x <= right
        assert bottom <= y <= top
        np.testing.assert_allclose(surface.gradient(np.array([x, y])), 0, atol=1e-9)
        assert surface(np.array([x, y])) <= surface(grid).min() + 1e-12
        assert np.linalg.eigvalsh(surface.hessian(np.array([x, y]))).min() > 0


@every_surface
def test_takes_one_point_many_paths_and_grids_on_numpy_and_torch(surface):
    for shape in [(2,), (2, 7), (2, 3, 4)]:
        x = np.random.default_rng(0).normal(size=shape)
        assert surface(x).shape == shape[1:]
        assert surface.gradient(x).shape == shape
        assert surface.hessian(x).shape == (2, *shape)
        for function in (surface.value, surface.gradient, surface.hessian):
            tensor = function(torch.tensor(x)).numpy()
            np.testing.assert_allclose(function(x), tensor, rtol=1e-13, atol=1e-13)


def test_rosenbrock_is_scipys():
    for x in np.random.default_rng(0).normal(size=(20, 2)):
        np.testing.assert_allclose(surfaces.rosenbrock(x), scipy.optimize.rosen(x))
        np.testing.assert_allclose(
            surfaces.rosenbrock.gradient(x), scipy.optimize.rosen_der(x), atol=1e-12
        )
        np.testing.assert_allclose(surfaces.rosenbrock.hessian(x), scipy.optimize.rosen_hess(x))


def test_quadratic_has_the_condition_number_it_is_asked_for():
    assert np.linalg.cond(surfaces.quadratic(37.0).hessian(np.zeros(2))) == pytest.approx(37)


@pytest.mark.parametrize("condition", [0.5, -1.0, float("inf"), float("nan")])
def test_impossible_condition_numbers_are_refused(condition):
    with pytest.raises(ValueError, match="expected a finite number of at least 1"):
        surfaces.quadratic(condition)
