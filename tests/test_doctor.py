"""The doctor finds what is there, says what to do about what is not, and changes nothing."""

import shutil

import pytest

from mytutor import doctor
from mytutor.grading.sandbox import probing


def found(name):
    return next(finding for finding in doctor.findings() if finding.name == name)


def test_what_is_there_comes_with_its_version_or_place():
    assert found("numpy").there
    assert found("numpy").found[0].isdigit()


def test_what_is_missing_comes_with_advice(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "version", _missing)
    for name in ("numba", "torch", "browser"):
        assert not found(name).there
        assert "`" in found(name).advice


def _missing(name):
    raise doctor.PackageNotFoundError(name)


def test_the_browser_is_the_one_that_the_tests_would_take(monkeypatch, tmp_path):
    browser = tmp_path / "my-browser"
    browser.write_text("#!/bin/sh")
    browser.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert found("browser").found == str(browser)


def test_a_home_that_is_not_there_yet_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path / "new" / "home"))
    assert found("progress").there
    assert not (tmp_path / "new").exists()


def test_the_sandbox_is_the_strongest_that_holds(monkeypatch):
    monkeypatch.setattr(probing, "lacking", lambda level: "")
    monkeypatch.setattr(probing, "escapes", lambda level: ["fork"] if level == "strong" else [])
    assert found("sandbox") == doctor.Finding("sandbox", True, "medium")
    monkeypatch.setattr(probing, "escapes", lambda level: ["fork"])
    assert found("sandbox").found == "weak only"
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(probing, "escapes", lambda level: ["fork"])
    assert "apt-get install bubblewrap" in found("sandbox").advice


@pytest.mark.parametrize("inside", ["", "/folder"])
def test_a_home_that_can_not_be_written_is_said(monkeypatch, tmp_path, inside):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("MYTUTOR_HOME", f"{file}{inside}")
    assert not found("progress").there
    assert "is a file" in found("progress").found
    assert "MYTUTOR_HOME" in found("progress").advice
