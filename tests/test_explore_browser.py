"""Explorables in a real browser, from a file and with the network cut."""

import json

import pytest

from mytutor import explore
from mytutor.explore.numbers import nearest

pytestmark = pytest.mark.browser

# Medians on an idle machine are below one millisecond; busy ones get room.
MILLISECONDS = 5


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorables")
    return {
        "playground": explore.playground().save(folder / "playground.html"),
        "damping": explore.damping().save(folder / "damping.html"),
        "learning rate": explore.learning_rate_on_quadratic().save(folder / "rate.html"),
    }


@pytest.fixture
def opened(new_page, pages):
    def open_page(name="playground", **options):
        page = new_page(**options)
        page.goto(pages[name].as_uri())
        page.wait_for_selector("[data-alive]")
        return page

    return open_page


def ends(page):
    return json.loads(page.get_attribute("[data-alive]", "data-ends"))


def status(page):
    return page.locator(".tutor-status span").all_inner_texts()


def drag(page, name, value):
    """Put a slider of the playground on the grid value nearest to a number; returns that value."""
    slider = next(s for s in sliders() if s[0] == name)[1]
    position = nearest(slider.grid(), value)
    page.locator(f'[data-control="{name}"]').evaluate(
        "(input, position) => { input.value = position; input.dispatchEvent(new Event('input')); }",
        position,
    )
    return slider.grid()[position]


def sliders():
    for control in explore.playground().controls:
        for rule, own in getattr(control, "sliders", {}).items():
            for slider in own:
                yield f"{control.name}.{rule}.{slider.name}", slider


def test_the_page_opens_without_complaint_and_shows_what_python_computed(opened):
    page = opened()
    frame = explore.playground().frame()
    assert ends(page) == frame["ends"]
    assert status(page) == frame["status"].split("\n")
    assert page.locator(".tutor-note").count() == 0
    assert page.errors == []


def test_a_slider_moves_the_path_as_python_does(opened):
    page = opened()
    lr = drag(page, "a.adam.lr", 0.1)
    beta1 = drag(page, "a.adam.beta1", 0.5)
    frame = explore.playground().frame({"a.adam.lr": lr, "a.adam.beta1": beta1})
    assert ends(page) == frame["ends"]
    assert status(page) == frame["status"].split("\n")


def test_a_click_sets_the_start(opened):
    page = opened()
    canvas = page.locator("canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.7, "y": box["height"] * 0.3})
    page.get_by_role("button", name="Step").click()  # shows one step: wraps from the end to 1
    values = page.evaluate("structuredClone(tutorAlive[0].values)")
    assert 0 < values["start"][0] < 2
    assert 1 < values["start"][1] < 3
    assert ends(page) == explore.playground().frame(values)["ends"]
    assert "after 1 steps" in status(page)[0]


def test_other_rules_and_surfaces_bring_their_own_sliders(opened):
    page = opened()
    page.locator('[data-control="surface"]').select_option("himmelblau")
    page.locator('[data-control="a"]').select_option("rmsprop")
    page.locator('[data-control="b"]').select_option("none")
    values = page.evaluate("structuredClone(tutorAlive[0].values)")
    assert (values["a"], values["b"], values["start"]) == ("rmsprop", "none", [0, -0.5])
    assert page.locator(".tutor-rows label").all_inner_texts() == ["lr", "rho", "eps"]
    assert ends(page) == explore.playground().frame(values)["ends"]


def test_everything_works_from_the_keyboard(opened):
    page = opened()
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.tagName"))
    assert reached.count("CANVAS") == 1
    assert reached.count("BUTTON") == 3
    assert reached.count("SELECT") == 3

    page.locator("canvas").first.focus()
    before = page.evaluate("tutorAlive[0].values.start.slice()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    after = page.evaluate("tutorAlive[0].values.start.slice()")
    assert after[0] - before[0] > 0.05
    assert 0 < after[1] - before[1] < 0.05

    page.locator('[data-control="a.adam.lr"]').focus()
    lr = page.evaluate("tutorAlive[0].values['a.adam.lr']")
    page.keyboard.press("ArrowRight")
    values = page.evaluate("structuredClone(tutorAlive[0].values)")
    assert values["a.adam.lr"] > lr
    assert ends(page) == explore.playground().frame(values)["ends"]
    page.wait_for_timeout(400)
    spoken = page.locator('[role="status"][aria-live="polite"]').text_content()
    assert spoken == " ".join(status(page))


def test_nothing_plays_by_itself_and_play_can_be_paused(opened):
    page = opened()
    page.wait_for_timeout(200)
    assert page.evaluate("tutorAlive[0].values.shown") == 200
    play = page.locator(".tutor-play")
    play.click()
    assert play.inner_text() == "Pause"
    page.wait_for_timeout(300)
    play.click()
    shown = page.evaluate("tutorAlive[0].values.shown")
    assert 0 < shown < 200
    page.wait_for_timeout(200)
    assert page.evaluate("tutorAlive[0].values.shown") == shown
    assert f"after {shown} steps" in status(page)[0]
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("tutorAlive[0].values.shown") == 200


def test_reduced_motion_is_respected(opened):
    page = opened(reduced_motion="reduce")
    page.locator(".tutor-play").click()
    assert page.evaluate("[tutorAlive[0].timer, tutorAlive[0].values.shown]") == [None, 200]


def test_the_button_jumps_to_the_optimum(opened):
    page = opened("damping")
    page.get_by_role("button", name="Set the optimal lr and mu").click()
    best = explore.damping().frame()["jumps"]["optimal"]
    assert ends(page) == explore.damping().frame(best)["ends"]
    assert "critically damped" in status(page)[0]


@pytest.mark.parametrize("name", ["playground", "damping", "learning rate"])
@pytest.mark.parametrize("width", [390, 760, 1280])
def test_nothing_sticks_out(opened, name, width):
    page = opened(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = """[...document.querySelectorAll('.tutor-explore *')].filter(
        (e) => !e.closest(".tutor-spoken") && e.getBoundingClientRect().right > innerWidth
    ).length"""
    assert page.evaluate(inside) == 0
    assert page.errors == []


def test_the_picture_follows_the_theme(opened):
    page = opened(color_scheme="light")
    ink = "getComputedStyle(document.querySelector('.tutor-explore')).backgroundColor"
    pixel = """() => {
        const canvas = document.querySelector('canvas');
        const pen = canvas.getContext('2d');
        const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value, i) => sum + (i % 4 === 0 && data[i + 3] ? value : 0), 0);
    }"""
    light = page.evaluate(ink), page.evaluate(pixel)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(100)
    dark = page.evaluate(ink), page.evaluate(pixel)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_pixels_are_as_sharp_as_the_screen(opened):
    page = opened(device_scale_factor=2)
    ratio = (
        "(() => { const c = document.querySelector('canvas'); return c.width / c.clientWidth; })()"
    )
    assert page.evaluate(ratio) == pytest.approx(2, rel=0.01)


def test_a_move_of_a_slider_is_fast(opened):
    page = opened()
    times = page.evaluate(
        """() => { const times = []; for (let i = 0; i < 40; i++) { const start = performance.now();
        tutorAlive[0].set({'a.adam.lr': 0.1 + i / 100}); times.push(performance.now() - start); }
        return times.sort((a, b) => a - b); }"""
    )
    assert times[len(times) // 2] < MILLISECONDS
