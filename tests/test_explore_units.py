"""Another unit: the page computes what Python computes, and the units show what theory says."""

import json
import math
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import adadelta, descend, explore
from mytutor.explore.controls import Slider


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


def in_the_browser(v8, explorable, values):
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    call = f"tutor.frame(description, {json.dumps(values)})"
    return json.loads(v8.eval(f"JSON.stringify({call})"), parse_int=float)


def plain(value):
    """What JSON keeps of a frame: null for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def somewhere(explorable, seed):
    """Every control at one of its values; sliders at both ends first."""
    chance = random.Random(seed)
    values = explorable.values()
    for control in explorable.controls:
        if isinstance(control, Slider):
            grid = control.grid()
            values[control.name] = grid[0] if seed == 0 else grid[-1] if seed == 1 else None
            values[control.name] = values[control.name] or chance.choice(grid)
        else:
            values[control.name] = chance.choice(control.options)
    return values | {"shown": chance.choice([0, 1, 7, 200])}


@pytest.mark.parametrize("rule", ["sgd", "rmsprop", "adam", "adadelta"])
def test_the_browser_shows_what_python_computes(v8, rule):
    explorable = explore.units(rule)
    for seed in range(12):
        values = somewhere(explorable, seed) | {"rule": rule}
        assert in_the_browser(v8, explorable, values) == plain(explorable.frame(values)), values


def test_the_old_path_is_that_of_the_rule():
    path = descend(adadelta, lambda x: x, [1.0], 200, eps=1e-4)[:, 0]
    line = explore.units().frame()["views"]["path"]["lines"][0]
    assert np.allclose(line["y"], path, rtol=1e-12)


@pytest.mark.parametrize("rule", ["sgd", "rmsprop", "adam", "adadelta"])
def test_without_a_change_of_units_it_is_the_very_same_path(rule):
    assert "the very same path" in explore.units(rule, 1.0, 1.0).frame()["status"]


@pytest.mark.parametrize("rule", ["rmsprop", "adam", "adadelta"])
def test_a_normalized_step_is_free_of_the_unit_of_the_loss_but_for_eps(rule):
    assert "the same path but" in explore.units(rule, 1.0, 100.0, eps=1e-8).frame()["status"]
    assert "not the same path" in explore.units(rule, 1.0, 0.01, eps=1e-1).frame()["status"]


@pytest.mark.parametrize("rule", ["sgd", "rmsprop", "adam", "adadelta"])
def test_no_rule_is_free_of_the_unit_of_the_parameter(rule):
    status = explore.units(rule, 10.0, 1.0, eps=1e-6).frame()["status"]
    assert "not the same path" in status


def test_gradient_descent_diverges_when_the_loss_is_a_hundred_times_larger():
    assert "diverges" not in explore.units("sgd", 1.0, 10.0).frame()["status"]
    status = explore.units("sgd", 0.01, 1.0).frame()["status"]
    assert "the path diverges" in status


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "newton"}, "no rule 'newton'; expected one of sgd, rmsprop, adam, adadelta"),
        ({"x_times": 0}, "'x_times' starts at 0; expected a number from 0.01 to 100"),
        ({"eps": 2}, "'eps' starts at 2; expected a number from 1e-12 to 1"),
    ],
)
def test_bad_input_is_named(settings, message):
    with pytest.raises(ValueError, match=message):
        explore.units(**settings)
