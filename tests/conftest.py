"""What several test files share: the guards around notebooks, and a browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["notebook_guards"]

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# A busy machine is no failure, and CI tries the same examples every time.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Find the browser that `make browser` installs, or the one named by CHROMIUM."""
    names = filter(None, (os.environ.get("CHROMIUM"), *CHROMIUMS))
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def book() -> Path:
    """Return the folder of the built book."""
    if not (BOOK / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first", pytrace=False)
    return BOOK


# One browser a file, not a session: playwright keeps an event loop running, and a worker that
# has a browser open could not run a notebook afterwards.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium; skip without one, except in CI, where that is a failure."""
    executable = chromium()
    if executable is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium: run `make browser`, or set CHROMIUM=/path/to/it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens an empty page with the network cut.

    ``new_page(width=390, theme="dark")``; ``offline=False`` for a server on this machine. The page
    has a list ``page.errors`` of what its console and its scripts complained about, and of every
    address outside the machine that it asked for.
    """
    contexts = []

    def make(width: int = 1280, height: int = 900, theme: str = "light", **options: Any) -> Any:
        size = {"width": width, "height": height}
        context = browser.new_context(**{"viewport": size, "offline": True, **options})
        contexts.append(context)
        context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.errors.append(line.text))
        page.on("request", lambda asked: note_remote(asked.url, page.errors))
        return page

    yield make
    for context in contexts:
        context.close()


def note_remote(url: str, errors: list[str]) -> None:
    """Remember an address that is neither a file nor on this machine."""
    here = ("file:", "data:", "blob:", "about:", "http://localhost", "http://127.0.0.1", "ws://")
    if not url.startswith(here):
        errors.append(f"asked for {url}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests measured, also when they ran in another process."""
    scores = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "score"
    ]
    if scores:
        terminalreporter.section("checkers of the exercises")
        for score in sorted(scores):
            terminalreporter.write_line(score)
