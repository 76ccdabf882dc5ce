"""The moving average over a noisy curve: the picture agrees with Python and with the theory."""

import json
import math

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore

RNG = np.random.default_rng(0)
TRUTH = 2 * np.exp(-np.arange(200) / 40) + 0.3
NOISY = TRUTH + 0.3 * RNG.standard_normal(200)


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


def javascript_frame(v8, explorable, values):
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    call = f"tutor.frame(description, {json.dumps(values)})"
    return json.loads(v8.eval(f"JSON.stringify({call})"), parse_int=float)


@pytest.mark.parametrize("correction", ["on", "off"])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99, 0.999])
def test_the_browser_shows_what_python_computes_at_both_ends_of_the_slider(v8, beta, correction):
    explorable = explore.moving_average(NOISY, TRUTH)
    for shown in (0, 1, 2, 77, 200):
        values = {"beta": beta, "correction": correction, "shown": shown}
        frame = explorable.frame(values)
        assert javascript_frame(v8, explorable, values) == json.loads(
            json.dumps(frame), parse_int=float
        )


def lines_of(frame, view):
    return {line["label"]: np.array(line["y"]) for line in frame["views"][view]["lines"]}


def test_corrected_weights_are_those_of_the_average_that_is_drawn():
    explorable = explore.moving_average(NOISY, TRUTH, 0.8)
    for correction in ("on", "off"):
        frame = explorable.frame({"shown": 30, "correction": correction})
        weights = lines_of(frame, "weights")[""]
        assert len(weights) == 30
        drawn = lines_of(frame, "curve")["average"][-1]
        assert drawn == pytest.approx(weights @ NOISY[:30][::-1].round(3), rel=1e-9)
        assert weights.sum() == pytest.approx(1 if correction == "on" else 1 - 0.8**30)


def test_a_constant_is_its_own_corrected_average():
    explorable = explore.moving_average([2.0] * 50, [2.0] * 50, 0.99)
    assert lines_of(explorable.frame(), "curve")["average"] == pytest.approx(np.full(50, 2.0))
    off = lines_of(explorable.frame({"correction": "off"}), "curve")["average"]
    assert off == pytest.approx(2 * (1 - 0.99 ** np.arange(1, 51)))


def test_the_status_tells_window_and_age():
    status = explore.moving_average(NOISY, TRUTH, 0.95).frame()["status"]
    assert "= 20 steps, mean age 19;" in status
    assert "At step 200 the weights add up to 1 " in status


@pytest.mark.parametrize(
    ("values", "truth"), [([1.0], [1.0]), ([1, 2, 3], [1, 2]), ([1, math.nan], [1, 2])]
)
def test_curves_that_cannot_be_drawn_are_refused(values, truth):
    with pytest.raises(ValueError, match="expected"):
        explore.moving_average(values, truth)


def test_the_page_is_small_and_the_same_every_time():
    text = explore.moving_average(NOISY, TRUTH)._repr_html_()
    assert text == explore.moving_average(NOISY, TRUTH)._repr_html_()
    assert len(text.encode()) < 25_000
    assert "nan" not in text.partition("<script>")[0]
