"""Explorables: what moves in the page is what Python computes, to the last bit."""

import json
import math
import random
import re
import subprocess
import sys

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from mytutor import explore, rules, trace
from mytutor.explore.controls import Slider, hyperparameter_slider
from mytutor.explore.numbers import nearest, number
from mytutor.explore.playground import suitable_rates
from mytutor.explore.running import all_surfaces
from mytutor.explore.translate import javascript_function

RULES = trace.functions_of(rules)
SURFACES = all_surfaces()
# A browser's own exp, sin, cos and tanh may differ from NumPy's in their last bits.
EXACT = {
    name: surface
    for name, surface in SURFACES.items()
    if not re.search(r"Math\.(exp|sin|cos|tanh)", trace.javascript_surface(surface))
}
MAKERS = {
    "playground": lambda: explore.playground(surfaces=EXACT.values()),
    "learning rate": explore.learning_rate_on_quadratic,
    "damping": explore.damping,
    **{f"inside {name}": lambda rule=rule: explore.inside(rule) for name, rule in RULES.items()},
}


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(explore.engine())
        yield context


@pytest.fixture(scope="module", params=MAKERS, ids=lambda name: name.replace(" ", "-"))
def explorable(request):
    return MAKERS[request.param]()


def javascript_frame(v8, explorable, values):
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    call = f"tutor.frame(description, {json.dumps(values)})"
    # JavaScript writes large numbers without a point; they are no integers for all that.
    return json.loads(v8.eval(f"JSON.stringify({call})"), parse_int=float)


def plain(value):
    """What JSON keeps of a frame: no functions, and null for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not callable(item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def random_values(explorable, seed):
    """Every control somewhere in its range, learning rates that diverge included."""
    chance = random.Random(seed)
    values = explorable.values()
    for control in explorable.controls:
        if isinstance(control, Slider):
            values[control.name] = chance.choice(control.grid())
        if hasattr(control, "options"):
            values[control.name] = chance.choice(control.options)
        for rule, sliders in getattr(control, "sliders", {}).items():
            for slider in sliders:
                values[f"{control.name}.{rule}.{slider.name}"] = chance.choice(slider.grid())
    if "start" in values:
        values["start"] = [chance.uniform(-2, 2), chance.uniform(-2, 2)]
    if "steps" in values:
        values["steps"] = chance.randint(1, 300)
    values["shown"] = chance.randint(0, explorable.steps_of(values))
    return values


def test_the_browser_shows_what_python_computes(v8, explorable):
    for seed in range(25):
        values = random_values(explorable, seed) if seed else explorable.values()
        assert javascript_frame(v8, explorable, values) == plain(explorable.frame(values)), values


def test_the_browser_starts_with_the_same_values(v8, explorable):
    v8.eval(f"var description = ({explorable.description()})(tutor); 0")
    values = json.loads(v8.eval("JSON.stringify(tutor.startValues(description))"))
    assert values == explorable.values()


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_path_in_the_browser_is_the_path_of_the_rule(v8, rule, surface):
    # Points as columns: NumPy squares arrays as JavaScript multiplies; a lone number goes
    # through the C library's pow.
    explorable = explore.playground([rule], [surface], race=None)
    settings = {key: explorable.values()[f"a.{rule.__name__}.{key}"] for key in hyper(rule)}
    x = np.array(surface.start).reshape(2, 1)
    state = trace.state(rule).values()
    path = [x]
    for t in range(1, 201):
        x, *state = as_tuple(rule(x, surface.gradient(x), t, *state, **settings))
        path.append(x)
    line = javascript_frame(v8, explorable, explorable.values())["views"]["plane"]["lines"][0]
    shown, computed = [line["x"], line["y"]], np.concatenate(path, axis=1)
    if surface.name in EXACT:
        assert shown == computed.tolist()
    else:
        np.testing.assert_allclose(np.array(shown)[:, :5], computed[:, :5], rtol=1e-9)


def hyper(rule):
    return trace.hyperparameters(rule)


def as_tuple(values):
    return values if isinstance(values, tuple) else (values,)


def test_numbers_read_the_same_in_both_languages(v8):
    chance = random.Random(0)
    values = [0, 0.125, 999.5, 0.0009995, 99950, 1e-8, -2.5e-300, 0.001, 12345, -7]
    values += [chance.uniform(-1, 1) * 10 ** chance.uniform(-12, 12) for _ in range(2000)]
    told = json.loads(v8.eval(f"JSON.stringify({json.dumps(values)}.map(tutor.number))"))
    assert told == [number(value) for value in values]
    assert v8.eval("[NaN, Infinity, -Infinity].map(tutor.number).join()") == ",".join(
        number(value) for value in (math.nan, math.inf, -math.inf)
    )


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_hyperparameter_has_a_slider_around_its_default(v8, rule):
    for name, default in hyper(rule).items():
        slider = hyperparameter_slider(rule, name)
        grid = slider.grid()
        assert slider.value == default
        assert grid == sorted(set(grid))
        assert grid[nearest(grid, default)] == pytest.approx(default, rel=0.05)
        call = f"tutor.grid({json.dumps(slider.description())})"
        assert json.loads(v8.eval(f"JSON.stringify({call})")) == grid


def test_the_playground_offers_every_rule_and_surface():
    controls = {control.name: control for control in explore.playground().controls}
    assert controls["a"].options == tuple(RULES)
    assert controls["surface"].options == tuple(SURFACES)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_suitable_rate_descends_without_leaving_the_box(surface):
    begin = float(surface.value(np.array(surface.start)))
    rates = suitable_rates(RULES, surface)
    for name, rule in RULES.items():
        if name == "rprop" and not surface.minima:
            continue  # its steps grow without end where the surface falls without end
        explorable = explore.playground([rule], [surface], race=None)
        settings = explorable.values()
        assert settings[f"a.{name}.lr"] == rates[f"{name}.lr"]
        frame = explorable.frame()
        assert "left the picture" not in frame["status"]
        assert "diverged" not in frame["status"]
        assert float(surface.value(np.array(frame["ends"][0]))) < begin


def test_html_is_small_the_same_every_time_and_complete(explorable):
    again = type(explorable)(
        explorable.title,
        explorable.controls,
        explorable.views,
        explorable.model,
        explorable.data,
        steps=explorable.steps,
        layout=explorable.layout,
    )
    text = explorable._repr_html_()
    assert text == again._repr_html_()
    # The playground brings all rules and surfaces along; nothing else comes near it.
    assert len(text.encode()) < (80_000 if explorable.title == "Optimizer playground" else 25_000)
    assert text.count("<svg") >= len(explorable.views)
    assert ".live()" in text
    assert explorable.frame()["status"].split("\n")[0] in text
    assert text.count("</script>") == 1
    assert " id=" not in text.partition("<script>")[0]
    assert "nan" not in text.partition("<script>")[0]


def test_the_text_form_is_short(explorable):
    assert re.fullmatch(r"<Explorable: [\w ]+>", repr(explorable))


def test_a_saved_page_stands_alone(tmp_path):
    path = explore.damping().save(tmp_path / "damping.html")
    text = path.read_text(encoding="utf-8")
    assert explore.engine() in text
    assert not re.findall(r"""(?:src|href)=["']""", text)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_importing_explorables_loads_nothing_heavy():
    code = "import sys, mytutor.explore; print([m for m in {} if m in sys.modules])"
    heavy = ("sympy", "matplotlib", "ipywidgets", "IPython", "torch", "contourpy")
    done = subprocess.run(
        [sys.executable, "-c", code.format(heavy)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# -- what the models say ---------------------------------------------------------------------------


def test_a_path_that_diverges_is_told_so():
    explorable = explore.playground(rule="sgd", race=None, hyperparameters={"sgd": {"lr": 1.0}})
    assert re.match(
        r"sgd: diverged, no longer a number after step \d+\.", explorable.frame()["status"]
    )


def test_a_path_that_leaves_the_picture_is_told_so():
    explorable = explore.playground(rule="sgd", race=None, surface="saddle")
    status = explorable.frame({"a.sgd.lr": 0.1})["status"]
    assert "the surface has no minimum; left the picture at step" in status


@pytest.mark.parametrize(
    ("lr", "word"),
    [
        (0.0, "stands still"),
        (0.3, "monotone"),
        (0.5, "lands in the minimum"),
        (0.8, "oscillating"),
        (1.0, "exactly at the threshold"),
        (1.1, "divergent"),
    ],
)
def test_the_learning_rate_decides(lr, word):
    frame = explore.learning_rate_on_quadratic(lr, 2.0).frame()
    assert word in frame["status"]
    assert frame["ends"][0][0] == pytest.approx(-1.5 * (1 - 2 * lr) ** 30, rel=1e-9, abs=1e-300)


def test_polyak_is_critical_in_both_directions_and_as_fast_as_promised():
    explorable = explore.damping(condition=100.0)
    best = explorable.frame()["jumps"]["optimal"]
    assert best["lr"] == pytest.approx(4 / 121)
    assert best["mu"] == pytest.approx((9 / 11) ** 2)
    status = explorable.frame(best)["status"]
    assert status.count("critically damped") == 2
    assert "factor 0.818 a step; at best 0.818" in status


@pytest.mark.parametrize(("lr", "mu", "condition"), [(0.02, 0.9, 30.0), (0.05, 0.1, 10.0)])
def test_the_factor_told_is_the_spectral_radius(lr, mu, condition):
    radii = []
    for curvature in (1, condition):
        step = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
        radii.append(max(abs(np.linalg.eigvals(step))))
    status = explore.damping(lr, mu, condition).frame()["status"]
    assert f"Together: factor {number(max(radii))} a step" in status


def test_inside_groups_what_scales_alike():
    views = explore.inside(rules.adam).frame()["views"]
    labels = [[line["label"] for line in view["lines"]] for view in views.values()]
    assert labels == [["g", "m", "mhat"], ["v", "vhat"], [""]]


def test_inside_shows_that_a_constant_gradient_is_corrected_at_once():
    explorable = explore.inside(rules.adam, "constant")
    lines = {
        line["label"]: line["y"]
        for view in explorable.frame()["views"].values()
        for line in view["lines"]
    }
    assert np.allclose(lines["mhat"], 1)
    assert np.allclose(lines["vhat"], 1)
    assert np.allclose(lines[""], -0.001)


# -- the same, live --------------------------------------------------------------------------------


def test_live_widgets_compute_with_python():
    explorable = explore.playground()
    box = explorable.live()
    box.widgets["a"].value = "rmsprop"
    box.widgets["a.rmsprop.lr"].value = 0.05
    box.widgets["a.rmsprop.rho"].value = 0.5
    box.widgets["b"].value = "none"
    box.widgets["start.x"].value = 1.5
    values = {"a": "rmsprop", "a.rmsprop.lr": 0.05, "a.rmsprop.rho": 0.5, "b": "none"}
    expected = explorable.frame(values | {"start": [1.5, 1.0]})["status"]
    assert expected in box.widgets["status"].value
    box.widgets["shown"].value = 7
    assert "rmsprop: after 7 steps" in box.widgets["status"].value


def test_live_a_surface_brings_its_start_and_rates():
    box = explore.playground().live()
    box.widgets["surface"].value = "himmelblau"
    assert (box.widgets["start.x"].value, box.widgets["start.y"].value) == (0.0, -0.5)
    assert box.widgets["b.sgd.lr"].value == suitable_rates(RULES, SURFACES["himmelblau"])["sgd.lr"]
    box.widgets["steps"].value = 500
    assert box.widgets["shown"].value == 500


def test_live_a_button_sets_exact_values():
    box = explore.damping(condition=100.0).live()
    box.widgets["optimal"].click()
    assert box.widgets["mu"].value == (9 / 11) * (9 / 11)
    assert "critically damped" in box.widgets["status"].value


def test_live_works_for_every_explorable(explorable):
    box = explorable.live()
    assert explorable.frame()["status"].split("\n")[0] in box.widgets["status"].value


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explore.playground([]), "rules is empty"),
        (lambda: explore.playground(surfaces=[]), "surfaces is empty"),
        (lambda: explore.playground(rule="adan"), "no rule 'adan'; expected one of sgd, momentum"),
        (lambda: explore.playground(race="adan"), "no rule 'adan'; expected one of"),
        (lambda: explore.playground(surface="bowl"), "no surface 'bowl'; expected one of .*beale"),
        (lambda: explore.playground(start=(1, math.nan)), "start is .*; expected finite numbers"),
        (lambda: explore.playground(start=(1,)), "start is .*; expected two numbers"),
        (lambda: explore.playground(steps=0), "steps is 0; expected a whole number from 1 to 1000"),
        (
            lambda: explore.playground(hyperparameters={"adam": {"beta": 0.9}}),
            "no hyperparameter of adam 'beta'; expected one of lr, beta1, beta2, eps",
        ),
        (
            lambda: explore.playground(hyperparameters={"adam": {"lr": -1.0}}),
            r"adam.lr is -1.0; expected a number from 1e-05 to 10.0",
        ),
        (lambda: explore.learning_rate_on_quadratic(-1), "'lr' starts at -1; expected"),
        (lambda: explore.damping(mu=1.0), "'mu' starts at 1.0; expected"),
        (lambda: explore.damping(steps=1.5), "steps is 1.5; expected"),
        (lambda: explore.inside(rules.adam, "loud"), "no gradients 'loud'; expected one of"),
        (lambda: explore.inside(len), "rule is <built-in function len>; expected a function"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_an_unknown_control_is_named():
    with pytest.raises(KeyError, match="no control 'lrr'; expected one of lr, curvature"):
        explore.learning_rate_on_quadratic().frame({"lrr": 1})


def unknown_to_javascript(values, data):
    """A model with a line that has no translation."""
    return sorted(values.items(), key=data)


def test_a_model_outside_the_small_part_of_python_is_named():
    with pytest.raises(ValueError, match="model 'unknown_to_javascript' can't be translated"):
        javascript_function(unknown_to_javascript)


def reserved_word(values, data):
    new = values["lr"]
    return new


def test_a_variable_named_like_a_word_of_javascript_is_refused():
    with pytest.raises(ValueError, match="has a variable 'new', a word of JavaScript; rename it"):
        javascript_function(reserved_word)
