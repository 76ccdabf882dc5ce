"""How to run a rule, never what: the same definition, readable, blocked, fused or compiled.

* *plain* calls the rule. It works for every kind of array and makes new ones.
* *blocked* runs its operations through NumPy, block after block that stays in the cache, and writes
  into the arrays it was given: no memory is allocated that grows with them.
* *fused* makes one loop of it with Numba: every number is read and written once.
* *compiled* hands it to ``torch.compile``: on a GPU one kernel for the whole array.

Whatever depends on the step and the hyperparameters alone, such as 1 - beta1**t, is computed once a
step in double precision, as it is when the rule is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mytutor._optional import fusible, installed
from mytutor.arrays import namespace
from mytutor.execute.blocked import blocked
from mytutor.execute.compiled import compiled
from mytutor.execute.fused import fused
from mytutor.execute.joining import joined
from mytutor.execute.kernel import run
from mytutor.execute.parts import split

__all__ = ["EXECUTORS", "available", "choose", "elementwise", "prepare", "step_", "steps_"]

EXECUTORS = ("plain", "blocked", "fused", "compiled")
KINDS = {"blocked": "numpy", "fused": "numpy", "compiled": "torch"}
"""The arrays that an executor runs, where not all of them will do."""
WORTH_COMPILING = 200_000
"""Elements from which a fused loop repays the half second that compiling it takes."""


def available() -> dict[str, str]:
    """Every executor and why it can't be used here; an empty text where it can."""
    return {
        "plain": "",
        "blocked": "",
        "fused": "" if installed("numba") else "Numba is not installed",
        "compiled": "" if installed("torch") else "torch is not installed",
    }


def choose(rule: Callable[..., Any], x: Any, how: str = "auto") -> str:
    """The executor that runs a rule on the array x.

    "auto" takes compiled for torch tensors on a GPU, fused for large NumPy arrays where Numba is
    installed, blocked for other NumPy arrays, and plain for rules that aren't elementwise and
    everything else; "fused" becomes blocked without Numba and for all but single and double
    precision. Raises ValueError for an unknown executor and for one that can't run this rule or
    this array.
    """
    if how not in ("auto", *EXECUTORS):
        names = ", ".join(("auto", *EXECUTORS))
        raise ValueError(f"executor is {how!r}; expected one of {names}")
    kind = namespace(x)
    if how == "auto":
        return _automatic(rule, x, kind)
    wanted = KINDS.get(how, kind)
    if kind != wanted:
        raise ValueError(f"executor {how!r} runs {wanted} arrays; x is one of {kind}: use 'auto'")
    if how in ("blocked", "fused"):
        split(rule)  # says why not
    return "blocked" if how == "fused" and not fusible(x.dtype) else how


def _automatic(rule: Callable[..., Any], x: Any, kind: str) -> str:
    if kind == "torch":
        return "compiled" if x.is_cuda and elementwise(rule) else "plain"
    if not elementwise(rule):
        return "plain"
    return "fused" if x.size >= WORTH_COMPILING and fusible(x.dtype) else "blocked"


def elementwise(rule: Callable[..., Any]) -> bool:
    """Whether every number of a step depends on those in its own place alone."""
    try:
        split(rule)
    except ValueError:
        return False
    return True


def step_(
    rule: Callable[..., Any],
    x: Any,
    g: Any,
    t: int,
    slots: Sequence[Any],
    hyperparameters: Mapping[str, float],
    *,
    how: str = "auto",
    threads: int = 1,
) -> None:
    """One step in place: x and every array of ``slots`` become what the rule returns for them.

    The arrays have one shape and dtype and lie in one piece. ``threads`` share the work of a
    blocked or a fused step. Raises ValueError for arrays that differ, lie apart or can't be
    written, for an unknown executor and for a rule that the executor can't run.

    Source: fusing elementwise operations so that memory is read once, Ivanov et al. (2021).
    """
    prepare(rule, x, g, slots, how=how, threads=threads)(t, hyperparameters)


def steps_(
    rule: Callable[..., Any],
    params: Sequence[Any],
    grads: Sequence[Any],
    t: int,
    slots: Sequence[Sequence[Any]],
    hyperparameters: Mapping[str, float],
    *,
    how: str = "auto",
    threads: int = 1,
) -> None:
    """``step_`` for a list of arrays, each with its slots; views of one vector are one array.

    All are checked before the first is written. Where a fused loop is compiled for one of them, all
    of its dtype are run by it.
    """
    if len(params) > 1 and elementwise(rule):
        rows = joined(params, grads, slots)
    else:
        rows = [(x, g, *own) for x, g, own in zip(params, grads, slots, strict=True)]
    ways = [how] * len(rows)
    if how == "auto" and len(rows) > 1:
        ways = _alike(rule, [x for x, *_ in rows])
    prepared = [
        prepare(rule, x, g, own, how=way, threads=threads)
        for (x, g, *own), way in zip(rows, ways, strict=True)
    ]
    for step in prepared:
        step(t, hyperparameters)


def _alike(rule: Callable[..., Any], params: Sequence[Any]) -> list[str]:
    """What "auto" chooses for each, and fused for all of a dtype for which it chooses it once."""
    ways = [choose(rule, x) for x in params]
    loops = {x.dtype for x, way in zip(params, ways, strict=True) if way == "fused"}
    return ["fused" if x.dtype in loops else way for x, way in zip(params, ways, strict=True)]


def prepare(
    rule: Callable[..., Any],
    x: Any,
    g: Any,
    slots: Sequence[Any],
    *,
    how: str = "auto",
    threads: int = 1,
) -> Callable[[int, Mapping[str, float]], None]:
    """A function of t and the hyperparameters that does ``step_`` on these arrays, checked once.

    Raises what ``step_`` raises.
    """
    _check_arrays(x, g, slots)
    how = choose(rule, x, how)
    if how == "plain":
        return partial(_plain, rule, x, g, slots)
    if how == "compiled":
        step = compiled(rule)
        return lambda t, hyperparameters: step(x, g, t, slots, hyperparameters)
    flat = [x, g, *slots] if x.ndim == 1 else [array.reshape(-1) for array in (x, g, *slots)]
    kernel = blocked(rule) if how == "blocked" else fused(rule, x.dtype)
    return lambda t, values: run(kernel, flat, kernel.scalars(t, values), threads)


def _check_arrays(x: Any, g: Any, slots: Sequence[Any]) -> None:
    shape, dtype = x.shape, x.dtype
    for place, array in enumerate((x, g, *slots)):
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{_name(place)} is {array.dtype} of shape {tuple(array.shape)}; expected "
                f"{dtype} of shape {tuple(shape)}, as x is"
            )
        if not isinstance(array, np.ndarray):
            if array.device != x.device:
                raise ValueError(
                    f"{_name(place)} is on {array.device}; expected {x.device}, as x is"
                )
            continue
        flags = array.flags
        if place != 1 and not flags.writeable:
            name = _name(place)
            raise ValueError(f"{name} can't be written to; pass a copy, {name}.copy()")
        if not flags.c_contiguous:
            name = _name(place)
            raise ValueError(f"{name} doesn't lie in one piece; pass np.ascontiguousarray({name})")


def _name(place: int) -> str:
    """What the arrays of a step are called; made up only for what is refused."""
    return ("x", "g")[place] if place < 2 else f"slots[{place - 2}]"


def _plain(
    rule: Callable[..., Any], x: Any, g: Any, slots: Sequence[Any], t: int, settings: Any
) -> None:
    stepped = rule(x, g, t, *slots, **settings)
    results = list(stepped) if isinstance(stepped, tuple) else [stepped]
    # A rule may return what it was given in another place: it must be read before it is written.
    results = [1 * new if any(new is old for old in (x, *slots)) else new for new in results]
    for old, new in zip((x, *slots), results, strict=True):
        old[...] = new
