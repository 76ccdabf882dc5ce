"""Many descents at once end where each of them ends alone."""

import numpy as np
import pytest

from mytutor import descend, matrix_rules, rules, surfaces, trace
from mytutor.sweep import descending, paths
from mytutor.sweep.descending import PIECE

RULES = trace.functions_of(rules)
PLANES = [s for s in vars(surfaces).values() if isinstance(s, surfaces.Surface)]
HOWS = ["plain", "fused"]


def box(surface, count, seed=0):
    rng = np.random.default_rng(seed)
    return np.array([rng.uniform(low, high, count) for low, high in surface.box])


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", RULES)
def test_each_path_ends_where_it_ends_alone(name, how):
    rule, starts = RULES[name], box(surfaces.rosenbrock, 5)
    settings = {"lr": 1e-3} if "lr" in trace.hyperparameters(rule) else {}
    found = paths(rule, surfaces.rosenbrock, starts, 40, how=how, **settings)
    for k in range(5):
        alone = descend(rule, surfaces.rosenbrock.gradient, starts[:, k], 40, **settings)[-1]
        np.testing.assert_allclose(found.ends[:, k], alone, rtol=1e-9)
    np.testing.assert_allclose(found.values, surfaces.rosenbrock(found.ends))
    assert found.done == 5


@pytest.mark.parametrize("surface", PLANES, ids=lambda s: s.name)
def test_every_surface_can_be_compiled(surface):
    starts = box(surface, 300)
    plain = paths(rules.adam, surface, starts, 20, how="plain")
    fused = paths(rules.adam, surface, starts, 20, how="fused")
    np.testing.assert_allclose(fused.ends, plain.ends, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    "settings",
    [
        {"lr": np.geomspace(1e-4, 1e-1, 7)},
        {"lr": 0.01, "beta2": np.linspace(0.5, 0.99, 7), "beta1": [0.1 * k for k in range(7)]},
        {"lr": lambda t: 0.1 / t, "eps": np.geomspace(1e-8, 1, 7)},
    ],
)
def test_every_path_has_its_own_hyperparameters(settings, how):
    found = paths(rules.adam, surfaces.beale, [1.0, 1.5], 30, how=how, **settings)
    for k in range(7):
        own = {n: v if callable(v) else np.broadcast_to(v, 7)[k] for n, v in settings.items()}
        alone = descend(rules.adam, surfaces.beale.gradient, [1.0, 1.5], 30, **own)[-1]
        np.testing.assert_allclose(found.ends[:, k], alone, rtol=1e-9)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("surface", PLANES, ids=lambda s: s.name)
def test_single_precision_stays_and_is_near_double(surface, how):
    starts, rates = box(surface, 50), np.geomspace(1e-4, 1e-2, 50)
    double = paths(rules.adam, surface, starts, 20, how=how, lr=rates)
    single = paths(rules.adam, surface, starts.astype(np.float32), 20, how=how, lr=rates)
    assert single.ends.dtype == np.float32
    np.testing.assert_allclose(single.ends, double.ends, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("count", [1, 255, 256, 257, PIECE + 1])
def test_every_number_of_paths_is_run(how, count):
    starts = np.tile([[1.0], [2.0]], count)
    found = paths(rules.sgd, surfaces.quadratic(), starts, 3, how=how, lr=0.01)
    assert found.done == count
    assert (found.ends == found.ends[:, :1]).all()
    assert not (found.ends[:, 0] == [1, 2]).all()


@pytest.mark.parametrize("how", HOWS)
def test_no_steps_leave_the_starts(how):
    starts = box(surfaces.beale, 3)
    np.testing.assert_array_equal(
        paths(rules.adam, surfaces.beale, starts, 0, how=how).ends, starts
    )


def test_a_path_that_diverges_leaves_the_others_alone():
    starts = np.array([[1.0, 1.0], [1.0, 1.0]])
    found = paths(rules.sgd, surfaces.rosenbrock, starts, 100, how="fused", lr=[1.0, 1e-4])
    assert not np.isfinite(found.ends[:, 0]).all() or (found.ends[:, 0] == 1).all()
    assert np.isfinite(found.ends[:, 1]).all()


@pytest.mark.parametrize("how", HOWS)
def test_an_interrupt_returns_what_is_done(how, monkeypatch):
    real, calls = descending._run, []

    def interrupted(*args):
        run = real(*args)

        def piece(*given):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return run(*given)

        return piece

    monkeypatch.setattr(descending, "_run", interrupted)
    found = paths(rules.sgd, surfaces.quadratic(), np.ones((2, 3 * PIECE)), 2, how=how, lr=0.01)
    assert found.done == PIECE
    assert np.isfinite(found.ends[:, :PIECE]).all()
    assert np.isnan(found.ends[:, PIECE:]).all()


def test_without_numba_paths_are_run_plainly(monkeypatch):
    monkeypatch.setattr(descending, "available", lambda: {"fused": "Numba is not installed"})
    found = paths(rules.sgd, surfaces.quadratic(), np.ones((2, 2000)), 2, lr=0.01)
    assert found.done == 2000


def test_progress_is_shown_on_stderr_alone(capsys):
    paths(rules.sgd, surfaces.quadratic(), np.ones((2, 10)), 2, lr=0.01, progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("starts", "settings", "says"),
    [
        (np.ones((2, 3)), {"lr": [0.1, 0.2]}, "2 and 3 paths in starts and settings"),
        (np.ones(1), {}, r"starts has the shape \(1,\)"),
        (np.ones((2, 3, 4)), {}, r"starts has the shape \(2, 3, 4\)"),
        (np.ones(2), {"lr": np.ones((2, 2))}, r"lr of 'adam' has the shape \(2, 2\)"),
        (np.ones(2), {"lr": []}, r"lr of 'adam' has the shape \(0,\)"),
        (np.ones(2), {"lr": [0.1, -0.1]}, "lr of 'adam' is -0.1"),
        (np.ones(2), {"lr": [0.1, np.nan]}, "lr of 'adam' is nan"),
        (np.ones(2), {"beta1": [0.5, 1.0]}, "beta1 of 'adam' is 1.0"),
        (np.ones(2), {"how": "fast"}, "how is 'fast'; expected auto, plain or fused"),
        (np.ones(3), {"how": "fused"}, "has 3 variables; fused paths have 2"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(starts, settings, says):
    with pytest.raises(ValueError, match=says):
        paths(rules.adam, surfaces.rosenbrock, starts, 5, **settings)


def test_unknown_settings_and_whole_array_rules_are_refused():
    with pytest.raises(TypeError, match="has no hyperparameter 'rate'"):
        paths(rules.adam, surfaces.rosenbrock, np.ones(2), 5, rate=[0.1, 0.2])
    with pytest.raises(ValueError, match="isn't elementwise"):
        paths(matrix_rules.muon, surfaces.rosenbrock, np.ones((2, 5)), 5, how="fused")
