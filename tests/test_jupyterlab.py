"""A student at work in a real JupyterLab: a wrong answer, a right one, both verdicts read off."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
SECONDS = 60
WRONG = """\
m = beta1 * m + (1 - beta1) * g
v = beta2 * v + (1 - beta2) * g**2
return x - lr * m / (sqrt(v) + eps), m, v"""
RIGHT = """\
m = beta1 * m + (1 - beta1) * g
v = beta2 * v + (1 - beta2) * g**2
mhat = m / (1 - beta1**t)
vhat = v / (1 - beta2**t)
return x - lr * mhat / (sqrt(vhat) + eps), m, v"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def copy_unrun(file, copy):
    """Copy a notebook without its outputs, so that what is on the screen has just been made."""
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, copy)


def wait_for(url, process):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "JupyterLab ended before it began"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status
        except OSError:
            time.sleep(0.3)
    raise AssertionError("JupyterLab did not start")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on a copy of the exercises, and the home it has of its own."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("work")
    for file in (ROOT / "exercises").glob("*.ipynb"):
        copy_unrun(file, folder / file.name)
    port = free_port()
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": "",
        "ServerApp.allow_root": True,
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    own = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    own |= {name: str(home / name) for name in ("IPYTHONDIR", "MYTUTOR_HOME")}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **own, "HOME": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api", process)
            yield f"http://127.0.0.1:{port}/lab", home
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(SECONDS)


class Student:
    """What a student does with a notebook, cell by cell."""

    def __init__(self, page):
        self.page = page

    def cell(self, text):
        """The code cell that contains a text in its source."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".cm-content", has_text=text)
        )

    def type(self, text, code):
        """Put code in place of everything in the last lines of a function's cell."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def count(self, text):
        """The number in front of a cell that has been run; empty before that."""
        return self.cell(text).locator(".jp-InputPrompt").inner_text().strip("[]: *")

    def run(self, text):
        """Run a cell by clicking into it and pressing Ctrl+Enter; again if the kernel was deaf."""
        before, deadline = self.count(text), time.monotonic() + SECONDS
        while self.count(text) in ("", before):
            assert time.monotonic() < deadline, f"the cell with {text!r} was never run"
            self.cell(text).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            for _ in range(50):  # a kernel that is still starting forgets what it is asked
                self.page.wait_for_timeout(100)
                if self.count(text) not in ("", before):
                    break

    def verdict(self, text, expected):
        """What the output of a check cell says on the screen, once it says what is expected."""
        self.run(text)
        output = self.cell(text).locator(".jp-OutputArea-output").last
        output.get_by_text(expected).first.wait_for(timeout=1000 * SECONDS)
        return output.inner_text()


def choose(home, theme):
    """Choose a theme, as the settings menu does."""
    folder = home / "JUPYTER_CONFIG_DIR/lab/user-settings/@jupyterlab/apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "themes.jupyterlab-settings").write_text(f'{{"theme": "{theme}"}}')


def definition(body):
    signature = "x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8"
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"def adam({signature}):\n{lines}\n"


@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_wrong_and_a_right_answer_are_typed_and_told_apart(lab, new_page, theme):
    address, home = lab
    choose(home, theme)
    page = new_page(offline=False, height=1600)
    # On a busy machine JupyterLab may ask whether to wait for its server, or which kernel to take.
    page.add_locator_handler(
        page.locator(".jp-Dialog"), lambda dialog: dialog.locator(".jp-mod-accept").click()
    )
    page.goto(f"{address}/tree/adam.ipynb?reset")
    page.locator(".jp-CodeCell").first.wait_for(timeout=1000 * SECONDS)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(
        timeout=1000 * SECONDS
    )
    student = Student(page)
    student.run("from mytutor import exercises")
    check = 'tutor.check("adam", adam)'

    student.type("def adam(", definition(WRONG))
    student.run("def adam(")
    said = student.verdict(check, "missing bias correction")
    assert "Not yet" in said
    assert "The smallest case that goes wrong" in said

    student.type("def adam(", definition(RIGHT))
    student.run("def adam(")
    said = student.verdict(check, "Correct")
    assert "cases come out right" in said
    dark = page.evaluate("document.body.dataset.jpThemeLight") == "false"
    assert dark == theme.endswith("Dark")
    assert not page.errors
