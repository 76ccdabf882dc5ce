"""Gradient descent by direction: the browser agrees with Python, and both with the theory."""

import json
import math

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore
from mytutor.explore.numbers import number

RATES = (0.02, 1.0, 1.9, 2.2)
CONDITIONS = (1.0, 20.0, 1000.0)


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        description = explore.descent_by_direction().description()
        context.eval(f"var description = ({description})(tutor); 0")
        yield context


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("shown", [0, 150])
def test_the_browser_shows_what_python_computes(v8, rate, condition, shown):
    explorable = explore.descent_by_direction()
    values = {**explorable.values(), "rate": rate, "condition": condition, "shown": shown}
    call = f"JSON.stringify(tutor.frame(description, {json.dumps(values)}))"
    told = json.loads(v8.eval(call), parse_int=float)
    assert told == plain(explorable.frame(values))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_direction_is_multiplied_by_its_own_factor(rate, condition):
    frame = explore.descent_by_direction(condition, rate, steps=60).frame()
    flat, steep = (np.array(line["y"]) for line in frame["views"]["distance"]["lines"])
    t = np.arange(61)
    assert np.allclose(flat, np.maximum(3.5 * abs(1 - rate / condition) ** t, 1e-16))
    assert np.allclose(steep, np.maximum(1.5 * abs(1 - rate) ** t, 1e-16))


@pytest.mark.parametrize("condition", [2.0, 20.0, 1000.0])
def test_the_best_rate_makes_both_directions_equally_fast(condition):
    explorable = explore.descent_by_direction(condition)
    best = explorable.frame()["jumps"]["best"]
    factor = number((condition - 1) / (condition + 1))
    assert explorable.frame(best)["status"].count(f"factor {factor} ") == 2


def test_the_number_of_steps_told_is_enough_and_not_more():
    explorable = explore.descent_by_direction(10.0, steps=200)
    frame = explorable.frame(explorable.frame()["jumps"]["best"])
    assert "A thousand times closer takes 34.4 steps." in frame["status"]
    distance = np.array(frame["views"]["distance"]["lines"][0]["y"])
    assert distance[34] > distance[0] / 1000 > distance[35]


@pytest.mark.parametrize(
    ("rate", "condition", "words"),
    [(2.0, 20.0, "no closer"), (2.2, 20.0, "Divergent"), (1.0, 1.0, "One step lands")],
)
def test_the_rates_at_the_end_are_told(rate, condition, words):
    assert words in explore.descent_by_direction(condition, rate).frame()["status"]


def test_its_page_is_small():
    assert len(explore.descent_by_direction()._repr_html_().encode()) < 25_000


@pytest.mark.parametrize("steps", [0, 201, True, 2.5])
def test_other_numbers_of_steps_are_refused(steps):
    with pytest.raises((TypeError, ValueError), match="steps"):
        explore.descent_by_direction(steps=steps)
