"""One-operator mutants of a solution: the small slips that a good check must not let pass."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

from mytutor.checking.misconceptions import built, syntax_tree

__all__ = ["mutants"]

OTHER_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add, ast.Pow),
    ast.Div: (ast.Mult, ast.Sub),
    ast.Pow: (ast.Mult, ast.Add),
}


def mutants(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """All functions that differ from one in a single place, each with a description.

    An operator is exchanged, an operand or a call dropped, operands swapped; a name becomes another
    of its kind, or 1 minus itself, or itself plus or minus 1; a number changes; a line is left out,
    doubled or swapped with the next; the outputs are reordered or dropped.
    """
    tree = syntax_tree(function)
    seen = {ast.dump(tree)}
    for description, mutant in (*_expressions(tree), *_lines(tree), *_returns(tree)):
        text = ast.dump(mutant)
        if text not in seen:
            seen.add(text)
            yield description, built(function, ast.fix_missing_locations(mutant))


def _expressions(tree: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    kinds = _kinds(tree)
    for line in range(len(tree.body)):
        for place in range(len(list(ast.walk(tree.body[line])))):
            node = list(ast.walk(tree.body[line]))[place]
            for other in _alternatives(node, kinds):
                mutant = copy.deepcopy(tree)
                target = list(ast.walk(mutant.body[line]))[place]
                mutant.body[line] = _Put(target, other).visit(mutant.body[line])
                before, after = ast.unparse(tree.body[line]), ast.unparse(mutant.body[line])
                yield f"{before}  ->  {after}", mutant


class _Put(ast.NodeTransformer):
    def __init__(self, target: ast.AST, other: ast.expr) -> None:
        self.target, self.other = target, other

    def visit(self, node: ast.AST) -> Any:
        return self.other if node is self.target else self.generic_visit(node)


def _kinds(tree: ast.FunctionDef) -> tuple[list[str], list[str]]:
    """The names of arrays (parameters by position and what is assigned) and of hyperparameters."""
    arrays = [argument.arg for argument in tree.args.args if argument.arg != "t"]
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stored(n)]
    return list(dict.fromkeys([*arrays, *stored])), [a.arg for a in tree.args.kwonlyargs]


def _stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _alternatives(node: ast.AST, kinds: tuple[list[str], list[str]]) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        for other in OTHER_OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        yield node.left
        yield node.right
        if not isinstance(node.op, (ast.Add, ast.Mult)):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Call):
        yield from node.args[:1]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _other_names(node, kinds)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number: Any = node.value
        for value in (number + 1, number - 1, -number, 2 * number):
            yield ast.Constant(value)


def _other_names(node: ast.Name, kinds: tuple[list[str], list[str]]) -> Iterator[ast.expr]:
    for names in kinds:
        if node.id in names:
            yield from (ast.Name(name, ast.Load()) for name in names if name != node.id)
            yield ast.UnaryOp(ast.USub(), node)
    if node.id in (*kinds[1], "t"):
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))


def _lines(tree: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    *body, last = tree.body
    for number, line in enumerate(body):
        text = ast.unparse(line)
        yield f"without: {text}", _with(tree, [*body[:number], *body[number + 1 :], last])
        yield f"twice: {text}", _with(tree, [*body[: number + 1], *body[number:], last])
        if number + 1 < len(body):
            swapped = [*body[:number], body[number + 1], line, *body[number + 2 :], last]
            yield f"after the next line: {text}", _with(tree, swapped)


def _returns(tree: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    *body, last = tree.body
    yield "without a return", _with(tree, body or [ast.Pass()])
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Tuple):
        return
    parts = last.value.elts
    for count in range(1, len(parts) + 1):
        for order in permutations(parts, count):
            value = order[0] if count == 1 else ast.Tuple(list(order), ast.Load())
            mutant = _with(tree, [*body, ast.Return(value)])
            yield f"return {ast.unparse(value)}", mutant


def _with(tree: ast.FunctionDef, body: Sequence[ast.stmt]) -> ast.FunctionDef:
    mutant = copy.deepcopy(tree)
    mutant.body = [copy.deepcopy(line) for line in body]
    return mutant
