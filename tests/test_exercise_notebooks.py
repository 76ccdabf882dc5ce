"""Play the student in a real kernel: nothing filled in, the solution, a wrong version."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
from answers import WRONG

from mytutor import exercises
from mytutor.checking import ChoiceQuestion
from mytutor.cli import main

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import notebooks  # noqa: E402

NAMES = sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb"))
CHECK = re.compile(r'tutor\.check\("([^"]+)", (\w+)\)')


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path / "home"))


def play(notebook, folder):
    """Run a notebook in a kernel; return the text of every verdict by the name of its exercise."""
    import asyncio

    played = asyncio.run(notebooks.execute(notebook, folder))
    verdicts = {}
    for cell in played.cells:
        asked = CHECK.search(cell.source) if cell.cell_type == "code" else None
        if asked:
            assert cell.source.count("\n") == 0, "a check has a cell of its own"
            (output,) = cell.outputs
            assert "text/html" in output.data
            verdicts[asked[1]] = output.data["text/plain"]
    return verdicts


def stored(folder, name):
    return nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)


def test_there_are_notebooks_for_all_exercises():
    asked = {
        found[1]: found[2]
        for name in NAMES
        for cell in stored("exercises", name).cells
        if (found := CHECK.search(cell.source)) and cell.cell_type == "code"
    }
    assert asked == {name: q.variable for name, q in exercises.questions().items()}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_filled_in_is_not_attempted(name, tmp_path):
    for text in play(stored("exercises", name), tmp_path).values():
        assert text.startswith("○ Not attempted yet")


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_correct(name, tmp_path):
    for text in play(stored("solutions", name), tmp_path).values():
        assert text.startswith("✓ Correct"), text


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_version_is_told_what_is_wrong(name, tmp_path):
    notebook = stored("exercises", name)
    expected = {}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        asked = CHECK.search(cell.source)
        if asked:
            before, after, says = WRONG[asked[1]]
            answer = next(c for c in reversed(code[:number]) if before in c.source)
            answer.source = answer.source.replace(before, after)
            expected[asked[1]] = says
    verdicts = play(notebook, tmp_path)
    assert set(verdicts) == set(expected)
    for asked, text in verdicts.items():
        assert text.startswith("✗ Not yet"), text
        assert expected[asked] in text


@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_without_the_package_says_what_to_do(name, monkeypatch):
    setup = next(c.source for c in stored("exercises", name).cells if c.cell_type == "code")
    monkeypatch.setitem(sys.modules, "mytutor", None)
    with pytest.raises(ModuleNotFoundError, match=r"no mytutor: .*`make lab`") as caught:
        exec(setup, {})
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", NAMES)
def test_the_choices_in_the_text_are_those_of_the_check(name):
    notebook = stored("exercises", name)
    text = "\n".join(cell.source for cell in notebook.cells)
    for asked, _ in CHECK.findall(text):
        question = exercises.question(asked)
        if isinstance(question, ChoiceQuestion):
            for letter, option in question.options.items():
                assert f"* **{letter}** - {option}" in text


@pytest.mark.parametrize("name", NAMES)
def test_links_to_the_chapters_lead_somewhere(name):
    for cell in stored("exercises", name).cells:
        for target in re.findall(r"\]\(([^)#]+)", cell.source if cell.cell_type != "code" else ""):
            assert (ROOT / "exercises" / target).resolve().is_file(), target


@pytest.mark.parametrize("name", NAMES)
def test_chapter_and_exercises_link_to_each_other(name):
    pages = {exercises.question(asked).page for asked, _ in checks_of(name)}
    (page,) = pages
    chapter = nbformat.read(ROOT / "book" / f"{page}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    assert page.endswith(f"/{name}")
    assert f"../../exercises/{name}.ipynb" in text.split("## Exercises")[1]
    first = next(c.source for c in stored("exercises", name).cells if c.cell_type == "markdown")
    assert f"../book/{page}.ipynb" in first


def checks_of(name):
    return CHECK.findall("\n".join(c.source for c in stored("exercises", name).cells))


def test_the_command_line_lists_the_checks_of_a_notebook(tmp_path):
    from click.testing import CliRunner

    file = tmp_path / "adam.ipynb"
    nbformat.write(stored("solutions", "adam"), file)
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 0, result.output
    assert result.output.count("✓ Correct") == len(checks_of("adam"))
    notebook = stored("exercises", "adam")
    notebook.cells[1].source += "\n1 / 0"
    nbformat.write(notebook, file)
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 1
    assert "stopped by ZeroDivisionError" in result.output


@pytest.mark.parametrize("question", exercises.questions().values(), ids=lambda q: q.name)
def test_what_to_read_again_is_a_section_of_the_chapter(question):
    chapter = nbformat.read(ROOT / "book" / f"{question.page}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    known = getattr(question, "misconceptions", None) or question.wrong
    known = known.values() if isinstance(known, dict) else known
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert headings[0] == question.chapter
    assert {question.section, *(mistake.section for mistake in known)} - {""} <= set(headings)
