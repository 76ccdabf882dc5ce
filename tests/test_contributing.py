"""The walk-through of CONTRIBUTING.md, performed literally on a copy of the package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A copy of the package to which the function of the walk-through has been appended."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    code = re.search(r"<!-- walk-through.*?-->\n```python\n(.*?)```", text, re.DOTALL).group(1)
    copy = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "mytutor", copy / "mytutor", ignore=shutil.ignore_patterns("__py*"))
    with (copy / "mytutor" / "rules.py").open("a") as rules:
        rules.write("\n\n" + code)
    return copy


def run(walked, *command):
    environment = {**os.environ, "PYTHONPATH": str(walked), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=walked, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_new_rule_sits_and_passes_the_exam(walked):
    shutil.copy(ROOT / "tests" / "test_rules.py", walked)
    shutil.copytree(ROOT / "tests" / "vectors", walked / "vectors")
    shutil.copy(ROOT / "pyproject.toml", walked)
    out = run(walked, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "yogi", "test_rules.py")
    passed = int(re.search(r"(\d+) passed", out).group(1))
    assert passed >= 18, out


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
