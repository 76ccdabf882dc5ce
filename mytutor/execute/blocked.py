"""Blocked: NumPy's own operations, into arrays that are there already."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from mytutor.execute.kernel import BLOCK, Kernel
from mytutor.execute.parts import Split, split, target
from mytutor.flat import aligned

__all__ = ["blocked"]

OPERATIONS: Mapping[type, str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
FUNCTIONS = {"abs": "absolute", "sqrt": "sqrt", "sign": "sign", "maximum": "maximum"}


@cache
def blocked(rule: Callable[..., Any]) -> Kernel:
    """The rule as calls of NumPy's functions with a place for every result."""
    program = _Program(split(rule))
    scope: dict[str, Any] = {"np": np}
    exec(program.source(), scope)

    def scratch(dtype: np.dtype) -> list[np.ndarray]:
        kinds = [dtype] * program.numbers + [np.dtype(bool)] * program.truths
        return [aligned(BLOCK, kind) for kind in kinds]

    return Kernel(split(rule).values, scope["run"], scratch)


class _Program:
    """Turns elementwise lines into NumPy calls and hands out scratch arrays, reusing free ones.

    The fewer arrays an operation touches, the more of them stay in the cache: what nothing reads
    any more is overwritten.
    """

    def __init__(self, parts: Split) -> None:
        self.parts = parts
        self.code: list[str] = []
        self.numbers = 0
        self.truths = 0
        self._free: dict[bool, list[str]] = {False: [], True: []}
        self._place = {name: f"{name}_" for name in parts.arrays}
        self._temporary: set[str] = set()
        self._later = _reads(parts)
        for line in parts.lines:
            self._line(line)
        self._return()

    def source(self) -> str:
        """The text of ``run``."""
        arrays = ", ".join(self.parts.arrays)
        scratch = [f"number_{k}" for k in range(self.numbers)]
        scratch += [f"truth_{k}" for k in range(self.truths)]
        lines = ["def run(start, stop, arrays, scalars, scratch):", f"    {arrays}, = arrays"]
        if self.parts.scalars:
            lines.append(f"    {', '.join(self.parts.scalars)}, = scalars")
        lines.append(f"    for low in range(start, stop, {BLOCK}):")
        lines.append(f"        high = min(low + {BLOCK}, stop)")
        lines += [f"        {name}_ = {name}[low:high]" for name in self.parts.arrays]
        lines += [f"        {s} = scratch[{k}][:high - low]" for k, s in enumerate(scratch)]
        return "\n".join([*lines, *(f"        {line}" for line in self.code)])

    def _line(self, line: ast.Assign) -> None:
        name = target(line)
        own = name if name in self.parts.arrays else ""
        # An array may be overwritten by its last operation: nothing reads its old value afterwards.
        place = f"{own}_" if own and self.parts.outputs.count(own) == 1 else None
        result = self._value(line.value, place)
        if isinstance(line.value, ast.Name):  # another name for an array that may be overwritten
            copied = self._take(False)
            self.code.append(f"np.copyto({copied}, {result})")
            self._release([line.value], [result])
            result = copied
        self._place[name] = result
        self._later[name].pop(0)
        self._temporary.discard(result)

    def _return(self) -> None:
        slots = [name for name in self.parts.arrays if name != "g"]
        moves = [
            (f"{slot}_", self._place[name])
            for slot, name in zip(slots, self.parts.outputs, strict=True)
        ]
        moves = [(to, value) for to, value in moves if to != value]
        for k, (to, value) in enumerate(moves):
            if value.endswith("_"):  # another's place, which may be overwritten before it is read
                moves[k] = (to, self._take(False))
                self.code.append(f"np.copyto({moves[k][1]}, {value})")
        self.code += [f"np.copyto({to}, {value})" for to, value in moves]

    def _value(self, node: ast.expr, place: str | None = None) -> str:
        """Emit the calls for an expression; return where its value is."""
        if isinstance(node, ast.Name):
            return self._place.get(node.id, node.id)
        if isinstance(node, ast.Constant):
            return repr(node.value)
        if isinstance(node, ast.UnaryOp):
            name = "negative" if isinstance(node.op, ast.USub) else "positive"
            return self._call(name, [node.operand], place)
        if isinstance(node, ast.Compare):
            operands = [node.left, node.comparators[0]]
            return self._call(OPERATIONS[type(node.ops[0])], operands, place, truth=True)
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Pow):
                return self._power(node, place)
            return self._call(OPERATIONS[type(node.op)], [node.left, node.right], place)
        assert isinstance(node, ast.Call)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "where":
            return self._where(*node.args)
        if name == "clip":
            return self._call("clip", list(node.args), place)
        return self._call(FUNCTIONS[name], list(node.args), place)

    def _power(self, node: ast.BinOp, place: str | None) -> str:
        exponent = node.right.value if isinstance(node.right, ast.Constant) else None
        if exponent == 2:  # NumPy's own shortcut, so that the bits are the same
            return self._call("square", [node.left], place)
        return self._call("power", [node.left, node.right], place)

    def _call(
        self, name: str, operands: list[ast.expr], place: str | None, truth: bool = False
    ) -> str:
        first, *others = operands
        # The first operand may be computed in the place of the result, unless another reads there.
        own = None if truth or any(self._is_read(place, other) for other in others) else place
        values = [self._value(first, own), *map(self._value, others)]
        self._release(operands, values)
        to = self._take(truth) if truth or place is None else place
        self.code.append(f"np.{name}({', '.join(values)}, out={to})")
        return to

    def _is_read(self, place: str | None, node: ast.expr) -> bool:
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return any(self._place.get(name) == place for name in names)

    def _where(self, condition: ast.expr, a: ast.expr, b: ast.expr) -> str:
        values = [self._value(part) for part in (condition, a, b)]
        to = self._take(False)  # a place of its own: it is written before all is read
        self.code.append(f"np.copyto({to}, {values[2]})")
        self.code.append(f"np.copyto({to}, {values[1]}, where={values[0]})")
        self._release([condition, a, b], values)
        return to

    def _take(self, truth: bool) -> str:
        free = self._free[truth]
        if free:
            name = free.pop()
        elif truth:
            name, self.truths = f"truth_{self.truths}", self.truths + 1
        else:
            name, self.numbers = f"number_{self.numbers}", self.numbers + 1
        self._temporary.add(name)
        return name

    def _release(self, operands: Sequence[ast.expr], values: Sequence[str]) -> None:
        """Free the scratch arrays of operands that nothing reads any more."""
        for operand, value in zip(operands, values, strict=True):
            if isinstance(operand, ast.Name) and operand.id in self._later:
                self._later[operand.id][0] -= 1
                if self._later[operand.id][0] == 0 and not value.endswith("_"):
                    self._temporary.add(value)
        for value in dict.fromkeys(values):
            if value in self._temporary:
                self._temporary.discard(value)
                self._free[value.startswith("truth_")].append(value)


def _reads(parts: Split) -> dict[str, list[int]]:
    """How often every value of a name is read, from one assignment to the next."""
    counts = {name: [0] for name in (*parts.arrays, *map(target, parts.lines))}
    for line in parts.lines:
        for node in ast.walk(line.value):
            if isinstance(node, ast.Name) and node.id in counts:
                counts[node.id][-1] += 1
        counts[target(line)].append(0)
    for name in parts.outputs:
        if name in counts:
            counts[name][-1] += 1
    return counts
