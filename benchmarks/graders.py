"""The same submissions graded by `mytutor grade`, nbgrader and otter, as whole commands.

The other graders live in an environment of their own, which the first run makes. They run a
submission and its tests in one process and without any sandbox; ours has one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, ratios

__all__ = ["run"]

HOME = Path(__file__).parent / ".graders"
PEERS = ("nbgrader==0.9.6", "otter-grader==7.0.0", "ipykernel", "numpy")
COUNT, ROUNDS = 12, 3
TARGET = 0.2

ANSWERS = {
    "momentum": """def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * v, v
""",
    "nesterov-bug": """def nesterov(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * (g + mu * v), v
""",
}
TESTS = {
    "momentum": "assert np.allclose(momentum(1.0, 2.0, 1, 0.5), (0.9755, 2.45))",
    "nesterov-bug": "assert np.allclose(nesterov(1.0, 2.0, 1, 0.5), (0.95795, 2.45))",
}


def run() -> Iterator[Row]:
    """Seconds a submission, ours over those of each peer, one submission at a time."""
    programs = _environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        candidates = [_mytutor, _mytutor, _nbgrader, _otter]
        for place in range(len(candidates)):
            (folder / str(place)).mkdir()
        times = np.array(
            [
                [
                    candidate(folder / str(place), programs, number)
                    for place, candidate in enumerate(candidates)
                ]
                for number in range(ROUNDS)
            ]
        )
    work = "grade two questions, whole command"
    for place, peer in enumerate(("itself (noise)", "nbgrader", "otter"), start=1):
        yield Row(
            work,
            peer,
            *ratios(times[:, 0], times[:, place]),
            None if place == 1 else TARGET,
            ROUNDS,
        )


def _environment() -> Path:
    if not (HOME / "bin" / "otter").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        venv.create(HOME, with_pip=True)
        subprocess.run([HOME / "bin" / "pip", "install", "-q", *PEERS], check=True)
    return HOME / "bin"


def _notebook(number: int, tests: bool, solved: bool = True) -> str:
    """A submission; with ``tests``, one that has nbgrader's cells."""
    cells = [_cell("start", f"import numpy as np\nsubmission = {number}", {})]
    for name, answer in ANSWERS.items():
        text = f"### BEGIN SOLUTION\n{answer}### END SOLUTION" if tests and not solved else answer
        cells.append(_cell(f"{name}-answer", text, _meta(f"{name}-answer", False) if tests else {}))
        if tests:
            cells.append(_cell(name, TESTS[name], _meta(name, True)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole)


def _cell(name: str, source: str, metadata: dict[str, object]) -> dict[str, object]:
    cell = {"cell_type": "code", "outputs": [], "execution_count": None}
    return {**cell, "id": name, "source": source, "metadata": metadata}


def _meta(name: str, grade: bool) -> dict[str, object]:
    facts: dict[str, object] = {"grade_id": name, "grade": grade, "solution": not grade}
    if grade:
        facts["points"] = 1
    return {"nbgrader": {**facts, "locked": grade, "task": False, "schema_version": 3}}


def _timed(command: list[object], folder: Path, programs: Path) -> float:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    start = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[:3]} failed:\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - start


def _mytutor(folder: Path, programs: Path, number: int) -> float:
    handed_in = folder / f"handed-in-{number}"
    handed_in.mkdir()
    for student in range(COUNT):
        (handed_in / f"{student}.ipynb").write_text(_notebook(1000 * number + student, tests=False))
    program = "from mytutor.cli import main; main()"
    command: list[object] = [sys.executable, "-c", program, "grade", handed_in, "--jobs", 1]
    for name in ANSWERS:
        command += ["--exercise", name]
    out = folder / f"{number}.csv"
    took = _timed([*command, "--out", out], folder, programs)
    assert out.read_text().count("right,right") == COUNT
    return took


def _nbgrader(folder: Path, programs: Path, number: int) -> float:
    name = f"round{number}"
    source = folder / "source" / name
    source.mkdir(parents=True)
    (source / "a.ipynb").write_text(_notebook(0, tests=True, solved=False))
    _timed([programs / "nbgrader", "generate_assignment", name], folder, programs)
    for student in range(COUNT):
        place = folder / "submitted" / f"student{student}" / name
        place.mkdir(parents=True)
        (place / "a.ipynb").write_text(_notebook(student, tests=True))
    took = _timed([programs / "nbgrader", "autograde", name], folder, programs)
    assert len(list(folder.glob(f"autograded/*/{name}/a.ipynb"))) == COUNT
    return took


def _otter(folder: Path, programs: Path, number: int) -> float:
    """One command a submission, as it knows only one without Docker."""
    archive = folder / f"{number}.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("otter_config.json", json.dumps({"pdf": False, "lang": "python"}))
        made.writestr("requirements.txt", "numpy\n")
        for name, test in TESTS.items():
            case = {"code": f">>> {test}", "hidden": False, "locked": False}
            suite = {"cases": [case], "scored": True, "setup": "", "teardown": ""}
            whole = {"name": name, "points": 1, "suites": [{**suite, "type": "doctest"}]}
            made.writestr(f"tests/{name}.py", f"OK_FORMAT = True\n\ntest = {whole!r}\n")
    took = 0.0
    for student in range(COUNT):
        (folder / f"{number}-{student}.ipynb").write_text(_notebook(student, tests=False))
        out = folder / f"out-{number}-{student}"
        out.mkdir()
        command = [programs / "otter", "run", "-a", archive, "-o", out, "--no-logo"]
        took += _timed([*command, f"{number}-{student}.ipynb"], folder, programs)
        tests = json.loads((out / "results.json").read_text())["tests"]
        assert sum(test.get("score", 0) for test in tests) == 2, tests
    return took
