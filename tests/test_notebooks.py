"""The stored notebooks keep the habits, and the guards notice a notebook that does not."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path

import matplotlib
import nbformat
import notebook_guards as guards
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parent.parent
RELATIVE = [str(file.relative_to(ROOT)) for file in guards.notebook_files()]


@pytest.mark.parametrize("name", RELATIVE)
def test_a_stored_notebook_keeps_the_habits(name):
    assert guards.problems(ROOT / name) == []


def test_every_notebook_is_in_a_folder_that_is_validated():
    asked = ["git", "ls-files", "--", "*.ipynb"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    outside = [name for name in listed.stdout.split() if name.split("/")[0] not in guards.FOLDERS]
    assert outside == []


def stored(folder, *cells):
    """Store a notebook of these code cells the way `make notebooks` does."""
    for number, cell in enumerate(cells, start=1):
        cell.setdefault("execution_count", number)
        if cell.execution_count is None and not cell.metadata.pop("unrun", False):
            cell["execution_count"] = number
    file = folder / "example.ipynb"
    notebook = guards.notebooks.tidy(new_notebook(cells=list(cells)))
    file.write_bytes(guards.notebooks.as_bytes(notebook))
    return file


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def raised():
    return new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])


def shown(**data):
    return new_output("display_data", data={k.replace("__", "/"): v for k, v in data.items()})


def test_a_sound_notebook_has_no_problem(tmp_path):
    error = new_code_cell("1 / 0", outputs=[raised()], metadata={"tags": ["raises-exception"]})
    assert guards.problems(stored(tmp_path, new_code_cell("x = 1  # one; two"), error)) == []


BAD = {
    "never run": (new_code_cell("x = 1", metadata={"unrun": True}), "was run as None"),
    "out of order": (new_code_cell("x = 1", execution_count=7), "was run as 7"),
    "stderr": (new_code_cell("x", outputs=[printed("Warning", "stderr")]), "wrote to stderr"),
    "an error": (new_code_cell("x", outputs=[raised()]), "wrote to error"),
    "no error": (
        new_code_cell("x", metadata={"tags": ["raises-exception"]}),
        "is tagged raises-exception and raises none",
    ),
    "skipped": (new_code_cell("x", metadata={"tags": ["nbval-skip"]}), "'nbval-skip'"),
    "ignored": (new_code_cell("x", metadata={"tags": ["nbval-ignore-output"]}), "nbval-ignore"),
    "a comment": (new_code_cell("# NBVAL_SKIP\nx"), "look away"),
    "a semicolon": (new_code_cell("plt.plot(x);  # a line\n# end"), "ends in ';'"),
    "empty": (new_code_cell("  "), "is empty"),
    "an address": (new_code_cell("x", outputs=[printed("<f at 0x7f00deadbeef>")]), "0x7f00dead"),
    "a path": (new_code_cell("x", outputs=[printed(str(ROOT / "book"))]), "another machine"),
    "a widget": (new_code_cell("x", outputs=[shown(**{guards.WIDGET: "{}"})]), "live widget"),
    "many lines": (new_code_cell("x", outputs=[printed("1\n" * 500)]), "prints 500 lines"),
    "a huge output": (new_code_cell("x", outputs=[shown(text__html="x" * 900_000)]), "900000 byte"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_habit_is_noticed(name, tmp_path):
    cell, complaint = BAD[name]
    found = guards.problems(stored(tmp_path, nbformat.from_dict(cell)))
    assert any(complaint in problem for problem in found), found


def test_a_notebook_saved_by_an_editor_is_noticed(tmp_path):
    file = stored(tmp_path, new_code_cell("x = 1"))
    file.write_text(
        file.read_text().replace('"pygments_lexer"', '"version": "3", "pygments_lexer"')
    )
    assert guards.problems(file) == ["not stored as `make notebooks` stores it"]


def drawn(exponent, size=(4, 3)):
    """Draw a power as the notebooks do, and return the picture as a notebook stores it."""
    with matplotlib.rc_context({"figure.dpi": 72}):
        figure = Figure(size)
        figure.subplots().plot([(i / 50) ** exponent for i in range(51)])
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def test_the_same_picture_passes():
    assert guards.picture_problem([drawn(2)], [drawn(2)]) == ""


def test_a_slightly_different_curve_is_noticed():
    assert "differs by" in guards.picture_problem([drawn(2)], [drawn(2.04)])


def test_another_size_is_noticed():
    assert "became" in guards.picture_problem([drawn(2)], [drawn(2, (4, 4))])


def test_a_missing_picture_is_noticed():
    assert guards.picture_problem([drawn(2)], []) == "1 pictures are stored and 0 were drawn"


DRAW = "import matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.show()"


def test_nbval_compares_pictures_numbers_and_homes(tmp_path):
    """One real run of nbval with the guards: which of the cells below pass?"""
    right = shown(image__png=drawn(1), text__plain="<Figure size 640x480 with 1 Axes>")
    home = "import os\nhome = os.environ['MYTUTOR_HOME']\n"
    home += "print(os.path.exists(home), os.path.isdir(os.path.dirname(home)))"
    file = stored(
        tmp_path,
        new_code_cell("print(1)", outputs=[printed("1\n")]),
        new_code_cell("print(2)", outputs=[printed("3\n")]),
        new_code_cell(DRAW, outputs=[right]),
        new_code_cell(home, outputs=[printed("False True\n")]),
    )
    outcome = run_nbval(file)
    assert "2 failed, 2 passed" in outcome, outcome
    assert "picture 1: size" in outcome


def run_nbval(file):
    """Validate one notebook as the whole project does, and return what pytest printed."""
    command = [sys.executable, "-m", "pytest", "-p", "notebook_guards", "-p", "no:cacheprovider"]
    command += ["--nbval", "--nbval-current-env", "--rootdir", str(file.parent), str(file)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=file.parent,
        env={**guards.os.environ, "PYTHONPATH": str(ROOT / "tests")},
    )
    return done.stdout + done.stderr
