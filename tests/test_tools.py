"""The tools that run notebooks, derive exercises and build the book."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import environment  # noqa: E402
import notebooks  # noqa: E402
import verify  # noqa: E402

import book  # noqa: E402
import exercises  # noqa: E402

SOLUTION = """def adam(x):
    \"\"\"One step.\"\"\"
    # BEGIN SOLUTION
    y = x + 1
    return y
    # END SOLUTION

z = 1
# BEGIN SOLUTION
z = 2
# END SOLUTION"""

STUB = """def adam(x):
    \"\"\"One step.\"\"\"
    ...

z = 1
..."""


def write(file, *cells, metadata=None):
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata or {}), file)
    return file


@pytest.fixture
def pair(tmp_path):
    """A solution notebook and the place for its exercise."""
    solution = write(
        tmp_path / "solutions" / "adam.ipynb",
        new_markdown_cell("# Adam"),
        new_code_cell(SOLUTION),
        new_code_cell("print(adam(1))\nassert z in (1, 2)"),
        new_markdown_cell("Because one is added.", metadata={"tags": ["solution"]}),
    )
    return solution, tmp_path / "exercises" / "adam.ipynb"


def test_a_solution_becomes_an_ellipsis_at_its_indentation():
    assert exercises.blank(SOLUTION) == STUB


@pytest.mark.parametrize(
    "source",
    [
        "# BEGIN SOLUTION\nx = 1",
        "x = 1\n# END SOLUTION",
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
    ],
)
def test_unbalanced_markers_are_refused(source):
    with pytest.raises(ValueError, match="SOLUTION"):
        exercises.blank(source)


def test_an_unbalanced_marker_is_located(tmp_path):
    file = write(tmp_path / "a.ipynb", new_markdown_cell("one"), new_code_cell("# END SOLUTION"))
    with pytest.raises(ValueError, match="cell 1: '# END SOLUTION'"):
        exercises.derive(nbformat.read(file, as_version=4), "a.ipynb")


def test_an_exercise_is_derived_run_and_watched(pair, capsys):
    solution, exercise = pair
    folders = (solution.parent, exercise.parent)
    assert exercises.main(["--check"], *folders) == 1
    assert "missing" in capsys.readouterr().out
    assert exercises.main([], *folders) == 0
    cells = nbformat.read(exercise, as_version=4).cells
    assert [cell.source for cell in cells][1:] == [STUB, "print(adam(1))\nassert z in (1, 2)"]
    assert cells[2].outputs[0].text == "None\n"
    assert exercises.main(["--check"], *folders) == 0
    exercise.write_text(exercise.read_text().replace("One step", "Two steps"))
    capsys.readouterr()
    assert exercises.main(["--check"], *folders) == 1
    assert "cell 1: source differs" in capsys.readouterr().out


def test_an_exercise_without_a_solution_is_noticed(pair, capsys):
    solution, exercise = pair
    write(exercise.parent / "other.ipynb")
    assert exercises.main(["--check"], solution.parent, exercise.parent) == 1
    assert "no such solution" in capsys.readouterr().out


def test_a_stub_that_raises_is_refused(tmp_path, capsys):
    write(tmp_path / "solutions" / "a.ipynb", new_code_cell("1 / 0"))
    assert exercises.main([], tmp_path / "solutions", tmp_path / "exercises") == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert not (tmp_path / "exercises" / "a.ipynb").exists()


DRAWING = """import os
import matplotlib.pyplot as plt
print(os.environ["OMP_NUM_THREADS"], os.path.basename(os.getcwd()))
plt.plot([1, 4, 9])
plt.show()"""


def test_two_runs_store_the_same_bytes_and_a_change_is_found(tmp_path, capsys):
    messy = {"kernelspec": {"name": "other", "display_name": "o"}, "widgets": {}, "toc": {}}
    cell = new_code_cell(DRAWING, metadata={"scrolled": True, "tags": ["hide-input"]})
    file = write(tmp_path / "chapter" / "a.ipynb", cell, new_code_cell("1 + 1"), metadata=messy)
    assert notebooks.main([str(file)]) == 0
    first = file.read_bytes()
    assert b'"1 chapter\\n"' in first
    for unwanted in (b"scrolled", b"toc", b"other", b'execution"', b"2026"):
        assert unwanted not in first
    assert notebooks.main([str(file), "--check"]) == 0
    file.write_bytes(first.replace(b'"2"', b'"3"'))
    capsys.readouterr()
    assert notebooks.main([str(tmp_path), "--check"]) == 1
    assert "cell 1: outputs differs" in capsys.readouterr().out
    assert notebooks.main([str(tmp_path)]) == 0
    assert file.read_bytes() == first


def test_an_expected_error_keeps_no_path_of_this_machine(tmp_path):
    cell = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    done = asyncio.run(notebooks.execute(new_notebook(cells=[cell]), tmp_path))
    assert done.cells[0].outputs[0].traceback == ["ZeroDivisionError: division by zero"]


def test_cell_names_follow_the_content():
    cells = [new_code_cell("x"), new_code_cell("x"), new_markdown_cell("x")]
    notebooks.identify(cells)
    names = [cell["id"] for cell in cells]
    assert names[1] == names[0] + "-2"
    assert len(set(names)) == 3
    notebooks.identify(cells[1:])
    assert cells[1]["id"] == names[0]


def test_a_folder_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        notebooks.main(["nowhere"])
    assert "no such file or folder: nowhere" in capsys.readouterr().err


@pytest.fixture
def small(tmp_path):
    """A tree with the sources of a book and what was built from them."""
    for name in (*book.SOURCES[:4], "book/a.md", "mytutor/b.py", "_build/html/a.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "_build" / "book.sha256").write_text(book.state(tmp_path))
    return tmp_path


def test_an_unchanged_book_is_current_whatever_its_times_say(small):
    (small / "book" / "a.md").touch()
    assert book.is_current(small)


@pytest.mark.parametrize("name", ["book/a.md", "mytutor/b.py", "_toc.yml", "_build/html/a.html"])
def test_a_changed_source_or_page_makes_a_book_stale(small, name):
    (small / name).write_text("other")
    assert not book.is_current(small)


def test_a_new_or_missing_file_makes_a_book_stale(small):
    (small / "book" / "new.md").write_text("")
    assert not book.is_current(small)
    (small / "book" / "new.md").unlink()
    assert book.is_current(small)
    (small / "_build" / "html" / "a.html").unlink()
    assert not book.is_current(small)


def test_only_what_pip_reads_asks_for_a_new_installation(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n[tool.ruff]\nline-length = 1\n")
    before = environment.wanted(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\n[tool.ruff]\nline-length = 2\n")
    assert environment.wanted(tmp_path) == before
    (tmp_path / "requirements.txt").write_text("numpy\nscipy\n")
    assert environment.wanted(tmp_path) != before


def test_an_old_python_is_refused_with_the_newer_one_named(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(environment.shutil, "which", lambda name: name == "python3.12")
    with pytest.raises(SystemExit, match=r"3\.9(?s:.)*make book PYTHON=python3\.12"):
        environment.require_new_python()


def test_an_unknown_step_is_named(capsys):
    with pytest.raises(SystemExit):
        verify.main(["stile"])
    assert "unknown step 'stile'" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")
def test_make_help_lists_every_command():
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("book", "test", "serve", "lab", "notebooks", "exercises", "lint", "browser"):
        assert f"make {command} " in printed
