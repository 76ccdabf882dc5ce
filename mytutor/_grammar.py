"""The grammar of a rule: its source as a tree, and what may stand in it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

__all__ = ["ALLOWED", "NODES", "at_line", "check_arithmetic", "is_docstring", "syntax_tree"]

ALLOWED = "+ - * / ** abs(), comparisons with < and > and the functions of mytutor.arrays"
NODES = (
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub, ast.UAdd),
    *(ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Call, ast.Name, ast.Attribute, ast.Load),
)


def syntax_tree(rule: Callable[..., Any]) -> ast.FunctionDef:
    """The tree of a rule's source; raises ValueError where there is none."""
    try:
        source = textwrap.dedent(inspect.getsource(rule))
    except OSError as error:
        found = "has no source to read"
        raise ValueError(
            f"rule {rule.__name__!r} {found}; define it in a file or a cell"
        ) from error
    tree = ast.parse(source).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise ValueError(
            f"rule {rule.__name__!r} is no function; expected def {rule.__name__}(...)"
        )
    return tree


def is_docstring(line: ast.stmt) -> bool:
    """Whether a line is a text alone."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def at_line(line: ast.stmt, what: str) -> str:
    """What was found, and where."""
    return f"{what} in line {line.lineno} ({ast.unparse(line)})"


def check_arithmetic(rule: Callable[..., Any], line: Any) -> None:
    """Refuse what Python and SymPy don't understand alike, above all ==, which SymPy decides.

    ``where(g == 0, a, b)`` would be b in the equations and the JavaScript whatever g is, and
    ``a if t > 1 else b``, // and % have no place in an equation. Raises ValueError.
    """
    for node in ast.walk(line.value):
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        single = not isinstance(node, ast.Compare) or len(node.ops) == 1
        if not ((number or isinstance(node, NODES)) and single):
            part = node if isinstance(node, ast.expr) else line.value
            found = at_line(line, f"can't be read, for {_words(part, node)},")
            raise ValueError(f"rule {rule.__name__!r} {found}; use only {ALLOWED}")


def _words(part: ast.expr, node: ast.AST) -> str:
    return f"an operation {type(node).__name__}" if part is not node else repr(ast.unparse(part))
