"""The walk-through of CONTRIBUTING.md, performed literally on a copy of the package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


# The modules that the walk-throughs append to, in the order of CONTRIBUTING.md.
MODULES = ("rules.py", "layers/activations.py", "initializers.py", "schedules.py")


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A copy of the package and its tests, with the functions of the walk-throughs appended."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    codes = re.findall(r"<!-- walk-through.*?-->\n```python\n(.*?)```", text, re.DOTALL)
    copy = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__py*", "conftest.py")
    shutil.copytree(ROOT / "mytutor", copy / "mytutor", ignore=ignored)
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for module, code in zip(MODULES, codes, strict=True):
        with (copy / "mytutor" / module).open("a") as file:
            file.write("\n\n" + code)
    return copy


def run(walked, *command):
    environment = {**os.environ, "PYTHONPATH": str(walked), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=walked, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "room", "questions"),
    [
        ("yogi", "rules", 18),
        ("softsign", "layers", 12),
        ("triangular", "initializers", 12),
        ("inverse_root", "schedules", 5),
    ],
)
def test_what_is_new_sits_and_passes_its_exam(walked, name, room, questions):
    test = f"tests/test_{room}.py"
    out = run(walked, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", name, test)
    assert int(re.search(r"(\d+) passed", out).group(1)) >= questions, out


def test_formula_javascript_and_optimizer_find_it(walked):
    code = """
import numpy as np
from mytutor import Optimizer, rules, show, trace
assert rules.__file__.startswith(%r)
assert "operatorname{sign}" in show(rules.yogi)._repr_markdown_()
assert "Math.sign" in trace.javascript(rules.yogi)
optimizer = Optimizer(rules.yogi, lr=0.1)
x = [np.ones(3)]
optimizer.update(x, x, optimizer.init(x))
"""
    run(walked, "-c", code % str(walked))


def test_the_playground_offers_it(walked):
    out = run(walked, "-c", "from mytutor.explore import playground as p; print(p()._repr_html_())")
    assert "yogi" in out
