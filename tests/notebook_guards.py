"""What strict nbval does not notice in a notebook: cells never run, other pictures, wrong habits.

`problems` reads a notebook as it is stored. The hooks at the end join nbval's own run: they
compare pictures by their pixels and give every kernel one thread and an empty home.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import notebooks  # noqa: E402 - the tool that stores what is guarded here

FOLDERS = ("book", "exercises", "solutions")
# The tags a cell may have. None of them makes nbval look away.
TAGS = {
    "hide-input": "the page folds the code away",
    "hide-output": "the page folds the output away",
    "hide-cell": "the page folds both away",
    "remove-input": "the page shows the output alone",
    "remove-cell": "the page shows nothing of it",
    "raises-exception": "the error is the point",
    "solution": "left out of the exercise",
}
LOOKING_AWAY = re.compile(r"^\s*#\s*(NBVAL_|PYTEST_VALIDATE_)", re.MULTILINE)
OF_THIS_MACHINE = re.compile(r"0x[0-9a-f]{8,}|/(?:home|root|tmp|Users)/\w|" + re.escape(str(ROOT)))
WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOK_BYTES = 3_000_000
OUTPUT_BYTES = 600_000
PRINTED_LINES = 120
PIXEL_TOLERANCE = 0.5 / 255


def notebook_files(root: Path = ROOT) -> list[Path]:
    """List every notebook that is validated."""
    return notebooks.find(root / folder for folder in FOLDERS)


def code_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the code cells with their numbers among all cells."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            yield number, cell


def order_problems(notebook: NotebookNode) -> Iterator[str]:
    """Find code cells that were not run once each from top to bottom."""
    for expected, (number, cell) in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != expected:
            yield f"cell {number} was run as {cell.execution_count}, not as {expected}"


def ends_in_semicolon(source: str) -> bool:
    """Say whether the last line that is code ends in ';', which nbval does not honour."""
    lines = [line.strip() for line in source.splitlines()]
    code = [line for line in lines if line and not line.startswith("#")]
    return bool(code) and re.sub(r"\s#.*$", "", code[-1]).rstrip().endswith(";")


def source_problems(number: int, cell: NotebookNode) -> Iterator[str]:
    """Find what a cell's text and tags must not hold."""
    if not cell.source.strip():
        yield f"cell {number} is empty"
    if ends_in_semicolon(cell.source):
        yield f"cell {number} ends in ';': write plt.show() or _ = ..."
    if LOOKING_AWAY.search(cell.source):
        yield f"cell {number} has a comment that makes nbval look away"
    for tag in cell.metadata.get("tags", []):
        if tag not in TAGS:
            yield f"cell {number} has the tag {tag!r}, which is not on the list"


def texts(output: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield the kinds and contents of an output, pictures included."""
    if output.output_type == "stream":
        yield output.name, "".join(output.text)
    elif output.output_type == "error":
        yield "error", "\n".join([output.ename, output.evalue, *output.traceback])
    else:
        for kind, content in output.get("data", {}).items():
            yield kind, content if isinstance(content, str) else json.dumps(content)


def output_problems(number: int, cell: NotebookNode) -> Iterator[str]:
    """Find outputs that are errors, too large, or different on every machine."""
    expected = "raises-exception" in cell.metadata.get("tags", [])
    kinds = [(kind, content) for output in cell.outputs for kind, content in texts(output)]
    if expected and "error" not in dict(kinds):
        yield f"cell {number} is tagged raises-exception and raises none"
    for kind, content in kinds:
        if kind == "stderr" or (kind == "error" and not expected):
            yield f"cell {number} wrote to {kind}: {content.strip()[:80]}"
        if len(content) > OUTPUT_BYTES:
            yield f"cell {number} has {len(content)} bytes of {kind}"
        if kind in ("stdout", "text/plain") and content.count("\n") > PRINTED_LINES:
            yield f"cell {number} prints {content.count(chr(10))} lines"
        if not kind.startswith("image/") and (found := OF_THIS_MACHINE.search(content)):
            yield f"cell {number} prints {found[0]!r}, which differs on another machine"
        if kind == WIDGET:
            yield f"cell {number} stores a live widget, whose identity changes with every run"


def problems(file: Path) -> list[str]:
    """Say everything that is wrong with a stored notebook."""
    notebook = nbformat.read(file, as_version=4)
    found = list(order_problems(notebook))
    if file.stat().st_size > NOTEBOOK_BYTES:
        found.append(f"the notebook has {file.stat().st_size} bytes")
    for number, cell in code_cells(notebook):
        found += source_problems(number, cell)
        found += output_problems(number, cell)
    if notebooks.as_bytes(notebooks.tidy(nbformat.from_dict(notebook))) != file.read_bytes():
        found.append("not stored as `make notebooks` stores it")
    return found


def pictures(outputs: Iterable[Any]) -> list[str]:
    """List the PNG pictures among a cell's outputs, in order."""
    return [out["data"]["image/png"] for out in outputs if "image/png" in out.get("data", {})]


def pixels(picture: str) -> np.ndarray:
    """Decode a picture into numbers between 0 and 1."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        return np.asarray(image.convert("RGBA"), dtype=float) / 255


def picture_problem(stored: list[str], drawn: list[str]) -> str:
    """Say how the pictures drawn differ from those stored; '' when they look the same."""
    if len(stored) != len(drawn):
        return f"{len(stored)} pictures are stored and {len(drawn)} were drawn"
    for number, (old, new) in enumerate(zip(stored, drawn, strict=True), start=1):
        before, after = pixels(old), pixels(new)
        if before.shape != after.shape:
            return f"picture {number}: size {before.shape[:2]} became {after.shape[:2]}"
        distance = float(np.sqrt(np.mean((before - after) ** 2)))
        if distance > PIXEL_TOLERANCE:
            return f"picture {number}: differs by {distance * 255:.2f}/255 (root mean square)"
    return ""


def compare_with_pictures(original: Any) -> Any:
    """Wrap nbval's comparison of outputs so that it looks at pictures too."""

    def compare_outputs(self: Any, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        if not original(self, test, ref, skip_compare):
            return False
        if problem := picture_problem(pictures(ref), pictures(test)):
            self.comparison_traceback.append(problem + "; look, then run `make notebooks`")
        return not problem

    return compare_outputs


def with_empty_home(original: Any) -> Any:
    """Wrap nbval's start of a kernel so that nothing of the user's own reaches a notebook."""

    def setup(self: Any) -> None:
        self.empty_home = tempfile.TemporaryDirectory()
        own = notebooks.kernel_environment(self.empty_home.name)
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            original(self)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    return setup


def with_cleaning(original: Any) -> Any:
    """Wrap nbval's end of a notebook so that the empty home is removed."""

    def teardown(self: Any) -> None:
        original(self)
        with contextlib.suppress(AttributeError):
            self.empty_home.cleanup()

    return teardown


def pytest_configure(config: pytest.Config) -> None:
    """Join nbval once, in the process that runs notebooks."""
    from nbval.plugin import IPyNbCell, IPyNbFile

    if not hasattr(IPyNbCell, "guarded"):
        IPyNbCell.guarded = True
        IPyNbCell.compare_outputs = compare_with_pictures(IPyNbCell.compare_outputs)
        IPyNbFile.setup = with_empty_home(IPyNbFile.setup)
        IPyNbFile.teardown = with_cleaning(IPyNbFile.teardown)
