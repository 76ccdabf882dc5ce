"""Answers are found by name in the cells' syntax trees, and cells run as in Jupyter."""

import pytest

from mytutor.grading.cells import Place, find, run, tree_of


def found(variable, *cells, until=""):
    return find([tree_of(cell) for cell in cells], variable, until)


def ran(*cells, variable="answer", skipped=()):
    trees, scope, begun = [tree_of(cell) for cell in cells], {}, []
    place = find(trees, variable)
    notes = run(cells, trees, place, skipped, scope, begun.append)
    return scope, notes, begun


@pytest.mark.parametrize(
    "cell",
    [
        "answer = 1",
        "answer: int = 1",
        "other, (answer, *rest) = 1, (2, 3)",
        "def answer(): pass",
        "async def answer(): pass",
        "class answer: pass",
        "import numpy as answer",
        "from math import sqrt as answer",
        "if True:\n    answer = 1",
        "with open('x') as answer: pass",
        "for answer in range(3): pass",
        "try:\n    def answer(): pass\nfinally: pass",
        "print(answer := 3)",
    ],
)
def test_every_kind_of_definition_is_found(cell):
    assert found("answer", "x = 1", cell) == Place(1, 0)


def test_the_last_definition_wins():
    assert found("f", "def f(): 1", "def f(): 2", "f(1)") == Place(1, 0)


def test_names_inside_functions_and_uses_are_no_definitions():
    assert found("f", "def g():\n    f = 1", "f(1)", "g = lambda: (f := 1)", "x.f = 1") is None


def test_two_questions_on_one_name_are_told_apart_by_their_checks():
    cells = ("f = 1", "tutor.check('one', f)", "f = 2", "tutor.check('two', f)")
    assert found("f", *cells, until="one") == Place(0, 0)
    assert found("f", *cells, until="two") == Place(2, 0)
    assert found("f", *cells, until="three") == Place(2, 0)


@pytest.mark.parametrize(
    "magic", ["%matplotlib inline", "!pip install x", "?print", "print?", "x = !ls", "%time f()"]
)
def test_lines_for_jupyter_are_skipped(magic):
    scope, notes, _ = ran(f"if True:\n    {magic}\nanswer = 'a % b'\n")
    assert scope["answer"] == "a % b"
    assert not notes


def test_cell_magics_run_python_and_nothing_else():
    scope, notes, _ = ran("%%time\nx = 1", "%%bash\nrm -rf /", "answer = x")
    assert scope["answer"] == 1
    assert not notes


def test_errors_are_noted_and_the_rest_runs():
    scope, notes, begun = ran("1 / 0", "def broken(", "raise SystemExit", "answer = 1")
    assert scope["answer"] == 1
    assert notes == [
        "cell 1 raised ZeroDivisionError",
        "cell 2 can't be read: SyntaxError, line 1",
        "cell 3 raised SystemExit",
    ]
    assert begun == [0, 1, 2, 3]


def test_cells_after_the_answer_are_not_run():
    scope, _, begun = ran("answer = 1", "later = 1")
    assert "later" not in scope
    assert begun == [0]


def test_of_a_skipped_cell_what_it_defines_and_the_answer_are_kept():
    first = "import math\ntry:\n    import json\nexcept ImportError:\n    pass\nk = 2\nn = 1 / 0"
    scope, notes, _ = ran(first, "def f(): return k\nn()\nanswer = f()", skipped={0, 1})
    assert scope["answer"] == 2
    assert {"math", "json"} <= set(scope)
    assert not notes
