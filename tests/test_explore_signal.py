"""First weights: what the browser shows, and what is known of the signal through deep networks."""

import json
import math
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore
from mytutor.explore.signal import normal_table, random_numbers, standard_numbers


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        context.eval(f"var description = ({explore.first_weights().description()})(tutor); 0")
        yield context


def javascript_frame(v8, values):
    text = v8.eval(f"JSON.stringify(tutor.frame(description, {json.dumps(values)}))")
    return json.loads(text, parse_int=float)


def assert_close(found, expected):
    """Equal but for the last bits of numbers, where a browser's tanh may differ from C's."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_close(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_close(one, other)
    elif isinstance(expected, str):
        assert found == expected
    else:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def settings(**values):
    return explore.first_weights().values() | values


def random_values(seed):
    chance = random.Random(seed)
    found = {}
    for control in explore.first_weights().controls:
        if hasattr(control, "grid"):
            found[control.name] = chance.choice(control.grid())
        elif hasattr(control, "options"):
            found[control.name] = chance.choice(control.options)
    return found


def ends_of_all_sliders():
    for depth in (1, 20):
        for std in (0.001, 10.0):
            for activation in ("tanh", "ReLU", "sigmoid", "linear"):
                yield settings(depth=depth, std=std, activation=activation)


def test_the_browser_shows_what_python_computes(v8):
    for values in (*map(random_values, range(12)), *ends_of_all_sliders(), settings()):
        expected = json.loads(json.dumps(explore.first_weights().frame(values)), parse_int=float)
        assert_close(javascript_frame(v8, values), expected)


def test_tanh_agrees_to_the_last_bits(v8):
    points = [0.0, *(sign * 10.0**power for sign in (1, -1) for power in np.linspace(-8, 2, 500))]
    found = json.loads(v8.eval(f"JSON.stringify({json.dumps(points)}.map(Math.tanh))"))
    np.testing.assert_allclose(found, np.tanh(points), rtol=1e-12)


def test_the_random_numbers_are_the_published_ones():
    state, numbers = 7919, random_numbers(1000, 1)
    for number in numbers:
        state = 16807 * state % 2147483647
        assert number == state / 2147483647


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_draws_have_mean_zero_and_variance_one(kind):
    draws = np.array(standard_numbers(kind, 18_000, 1001, normal_table()))
    assert abs(draws.mean()) < 4 / math.sqrt(len(draws))
    assert draws.std() == pytest.approx(1, abs=0.02)
    pairs = np.corrcoef(draws[:-1], draws[1:])[0, 1]
    assert abs(pairs) < 0.03


def size_after(std, **values):
    return explore.first_weights().frame(settings(std=std, **values))["ends"][0]


def test_the_right_scale_keeps_signal_and_gradient():
    for activation, std in (("linear", math.sqrt(1 / 30)), ("ReLU", math.sqrt(2 / 30))):
        kept = [size_after(std, activation=activation, draw=draw) for draw in range(1, 10)]
        assert np.median(kept) == pytest.approx(1, abs=0.5)


def test_each_layer_multiplies_by_the_standard_deviation_times_the_root_of_the_width():
    for std in (0.01, 1.0):
        forward, back = size_after(std, activation="linear", depth=4)
        derived = (std * math.sqrt(30)) ** 4
        assert forward == pytest.approx(derived, rel=0.5)
        assert back == pytest.approx(derived, rel=0.5)


def test_equal_weights_make_equal_units():
    status = explore.first_weights(kind="constant").frame()["status"]
    assert "1 of 30 units differ" in status
    assert "30 of 30 units differ" in explore.first_weights().frame()["status"]


def test_zeros_pass_nothing_on():
    frame = explore.first_weights(kind="zeros").frame()
    assert "root mean square 0, 0 % of it saturated" in frame["status"]
    assert "the factor 0 is left" in frame["status"]


def test_large_weights_saturate_small_ones_vanish():
    def share(std):
        status = explore.first_weights(std=std).frame()["status"]
        return int(status.partition(" % of it saturated")[0].rpartition(" ")[2])

    assert share(10.0) > 90
    assert share(0.18) == 0
    assert size_after(0.01)[0] < 1e-11


def test_buttons_set_the_scales_of_their_names():
    jumps = explore.first_weights().frame()["jumps"]
    assert jumps["xavier"]["std"] ** 2 * 30 == pytest.approx(1)
    assert jumps["he"]["std"] ** 2 * 30 == pytest.approx(2)
    assert explore.first_weights().frame(jumps["he"])["status"].startswith("Standard deviation")


def test_html_is_small_and_the_same_every_time():
    text = explore.first_weights()._repr_html_()
    assert text == explore.first_weights()._repr_html_()
    assert len(text.encode()) < 25_000


def test_live_computes_the_same():
    box = explore.first_weights().live()
    box.widgets["depth"].value = 3
    box.widgets["he"].click()
    expected = explore.first_weights().frame({"depth": 3, "std": math.sqrt(2 / 30)})["status"]
    assert expected.split("\n")[0] in box.widgets["status"].value


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "relu"}, "no option 'relu'; expected one of tanh, ReLU"),
        ({"kind": "ones"}, "no option 'ones'; expected one of normal"),
        ({"std": 0.0}, "'std' starts at 0.0; expected a number from 0.001 to 10.0"),
        ({"depth": 21}, "'depth' starts at 21; expected a number from 1 to 20"),
    ],
)
def test_bad_input_is_named(settings, message):
    with pytest.raises(ValueError, match=message):
        explore.first_weights(**settings)
