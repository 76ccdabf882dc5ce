"""Minibatch noise: the page computes what Python computes, and the noise is what theory says."""

import json
import math
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore


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


@pytest.mark.parametrize("seed", range(8))
def test_the_page_shows_what_python_computes(v8, seed):
    explorable, chance = explore.minibatch_noise(), random.Random(seed)
    values = explorable.values()
    for control in explorable.controls:
        grid = control.grid()
        values[control.name] = grid[0] if seed == 0 else grid[-1] if seed == 1 else None
        values[control.name] = values[control.name] or chance.choice(grid)
    values["shown"] = chance.choice([0, 1, 7, 48])
    assert in_the_browser(v8, explorable, values) == plain(explorable.frame(values))


def marked(batch):
    """The measured spread of a batch's gradient, and the derived one at the sizes 1 to 63."""
    lines = explore.minibatch_noise().frame({"batch": batch})["views"]["spread"]["lines"]
    return lines[1]["y"][0], lines[0]["y"]


@pytest.mark.parametrize("batch", [1, 2, 8, 16, 32])
def test_the_measured_spread_is_the_derived_one(batch):
    measured, derived = marked(batch)
    assert np.isclose(measured, derived[batch - 1], rtol=0.15)


def test_four_times_the_batch_halves_the_spread_but_for_the_finite_population():
    derived = marked(1)[1]
    factor = math.sqrt((64 - 16) / (64 - 4))
    assert np.isclose(derived[16 - 1] / derived[4 - 1], 0.5 * factor)


def test_a_batch_of_all_examples_has_no_noise():
    frame = explore.minibatch_noise().frame({"batch": 64, "lr": 0.2})
    whole, noisy = frame["views"]["plane"]["lines"]
    assert np.allclose(whole["x"], noisy["x"])
    assert np.allclose(whole["y"], noisy["y"])
    assert "measured over 48 batches 0." in frame["status"]


def test_beyond_two_over_the_curvature_no_batch_is_large_enough():
    for batch in (1, 8, 64):
        far = explore.minibatch_noise().frame({"batch": batch, "lr": 0.7})["ends"][0]
        near = explore.minibatch_noise().frame({"batch": batch, "lr": 0.6})["ends"][0]
        assert math.hypot(*far) > 12 > math.hypot(*near)


@pytest.mark.parametrize("settings", [{"batch_size": 0}, {"batch_size": 65}, {"lr": 1.0}])
def test_a_start_outside_the_sliders_is_refused(settings):
    with pytest.raises(ValueError, match="expected a number from"):
        explore.minibatch_noise(**settings)
