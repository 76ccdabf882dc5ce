"""The reports: a table that no spreadsheet runs, a page that runs nothing, columns to upload."""

import csv
import io
import json

import pytest

from mytutor.grading import reports
from mytutor.grading.batch import Row
from mytutor.grading.grade import Result
from mytutor.grading.page import page

COLUMNS = ["adam", "momentum"]
NAMED = Result("adam", "named", "It says <b>.", ("missing root",), "<div>shown</div>", ("slow",))
ROWS = [
    Row("ada", "x/ada.ipynb", (Result("adam", "right", "All."), Result("momentum", "right"))),
    Row("bob", "x/bob.ipynb", (NAMED, Result("momentum", "not asked")), ("twice",)),
    Row("=1+1", "x/+c.ipynb", (NAMED, Result("momentum", "timeout", '@x,"\n'))),
]


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_a_student_and_a_column_a_question():
    first, second, third = read(reports.table(ROWS, COLUMNS))
    assert first["student"] == "ada"
    assert first["adam"] == "right"
    assert (first["points"], first["of"], first["reasons"]) == ("2", "2", "")
    assert (second["points"], second["of"], second["momentum"]) == ("0", "1", "not asked")
    assert second["reasons"] == "adam: named: missing root (0)"
    assert second["notes"] == "twice"
    assert third["student"] == "'=1+1"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\n=1", " =1", "＝1"])
def test_no_cell_is_a_formula(text):
    assert reports.safe(text).startswith("'")


def test_harmless_text_stays_as_it_is_and_control_characters_do_not():
    assert reports.safe("Ada L. (x-1)") == "Ada L. (x-1)"
    assert reports.safe("a\x00\x1b[2J\u202eb") == "a��[2J�b"


def test_partial_credit_is_given_where_asked_for():
    credit = {"right": 1.0, "named": 0.5}
    _, second, _ = read(reports.table(ROWS, COLUMNS, credit))
    assert second["points"] == "0.5"
    assert second["reasons"] == "adam: named: missing root (0.5)"


def test_every_line_of_json_is_a_submission():
    lines = [json.loads(line) for line in reports.json_lines(ROWS).splitlines()]
    assert [line["student"] for line in lines] == ["ada", "bob", "=1+1"]
    assert lines[1]["results"][0]["diagnosis"] == ["missing root"]
    assert lines[1]["results"][0]["points"] == 0


def test_the_page_escapes_what_students_wrote():
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    row = Row(
        evil, evil, (Result("adam", "unknown", evil, remarks=(evil,)), ROWS[0].results[1]), (evil,)
    )
    text = page([row], COLUMNS, "sandbox: strong")
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;script&gt;") == 5
    assert "default-src 'none'" in text


def test_the_class_at_a_glance():
    text = page(ROWS, COLUMNS, "sandbox: strong")
    assert "<li>adam: missing root - 2 of 3</li>" in text
    assert '<th scope="row">adam</th><td>1</td><td>2</td>' in text
    assert "3 submissions, 2 questions" in text


def test_columns_for_canvas():
    rows = [
        Row("adalovelace_12_345_adam", "x/adalovelace_12_345_adam.ipynb", ROWS[0].results),
        Row("bob", "x/bob_LATE_77_9_adam.ipynb", ROWS[1].results),
    ]
    head, first, second = read(reports.canvas(rows, "Adam"))
    assert head["Adam"] == "2"
    assert (first["Student"], first["ID"], first["Adam"]) == ("adalovelace", "12", "2")
    assert second["ID"] == "77"


def test_columns_for_moodle():
    file = "x/Ada L_4711_assignsubmission_file_/adam.ipynb"
    row = Row("Ada L_4711_assignsubmission_file_/adam", file, ROWS[1].results)
    (first,) = read(reports.moodle([row], "Adam"))
    assert (first["Identifier"], first["Full name"]) == ("Participant 4711", "Ada L")
    assert (first["Grade"], first["Maximum grade"]) == ("0", "1")
    assert "missing root" in first["Feedback comments"]


def test_a_report_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(TypeError):
        reports.write(path, 1)
    assert path.read_text() == "old"
    reports.write(path, "new\ud800")
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]
