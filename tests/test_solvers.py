import math
import re
from functools import partial

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mytutor import surfaces
from mytutor.datasets import digits
from mytutor.flat import objective
from mytutor.network import accuracy, initialize, mlp
from mytutor.solvers import (
    NoStep,
    armijo,
    bfgs,
    bfgs_update,
    gradient_descent,
    lbfgs,
    newton,
    newton_cg,
    strong_wolfe,
    two_loop,
)

SOLVERS = [gradient_descent, newton, newton_cg, bfgs, lbfgs]
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.__name__)
rosenbrock = surfaces.rosenbrock
START = np.array(rosenbrock.start)
BOWL = surfaces.rotated_quadratic(20.0, 6)


def solve(solver, surface, start=None, **settings):
    if solver is newton:
        settings.setdefault("hessian", surface.hessian)
    start = np.array(surface.start if start is None else start)
    return solver(surface.value, surface.gradient, start, **settings)


# -- every solver ----------------------------------------------------------------------------------


@every_solver
@pytest.mark.parametrize(
    "surface",
    [
        BOWL,
        surfaces.quadratic(50.0),
        surfaces.booth,
        surfaces.matyas,
        surfaces.himmelblau,
        surfaces.goldstein_price,
        surfaces.plateau,
        surfaces.cliff,
    ],
    ids=lambda s: s.name,
)
def test_ends_in_one_of_the_known_minima(solver, surface):
    solution = solve(solver, surface)
    assert solution.converged, solution
    assert solution.gradient_norm <= 1e-6
    away = np.linalg.norm(np.array(surface.minima) - solution.x, axis=1)
    assert away.min() < 1e-4
    assert solution.value == surface(solution.x)


@every_solver
def test_every_step_goes_down_and_is_recorded(solver):
    solution = solve(solver, rosenbrock, max_steps=30)
    np.testing.assert_array_equal(solution.path[0], START)
    np.testing.assert_array_equal(solution.path[-1], solution.x)
    assert (np.diff(rosenbrock(solution.path.T)) < 0).all()
    short = solve(solver, rosenbrock, max_steps=30, keep_path=False)
    np.testing.assert_array_equal(short.x, solution.x)
    assert short.path.shape == (2, 2)


@every_solver
def test_counts_every_evaluation_and_asks_for_no_point_twice(solver):
    asked = {"f": [], "gradient": [], "hessian": []}

    def spied(name, function):
        def call(x):
            asked[name].append(tuple(x))
            return function(x)

        return call

    settings = {"hessian": spied("hessian", rosenbrock.hessian)} if solver is newton else {}
    solution = solver(
        spied("f", rosenbrock.value),
        spied("gradient", rosenbrock.gradient),
        START,
        max_steps=20,
        **settings,
    )
    counts = solution.evaluations
    assert (counts.f, counts.gradient) == (len(asked["f"]), len(asked["gradient"]))
    if solver is newton:
        assert counts.hessian == len(asked["hessian"]) == len(solution.path) - 1
    if solver is not newton_cg:
        assert len(set(asked["f"])) == len(asked["f"])
        assert len(set(asked["gradient"])) == len(asked["gradient"])


@every_solver
def test_torch_tensors_follow_the_same_path(solver):
    solution = solve(solver, rosenbrock, max_steps=12)
    settings = {"hessian": rosenbrock.hessian} if solver is newton else {}
    start = torch.tensor(START)
    twin = solver(rosenbrock.value, rosenbrock.gradient, start, max_steps=12, **settings)
    assert isinstance(twin.x, torch.Tensor)
    np.testing.assert_allclose(twin.path.numpy(), solution.path, rtol=1e-6)
    assert twin.evaluations == solution.evaluations


@every_solver
def test_float32_stays_float32(solver):
    solution = solver(BOWL.value, BOWL.gradient, np.array(BOWL.start, np.float32), tolerance=1e-3)
    assert solution.converged
    assert solution.x.dtype == solution.path.dtype == np.float32


@every_solver
def test_a_start_that_is_stationary_is_kept(solver):
    solution = solve(solver, rosenbrock, [1.0, 1.0])
    assert (solution.status, len(solution.path)) == ("converged", 1)
    assert solution.evaluations.f == solution.evaluations.gradient == 1


@every_solver
def test_reaching_the_last_step_is_reported(solver):
    solution = solve(solver, rosenbrock, max_steps=2)
    assert solution.status == "max_steps"
    assert not solution.converged
    assert re.match(r"max_steps after 2 steps: gradient norm .*, still above", solution.message)
    assert repr(solution).startswith("Solution(max_steps after 2 steps")


@every_solver
def test_a_function_without_minimum_ends_with_a_word_and_no_warning(solver):
    solution = solve(solver, surfaces.saddle, max_steps=3000)
    assert solution.status in ("no_step", "not_finite", "max_steps")
    assert solution.value < surfaces.saddle(np.array(surfaces.saddle.start))


@every_solver
def test_a_wrong_gradient_is_suspected(solver):
    settings = {"hessian": BOWL.hessian} if solver is newton else {}
    wrong = lambda x: -BOWL.gradient(x)  # noqa: E731
    solution = solver(BOWL.value, wrong, np.array(BOWL.start), **settings)
    assert solution.status == "no_step"
    if solver is not newton_cg:
        assert "gradient is wrong: try gradient_check" in solution.message


@every_solver
@hypothesis_settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_any_quadratic_is_solved(solver, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    surface = surfaces.rotated_quadratic(float(rng.uniform(1, 50)), n, angle=float(rng.normal()))
    centre, start = rng.normal(size=(2, n))
    moved = surface._replace(
        value=lambda x: surface.value(x - centre), gradient=lambda x: surface.gradient(x - centre)
    )
    solution = solve(solver, moved, start)
    assert solution.converged, solution
    np.testing.assert_allclose(solution.x, centre, atol=2e-6)


# -- SciPy as the oracle ---------------------------------------------------------------------------

# Stopped by the gradient alone, as ours are, which SciPy's Newton-CG can't be.
TWINS = {
    bfgs: ("BFGS", {"gtol": 1e-6, "norm": 2}),
    lbfgs: ("L-BFGS-B", {"gtol": 1e-6, "ftol": 0}),
    newton_cg: ("Newton-CG", {"xtol": 1e-7}),
}


@pytest.mark.parametrize("solver", TWINS, ids=lambda s: s.__name__)
@pytest.mark.parametrize(
    "surface",
    [rosenbrock.in_dimensions(n) for n in (2, 5, 30)]
    + [surfaces.himmelblau, surfaces.goldstein_price, surfaces.rotated_quadratic(1e3, 40)],
    ids=lambda s: f"{s.name}-{len(s.box)}",
)
def test_needs_hardly_more_evaluations_than_scipy(solver, surface):
    start = np.array(surface.start)
    method, options = TWINS[solver]
    theirs = scipy.optimize.minimize(
        surface, start, jac=surface.gradient, method=method, options=options
    )
    ours = solve(solver, surface, tolerance=1e-6)
    assert ours.converged
    assert ours.value <= theirs.fun + 1e-8
    counts = ours.evaluations
    assert counts.f + counts.gradient <= 1.5 * (theirs.nfev + theirs.njev) + 10


def test_bfgs_update_is_scipys():
    rng = np.random.default_rng(0)
    twin = scipy.optimize.BFGS(exception_strategy="skip_update", init_scale=1.0)
    twin.initialize(5, "inv_hess")
    inverse, hessian = np.eye(5), BOWL.hessian(np.zeros(6))[:5, :5]
    for _ in range(20):
        s = rng.normal(size=5)
        inverse = bfgs_update(inverse, s, hessian @ s)
        twin.update(s, hessian @ s)
        np.testing.assert_allclose(inverse, twin.get_matrix(), rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(inverse @ (hessian @ s), s, atol=1e-10)


@pytest.mark.parametrize("memory", [1, 3, 8])
def test_two_loop_is_scipys_product(memory):
    rng = np.random.default_rng(memory)
    s = rng.normal(size=(memory, 6))
    y = s @ BOWL.hessian(np.zeros(6))
    g = rng.normal(size=6)
    expected = scipy.optimize.LbfgsInvHessProduct(s, y) @ g
    changes = list(zip(s, y, strict=True))
    np.testing.assert_allclose(two_loop(g, changes, gamma=1.0), expected, rtol=1e-10)
    dense = (s[-1] @ y[-1]) / (y[-1] @ y[-1]) * np.eye(6)
    for change in changes:
        dense = bfgs_update(dense, *change)
    np.testing.assert_allclose(two_loop(g, changes), dense @ g, rtol=1e-10)


def test_with_enough_memory_lbfgs_learns_the_whole_inverse_hessian():
    rng = np.random.default_rng(0)
    hessian = BOWL.hessian(np.zeros(6))
    directions = np.linalg.eigh(hessian)[1].T
    g = rng.normal(size=6)
    newton_step = two_loop(g, [(s, hessian @ s) for s in directions])
    np.testing.assert_allclose(newton_step, np.linalg.solve(hessian, g), rtol=1e-10)


# -- line searches ---------------------------------------------------------------------------------


@hypothesis_settings(deadline=None)
@given(seed=st.integers(0, 10_000), alpha=st.sampled_from([1e-6, 0.01, 1.0, 100.0]))
def test_strong_wolfe_steps_satisfy_both_conditions(seed, alpha):
    rng = np.random.default_rng(seed)
    surface = [rosenbrock, surfaces.himmelblau, surfaces.beale, surfaces.plateau][seed % 4]
    x = rng.normal(size=2)
    g = surface.gradient(x)
    p = -g * rng.uniform(0.1, 2, size=2)
    for c1, c2 in [(1e-4, 0.9), (1e-4, 0.1), (0.1, 0.2)]:
        step = strong_wolfe(surface.value, surface.gradient, x, p, alpha=alpha, c1=c1, c2=c2)
        assert surface(x + step * p) <= surface(x) + c1 * step * (g @ p)
        assert abs(surface.gradient(x + step * p) @ p) <= c2 * abs(g @ p)


def test_strong_wolfe_succeeds_where_scipys_line_search_does():
    rng = np.random.default_rng(0)
    for _ in range(50):
        x = rng.normal(size=2)
        p = -rosenbrock.gradient(x)
        theirs, calls, *_ = scipy.optimize.line_search(rosenbrock, rosenbrock.gradient, x, p)
        if theirs is None:
            continue
        asked = []
        ours = strong_wolfe(
            lambda z, asked=asked: asked.append(1) or rosenbrock(z), rosenbrock.gradient, x, p
        )
        assert len(asked) <= calls + 5
        assert rosenbrock(x + ours * p) < rosenbrock(x)


def test_armijo_takes_the_first_halving_that_falls_enough():
    f, gradient = lambda x: float(x @ x), lambda x: 2 * x
    x = np.array([1.0])
    assert armijo(f, gradient, x, -gradient(x), alpha=8.0) == 0.5
    assert armijo(f, gradient, x, -gradient(x), alpha=0.125) == 0.125
    assert armijo(f, gradient, x, -gradient(x), alpha=1.0, c1=0.6) == 0.25
    assert armijo(f, gradient, x, -gradient(x), alpha=10.0, rho=0.1) == pytest.approx(0.1)


@pytest.mark.parametrize("search", [armijo, strong_wolfe])
def test_a_step_to_where_f_is_no_number_is_too_long(search):
    def f(x):
        return x[0] - math.log(x[0]) if x[0] > 0 else math.nan

    x = np.array([3.0])
    gradient = lambda x: 1 - 1 / x  # noqa: E731
    step = search(f, gradient, x, np.array([-1.0]), alpha=64.0)
    assert 0 < step < 3


@pytest.mark.parametrize("search", [armijo, strong_wolfe])
def test_a_direction_that_does_not_descend_is_refused(search):
    x = np.array([1.0, 2.0])
    for p in (rosenbrock.gradient(x), 0 * x, math.nan * x):
        with pytest.raises(ValueError, match=r"p is no descent direction: gradient\(x\) @ p is"):
            search(rosenbrock.value, rosenbrock.gradient, x, p)
    with pytest.raises(ValueError, match=re.escape("p has shape (3,); expected (2,)")):
        search(rosenbrock.value, rosenbrock.gradient, x, np.ones(3))
    with pytest.raises(ValueError, match=r"alpha = 0\.0, c1 = 0\.0001, .*; expected 0 < alpha"):
        search(rosenbrock.value, rosenbrock.gradient, x, -x, alpha=0.0)
    with pytest.raises(ValueError, match=r"c1 = 2"):
        search(rosenbrock.value, rosenbrock.gradient, x, -x, c1=2)


def test_a_line_without_a_minimum_is_reported():
    with pytest.raises(NoStep, match="it seems to have no minimum along p"):
        strong_wolfe(lambda x: -x[0], lambda x: np.array([-1.0]), np.zeros(1), np.ones(1))


@pytest.mark.parametrize("search", [armijo, partial(strong_wolfe, c2=0.1)])
def test_gradient_descent_takes_any_line_search(search):
    assert solve(gradient_descent, surfaces.booth, line_search=search).converged


# -- how fast --------------------------------------------------------------------------------------


def errors_towards(solution, minimum):
    errors = np.linalg.norm(solution.path - np.array(minimum), axis=1)
    return errors[errors > 1e-14]


def test_newton_converges_quadratically():
    surface = surfaces.styblinski_tang.in_dimensions(4)
    start = np.array([-3.6, -2.5, -3.1, -2.4])
    errors = errors_towards(solve(newton, surface, start, tolerance=1e-12), surface.minima[0])
    orders = np.log(errors[2:] / errors[1:-1]) / np.log(errors[1:-1] / errors[:-2])
    np.testing.assert_allclose(orders[-2:], 2, atol=0.15)
    assert len(solve(newton, BOWL).path) == 2


def test_bfgs_converges_superlinearly_and_gradient_descent_does_not():
    surface = surfaces.styblinski_tang.in_dimensions(4)
    start = np.array([-3.6, -2.2, -3.1, -2.5])
    fast = errors_towards(solve(bfgs, surface, start, tolerance=1e-10), surface.minima[0])
    slow = errors_towards(solve(gradient_descent, BOWL, tolerance=1e-10), BOWL.minima[0])
    assert fast[-1] / fast[-2] < 0.05
    ratios = fast[1:] / fast[:-1]
    assert np.exp(np.log(ratios[-3:]).mean()) < 0.3 * np.exp(np.log(ratios[:3]).mean())
    assert np.exp(np.log(slow[-10:] / slow[-11:-1]).mean()) > 0.5


def test_newton_and_newton_cg_leave_the_neighbourhood_of_a_saddle():
    surface = surfaces.himmelblau
    near_the_maximum = [-0.27, -0.92]
    for solver in (newton, newton_cg):
        solution = solve(solver, surface, near_the_maximum)
        assert solution.converged
        assert np.linalg.eigvalsh(surface.hessian(solution.x)).min() > 0


def test_newton_without_a_hessian_takes_it_by_differences():
    solution = newton(rosenbrock.value, rosenbrock.gradient, START)
    exact = solve(newton, rosenbrock)
    assert solution.converged
    assert len(solution.path) == len(exact.path)


def test_newton_cg_takes_exact_products_too():
    solution = solve(newton_cg, rosenbrock, hessian_vector=lambda x, v: rosenbrock.hessian(x) @ v)
    assert solution.converged
    assert solution.evaluations.gradient == len(solution.path)
    assert solution.evaluations.hessian >= len(solution.path) - 1


@pytest.mark.parametrize("solver", [lbfgs, newton_cg])
def test_rosenbrock_of_a_thousand_variables(solver):
    surface = rosenbrock.in_dimensions(1000)
    near = 1 + 0.2 * np.random.default_rng(0).normal(size=1000)
    start = near if solver is newton_cg else np.array(surface.start)
    solution = solve(solver, surface, start, max_steps=6000, keep_path=False)
    assert solution.converged
    np.testing.assert_allclose(solution.x, 1, atol=1e-5)


def test_more_memory_saves_steps():
    surface = surfaces.rotated_quadratic(1e4, 60)
    steps = [len(solve(lbfgs, surface, memory=m).path) for m in (1, 5, 20)]
    assert steps[0] > steps[1] > steps[2]


# -- a network -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [np.asarray, torch.tensor])
def test_lbfgs_trains_a_network_in_few_passes(make):
    data = digits()
    x, y = make(data.x_train[:300]), make(data.y_train[:300])
    network = mlp(1)
    params = [make(p) for p in initialize(np.random.default_rng(0), [64, 16, 10])]
    loss = objective(network, params, x, y)
    solution = lbfgs(loss.value, loss.gradient, loss.start, max_steps=60, tolerance=1e-4)
    assert solution.value < 0.01 * loss.value(loss.start)
    assert solution.evaluations.f < 90
    assert accuracy(network, loss.restore(solution.x), x, y) == 1.0


def test_a_networks_minimum_is_the_one_of_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 3, size=60)
    loss = objective(mlp(0), initialize(rng, [3, 3]), x, y)
    theirs = scipy.optimize.minimize(
        loss.value, loss.start, jac=loss.gradient, method="BFGS", tol=1e-8
    )
    for solver in (bfgs, lbfgs, newton, newton_cg):
        ours = solver(loss.value, loss.gradient, loss.start)
        assert ours.converged, ours
        assert ours.value == pytest.approx(theirs.fun, abs=1e-9)


# -- what is refused -------------------------------------------------------------------------------


@every_solver
@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"x0": np.array([np.nan, 1.0])}, ValueError, "x0 has a NaN or infinite element"),
        ({"x0": np.array([np.inf, 1.0])}, ValueError, "x0 has a NaN or infinite element"),
        ({"x0": np.zeros((2, 2))}, ValueError, "x0 has shape (2, 2); expected a vector"),
        ({"x0": np.zeros(0)}, ValueError, "x0 has shape (0,); expected a vector"),
        ({"x0": np.array([1, 2])}, TypeError, "x0 is int64; expected floating-point"),
        ({"f": lambda x: x}, ValueError, "f(x) is an array of shape (2,); expected one number"),
        ({"f": lambda x: "low"}, TypeError, "f(x) is 'low'; expected one number"),
        ({"f": lambda x: np.nan}, ValueError, "f(x0) is nan; expected a finite number"),
        ({"gradient": lambda x: x[:1]}, ValueError, "gradient(x) has shape (1,); expected (2,)"),
        ({"gradient": lambda x: 0.5}, ValueError, "gradient(x) has shape float; expected (2,)"),
        ({"gradient": lambda x: x * np.nan}, ValueError, "gradient(x0) has a NaN or infinite"),
        ({"tolerance": 0.0}, ValueError, "tolerance is 0.0; expected a number above 0"),
        ({"tolerance": math.nan}, ValueError, "tolerance is nan"),
        ({"max_steps": -1}, ValueError, "max_steps is -1; expected a whole number"),
    ],
)
def test_what_cannot_be_solved_is_refused(solver, changes, error, words):
    call = {"f": rosenbrock.value, "gradient": rosenbrock.gradient, "x0": START} | changes
    with pytest.raises(error, match=re.escape(words)):
        solver(**call)


@pytest.mark.parametrize(
    ("hessian", "words"),
    [
        (np.zeros((2, 3)), "the Hessian has shape (2, 3); expected (2, 2), as x has 2 elements"),
        (np.eye(3), "the Hessian has shape (3, 3); expected (2, 2)"),
        (np.array([[1.0, 2.0], [0.0, 1.0]]), "the Hessian isn't symmetric"),
        (np.full((2, 2), np.nan), "the Hessian has a NaN"),
    ],
)
def test_newton_refuses_what_is_no_hessian(hessian, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        newton(rosenbrock.value, rosenbrock.gradient, START, hessian=lambda x: hessian)


def test_changes_without_curvature_and_memories_without_room_are_refused():
    s, y = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    with pytest.raises(ValueError, match="s @ y is -1; expected a positive number"):
        bfgs_update(np.eye(2), s, y)
    with pytest.raises(ValueError, match="s @ y is -1; expected a positive number"):
        two_loop(s, [(s, y)])
    with pytest.raises(ValueError, match="memory is 0; expected a whole number of at least 1"):
        solve(lbfgs, rosenbrock, memory=0)
    with pytest.raises(ValueError, match=re.escape("hessian_vector(x, v) has shape (3,)")):
        solve(newton_cg, rosenbrock, hessian_vector=lambda x, v: np.zeros(3))
