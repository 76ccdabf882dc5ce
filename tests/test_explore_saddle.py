"""The saddle with and without noise: the picture agrees with Python and with the theory."""

import json
import math

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


def javascript_frame(v8, explorable, values):
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    call = f"tutor.frame(description, {json.dumps(values)})"
    return json.loads(v8.eval(f"JSON.stringify({call})"), parse_int=float)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def settings():
    ends = {"lr": (0.01, 0.1, 1.0), "noise": (1e-10, 1e-3, 0.1), "offset": (1e-12, 1e-4, 1.0)}
    for start in ("beside the ridge", "exactly on the ridge"):
        for lr in ends["lr"]:
            for noise in ends["noise"]:
                for offset in ends["offset"]:
                    yield {"lr": lr, "noise": noise, "offset": offset, "start": start}


def test_the_browser_shows_what_python_computes_at_both_ends_of_every_slider(v8):
    explorable = explore.saddle_escape()
    for shown, values in enumerate(settings()):
        merged = explorable.values() | values | {"shown": shown * 5}
        assert javascript_frame(v8, explorable, merged) == plain(explorable.frame(merged)), values


def curve(frame, label):
    lines = {line["label"]: line for line in frame["views"]["distance"]["lines"]}
    return np.array(lines[label]["y"])


def test_without_noise_the_distance_grows_by_one_plus_the_rate_a_step():
    frame = explore.saddle_escape(0.1, offset=1e-8).frame()
    distance = curve(frame, "without noise")
    assert np.allclose(distance[:100], 1e-8 * 1.1 ** np.arange(100), rtol=1e-6)


def test_on_the_ridge_only_noise_gets_away():
    frame = explore.saddle_escape().frame({"start": "exactly on the ridge"})
    without, with_noise = frame["ends"]
    assert abs(without[0]) < 1e-12
    assert without[1] == 0
    assert abs(with_noise[1]) == pytest.approx(1, abs=0.01)
    assert "stays on the ridge for ever" in frame["status"]


def escape(noise, seed):
    explorable = explore.saddle_escape(noise=noise, seed=seed)
    return np.argmax(curve(explorable.frame({"start": "exactly on the ridge"}), "with noise") > 0.5)


def test_a_tenth_of_the_noise_takes_log_ten_over_log_one_plus_rate_more_steps():
    later = [escape(1e-5, seed) - escape(1e-4, seed) for seed in range(5)]
    assert later == pytest.approx([math.log(10) / math.log(1.1)] * 5, abs=1)


def test_the_predicted_size_is_the_root_mean_square_of_many_draws():
    frames = [explore.saddle_escape(seed=seed).frame() for seed in range(40)]
    sizes = np.array([curve(frame, "with noise")[40] for frame in frames])
    predicted = curve(frames[0], "predicted size")[40]
    assert np.sqrt((sizes**2).mean()) == pytest.approx(predicted, rel=0.25)


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="expected a whole number"):
        explore.saddle_escape(seed=seed)


def test_the_page_is_small_and_the_same_every_time():
    text = explore.saddle_escape()._repr_html_()
    assert text == explore.saddle_escape()._repr_html_()
    assert len(text.encode()) < 30_000
    assert "nan" not in text.partition("<script>")[0]
