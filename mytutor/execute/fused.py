"""Fused: one loop over memory, compiled by Numba."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeGuard

import numpy as np

from mytutor.execute.kernel import Kernel
from mytutor.execute.parts import Split, split, target

__all__ = ["fused"]


@cache
def fused(rule: Callable[..., Any], dtype: str) -> Kernel:
    """The rule as one loop, compiled for a dtype; no scratch."""
    import numba

    parts = split(rule)
    number = np.dtype(dtype).type
    typed = _Typed()
    body = [
        f"{target(line)}__ = {ast.unparse(typed.visit(copy.deepcopy(line.value)))}"
        for line in parts.lines
    ]
    slots = [name for name in parts.arrays if name != "g"]
    scalars_in = [*parts.scalars, *(f"inverse_{name}" for name in typed.divisors)]
    source = _loop_source(parts, scalars_in, slots, body)
    scope: dict[str, Any] = {
        "np": np,
        **{name: number(value) for name, value in typed.literals.items()},
    }
    exec(source, scope)
    loop = numba.njit(nogil=True, error_model="numpy")(scope["loop"])
    places = [list(parts.scalars).index(name) for name in typed.divisors]

    def scalars(t: int, hyperparameters: Mapping[str, float]) -> list[Any]:
        values = parts.values(t, hyperparameters)
        values += [np.divide(1.0, values[place]) for place in places]
        return [value if isinstance(value, bool) else number(value) for value in values]

    def run(start: int, stop: int, arrays: Any, values: Any, _: Any) -> None:
        loop(*(array[start:stop] for array in arrays), *values)

    return Kernel(scalars, run, lambda dtype: None)


def _loop_source(
    parts: Split, scalars: Sequence[str], slots: Sequence[str], body: Sequence[str]
) -> str:
    names = [f"{name}_array" for name in parts.arrays]
    head = f"def loop({', '.join([*names, *scalars])}):"
    lines = [head, "    for i in range(len(x_array)):"]
    lines += [f"        {name}__ = {name}_array[i]" for name in parts.arrays]
    lines += [f"        {line}" for line in body]
    outputs = [name if name in parts.scalars else f"{name}__" for name in parts.outputs]
    lines += [
        f"        {slot}_array[i] = {name}" for slot, name in zip(slots, outputs, strict=True)
    ]
    return "\n".join(lines)


class _Typed(ast.NodeTransformer):
    """Literals become constants of the array's dtype, functions become conditions.

    A literal would be a double and turn single precision into double; whole exponents stay. A
    division by what is the same for all elements becomes a multiplication, which is far cheaper
    and differs by a rounding.
    """

    def __init__(self) -> None:
        self.literals: dict[str, float] = {}
        self.divisors: dict[str, None] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return node if node.id.startswith("scalar_") else ast.Name(f"{node.id}__", node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        assert isinstance(node.value, (int, float))
        value = float(node.value)
        name = f"literal_{str(value).replace('.', '_').replace('-', 'm')}"
        self.literals[name] = value
        return ast.Name(name, ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left = self.visit(node.left)
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
            if node.right.value == 2:
                return ast.BinOp(left, ast.Mult(), left)
            return ast.BinOp(left, node.op, node.right)
        right = self.visit(node.right)
        if isinstance(node.op, ast.Div) and _is_scalar_name(right):
            self.divisors[right.id] = None
            return ast.BinOp(left, ast.Mult(), ast.Name(f"inverse_{right.id}", ast.Load()))
        return ast.BinOp(left, node.op, right)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments = [ast.unparse(self.visit(argument)) for argument in node.args]
        self.literals |= {"literal_0_0": 0.0, "literal_1_0": 1.0}
        text = CONDITIONS[node.func.id].format(*(f"({text})" for text in arguments))
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
