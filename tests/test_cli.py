"""The command line."""

import pytest
from click.testing import CliRunner

from mytutor import exercises
from mytutor.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_help_has_examples(run):
    assert "mytutor status" in run("--help").output
    for command in ("status", "hint", "check", "grade", "doctor"):
        assert "Example:" in run(command, "--help").output


def test_status_lists_every_exercise(run):
    result = run("status")
    assert result.exit_code == 0
    for name in exercises.questions():
        assert name in result.output


def test_a_hint_and_an_unknown_name(run):
    assert "Hint 1 of 3: adam" in run("hint", "adam").output
    result = run("hint", "adm")
    assert result.exit_code == 2
    assert "did you mean 'adam'" in result.output


def test_what_is_no_notebook_is_said(run, tmp_path):
    file = tmp_path / "x.ipynb"
    for text in ("", "[]", "{}", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}', "\x00"):
        file.write_text(text)
        result = run("check", str(file))
        assert result.exit_code == 1, text
        assert "is no notebook" in result.output, text
    assert run("check", str(tmp_path / "none.ipynb")).exit_code == 2


def test_the_doctor_lists_what_is_there_and_what_to_do(run):
    result = run("doctor")
    assert result.exit_code == 0
    assert "✓ numpy" in result.output
    for name in ("numba", "torch", "CUDA", "browser", "sandbox", "progress"):
        assert name in result.output
