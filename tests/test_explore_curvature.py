import json
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore, surfaces
from mytutor.curvature import classify, condition_number
from mytutor.explore.numbers import number

KINDS = {"minimum": "a minimum", "maximum": "a maximum", "saddle": "a saddle"}


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", explore.curvature().controls[0].options)
def test_the_browser_shows_what_python_computes(v8, name):
    explorable = explore.curvature(surface=name)
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    chance = random.Random(0)
    for _ in range(20):
        values = {"surface": name, "point": [chance.uniform(-2, 2), chance.uniform(-2, 2)]}
        values["point"] = chance.choice([values["point"], [1.0, 1.0], [0.0, 0.0]])
        call = f"JSON.stringify(tutor.frame(description, {json.dumps(values)}))"
        assert json.loads(v8.eval(call), parse_int=float) == plain(explorable.frame(values))


def newton(explorable, point, steps=60):
    for _ in range(steps):
        point = explorable.frame({"point": point})["jumps"]["newton"]["point"]
    return point


@pytest.mark.parametrize("start", [(3.0, 2.0), (0.1, 2.9), (-0.3, -0.9), (-3.0, 0.2)])
def test_newton_steps_end_where_the_second_derivative_test_agrees(start):
    explorable = explore.curvature(surface="himmelblau")
    point = newton(explorable, list(start))
    hessian = surfaces.himmelblau.hessian(np.array(point))
    status = explorable.frame({"point": point})["status"]
    assert KINDS[classify(hessian).kind] in status
    assert f"Condition number: {number(condition_number(hessian))}." in status


def test_the_eigenvalues_told_are_those_of_the_hessian():
    for x, y in ((0.3, -1.2), (-1.5, 2.0), (1.0, 1.0)):
        explorable = explore.curvature(surface="rosenbrock", point=(x, y))
        low, high = np.linalg.eigvalsh(surfaces.rosenbrock.hessian(np.array([x, y])))
        assert f"Eigenvalues {number(high)} and {number(low)}" in explorable.frame()["status"]


def test_the_parabola_touches_the_cut_and_bends_alike():
    views = explore.curvature(surface="six_hump_camel", point=(0.7, 0.4)).frame()["views"]
    for name in ("steep", "flat"):
        cut, model = (np.array(line["y"]) for line in views[name]["lines"][:2])
        gap = abs(cut - model)
        assert gap[40] < 1e-12
        assert gap[38] < 10 * gap[39]  # a cubic: eight times as much at twice the distance
        assert gap[39] < 1e-4


@pytest.mark.parametrize(
    ("name", "point", "words"),
    [
        ("monkey_saddle", (0.0, 0.0), "degenerate"),
        ("saddle", (0.0, 0.0), "a saddle"),
        ("rosenbrock", (1.0, 1.0), "a minimum"),
        ("rosenbrock", (-1.2, 1.0), "not stationary here"),
    ],
)
def test_the_kind_of_point_is_told(name, point, words):
    assert words in explore.curvature(surface=name, point=point).frame()["status"]


def test_points_at_the_ends_of_the_picture_are_fine():
    explorable = explore.curvature()
    for name in explorable.controls[0].options:
        for point in ([-20.0, 20.0], [0.0, 0.0]):
            frame = explorable.frame({"surface": name, "point": point})
            axis = frame["views"]["plane"]["x"]
            assert axis["low"] - 1e-4 < frame["jumps"]["newton"]["point"][0] < axis["high"] + 1e-4


def test_it_is_small_and_moves_in_jupyter():
    explorable = explore.curvature()
    assert len(explorable._repr_html_().encode()) < 25_000
    box = explorable.live()
    box.widgets["newton"].click()
    assert "Eigenvalues" in box.widgets["status"].value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"surfaces": []}, "surfaces is empty"),
        ({"surface": "bowl"}, "no surface 'bowl'; expected one of himmelblau"),
        ({"point": (0.0, float("nan"))}, "expected two finite numbers"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.curvature(**arguments)
