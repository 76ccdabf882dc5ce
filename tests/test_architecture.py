"""The one direction of imports, and what `import mytutor` may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mytutor"

# The number is the layer; a module imports only smaller ones.
LAYERS = {
    "_checks": -1,
    "_optional": -1,
    "arrays": 0,
    "fans": 0,
    "files": 0,
    "_grammar": 1,
    "rules": 1,
    "initializers": 1,
    "layers": 1,
    "losses": 1,
    "matrix_rules": 1,
    "schedules": 1,
    "clipping": 1,
    "surfaces": 1,
    "datasets": 1,
    "scaling": 1,
    "flat": 1,
    "curvature": 2,
    "execute": 2,
    "compiling": 3,
    "solvers": 3,
    "optimizer": 3,
    "trace": 2,
    "network": 2,
    "pretraining": 3,
    "wrappers": 4,
    "train": 4,
    "sweep": 4,
    "plots": 5,
    "checking": 5,
    "explore": 5,
    "exercises": 6,
    "grading": 7,
    "doctor": 8,
    "_sphinx": 8,
    "cli": 9,
}


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = [path for path in PACKAGE.rglob("*.py") if room(path) != "__init__"]


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide the room"
            names = [node.module]
            if node.module == "mytutor":
                names = [f"mytutor.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("mytutor."):
                yield name.split(".")[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_layers(path):
    here = room(path)
    assert here in LAYERS, f"{here} has no layer in this test"
    for other in imported_rooms(path):
        assert other == here or LAYERS[other] < LAYERS[here], f"{here} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_stay_readable_in_one_sitting(path):
    if room(path) == "rules":
        return  # one page in order of difficulty, to which an optimizer is added
    lines = len(path.read_text().splitlines())
    assert lines <= 450, f"{path.name} has {lines} lines; make it a folder of the same public name"


@pytest.mark.parametrize("statement", ["import mytutor", "import mytutor.exercises"])
def test_importing_loads_numpy_and_nothing_heavier(statement):
    heavy = "torch sympy numba matplotlib IPython ipywidgets sklearn scipy tqdm"
    code = f"{statement}, sys; print(*sorted(set({heavy.split()}) & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def test_only_arrays_and_executors_know_torch():
    for path in MODULES:
        if room(path) not in ("arrays", "checking", "execute", "doctor"):
            assert "import torch" not in path.read_text(), f"{path.name} imports torch"


def test_everything_in_the_table_of_contents_exists():
    import mytutor

    assert sorted(mytutor.__all__) == mytutor.__all__
    for name in mytutor.__all__:
        assert hasattr(mytutor, name)
