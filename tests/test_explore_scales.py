"""Two features on different scales: the page computes what Python computes, and theory holds."""

import json
import math
import random

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore
from mytutor.explore.controls import Slider
from mytutor.explore.scales import SCALINGS, best_weights, curvatures, ends_of
from mytutor.scaling import standardization, zca_whitening


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
    """What JSON keeps of a frame: no functions or keys of pictures, null for what isn't finite."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not callable(item) and key != "key"}
        return {key: plain(item) for key, item in kept.items()}
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
                grid[0] if seed < 4 else grid[-1] if seed < 8 else chance.choice(grid)
            )
        else:
            values[control.name] = SCALINGS[seed % 4]
    return values | {"shown": chance.choice([0, 1, 7, 60])}


def test_the_browser_shows_what_python_computes(v8):
    explorable = explore.feature_scales()
    for seed in range(24):
        values = somewhere(explorable, seed)
        shown = plain(in_the_browser(v8, explorable, values))
        assert shown == plain(explorable.frame(values)), values


@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_bowl_is_that_of_features_scaled_by_the_library(scaling):
    ratio, correlation, mean = 3.0, 0.6, 0.5
    white, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 3)))
    white = math.sqrt(50) * (white - white.mean(0))
    white = zca_whitening(white).transform(white)[:, :2]
    spread = math.sqrt(1 - correlation**2)
    z = np.stack([white[:, 0], correlation * white[:, 0] + spread * white[:, 1]], axis=1)
    x = z * [ratio, 1] + np.array([ratio, 1]) * mean
    scaled = {
        "as they are": x,
        "divided by their std": x / [ratio, 1],
        "standardized": standardization(x).transform(x),
        "whitened": zca_whitening(z).transform(z),
    }[scaling]
    hessian = scaled.T @ scaled / len(scaled)
    found = curvatures(scaling, ratio, correlation, mean)
    np.testing.assert_allclose(hessian[np.triu_indices(2)], found, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), ends_of(found))
    centred = scaled - scaled.mean(0)
    target = z @ [2, 1.5]
    weights = np.linalg.lstsq(centred, target, rcond=None)[0]
    np.testing.assert_allclose(weights, best_weights(scaling, ratio, correlation))


def test_whitening_needs_one_step_and_standardizing_leaves_the_correlation():
    assert "One step is enough" in explore.feature_scales("whitened", rate=1.0).frame()["status"]
    standardized = explore.feature_scales("standardized", correlation=0.8).frame()["status"]
    assert "condition number 9;" in standardized  # (1 + 0.8) / (1 - 0.8)


def test_a_mean_makes_one_curvature_large():
    before, after = (
        ends_of(curvatures("divided by their std", 1.0, 0.0, mean)) for mean in (0.0, 3.0)
    )
    assert before == [1, 1]
    np.testing.assert_allclose(after, [1, 1 + 2 * 9])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scaling": "none"}, "scaling is 'none'; expected one of as they are"),
        ({"steps": 0}, "steps is 0; expected a whole number from 1 to 400"),
        ({"ratio": 0.5}, "slider 'ratio' starts at 0.5"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        explore.feature_scales(**wrong)
