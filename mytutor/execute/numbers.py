"""The expressions of a rule for one element, as a compiler of loops wants them."""

from __future__ import annotations

import ast
import copy
from typing import TypeGuard

__all__ = ["OnNumbers"]


class OnNumbers(ast.NodeTransformer):
    """Literals become constants of the array's dtype, functions become conditions.

    A literal would be a double and turn single precision into double; whole exponents stay. A
    division by what is the same for all elements becomes a multiplication, which is far cheaper
    and differs by a rounding. Every name but those of scalars gets the suffix.
    """

    def __init__(self, suffix: str = "__") -> None:
        self.suffix = suffix
        self.literals: dict[str, float] = {}
        self.divisors: dict[str, None] = {}

    def source(self, expression: ast.expr) -> str:
        """The expression as text, for one element."""
        return ast.unparse(self.visit(copy.deepcopy(expression)))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name with its suffix."""
        own = node.id.startswith("scalar_")
        return node if own else ast.Name(f"{node.id}{self.suffix}", node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A literal as a named constant."""
        assert isinstance(node.value, (int, float))
        value = float(node.value)
        name = f"literal_{str(value).replace('.', '_').replace('-', 'm').replace('+', '')}"
        self.literals[name] = value
        return ast.Name(name, ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """An operation; squares and divisions by scalars as products."""
        left = self.visit(node.left)
        exponent = node.right.value if isinstance(node.right, ast.Constant) else None
        if isinstance(node.op, ast.Pow) and type(exponent) is int:
            if exponent == 2:
                return ast.BinOp(left, ast.Mult(), left)
            return ast.BinOp(left, node.op, node.right)
        right = self.visit(node.right)
        if isinstance(node.op, ast.Div) and _is_scalar_name(right):
            self.divisors[right.id] = None
            return ast.BinOp(left, ast.Mult(), ast.Name(f"inverse_{right.id}", ast.Load()))
        return ast.BinOp(left, node.op, right)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A function of ``mytutor.arrays`` as a condition or NumPy's own; Python's stay."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in CONDITIONS:
            return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])
        arguments = [ast.unparse(self.visit(argument)) for argument in node.args]
        self.literals |= {"literal_0_0": 0.0, "literal_1_0": 1.0}
        text = CONDITIONS[name].format(*(f"({text})" for text in arguments))
        return ast.parse(text, mode="eval").body


def _is_scalar_name(node: ast.expr) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id.startswith("scalar_")


# Not a number stays so, as in NumPy.
CONDITIONS = {
    "abs": "np.abs({0})",
    "sqrt": "np.sqrt({0})",
    "sign": "(literal_1_0 if {0} > literal_0_0 else "
    "(-literal_1_0 if {0} < literal_0_0 else {0} * literal_1_0))",
    "maximum": "({0} if ({0} >= {1}) or ({0} != {0}) else {1})",
    "clip": "({1} if {0} < {1} else ({2} if {0} > {2} else {0}))",
    "where": "({1} if {0} else {2})",
}
