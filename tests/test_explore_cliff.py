"""Clipping at a cliff: the page computes what Python computes, and the cliff is one."""

import json
import math
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore, gradient_check
from mytutor.clipping import clip_by_norm, clip_by_value
from mytutor.explore.cliff import KINDS, limited, unit_loss, unit_slope
from mytutor.explore.controls import Choice, Slider


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
    """What JSON keeps of a frame: no functions, and null for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
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
            values[control.name] = (
                grid[0] if seed == 0 else grid[-1] if seed == 1 else chance.choice(grid)
            )
        elif isinstance(control, Choice):
            values[control.name] = KINDS[seed % 3]
    values["start"] = [chance.uniform(3, 9), chance.uniform(-5, 0)] if seed else [7.25, -2.92]
    return values | {"shown": chance.choice([0, 1, 7, 100])}


def test_the_browser_shows_what_python_computes(v8):
    explorable = explore.clipping()
    for seed in range(20):
        values = somewhere(explorable, seed)
        assert in_the_browser(v8, explorable, values) == plain(explorable.frame(values)), values


@pytest.mark.parametrize("length", [1, 5, 12])
def test_the_slope_is_that_of_the_loss(length):
    for point in ([6.0, -2.0], [5.0, 0.5], [3.0, -4.0]):
        grad = np.array(unit_slope(*point, length))
        loss = lambda x: float(unit_loss(*x, length))  # noqa: E731
        assert gradient_check(loss, grad, np.array(point)) < 1e-6


def test_it_clips_as_the_library_does():
    for g in ([3.0, -0.1], [0.02, 0.05], [0.0, 0.0], [-9.0, 4.0]):
        assert limited(g, "none", 0.1)[:2] == g
        np.testing.assert_allclose(limited(g, "by norm", 0.1)[:2], clip_by_norm(np.array(g), 0.1))
        np.testing.assert_allclose(limited(g, "by value", 0.1)[:2], clip_by_value(np.array(g), 0.1))


def test_more_steps_of_the_unit_make_a_steeper_cliff():
    b = np.linspace(-4, -2, 2001)
    steepest = [
        np.hypot(*unit_slope(np.full_like(b, 6.5), b, length)).max() for length in (5, 10, 20)
    ]
    assert steepest[1] > 5 * steepest[0]
    assert steepest[2] > 50 * steepest[1]


def test_the_cliff_throws_the_point_away_unless_the_gradient_is_clipped():
    plain_descent, clipped = (
        explore.clipping(kind).frame()["ends"][0] for kind in ("none", "by norm")
    )
    assert np.hypot(plain_descent[0] - 7.25, plain_descent[1] + 2.92) > 5
    assert np.hypot(clipped[0] - 7.25, clipped[1] + 2.92) < 2
    assert unit_loss(*clipped, 12) < 1e-3 < unit_loss(*plain_descent, 12)


def test_a_path_that_is_thrown_to_infinity_ends_there():
    frame = explore.clipping(lr=100.0, length=40, start=(1e308, -1e308)).frame()
    assert "infinity" not in frame["status"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "global"}, "kind is 'global'; expected one of none, by norm, by value"),
        ({"steps": 0}, "steps is 0; expected a whole number from 1 to 400"),
        ({"start": (math.nan, 0)}, "start is .*; expected two finite numbers"),
        ({"limit": 0}, "slider 'limit' starts at 0"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        explore.clipping(**wrong)
