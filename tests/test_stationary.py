import numpy as np
import pytest

from mytutor import surfaces
from mytutor.curvature import classify
from mytutor.solvers import find_stationary_points


def grid(box, side=15):
    axes = [np.linspace(low, high, side) for low, high in box]
    return np.stack(np.meshgrid(*axes)).reshape(len(box), -1)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("himmelblau", {"minimum": 4, "saddle": 4, "maximum": 1}),
        ("six_hump_camel", {"minimum": 6, "saddle": 7, "maximum": 2}),
        ("rosenbrock", {"minimum": 1}),
        ("saddle", {"saddle": 1}),
    ],
)
def test_newton_from_a_grid_finds_all_stationary_points_of_a_surface(name, kinds):
    surface = getattr(surfaces, name)
    points = find_stationary_points(surface.gradient, surface.hessian, grid(surface.box))
    found = [classify(surface.hessian(point)).kind for point in points.T]
    assert {kind: found.count(kind) for kind in found} == kinds
    assert (np.diff(points[0]) > -1e-6).all()
    assert abs(surface.gradient(points)).max() < 1e-8


def test_rosenbrock_in_four_dimensions_has_a_second_minimum():
    surface = surfaces.rosenbrock.in_dimensions(4)
    starts = np.array([[-0.8, 0.6, 0.4, 0.1], [1.2, 1.0, 0.9, 1.1]]).T
    points = find_stationary_points(surface.gradient, surface.hessian, starts)
    # From the roots of its exact elimination polynomial in the first coordinate.
    np.testing.assert_allclose(points[:, 0], [-0.7757, 0.6131, 0.3821, 0.1460], atol=1e-4)
    np.testing.assert_allclose(points[:, 1], 1, atol=1e-8)


def test_starts_that_lead_nowhere_give_no_point():
    plane = np.ones((2, 3))
    found = find_stationary_points(np.ones_like, lambda x: np.zeros((2, 2, 3)), plane, max_steps=3)
    assert found.shape == (2, 0)


@pytest.mark.parametrize(
    ("starts", "settings", "message"),
    [
        (np.ones(3), {}, r"starts has shape \(3,\); expected finite columns"),
        (np.full((2, 2), np.nan), {}, "expected finite columns"),
        (np.ones((2, 2)), {"longest": 0.0}, "longest is 0.0; expected a number above 0"),
        (np.ones((2, 2)), {"max_steps": 0}, "max_steps is 0"),
    ],
)
def test_bad_input_is_named(starts, settings, message):
    with pytest.raises(ValueError, match=message):
        find_stationary_points(np.sin, np.cos, starts, **settings)
