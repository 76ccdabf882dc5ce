"""Compiled: torch.compile, on a GPU one kernel for the whole array."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from mytutor.execute.parts import Split, split

__all__ = ["compiled"]


@cache
def compiled(rule: Callable[..., Any]) -> Callable[..., None]:
    """The rule through torch.compile; numbers come as one tensor, so that no step compiles anew."""
    import torch

    parts = split(rule)
    whole: dict[tuple[bool, ...], Any] = {}  # by which of the numbers are truth values

    def step(x: Any, g: Any, t: int, slots: Sequence[Any], settings: Mapping[str, float]) -> None:
        values = parts.values(t, settings)
        truths = tuple(isinstance(value, bool) for value in values)
        if truths not in whole:
            whole[truths] = torch.compile(_in_place(parts, truths), dynamic=False)
        with torch.no_grad():
            whole[truths](x, g, *slots, torch.tensor(values, dtype=x.dtype).to(x.device))

    return step


def _in_place(parts: Split, truths: Sequence[bool]) -> Callable[..., None]:
    """The rule as a function that writes into its arrays, and takes its numbers in a row.

    Copies of all outputs come first: one of them may be what an array was before.
    """
    given = [f"{name}__" for name in parts.arrays]
    written = [name for name in given if name != "g__"]
    lines = [f"{', '.join(parts.arrays)}, = {', '.join(given)},"]
    if parts.scalars:
        lines.append(f"{', '.join(parts.scalars)}, = numbers__.unbind()")
    lines += [f"{n} = {n} != 0" for n, truth in zip(parts.scalars, truths, strict=True) if truth]
    lines += [ast.unparse(line) for line in parts.lines]
    lines.append(f"outputs__ = [each.clone() for each in ({', '.join(parts.outputs)},)]")
    lines += [f"{name}.copy_(outputs__[{place}])" for place, name in enumerate(written)]
    scope: dict[str, Any] = dict(parts.rule.__globals__)
    body = "\n".join(f"    {line}" for line in lines)
    exec(f"def step({', '.join(given)}, numbers__):\n{body}", scope)
    step: Callable[..., None] = scope["step"]
    return step
