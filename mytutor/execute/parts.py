"""A rule in two parts: what is computed once a step, and what once an element."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mytutor._grammar import check_arithmetic, is_docstring, syntax_tree
from mytutor.arrays import clip, maximum, sign, sqrt, where

__all__ = ["Split", "split", "target"]

FUNCTIONS: Mapping[str, Any] = {
    "abs": abs,
    "sqrt": sqrt,
    "sign": sign,
    "maximum": maximum,
    "clip": clip,
    "where": where,
}


class Split(NamedTuple):
    """A rule's scalars, by name and source, and its elementwise lines, which use their names."""

    rule: Callable[..., Any]
    arrays: tuple[str, ...]
    scalars: Mapping[str, str]
    lines: tuple[ast.Assign, ...]
    outputs: tuple[str, ...]

    def values(self, t: Any, hyperparameters: Mapping[str, float]) -> list[float]:
        """The scalars of a step, in double precision."""
        return _scalar_code(self.rule)(t, **hyperparameters)

    def values_of_steps(
        self, steps: range, at: Callable[[int], Mapping[str, float]], constant: bool
    ) -> list[Any]:
        """The scalars of many steps in double precision, each an array or one number for all.

        ``at`` gives the hyperparameters of a step; ``constant`` says that they are always the same.
        """
        if constant and steps:
            return self.values(np.arange(steps.start, steps.stop, dtype=float), at(steps.start))
        rows = np.array([self.values(t, at(t)) for t in steps], float)
        return [*rows.reshape(len(steps), len(self.scalars)).T]


@cache
def split(rule: Callable[..., Any]) -> Split:
    """A rule in two parts; raises ValueError for one that isn't elementwise."""
    _check_alone(rule)
    tree = syntax_tree(rule)
    arrays = [a.arg for a in tree.args.args if a.arg != "t"]
    *body, last = [line for line in tree.body if not is_docstring(line)]
    returned = last.value if isinstance(last, ast.Return) else None
    elements = returned.elts if isinstance(returned, ast.Tuple) else [returned]
    names = tuple(e.id for e in elements if isinstance(e, ast.Name))
    parts = _Parts(set(arrays))
    lines: list[ast.Assign] = []
    for line in body:
        if not (isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)):
            raise ValueError(_not_elementwise(rule, line))
        try:
            check_arithmetic(rule, line)
        except ValueError as error:
            raise ValueError(_not_elementwise(rule, line)) from error
        value = parts.visit(copy.deepcopy(line.value))
        if not _is_known(rule, value):
            raise ValueError(_not_elementwise(rule, line))
        name = line.targets[0].id
        if parts.is_scalar(value) and name not in {*arrays, *names}:
            parts.alias(name, value)
        else:
            parts.arrays.add(name)
            lines.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], value), line))
    computed = parts.arrays.issuperset(names)  # not a setting or t, which isn't an array
    if not computed or len(names) != len(arrays) - 1 or len(names) != len(elements):
        raise ValueError(_not_elementwise(rule, last))
    return Split(rule, tuple(arrays), parts.scalars, tuple(lines), names)


def _check_alone(rule: Callable[..., Any]) -> None:
    """Refuse a function whose own source doesn't say all that it does."""
    if hasattr(rule, "__wrapped__") or rule.__code__.co_freevars:
        raise ValueError(
            f"rule {rule.__name__!r} needs another function around it, so its source alone isn't "
            "the rule. Run it with executor 'plain'"
        )


def _is_known(rule: Callable[..., Any], value: ast.expr) -> bool:
    """Whether all that is called is the function that an executor has an operation for."""
    for node in ast.walk(value):
        if isinstance(node, ast.Attribute):
            return False
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            own = rule.__globals__.get(name, getattr(builtins, name, None))
            if name not in FUNCTIONS or own is not FUNCTIONS[name]:
                return False
    return True


def _not_elementwise(rule: Callable[..., Any], line: ast.stmt) -> str:
    return (
        f"rule {rule.__name__!r} isn't elementwise: it has the line {ast.unparse(line)!r}. "
        "Run it with executor 'plain'"
    )


class _Parts(ast.NodeTransformer):
    """Replaces every largest subexpression without an array by a name."""

    def __init__(self, arrays: set[str]) -> None:
        self.arrays = arrays
        self.scalars: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._aliases: dict[str, ast.expr] = {}

    def is_scalar(self, node: ast.expr) -> bool:
        return not any(
            isinstance(part, ast.Name) and part.id in self.arrays for part in ast.walk(node)
        )

    def alias(self, name: str, value: ast.expr) -> None:
        self._aliases[name] = value

    def visit(self, node: Any) -> Any:
        if not isinstance(node, ast.expr) or not self.is_scalar(node):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                node.left = self.visit(node.left)
                if not (isinstance(node.right, ast.Constant) and type(node.right.value) is int):
                    node.right = self.visit(node.right)
                return node
            if isinstance(node, ast.Call):
                node.args = [self.visit(argument) for argument in node.args]
                return node
            return self.generic_visit(node)
        if isinstance(node, ast.Name) and node.id in self._aliases:
            return self._aliases[node.id]
        if isinstance(node, ast.Name) and node.id in self.scalars:
            return node
        text = ast.unparse(_Inlined(self._aliases).visit(node))
        if text not in self._names:
            self._names[text] = f"scalar_{len(self._names)}"
            self.scalars[self._names[text]] = text
        return ast.Name(self._names[text], ast.Load())


class _Inlined(ast.NodeTransformer):
    """Puts what a local scalar stands for in place of its name."""

    def __init__(self, aliases: Mapping[str, ast.expr]) -> None:
        self.aliases = aliases

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.aliases.get(node.id, node)


@cache
def _scalar_code(rule: Callable[..., Any]) -> Callable[..., list[float]]:
    """A function of t and the hyperparameters that returns the scalars of a step."""
    parts = split(rule)
    settings = ", ".join(a.arg for a in syntax_tree(rule).args.kwonlyargs)
    lines = [f"    {name} = {text}" for name, text in parts.scalars.items()]
    head = f"def scalars(t{', ' if settings else ''}{settings}):"
    source = "\n".join([head, *lines, f"    return [{', '.join(parts.scalars)}]"])
    scope: dict[str, Any] = {}
    exec(source, rule.__globals__, scope)  # not a copy: a constant of the notebook may change
    return scope["scalars"]


def target(line: ast.Assign) -> str:
    """The name that a line assigns."""
    assert isinstance(line.targets[0], ast.Name)
    return line.targets[0].id
