"""A function of arrays as a compiled function of one element, for loops that Numba compiles."""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import FunctionType
from typing import Any

import numpy as np

from mytutor import arrays
from mytutor._grammar import NODES, is_docstring, syntax_tree

__all__ = ["on_elements"]


def on_elements(function: Callable[..., Any], dtype: np.dtype) -> Callable[..., Any]:
    """The same function for single numbers of a dtype, to be called in compiled code.

    It is elementwise: a few assignments and a return of arithmetic, of functions of
    ``mytutor.arrays`` or NumPy, and of functions that are such themselves. Lines that call a
    ``check_...`` are left out; keyword-only settings are constants. Raises ValueError for anything
    else.
    """
    settings = function.keywords if isinstance(function, partial) else {}
    plain = function.func if isinstance(function, partial) else function
    if not isinstance(plain, FunctionType):
        raise ValueError(f"{plain!r} is no function with a source, so it can't be compiled")
    for name, value in settings.items():
        if not isinstance(value, (int, float, np.number)):
            found = type(value).__name__
            raise ValueError(
                f"{name} of {plain.__name__!r} is of type {found}; only numbers can be compiled"
            )
    return _compiled(plain, dtype, tuple(sorted(settings.items())))


@cache
def _compiled(
    function: FunctionType, dtype: np.dtype, settings: tuple[tuple[str, Any], ...]
) -> Callable[..., Any]:
    import numba

    tree = syntax_tree(function)
    names = [argument.arg for argument in tree.args.args]
    known = {**function.__globals__, **(function.__kwdefaults__ or {}), **dict(settings)}
    body = _Body(function, dtype, known, names)
    lines = [body.line(line) for line in tree.body if not _is_left_out(line)]
    source = "\n    ".join([f"def element({', '.join(names)}):", *map(ast.unparse, lines)])
    exec(source, body.scope)
    return numba.njit(error_model="numpy")(body.scope["element"])


def _is_left_out(line: ast.stmt) -> bool:
    checks = isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)
    return is_docstring(line) or (checks and ast.unparse(line).startswith("check_"))


class _Body(ast.NodeTransformer):
    """Rewrites lines: what no argument enters becomes a constant of the dtype."""

    def __init__(
        self, function: Any, dtype: np.dtype, known: Mapping[str, Any], local: list[str]
    ) -> None:
        self.function, self.dtype, self.known, self.local = function, dtype, known, {*local}
        self.scope: dict[str, Any] = {}

    def line(self, line: ast.stmt) -> ast.stmt:
        """An assignment or a return, rewritten; remembers the names that it assigns."""
        if not isinstance(line, (ast.Assign, ast.Return)) or line.value is None:
            raise ValueError(self._refusal(line))
        line.value = self.visit(line.value)
        if isinstance(line, ast.Assign):
            names = [node for node in ast.walk(line.targets[0]) if isinstance(node, ast.Name)]
            self.local |= {name.id for name in names}
        return line

    def visit(self, node: Any) -> Any:
        """An expression, or part of one."""
        if not isinstance(node, ast.expr):  # an operator
            return node
        if isinstance(node, ast.Name) and node.id in self.local:
            return node
        if isinstance(node, ast.Tuple):
            return self.generic_visit(node)
        if not self._is_local(node):
            return self._constant(self._value(node))
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return self._power(node)
        if isinstance(node, ast.Attribute):
            raise ValueError(self._refusal(node))
        operators = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.expr)]
        if not all(isinstance(part, NODES) for part in (node, *operators)):
            raise ValueError(self._refusal(node))
        return self.generic_visit(node)

    def _is_local(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Name) and n.id in self.local for n in ast.walk(node))

    def _constant(self, value: Any) -> ast.expr:
        """A number or function by name: Numba takes a global for a constant of its type."""
        if not (callable(value) or isinstance(value, (int, float, np.number))):
            raise ValueError(self._refusal(ast.Constant(value)))
        name = f"constant_{len(self.scope)}"
        self.scope[name] = value if callable(value) else self.dtype.type(value)
        return ast.Name(name, ast.Load())

    def _power(self, node: ast.BinOp) -> ast.expr:
        whole = isinstance(node.right, ast.Constant) and type(node.right.value) is int
        right = node.right if whole else self.visit(node.right)
        return ast.BinOp(self.visit(node.left), node.op, right)

    def _call(self, node: ast.Call) -> ast.expr:
        element = self._constant(self._element(node))
        return ast.Call(element, [self.visit(argument) for argument in node.args], [])

    def _element(self, node: ast.Call) -> Callable[..., Any]:
        """What is called, for single numbers."""
        function = self._value(node.func)
        if isinstance(function, np.ufunc) and function.signature is None:
            return function  # Numba knows NumPy's elementwise functions
        if function in ELEMENTS:
            return _known_to_numba(ELEMENTS[function])
        settings = {str(given.arg): self._value(given.value) for given in node.keywords}
        return on_elements(partial(function, **settings), self.dtype)

    def _value(self, node: ast.expr) -> Any:
        """What an expression without arguments of the function stands for."""
        if self._is_local(node):
            raise ValueError(self._refusal(node))
        return eval(ast.unparse(node), {**vars(builtins), **self.known})

    def _refusal(self, node: ast.AST) -> str:
        return (
            f"{self.function.__name__!r} isn't elementwise: it has {ast.unparse(node)!r}. "
            "It can't be compiled for single numbers"
        )


def _maximum(a: Any, b: Any) -> Any:
    return a if a >= b or a != a else b


def _clip(x: Any, low: Any, high: Any) -> Any:
    return low if x < low else high if x > high else x


def _where(condition: Any, a: Any, b: Any) -> Any:
    return a if condition else b


ELEMENTS: Mapping[Any, Callable[..., Any]] = {
    abs: np.abs,
    arrays.clip: _clip,
    arrays.cos: np.cos,
    arrays.erf: math.erf,
    arrays.exp: np.exp,
    arrays.expm1: np.expm1,
    arrays.log: np.log,
    arrays.log1p: np.log1p,
    arrays.maximum: _maximum,
    arrays.sign: np.sign,
    arrays.sin: np.sin,
    arrays.sqrt: np.sqrt,
    arrays.tanh: np.tanh,
    arrays.where: _where,
    np.clip: _clip,
    np.where: _where,
}
"""What the functions of ``mytutor.arrays`` do with a single number."""


@cache
def _known_to_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """As Numba knows it: its own functions as they are, the others compiled."""
    import numba

    own = isinstance(function, FunctionType) and function.__module__ == __name__
    return numba.njit(error_model="numpy")(function) if own else function
