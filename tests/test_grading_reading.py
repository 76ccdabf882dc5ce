"""What is read of a submission, and what is not."""

import json

import hostile
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mytutor import exercises
from mytutor.grading.reading import asked_of, find_notebooks, read

KNOWN = exercises.questions()


@pytest.fixture
def submit(tmp_path):
    def submit(text, identity=""):
        path = tmp_path / "ada.ipynb"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path, "ada", list(KNOWN), identity)

    return submit


def test_code_cells_and_checks_are_read(submit):
    found = submit(hostile.notebook("x = 1", 'tutor.check("adam", adam)', "tutor.check('adm', 1)"))
    assert found.student == "ada"
    assert found.cells[0] == "x = 1"
    assert found.named == ("adam",)
    assert found.unknown == ("adm",)
    assert not found.trouble


def test_a_byte_order_mark_and_lists_of_lines_are_fine(submit):
    cells = [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, {"cell_type": "markdown"}]
    found = submit(b"\xef\xbb\xbf" + json.dumps({"cells": cells}).encode())
    assert found.cells == ("a = 1\nb = 2",)


def test_a_field_of_the_metadata_names_the_student(submit):
    text = hostile.notebook("x", metadata={"course": {"student": " Emmy "}})
    assert submit(text, "course.student").student == "Emmy"
    found = submit(text, "course.number")
    assert found.student == "ada"
    assert "course.number" in found.notes[0]


def test_the_chapters_of_its_checks_are_asked_or_else_what_it_defines(submit):
    asked = asked_of(submit(hostile.notebook('tutor.check("adam-bug", 1)')), KNOWN)
    assert [n for n, q in KNOWN.items() if q.chapter == "Adam"] == list(asked)
    asked = asked_of(submit(hostile.notebook("def adam(x): pass\nmomentum = 1")), KNOWN)
    assert asked == ("adam",)


def test_folders_are_searched_and_links_to_folders_are_not_followed(tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "class" / "again").symlink_to(tmp_path / "class")
    for name in ("ada/adam.ipynb", "bob.ipynb", ".ipynb_checkpoints/bob.ipynb", "notes.txt"):
        (tmp_path / "class" / name).write_text("{}")
    names = [name for _, name in find_notebooks([tmp_path / "class"])]
    assert names == ["ada/adam", "bob"]
    with pytest.raises(ValueError, match="there is no file"):
        find_notebooks([tmp_path / "none"])


VALID = hostile.notebook(hostile.START, hostile.WRONG, hostile.CHECKS).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1500)
@given(st.data())
def test_a_notebook_with_changed_bytes_is_read_or_refused(submit, data):
    changed = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 50))] = data.draw(st.binary(max_size=8))
    found = submit(bytes(changed))
    assert found.trouble or all(type(cell) is str for cell in found.cells)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("code"),
    lambda part: (
        st.lists(part)
        | st.dictionaries(st.sampled_from(["cells", "cell_type", "source", "metadata"]), part)
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1500)
@given(JSON, st.booleans())
def test_any_json_is_read_or_refused(submit, value, inside):
    found = submit(json.dumps({"cells": [value]} if inside else value), "student.name")
    assert found.trouble or all(type(cell) is str for cell in found.cells)
    asked_of(found, KNOWN)
