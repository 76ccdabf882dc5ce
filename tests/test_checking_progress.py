"""Progress survives two writers, a kill in the middle, and a home that can't be written."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from mytutor import exercises as tutor
from mytutor.checking import progress


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


WRITER = """
import sys
from mytutor.checking import progress
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    trouble = progress.add(sys.argv[1], "not yet", str(number))
    if trouble:
        sys.exit(trouble)
"""


def writer(name, count):
    command = [sys.executable, "-c", WRITER, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_two_notebooks_may_write_at_once(home):
    writers = [writer(name, 100) for name in ("one", "two", "one")]
    assert [process.wait(60) for process in writers] == [0, 0, 0]
    for process in writers:
        process.stdout.close()
    standing = progress.standing()
    assert (standing["one"].tries, standing["two"].tries) == (200, 100)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_kill_in_the_middle_does_no_harm(home):
    for _ in range(3):
        process = writer("killed", 10**6)
        process.stdout.readline()
        time.sleep(0.15)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        assert progress.add("after", "correct") == ""
    assert progress.standing()["after"].tries == 3
    with sqlite3.connect(home / "progress.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_where_nothing_can_be_written_checks_work_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path / "file"))
    verdict = tutor.check("adam-first-step", "C")
    assert verdict.outcome == "correct"
    assert "could not be saved" in verdict.remarks[-1]
    assert tutor.status().title == f"0 of {len(tutor.questions())} exercises correct"
    assert tutor.hint("adam").title == "Hint 1 of 3: adam"
    assert tutor.solution("adam").code


def test_a_spoilt_file_is_reported_and_can_be_deleted(home):
    home.mkdir()
    (home / "progress.sqlite").write_bytes(b"no database" * 1000)
    assert "could not be saved" in tutor.check("adam-first-step", "A").remarks[-1]
    (home / "progress.sqlite").unlink()
    assert tutor.check("adam-first-step", "A").remarks == ()


def test_the_home_is_the_users_data_folder_unless_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("MYTUTOR_HOME", raising=False)
    assert "mytutor" in progress.home().parts[-1]
    monkeypatch.setenv("MYTUTOR_HOME", os.fspath(tmp_path))
    assert progress.home() == tmp_path
