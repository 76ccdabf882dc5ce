"""A batch: every submission gets its statuses, a killed run goes on, shards fit together."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import hostile
import pytest
from answers import WRONG
from click.testing import CliRunner
from grading import needs_the_sandbox

from mytutor import exercises
from mytutor.cli import main
from mytutor.grading import batch
from mytutor.grading.grade import cases_of, version
from mytutor.grading.journal import Busy, Journal

ROOT = Path(__file__).parents[1]
TWO = ("--exercise", "momentum", "--exercise", "nesterov-bug")
COMMAND = (sys.executable, "-c", "from mytutor.cli import main; main()", "grade")


def grade(*arguments):
    return CliRunner().invoke(main, ["grade", *map(str, arguments)])


def rows(out):
    return [json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()]


def statuses(out):
    return {r["student"]: [q["status"] for q in r["results"]] for r in rows(out)}


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "handed-in"
    folder.mkdir()
    return folder


@needs_the_sandbox
@pytest.mark.parametrize("chapter", sorted(p.name for p in (ROOT / "solutions").glob("*.ipynb")))
def test_solutions_are_right_and_stubs_are_not_attempted(chapter, handed_in, tmp_path):
    for name in ("solutions", "exercises"):
        text = (ROOT / name / chapter).read_text()
        (handed_in / f"{name}.ipynb").write_text(text)
    out = tmp_path / "grades.csv"
    done = grade(handed_in, "--out", out, "--jobs", 1, "--seed", "s")
    assert done.exit_code == 0, done.output
    found = statuses(out)
    assert set(found["solutions"]) == {"right"}
    assert "right" not in found["exercises"]
    assert "not attempted" in found["exercises"]


@needs_the_sandbox
def test_wrong_answers_are_explained_as_in_the_notebook(handed_in, tmp_path):
    """A wrong answer to every one of these questions, each in a notebook of its own."""
    wanted = {}
    for name in ("adam", "adam-bug", "adam-epsilon", "momentum", "nesterov-bug"):
        chapter = exercises.question(name).chapter.lower()
        text = json.loads((ROOT / "exercises" / f"{chapter}.ipynb").read_text())
        old, new, said = WRONG[name]
        for cell in text["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and f"def {exercises.question(name).variable}" in source:
                cell["source"] = source.replace(old, new)
        (handed_in / f"{name}.ipynb").write_text(json.dumps(text))
        wanted[name] = said
    out = tmp_path / "grades.csv"
    grade(handed_in, "--out", out, "--seed", "s")
    for row in rows(out):
        (result,) = (q for q in row["results"] if q["question"] == row["student"])
        assert result["status"] in ("named", "unknown")
        assert wanted[row["student"]] in " ".join([result["reason"], *result["diagnosis"]])


@needs_the_sandbox
def test_every_status_has_its_case(handed_in, tmp_path):
    cases = {
        "right": hostile.right(1),
        "named": hostile.notebook(hostile.WRONG),
        "unknown": hostile.notebook(hostile.MARK + "return x + 0.123 * g, v - 0.7"),
        "not attempted": hostile.notebook(hostile.MARK + "..."),
        "missing": hostile.notebook("x = 1"),
        "timeout": hostile.notebook(hostile.ANSWERS["hangs when called"]),
        "memory": hostile.notebook(hostile.ANSWERS["asks for too much at once"]),
        "crashed": hostile.notebook(hostile.ANSWERS["dies when called"]),
        "refused": hostile.notebook(
            hostile.MARK + "return [0] * 20000, [0] * 20000",
        ),
        "unreadable": "x",
    }
    for name, text in cases.items():
        (handed_in / f"{name}.ipynb").write_text(text)
    out = tmp_path / "grades.csv"
    done = grade(handed_in, "--out", out, "--exercise", "momentum", "--seconds", 3)
    assert statuses(out) == {name: [name] for name in sorted(cases)}
    assert done.exit_code == 1
    assert "not all could be graded" in done.output


@needs_the_sandbox
def test_a_batch_killed_again_and_again_ends_with_the_same_files(handed_in, tmp_path):
    for number in range(200):
        answers = hostile.right(number)
        if number % 3 == 0:
            answers = hostile.notebook(f"n = {number}", hostile.WRONG, hostile.NESTEROV)
        (handed_in / f"{number:03}.ipynb").write_text(answers)
    whole, killed = tmp_path / "whole" / "grades.csv", tmp_path / "killed" / "grades.csv"
    whole.parent.mkdir()
    killed.parent.mkdir()
    options = (*TWO, "--seed", "s", "--jobs", "2")
    assert grade(handed_in, "--out", whole, *options).exit_code == 0
    chance, kills = random.Random(0), 0
    while kills < 6:
        run = subprocess.Popen(
            [*COMMAND, handed_in, "--out", killed, *options],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.5, 6))
        if run.poll() is not None:
            break
        run.send_signal(signal.SIGKILL)
        run.wait()
        kills += 1
    assert grade(handed_in, "--out", killed, *options).exit_code == 0
    assert kills
    for ending in (".csv", ".jsonl", ".html"):
        a, b = whole.with_suffix(ending).read_text(), killed.with_suffix(ending).read_text()
        assert a == b
    keys = [line for line in Path(f"{killed}.journal").read_text().splitlines() if "key" in line]
    assert len(keys) == len(set(keys)) == 400


@needs_the_sandbox
def test_nothing_is_graded_twice_unless_forced(handed_in, tmp_path, monkeypatch):
    (handed_in / "ada.ipynb").write_text(hostile.right(1))
    (handed_in / "same.ipynb").write_text(hostile.right(1))
    graded = []

    def counted(submission, *rest):
        graded.append(submission.student)
        return real(submission, *rest)

    real = batch.grade
    monkeypatch.setattr(batch, "grade", counted)
    out = tmp_path / "grades.csv"
    for _ in range(2):
        grade(handed_in, "--out", out, *TWO)
        assert statuses(out) == {"ada": ["right", "right"], "same": ["right", "right"]}
    assert len(graded) == 1
    grade(handed_in, "--out", out, *TWO, "--force")
    assert len(graded) == 2
    grade(handed_in, "--out", out, *TWO, "--seed", "another")
    assert len(graded) == 3
    assert "the same file as same" in rows(out)[0]["notes"]


@needs_the_sandbox
def test_shards_together_are_the_whole(handed_in, tmp_path):
    for number in range(5):
        (handed_in / f"{number}.ipynb").write_text(hostile.right(number))
    found = {}
    for place in (1, 2, 3):
        out = tmp_path / f"{place}.csv"
        assert grade(handed_in, "--out", out, "--shard", f"{place}/3", "--seed", "s").exit_code == 0
        found |= statuses(out)
    assert sorted(found) == [*"01234"]
    assert grade(handed_in, "--shard", "4/3").exit_code == 2


@needs_the_sandbox
def test_a_student_twice_and_unknown_exercises_are_reported(handed_in, tmp_path):
    meta = {"student": "=cmd()"}
    check = 'tutor.check("momentun", momentum)'
    (handed_in / "a.ipynb").write_text(hostile.notebook(hostile.RIGHT, check, metadata=meta))
    (handed_in / "b.ipynb").write_text(hostile.notebook(hostile.WRONG, metadata=meta))
    out = tmp_path / "grades.csv"
    grade(handed_in, "--out", out, "--student-field", "student")
    first, second = rows(out)
    assert first["notes"] == [
        "no exercise is called 'momentun'",
        "this student handed in several notebooks",
    ]
    assert second["notes"] == ["this student handed in several notebooks"]
    assert "\n'=cmd()," in out.read_text()


def test_the_inputs_depend_on_the_seed_and_the_question():
    first = [cases_of("adam", seed)[-4].inputs["x"].tolist() for seed in ("a", "b", "a")]
    assert first[0] == first[2] != first[1]
    assert version("adam") != version("momentum")


def test_a_journal_that_was_cut_off_goes_on(tmp_path):
    path = tmp_path / "x.journal"
    with Journal(path, None, "c", False) as journal:
        seed = journal.seed
        journal.add("d", [batch.Result("adam", "right", diagnosis=("x",))])
        with pytest.raises(Busy, match="another run"):
            Journal(path, None, "c", False)
    path.write_bytes(path.read_bytes() + b'{"key": "x"}\n[1]\nnonsense\n{"key"')
    with Journal(path, None, "c", False) as journal:
        assert journal.seed == seed
        assert journal.find("d", "adam") == batch.Result("adam", "right", diagnosis=("x",))
        assert journal.find("d", "momentum") is None
    assert path.stat().st_mode & 0o77 == 0
    with Journal(path, None, "other limits", False) as journal:
        assert journal.find("d", "adam") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "there is no file or folder 'none'"),
        ([".", "--exercise", "adm"], "did you mean 'adam'"),
        ([".", "--credit", "named=2"], "from 0 to 1"),
        ([".", "--credit", "named"], "STATUS=POINTS"),
        ([".", "--shard", "0/2"], "i from 1 to n"),
        (["."], "no notebook"),
        ([".", "--out", "none/grades.csv"], "there is no folder"),
    ],
)
def test_what_cannot_be_graded_is_said(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = grade(*arguments)
    assert done.exit_code == 2
    assert message in done.output
