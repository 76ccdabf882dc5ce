"""The exam that every surface sits by existing: it stands in a module of ``mytutor.surfaces``."""

import inspect
import math
import pkgutil
import re

import numpy as np
import pytest
import scipy.optimize
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mytutor import surfaces
from mytutor.surfaces import Surface

PUBLIC = {name: getattr(surfaces, name) for name in surfaces.__all__ if name != "Surface"}
PLANES = [value() if inspect.isfunction(value) else value for value in PUBLIC.values()]
PLANES += [surfaces.quadratic(250.0), surfaces.rotated_quadratic(30.0, angle=-1.1)]
ANY = [surface for surface in PLANES if surface.any_dimension]
SURFACES = [
    *PLANES,
    *(surface.in_dimensions(n) for surface in ANY for n in (3, 6)),
    surfaces.rotated_quadratic(50.0, 4, angle=0.7),
]


def label(surface):
    return f"{surface.name}-{len(surface.box)}"


every_surface = pytest.mark.parametrize("surface", SURFACES, ids=label)


def exactly(expression):
    return sympy.nsimplify(sympy.sympify(expression), rational=True)


@every_surface
def test_gradient_and_hessian_are_the_derivatives_that_sympy_takes(surface):
    variables = sympy.symbols(f"x:{len(surface.box)}")
    point = np.array(variables, dtype=object)
    value = exactly(surface(point))
    first = [sympy.diff(value, x) for x in variables]
    gradient, hessian = surface.gradient(point), surface.hessian(point)
    pairs = [(first[i], exactly(gradient[i])) for i in range(len(variables))]
    for i in range(len(variables)):
        for j in range(i + 1):
            second = sympy.diff(first[i], variables[j])
            pairs += [(second, exactly(hessian[i, j])), (second, exactly(hessian[j, i]))]
    rng = np.random.default_rng(0)
    for _ in range(2):
        where = {x: sympy.Rational(int(rng.integers(-40, 40)), 17) for x in variables}
        for expected, found in pairs:
            # Exact but for constants such as cos(angle), which are rounded to float64.
            expected, found = (e.evalf(40, subs=where) for e in (expected, found))
            assert abs(expected - found) <= 1e-14 * (1 + abs(expected))


@every_surface
def test_minima_are_stationary_lowest_and_in_the_box(surface):
    rng = np.random.default_rng(0)
    low, high = np.array(surface.box).T
    inside = rng.uniform(low[:, None], high[:, None], (len(low), 20_000))
    for minimum in surface.minima:
        x = np.array(minimum)
        assert ((low <= x) & (x <= high)).all()
        np.testing.assert_allclose(surface.gradient(x), 0, atol=1e-9)
        assert surface(x) <= surface(inside).min() + 1e-12
        beside = x[:, None] + 1e-3 * rng.normal(size=(len(x), 1000))
        assert (surface(beside) > surface(x)).all()
        hessian = surface.hessian(x)
        assert np.isnan(hessian).all() or np.linalg.eigvalsh(hessian).min() > 0


@every_surface
def test_scipy_finds_nothing_lower_in_the_box(surface):
    found = [
        scipy.optimize.minimize(
            surface, start, jac=surface.gradient, method="L-BFGS-B", bounds=surface.box
        ).fun
        for start in (
            surface.start,
            *np.random.default_rng(1).uniform(*np.array(surface.box).T, (20, len(surface.box))),
        )
    ]
    for minimum in surface.minima:
        assert min(found) >= surface(np.array(minimum)) - 1e-9


@every_surface
def test_the_start_is_in_the_box_and_leads_down(surface):
    low, high = np.array(surface.box).T
    start = np.array(surface.start)
    assert ((low < start) & (start < high)).all()
    gradient = surface.gradient(start)
    assert surface(start - 1e-5 * gradient) < surface(start)


@every_surface
def test_takes_one_point_many_paths_and_grids_on_numpy_and_torch(surface):
    n = len(surface.box)
    for shape in [(n,), (n, 7), (n, 3, 4)]:
        x = np.random.default_rng(0).normal(size=shape)
        assert surface(x).shape == shape[1:]
        assert surface.gradient(x).shape == shape
        assert surface.hessian(x).shape == (n, *shape)
        for function in (surface.value, surface.gradient, surface.hessian):
            tensor = function(torch.tensor(x))
            np.testing.assert_allclose(function(x), tensor.numpy(), rtol=1e-12, atol=1e-12)
            assert function(x.astype(np.float32)).dtype == np.float32
            assert function(torch.tensor(x).float()).dtype == torch.float32


@every_surface
def test_many_points_are_as_many_single_points(surface):
    x = np.random.default_rng(2).normal(size=(len(surface.box), 5))
    for function in (surface.value, surface.gradient, surface.hessian):
        one_by_one = np.stack([function(x[:, i]) for i in range(5)], axis=-1)
        np.testing.assert_allclose(function(x), one_by_one, rtol=1e-13, atol=1e-13)


@every_surface
def test_gradient_is_what_torch_differentiates(surface):
    x = torch.randn(len(surface.box), dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(surface(x), x)
    torch.testing.assert_close(surface.gradient(x.detach()), expected, rtol=1e-11, atol=1e-11)
    hessian = torch.autograd.functional.hessian(surface.value, x)
    torch.testing.assert_close(surface.hessian(x.detach()), hessian, rtol=1e-10, atol=1e-10)


@every_surface
def test_integers_are_points_too(surface):
    x = np.arange(1, 1 + len(surface.box))
    for function in (surface.value, surface.gradient, surface.hessian):
        np.testing.assert_allclose(function(x), function(x.astype(float)), rtol=1e-14)


@every_surface
def test_too_few_and_too_many_coordinates_are_refused(surface):
    for function in (surface.value, surface.gradient, surface.hessian):
        with pytest.raises(ValueError, match="the point has 1 coordinates; expected"):
            function(np.zeros(1))
        with pytest.raises(TypeError, match=r"the point is .*; expected its coordinates"):
            function(np.array(0.5))
        if not surface.any_dimension:
            n = len(surface.box)
            with pytest.raises(
                ValueError, match=f"the point has {n + 1} coordinates; expected {n}"
            ):
                function(np.zeros(n + 1))


@every_surface
def test_a_nan_stays_a_nan(surface):
    x = np.full(len(surface.box), np.nan)
    assert np.isnan(surface(x))
    assert np.isnan(surface.gradient(x)).any()


def test_every_surface_is_public_under_its_own_name():
    for module in pkgutil.iter_modules(surfaces.__path__, "mytutor.surfaces."):
        for name, value in vars(__import__(module.name, fromlist=["_"])).items():
            if isinstance(value, Surface):
                assert PUBLIC.get(name) is value, (
                    f"{name} is missing in mytutor/surfaces/__init__.py"
                )
    for name, value in PUBLIC.items():
        surface = value() if inspect.isfunction(value) else value
        assert surface.name == name
        assert len(surface.box) == len(surface.start) == 2


@pytest.mark.parametrize("surface", PUBLIC.values(), ids=PUBLIC)
def test_every_surface_names_its_source(surface):
    text = inspect.getdoc(surface if inspect.isfunction(surface) else surface.value)
    assert "Source: " in text
    assert surface is surfaces.saddle or re.search(r"\((1[89]|20)\d\d\)", text)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12))
def test_rosenbrock_is_scipys(x):
    x = np.array(x)
    close = {"rtol": 1e-12, "atol": 1e-9}
    ours = surfaces.rosenbrock
    np.testing.assert_allclose(ours(x), scipy.optimize.rosen(x), **close)
    np.testing.assert_allclose(ours.gradient(x), scipy.optimize.rosen_der(x), **close)
    np.testing.assert_allclose(ours.hessian(x), scipy.optimize.rosen_hess(x), **close)


# The lowest values that Jamil & Yang (2013) and Dixon & Szegő (1978) print, to their digits.
@pytest.mark.parametrize(
    ("surface", "lowest"),
    [
        (surfaces.goldstein_price, 3.0),
        (surfaces.six_hump_camel, -1.0316),
        (surfaces.mccormick, -1.9133),
        (surfaces.styblinski_tang, -78.332),
        (surfaces.styblinski_tang.in_dimensions(10), -391.66),
        (surfaces.ackley, 0.0),
        (surfaces.rastrigin.in_dimensions(5), 0.0),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_lowest_values_are_the_published_ones(surface, lowest):
    for minimum in surface.minima:
        assert surface(np.array(minimum)) == pytest.approx(lowest, abs=6e-5 * max(1, abs(lowest)))


def test_at_the_tip_of_ackley_the_gradient_is_zero_and_there_is_no_hessian():
    for n in (2, 5):
        zeros = surfaces.ackley.gradient(np.zeros((n, 3)))
        np.testing.assert_array_equal(zeros, 0)
        assert np.isnan(surfaces.ackley.hessian(np.zeros(n))).all()
    close = surfaces.ackley.gradient(np.array([1e-9, 0.0]))
    assert close[0] == pytest.approx(4 / math.sqrt(2), rel=1e-6)


def test_the_cliff_is_250_times_steeper_than_the_slope_before_it():
    before = np.linalg.norm(surfaces.cliff.gradient(np.array([1.0, 0.0])))
    at = np.linalg.norm(surfaces.cliff.gradient(np.array([2.0, 0.0])))
    assert at / before == pytest.approx(252, rel=1e-3)


def test_the_plateau_flattens_with_the_third_power_of_the_distance():
    near, far = (
        np.linalg.norm(surfaces.plateau.gradient(np.array([r, 0.0]))) for r in (100.0, 200.0)
    )
    assert near / far == pytest.approx(8, rel=1e-3)


@pytest.mark.parametrize(("condition", "n"), [(1.0, 2), (37.0, 2), (37.0, 3), (1e6, 20)])
def test_quadratics_have_the_condition_number_they_are_asked_for(condition, n):
    if n == 2:
        hessian = surfaces.quadratic(condition).hessian(np.zeros(2))
        assert np.linalg.cond(hessian) == pytest.approx(condition)
    for angle in (0.0, 0.4):
        hessian = surfaces.rotated_quadratic(condition, n, angle=angle).hessian(np.zeros(n))
        eigenvalues = np.linalg.eigvalsh(hessian)
        np.testing.assert_allclose(eigenvalues, np.geomspace(1, condition, n), rtol=1e-8)
        assert (np.count_nonzero(hessian) == n) == (angle == 0 or condition == 1)


def test_without_an_angle_the_rotated_quadratic_is_the_quadratic():
    x = np.random.default_rng(0).normal(size=(2, 9))
    turned, plain = surfaces.rotated_quadratic(12.0, angle=0.0), surfaces.quadratic(12.0)
    np.testing.assert_array_equal(turned(x), plain(x))
    np.testing.assert_array_equal(turned.gradient(x), plain.gradient(x))


def test_the_angle_turns_the_long_axis_from_x_towards_y():
    long_axis = np.array([math.cos(0.3), math.sin(0.3)])
    hessian = surfaces.rotated_quadratic(9.0, angle=0.3).hessian(np.zeros(2))
    np.testing.assert_allclose(hessian @ long_axis, long_axis)


def test_in_more_dimensions_minima_box_and_start_repeat():
    surface = surfaces.rosenbrock.in_dimensions(5)
    assert surface.minima == ((1.0,) * 5,)
    assert surface.start == (-1.2, 1.0, -1.2, 1.0, -1.2)
    assert surface.box[3] == surfaces.rosenbrock.box[1]


@pytest.mark.parametrize("make", [surfaces.quadratic, surfaces.rotated_quadratic])
@pytest.mark.parametrize("condition", [0.5, -1.0, float("inf"), float("nan")])
def test_impossible_condition_numbers_are_refused(make, condition):
    with pytest.raises(ValueError, match="expected a finite number of at least 1"):
        make(condition)


def test_impossible_dimensions_and_angles_are_refused():
    with pytest.raises(ValueError, match="himmelblau is a function of two variables; expected one"):
        surfaces.himmelblau.in_dimensions(3)
    with pytest.raises(ValueError, match="n is 1; expected a whole number of at least 2"):
        surfaces.rastrigin.in_dimensions(1)
    with pytest.raises(ValueError, match="n is 1; expected a whole number of at least 2"):
        surfaces.rotated_quadratic(10.0, 1)
    with pytest.raises(ValueError, match="angle is inf; expected a finite number of radians"):
        surfaces.rotated_quadratic(angle=math.inf)
