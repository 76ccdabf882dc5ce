"""Fused: one loop over memory, compiled by Numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from mytutor.execute.kernel import Kernel
from mytutor.execute.numbers import OnNumbers
from mytutor.execute.parts import Split, split, target

__all__ = ["fused"]


@cache
def fused(rule: Callable[..., Any], dtype: str) -> Kernel:
    """The rule as one loop, compiled for a dtype; no scratch."""
    import numba

    parts = split(rule)
    number = np.dtype(dtype).type
    typed = OnNumbers()
    body = [f"{target(line)}__ = {typed.source(line.value)}" for line in parts.lines]
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
