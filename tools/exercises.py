"""Generate exercises/ from solutions/, the only place where an exercise is written.

In a solution notebook

* code between the comments `# BEGIN SOLUTION` and `# END SOLUTION` becomes `...`,
* a cell tagged `solution` is left out,

and what remains is run, so that the exercise is stored with its outputs.

Example: python tools/exercises.py solutions/adam.ipynb
         python tools/exercises.py --check              (exit 1 when exercises/ is out of date)
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

sys.path.insert(0, str(Path(__file__).resolve().parent))
import notebooks  # a neighbour: scripts find it by their own folder, tests by the line above

SOLUTIONS, EXERCISES = notebooks.ROOT / "solutions", notebooks.ROOT / "exercises"
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


def blank(source: str) -> str:
    """Replace every marked solution by an ellipsis with the indentation of its first marker."""
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        marker = line.strip()
        if marker not in (BEGIN, END):
            kept += [] if inside else [line]
            continue
        if inside == (marker == BEGIN):
            raise ValueError(f"{marker!r} where the other marker must come")
        inside = marker == BEGIN
        kept += [line[: line.index("#")] + "..."] if inside else []
    if inside:
        raise ValueError(f"{BEGIN!r} without {END!r}")
    return "\n".join(kept)


def blank_cell(cell: NotebookNode, number: int) -> NotebookNode:
    """Return a cell without its solution and without outputs."""
    cell = nbformat.from_dict(cell)
    if cell.cell_type == "code":
        try:
            cell["source"] = blank(cell.source)
        except ValueError as error:
            raise ValueError(f"cell {number}: {error}") from None
        cell["outputs"], cell["execution_count"] = [], None
    return cell


def derive(solution: NotebookNode, name: str) -> NotebookNode:
    """Make the exercise of a solution, not yet run."""
    cells = [
        blank_cell(cell, number)
        for number, cell in enumerate(solution.cells)
        if "solution" not in cell.metadata.get("tags", [])
    ]
    own = {**solution.metadata.get("mytutor", {}), "generated_from": f"solutions/{name}"}
    exercise = nbformat.from_dict({**solution, "cells": cells, "metadata": {"mytutor": own}})
    return notebooks.tidy(exercise)


def unrun(notebook: NotebookNode) -> bytes:
    """Write a notebook without its outputs, which strict nbval compares on its own."""
    bare = nbformat.from_dict(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebooks.as_bytes(bare)


def drift(solution: Path, exercise: Path) -> str:
    """Say how a stored exercise departs from what its solution gives; '' when it does not."""
    wanted = derive(nbformat.read(solution, as_version=4), solution.name)
    if not exercise.exists():
        return "missing"
    stored = nbformat.read(exercise, as_version=4)
    if unrun(stored) == unrun(wanted):
        return ""
    pair = [nbformat.reads(unrun(each).decode(), as_version=4) for each in (stored, wanted)]
    return notebooks.first_difference(*pair)


def strays(solutions: Path, exercises: Path) -> list[Path]:
    """List the exercises that no solution gives."""
    return [file for file in notebooks.find([exercises]) if not (solutions / file.name).exists()]


async def generate(solution: Path, exercise: Path) -> str:
    """Derive one exercise, run it where it will lie and store it."""
    exercise.parent.mkdir(exist_ok=True)
    derived = derive(nbformat.read(solution, as_version=4), solution.name)
    return notebooks.store(exercise, await notebooks.execute(derived, exercise.parent), check=False)


def check_all(paths: list[Path], solutions: Path, exercises: Path) -> int:
    """Compare all exercises with their solutions; return how many are out of date."""
    bad = {exercises / path.name: drift(path, exercises / path.name) for path in paths}
    bad |= dict.fromkeys(strays(solutions, exercises), "no such solution")
    for path, found in bad.items():
        if found:
            print(f"  {path}: {found}; run `make exercises`")
    return sum(bool(found) for found in bad.values())


def generate_all(paths: list[Path], exercises: Path) -> int:
    """Generate the exercises one after the other; return how many failed."""
    failed = 0
    for path in paths:
        try:
            found = asyncio.run(generate(path, exercises / path.name)) or "unchanged"
        except (notebooks.NotebookFailed, ValueError) as error:
            found, failed = f"FAILED\n{error}", failed + 1
        print(f"  {exercises / path.name}  {found}", flush=True)
    return failed


def main(
    arguments: list[str] | None = None, solutions: Path = SOLUTIONS, exercises: Path = EXERCISES
) -> int:
    """Read the command line; generate or check."""
    parser: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path, help="solution notebooks (all by default)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on drift")
    options = parser.parse_args(arguments)
    exercises.mkdir(exist_ok=True)
    try:
        paths = notebooks.find(options.paths or [solutions])
    except FileNotFoundError as error:
        parser.error(str(error))
    if options.check:
        bad = check_all(paths, solutions, exercises)
        print(f"{len(paths)} exercises, {bad} out of date")
    else:
        bad = generate_all(paths, exercises)
        print(f"{len(paths)} exercises, {bad} failed")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
