"""Fused: one loop over memory, compiled by Numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mytutor.execute.kernel import Kernel
from mytutor.execute.numbers import OnNumbers
from mytutor.execute.parts import Split, split, target

__all__ = ["fused", "step_by_row", "table"]


class _Loop(NamedTuple):
    """What is compiled, and which of the rule's scalars it takes as inverses, after the others."""

    call: Callable[..., None]
    parts: Split
    inverses: list[int]

    def scalars(self, values: Sequence[Any]) -> list[Any]:
        """All that the loop takes beside arrays, from the scalars in double precision."""
        return [*values, *(_inverse(values[place]) for place in self.inverses)]


def _inverse(value: Any) -> Any:
    # NumPy's division is for arrays and for zero; Python's own takes a tenth of the time.
    return 1.0 / value if type(value) is float and value else np.divide(1.0, value)


@cache
def fused(rule: Callable[..., Any], dtype: np.dtype) -> Kernel:
    """The rule as one loop, compiled for a dtype; no scratch."""
    loop = _loop(rule, dtype)
    number = dtype.type

    def scalars(t: int, hyperparameters: Mapping[str, float]) -> list[Any]:
        return [*map(number, loop.scalars(loop.parts.values(t, hyperparameters)))]

    def run(start: int, stop: int, arrays: Any, values: Any, _: Any) -> None:
        whole = stop - start == len(arrays[0])
        loop.call(*(arrays if whole else [array[start:stop] for array in arrays]), *values)

    return Kernel(scalars, run, lambda dtype: None)


@cache
def step_by_row(rule: Callable[..., Any], dtype: np.dtype) -> Callable[..., None]:
    """``step(x, g, slots, row)`` for compiled code: one step over vectors, in place.

    ``slots`` is a tuple of vectors and ``row`` one row of ``table``.
    """
    import numba

    loop = _loop(rule, dtype)
    slots = [f"slots[{k}]" for k in range(len(loop.parts.outputs) - 1)]
    given = [f"row[{k}]" for k in range(len(loop.parts.scalars) + len(loop.inverses))]
    scope: dict[str, Any] = {"loop": loop.call}
    exec(f"def step(x, g, slots, row): loop({', '.join(['x', 'g', *slots, *given])})", scope)
    return numba.njit(nogil=True)(scope["step"])


def table(
    rule: Callable[..., Any],
    dtype: np.dtype,
    steps: range,
    at: Callable[[int], Mapping[str, float]],
    constant: bool,
) -> np.ndarray:
    """What each of many steps needs of its number and the settings, a row for each.

    ``at`` gives the hyperparameters of a step; ``constant`` says that they are always the same.
    """
    loop = _loop(rule, dtype)
    with np.errstate(all="ignore"):
        columns = loop.scalars(loop.parts.values_of_steps(steps, at, constant))
        rows = np.empty((len(steps), len(columns)), dtype)
        for k, column in enumerate(columns):
            rows[:, k] = column
    return rows


@cache
def _loop(rule: Callable[..., Any], dtype: np.dtype) -> _Loop:
    import numba

    parts, typed = split(rule), OnNumbers()
    body = [f"{target(line)}__ = {typed.source(line.value)}" for line in parts.lines]
    names = [*parts.scalars, *(f"inverse_{name}" for name in typed.divisors)]
    literals = {name: dtype.type(value) for name, value in typed.literals.items()}
    scope: dict[str, Any] = {"np": np, **literals}
    exec(_loop_source(parts, names, body), scope)
    places = [list(parts.scalars).index(name) for name in typed.divisors]
    return _Loop(numba.njit(nogil=True, error_model="numpy")(scope["loop"]), parts, places)


def _loop_source(parts: Split, scalars: Sequence[str], body: Sequence[str]) -> str:
    names = [f"{name}_array" for name in parts.arrays]
    head = f"def loop({', '.join([*names, *scalars])}):"
    lines = [head, "    for i in range(len(x_array)):"]
    lines += [f"        {name}__ = {name}_array[i]" for name in parts.arrays]
    lines += [f"        {line}" for line in body]
    slots = [name for name in parts.arrays if name != "g"]
    lines += [
        f"        {slot}_array[i] = {output}__"
        for slot, output in zip(slots, parts.outputs, strict=True)
    ]
    return "\n".join(lines)
