"""Run a notebook's cells up to an answer, found by its name in their syntax trees."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

__all__ = ["Place", "find", "run", "tree_of"]

RUNNABLE = ("%%time", "%%timeit", "%%capture", "%%prun")
MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w., ]+=\s*[%!]\w|[\w.]+\?\??\s*$)")
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Place(NamedTuple):
    """Where an answer stands: the number of its cell and of its statement in there."""

    cell: int
    statement: int


def tree_of(source: str) -> ast.Module | str:
    """The syntax tree of a cell without Jupyter's own lines; what is wrong with it, as text."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%"):
        if not lines[0].startswith(RUNNABLE):
            return ast.Module([], [])
        lines[0] = ""
    for text in ("\n".join(lines), "\n".join(MAGIC.sub(r"\1pass  # ", line) for line in lines)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            trouble = f"{type(error).__name__}{line}"
    return trouble


def find(trees: Sequence[ast.Module | str], variable: str, until: str = "") -> Place | None:
    """The last definition of a variable; with ``until``, the last before that question's check."""
    found = None
    for number, tree in enumerate(trees):
        if isinstance(tree, str):
            continue
        for place, statement in enumerate(tree.body):
            if variable in _names(statement):
                found = Place(number, place)
        if until and found and any(_checks(statement, until) for statement in tree.body):
            return found
    return found


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement of a cell defines, also inside an `if`, a `for` or a `with`."""
    if isinstance(statement, Definition):
        return {statement.name}
    names: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return names


def _checks(statement: ast.stmt, question: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "check"
        and any(isinstance(a, ast.Constant) and a.value == question for a in node.args[:1])
        for node in ast.walk(statement)
    )


def run(
    sources: Sequence[str],
    trees: Sequence[ast.Module | str],
    place: Place,
    skipped: Collection[int],
    scope: dict[str, Any],
    starting: Callable[[int], None],
) -> list[str]:
    """Run the cells up to an answer's and return what went wrong in them, a line a cell.

    Of the ``skipped`` cells only imports and definitions are run, and the answer itself.
    ``starting`` is called with the number of each cell before it runs.
    """
    notes = []
    for number, tree in enumerate(trees[: place.cell + 1]):
        starting(number)
        if isinstance(tree, str):
            notes.append(f"cell {number + 1} can't be read: {tree}")
            continue
        keep = place.statement if number == place.cell else -1
        body = _reduced(tree.body, keep) if number in skipped else tree.body
        name = f"<cell {number + 1}>"
        lines = sources[number].splitlines(keepends=True)
        linecache.cache[name] = (len(sources[number]), None, lines, name)
        try:
            exec(compile(ast.Module(body, []), name, "exec", dont_inherit=True), scope)
        except BaseException as error:
            kind = type.__getattribute__(type(error), "__name__")
            notes.append(f"cell {number + 1} raised {kind}"[:100])
    return notes


def _reduced(body: Sequence[ast.stmt], keep: int) -> list[ast.stmt]:
    return [s for place, s in enumerate(body) if place == keep or _harmless(s)]


def _harmless(statement: ast.stmt) -> bool:
    """Whether a statement only imports, defines or names a literal."""
    if isinstance(statement, ast.Try):
        return all(isinstance(s, (ast.Import, ast.ImportFrom)) for s in statement.body)
    if isinstance(statement, ast.Assign):
        return not any(isinstance(n, (ast.Call, ast.BinOp)) for n in ast.walk(statement.value))
    return isinstance(statement, (ast.Import, ast.ImportFrom, *Definition))
