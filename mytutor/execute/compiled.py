"""Compiled: torch.compile, on a GPU one kernel for the whole array."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from mytutor.execute.parts import split

__all__ = ["compiled"]


@cache
def compiled(rule: Callable[..., Any]) -> Callable[..., None]:
    """The rule through torch.compile; numbers come as tensors, so that no step compiles anew."""
    import torch

    parts = split(rule)
    scope: dict[str, Any] = dict(rule.__globals__)
    names = ", ".join([*parts.arrays, *parts.scalars])
    body = "\n".join(f"    {ast.unparse(line)}" for line in parts.lines)
    exec(f"def step({names}):\n{body}\n    return {', '.join(parts.outputs)},", scope)
    pure = torch.compile(scope["step"], dynamic=False)

    def step(x: Any, g: Any, t: int, slots: Sequence[Any], settings: Mapping[str, float]) -> None:
        values = parts.values(t, settings)
        dtypes = [torch.bool if isinstance(value, bool) else x.dtype for value in values]
        scalars = [
            torch.tensor(value, dtype=dtype, device=x.device)
            for value, dtype in zip(values, dtypes, strict=True)
        ]
        with torch.no_grad():
            stepped = pure(x, g, *slots, *scalars)
            for old, new in zip((x, *slots), stepped, strict=True):
                old.copy_(new)

    return step
