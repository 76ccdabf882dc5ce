"""Misconceptions as edits of the right answer's own source, so that they can be combined.

The right version is written once, in the library. A misconception says which expressions of it a
person gets wrong and what they write instead; two of them applied one after the other are a pair.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any

from mytutor import arrays

__all__ = ["Misconception", "built", "pairs", "syntax_tree", "wrong_version"]


@dataclass(frozen=True, eq=False)
class Misconception:
    """A typical mistake: its name, one sentence on what it does, and how the code then reads.

    ``edits`` maps expressions of the right function to what stands there instead; ``old_v`` is the
    parameter ``v`` as it came in. ``section`` is the heading of the chapter that explains it.
    """

    name: str
    says: str
    edits: Mapping[str, str] = field(default_factory=dict)
    section: str = ""


LEAVES = (ast.Constant, ast.operator, ast.unaryop, ast.expr_context)


def _replaced(node: Any, edits: Sequence[tuple[ast.expr, ast.expr]], used: set[int]) -> Any:
    """A syntax tree with expressions replaced; what doesn't change is shared with the old one."""
    for number, (old, new) in enumerate(edits):
        if type(node) is type(old) and _alike(node, old):
            used.add(number)
            return new
    if isinstance(node, list):
        items = [_replaced(item, edits, used) for item in node]
        return items if any(a is not b for a, b in zip(items, node, strict=True)) else node
    if not isinstance(node, ast.AST) or isinstance(node, LEAVES):
        return node
    changed = {}
    for name in node._fields:
        value = getattr(node, name, None)
        fresh = _replaced(value, edits, used)
        if fresh is not value:
            changed[name] = fresh
    if not changed:
        return node
    fields = {name: getattr(node, name, None) for name in node._fields}
    return ast.copy_location(type(node)(**{**fields, **changed}), node)


def _alike(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, ast.AST):
        return all(_alike(getattr(a, f, None), getattr(b, f, None)) for f in a._fields)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    return bool(a == b)


@cache
def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@cache
def syntax_tree(function: Callable[..., Any]) -> ast.FunctionDef:
    """The syntax tree of a function, without its docstring and the calls that only refuse input."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef), f"{function} is no function"
    tree.body = [line for line in tree.body if not isinstance(line, ast.Expr)]
    return tree


def built(function: Callable[..., Any], tree: ast.FunctionDef) -> Callable[..., Any]:
    """A function from a changed syntax tree, in the original's namespace."""
    scope = {**vars(arrays), **function.__globals__, "__name__": "a wrong version"}
    exec(compile(ast.Module([tree], type_ignores=[]), "<a wrong version>", "exec"), scope)
    return scope[tree.name]


def _changed(tree: ast.FunctionDef, edits: Mapping[str, str]) -> ast.FunctionDef | None:
    used: set[int] = set()
    parsed = [(_expression(old), _expression(new)) for old, new in edits.items()]
    body = _replaced(tree.body, parsed, used)
    return _with_body(tree, body) if len(used) == len(parsed) else None


def _with_body(tree: ast.FunctionDef, body: list[ast.stmt]) -> ast.FunctionDef:
    fields: dict[str, Any] = {name: getattr(tree, name, None) for name in tree._fields}
    return ast.copy_location(ast.FunctionDef(**{**fields, "body": body}), tree)


@cache
def _tree_of(
    function: Callable[..., Any], misconceptions: tuple[Misconception, ...]
) -> ast.FunctionDef | None:
    if not misconceptions:
        return syntax_tree(function)
    before = _tree_of(function, misconceptions[:-1])
    return None if before is None else _changed(before, misconceptions[-1].edits)


@cache
def wrong_version(
    function: Callable[..., Any], *misconceptions: Misconception
) -> Callable[..., Any] | None:
    """What misconceptions, in this order, make of a function; None if they exclude each other."""
    tree = _tree_of(function, misconceptions)
    if tree is None:
        return None
    names = [argument.arg for argument in tree.args.args]
    before = ast.parse("\n".join(f"old_{name} = {name}" for name in names)).body
    return built(function, _with_body(tree, [*before, *tree.body]))


def pairs(
    function: Callable[..., Any], misconceptions: Sequence[Misconception]
) -> list[tuple[tuple[Misconception, Misconception], Callable[..., Any]]]:
    """All pairs of misconceptions that a person can have at once, with the function they make."""
    found = []
    for first, second in combinations(misconceptions, 2):
        version = wrong_version(function, first, second) or wrong_version(function, second, first)
        if version is not None:
            found.append(((first, second), version))
    return found
