"""Batch norm, to move: what the browser shows is what the library's layers compute."""

import json
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore
from mytutor.layers import batch_norm, batch_norm_inference, update_running


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        description = explore.batch_normalization().description()
        context.eval(f"var description = ({description})(tutor); 0")
        yield context


def javascript_frame(v8, values):
    text = v8.eval(f"JSON.stringify(tutor.frame(description, {json.dumps(values)}))")
    return json.loads(text, parse_int=float)


def settings(**values):
    return explore.batch_normalization().values() | values


def random_values(seed):
    chance = random.Random(seed)
    controls = explore.batch_normalization().controls
    found = {control.name: chance.choice(control.grid()) for control in controls}
    return settings(**found, shown=chance.randint(0, 60))


def ends_of_all_sliders():
    for control in explore.batch_normalization().controls:
        for value in (control.grid()[0], control.grid()[-1]):
            for shown in (0, 1, 60):
                yield settings(**{control.name: value}, shown=shown)


def curve(frame, view, label):
    (found,) = (line for line in frame["views"][view]["lines"] if line["label"] == label)
    return np.array(found["y" if view in ("mean", "deviation") else "x"])


def test_the_browser_shows_what_python_computes(v8):
    for values in (*map(random_values, range(12)), *ends_of_all_sliders()):
        expected = explore.batch_normalization().frame(values)
        assert javascript_frame(v8, values) == json.loads(json.dumps(expected), parse_int=float)


@pytest.mark.parametrize("seed", range(5))
def test_the_picture_is_what_the_layers_compute(seed):
    values = random_values(seed) | {"shown": 17}
    frame = explore.batch_normalization().frame(values)
    draws = np.array(explore.batch_normalization().data["draws"])
    unit = values["mean"] + values["spread"] * draws
    size = int(values["batch_size"])
    gamma, beta = np.array([values["gamma"]]), np.array([values["beta"]])
    mean, variance = 0.0, 1.0
    for t in range(17):
        batch = unit[t * size : (t + 1) * size, None]
        y, cache = batch_norm(batch, gamma, beta)
        mean, variance = update_running(mean, variance, cache, momentum=values["momentum"])
    inference, _ = batch_norm_inference(batch, gamma, beta, mean=mean, variance=variance)
    running = curve(frame, "mean", "running")[17], curve(frame, "deviation", "running")[17]
    np.testing.assert_allclose(running, [mean[0], np.sqrt(variance[0])], rtol=1e-10)
    np.testing.assert_allclose(curve(frame, "after", "batch in training"), y[:, 0], atol=1e-9)
    np.testing.assert_allclose(curve(frame, "after", "in inference"), inference[:, 0], atol=1e-9)


def test_a_batch_of_two_leaves_only_the_order():
    frame = explore.batch_normalization().frame(settings(batch_size=2, shown=5))
    np.testing.assert_allclose(
        np.sort(curve(frame, "after", "batch in training")), [-1, 1], atol=1e-3
    )


def test_the_mean_of_a_batch_scatters_with_the_inverse_root_of_its_size():
    spreads = [
        curve(explore.batch_normalization().frame(settings(batch_size=size)), "mean", "batch").std()
        for size in (2, 8, 32)
    ]
    np.testing.assert_allclose(np.array(spreads) * np.sqrt([2, 8, 32]), 2.0, rtol=0.3)


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="batch_size"):
        explore.batch_normalization(batch_size=1)
