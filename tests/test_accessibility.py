"""Every page in a real browser, from a file, with the network cut: for everybody and on a phone."""

from __future__ import annotations

import pytest
from test_built_book import chapters

pytestmark = pytest.mark.browser

WIDE = 1280
LOOKS = [("light", WIDE), ("light", 390), ("dark", WIDE), ("dark", 390)]
PAGES = [*chapters(), "search"]


def show(new_page, book, name, theme="light", width=1280, query=""):
    """Open a page and wait until its formulas are set."""
    opened = new_page(width=width, theme=theme)
    opened.goto((book / f"{name}.html").as_uri() + query, wait_until="load")
    opened.evaluate("() => window.MathJax?.startup?.promise")
    return opened


def violations(opened, *, colors_of_code=True):
    """Run axe over a page and list what it objects to; the thousand words of code take longest."""
    if colors_of_code:
        return axe(opened)
    contrast = {"type": "rule", "values": ["color-contrast"]}
    others = {"rules": {"color-contrast": {"enabled": False}}}
    return axe(opened, **others) + axe(opened, {"exclude": [["pre"]]}, runOnly=contrast)


def axe(opened, context=None, **options):
    """What axe objects to in a part of a page."""
    from axe_playwright_python.sync_playwright import Axe

    # Preloading would read the style sheets once more, which a page from a file may not.
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = Axe().run(opened, context=context, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def too_wide(opened):
    """List what sticks out of a page to the right."""
    return opened.evaluate(
        """() => {
          const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
          if (wide <= 0) return [];
          const out = [...document.querySelectorAll('main *')].filter(
            (e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
          return [wide, ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
        }"""
    )


@pytest.mark.parametrize(("theme", "width"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(name, theme, width, new_page, book):
    opened = show(new_page, book, name, theme, width)
    assert opened.evaluate("document.documentElement.dataset.theme") == theme
    # The colours of code depend on the theme alone.
    assert violations(opened, colors_of_code=width == WIDE) == []
    assert too_wide(opened) == []
    assert opened.errors == []


def test_formulas_are_set_and_can_be_read_aloud(new_page, book):
    opened = show(new_page, book, "book/notation")
    assert opened.locator("mjx-container").count() > 10
    assert opened.locator("mjx-assistive-mml math").count() > 10
    assert opened.locator("mjx-merror").count() == 0


def test_search_finds_a_page(new_page, book):
    opened = show(new_page, book, "search", query="?q=notation")
    opened.locator("#search-results li").first.wait_for(timeout=10_000)
    assert "Notation" in opened.locator("#search-results").inner_text()
    assert violations(opened) == []
    assert opened.errors == []


def test_the_theme_switch_works_by_keyboard(new_page, book):
    opened = show(new_page, book, "book/notation")
    switch = opened.locator("button.theme-switch-button:visible").first
    themes = set()
    for _ in range(3):
        switch.focus()
        opened.keyboard.press("Enter")
        themes.add(opened.evaluate("document.documentElement.dataset.theme"))
    assert themes == {"light", "dark"}


def test_a_page_that_is_too_wide_is_noticed(new_page):
    opened = new_page(width=390)
    opened.set_content("<main><div style='width: 900px'>wide</div></main>")
    assert too_wide(opened)


def test_a_page_that_asks_for_the_network_is_noticed(new_page):
    opened = new_page()
    opened.set_content("<img src='http://example.invalid/a.png' alt=''>")
    assert any("example.invalid" in error for error in opened.errors)


@pytest.mark.parametrize("colors_of_code", [True, False])
def test_text_that_can_hardly_be_read_is_noticed(colors_of_code, new_page):
    opened = new_page()
    opened.set_content(
        "<html lang=en><title>t</title><main><h1 style='color: #eee'>pale words</h1></main>"
    )
    found = violations(opened, colors_of_code=colors_of_code)
    assert [line.partition(":")[0] for line in found] == ["color-contrast"]


def test_a_form_field_without_a_name_is_noticed(new_page):
    opened = new_page()
    opened.set_content("<html lang=en><title>t</title><main><h1>t</h1><input></main>")
    assert any(found.startswith("label") for found in violations(opened))
