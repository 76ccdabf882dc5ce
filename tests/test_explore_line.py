import json
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore
from mytutor.explore.controls import Slider
from mytutor.explore.line import points
from mytutor.losses import absolute_error, squared_error


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
    return [plain(item) for item in value] if isinstance(value, list) else value


def settings(explorable):
    """Random values, and every slider at both of its ends."""
    chance = random.Random(0)
    sliders = [control for control in explorable.controls if isinstance(control, Slider)]
    for end in (0, -1):
        yield {slider.name: slider.grid()[end] for slider in sliders}
    for _ in range(20):
        values = {slider.name: chance.choice(slider.grid()) for slider in sliders}
        values["line"] = [chance.uniform(-2, 4), chance.uniform(-3, 5)]
        yield values | {"loss": chance.choice(["squared error", "absolute error"])}


def test_the_browser_shows_what_python_computes(v8):
    explorable = explore.fitted_line()
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    for changes in settings(explorable):
        values = explorable.values() | changes
        call = f"JSON.stringify(tutor.frame(description, {json.dumps(values)}))"
        assert json.loads(v8.eval(call), parse_int=float) == plain(explorable.frame(values))


@pytest.mark.parametrize(
    ("name", "loss"), [("squared error", squared_error), ("absolute error", absolute_error)]
)
def test_loss_and_step_are_those_of_the_library(name, loss):
    x, y = map(np.array, points())
    slope, intercept = 0.75, -0.25
    frame = explore.fitted_line(slope, intercept, lr=0.1).frame({"loss": name})
    value, dy = loss(slope * x + intercept, y)
    expected = [slope - 0.1 * (dy * x).sum(), intercept - 0.1 * dy.sum()]
    np.testing.assert_allclose(frame["jumps"]["step"]["line"], expected, atol=1e-4)
    field = frame["views"]["loss"]["field"]["value"]
    assert field(slope, intercept) == pytest.approx(value)


def test_steps_go_down_to_the_line_of_least_squares():
    explorable = explore.fitted_line(lr=0.2)
    line = explorable.values()["line"]
    for _ in range(300):
        line = explorable.frame({"line": line})["jumps"]["step"]["line"]
    np.testing.assert_allclose(line, np.polyfit(*points(), 1), atol=2e-3)
    best = explorable.frame()["jumps"]["best"]["line"]
    np.testing.assert_allclose(best, np.polyfit(*points(), 1), atol=1e-4)


def test_a_raised_point_pulls_the_squared_error_and_hardly_the_absolute():
    """The gradient in the intercept grows with the outlier, or stays as it is."""
    slope, intercept = np.polyfit(*points(), 1)
    for name, grows in (("squared error", True), ("absolute error", False)):
        moved = []
        for outlier in (5.0, 10.0):
            explorable = explore.fitted_line(slope, intercept, lr=1.0, outlier=outlier)
            step = explorable.frame({"loss": name, "lr": 0.1})["jumps"]["step"]["line"]
            moved.append(step[1] - intercept)
        assert moved[1] == pytest.approx(2 * moved[0] if grows else moved[0], abs=2e-4)


def test_it_is_small_and_moves_in_jupyter():
    explorable = explore.fitted_line()
    assert len(explorable._repr_html_().encode()) < 25_000
    box = explorable.live()
    box.widgets["best"].click()
    assert "Gradient" in box.widgets["status"].value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slope": 5.0}, "slope is 5.0; expected a number from -2.0 to 4.0"),
        ({"intercept": float("nan")}, "intercept is nan; expected a number from -3.0 to 5.0"),
        ({"lr": 0.0}, "'lr' starts at 0.0; expected"),
        ({"outlier": 11.0}, "'outlier' starts at 11.0; expected"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.fitted_line(**arguments)
