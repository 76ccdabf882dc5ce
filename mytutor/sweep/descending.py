"""Many descents at once: one axis of starts or of hyperparameters, all steps in one loop."""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from mytutor import trace
from mytutor._checks import as_numbers, check_how, check_whole
from mytutor.execute import available
from mytutor.execute.numbers import OnNumbers
from mytutor.execute.parts import Split, split, target
from mytutor.optimizer import Optimizer
from mytutor.sweep.progress import bar
from mytutor.sweep.settings import each_run, swept_and_fixed

__all__ = ["Paths", "paths"]

ABREAST = 256
"""Paths in the inner loop: as many as fill the vectors of the processor and stay in its cache."""
PIECE = 16_384
"""Paths between two looks at the progress bar and at an interrupt."""


class Paths(NamedTuple):
    """Where many descents ended.

    ``ends`` has the shape of the starts, ``values`` holds the surface there, and ``done`` says how
    many paths were run to their end; after an interrupt the others are NaN.
    """

    ends: np.ndarray
    values: np.ndarray
    done: int


def paths(
    rule: Callable[..., Any],
    surface: Any,
    starts: Any,
    steps: int,
    *,
    how: str = "auto",
    progress: bool = False,
    **hyperparameters: Any,
) -> Paths:
    """Descend a surface from many starts, with one setting for all or one for each.

    ``starts`` is an array of shape (variables, paths), or one point, which every path begins at; of
    single precision, if all is to be computed in it, which takes half the time. A
    hyperparameter is a number, a schedule, or an array of one number for each path. ``how`` is
    "fused" (all steps in one compiled loop; surfaces of two variables), "plain", or "auto", which
    takes fused for 1,000 paths and more where Numba is installed. ``progress`` shows a bar. An
    interrupt returns what is done. A path that diverges ends in infinity or NaN. Raises ValueError
    for starts of another shape or settings that don't fit, TypeError for unknown hyperparameters.

    Source: the batched loop over initial conditions is that of Sohl-Dickstein (2024).
    """
    check_whole("steps", steps, 0)
    swept, optimizer = swept_and_fixed(rule, hyperparameters)
    single = isinstance(starts, np.ndarray) and starts.dtype == np.float32
    points = starts if single else as_numbers("starts", starts)
    count = _count(points, swept)
    each = each_run(rule, swept, count)
    points = np.broadcast_to(points[:, None] if points.ndim == 1 else points, (len(points), count))
    each = {name: values.astype(points.dtype) for name, values in each.items()}
    settings = _settings(optimizer, steps)
    descents = _Descents(rule, surface, points, each, settings, not optimizer.scheduled)
    return _in_pieces(descents, _run(descents, how), progress)


Run = Callable[[int, int, np.ndarray], None]
"""What runs the paths from a first to before a last one and writes into an array where they end."""


class _Descents(NamedTuple):
    """What is to be run: paths from points, with what each has for itself and all for a step.

    ``points`` has the shape (variables, paths), ``settings`` holds the hyperparameters of every
    step, and ``constant`` says that no schedule changes them.
    """

    rule: Callable[..., Any]
    surface: Any
    points: np.ndarray
    each: Mapping[str, np.ndarray]
    settings: list[dict[str, float]]
    constant: bool


def _settings(optimizer: Optimizer, steps: int) -> list[dict[str, float]]:
    if optimizer.scheduled:
        return [optimizer.at(t) for t in range(1, steps + 1)]
    return [optimizer.at(1)] * steps


def _count(points: np.ndarray, swept: Mapping[str, Any]) -> int:
    if points.ndim not in (1, 2) or len(points) < 2:
        raise ValueError(
            f"starts has the shape {points.shape}; expected (variables, paths), or one point"
        )
    counts = {len(value) for value in swept.values()} | (
        {points.shape[1]} if points.ndim == 2 else set()
    )
    if len(counts) > 1:
        found = " and ".join(map(str, sorted(counts)))
        raise ValueError(f"there are {found} paths in starts and settings; expected one number")
    return counts.pop() if counts else 1


def _run(descents: _Descents, how: str) -> Run:
    check_how(how)
    points = descents.points
    if how == "fused" and len(points) != 2:
        raise ValueError(f"starts has {len(points)} variables; fused paths have 2, so use 'plain'")
    many = points.shape[1] >= 1000 and len(points) == 2
    fused = not available()["fused"] and (how == "fused" or (how == "auto" and many))
    return _fused(descents) if fused else _plain(descents)


def _in_pieces(descents: _Descents, run: Run, progress: bool) -> Paths:
    points, count, done = descents.points, descents.points.shape[1], 0
    ends, values = np.empty(points.shape, points.dtype), np.empty(count, points.dtype)
    with contextlib.suppress(KeyboardInterrupt), bar(count, "paths", shown=progress) as shows:
        for low in range(0, count, PIECE):
            high = min(low + PIECE, count)
            run(low, high, ends)
            with np.errstate(all="ignore"):
                values[low:high] = descents.surface.value(ends[:, low:high])
            done = high
            shows.update(high - low)
    ends[:, done:] = values[done:] = np.nan
    return Paths(ends, values, done)


def _plain(descents: _Descents) -> Run:
    rule, surface, points, each, settings, _ = descents

    def run(low: int, high: int, ends: np.ndarray) -> None:
        x, own = points[:, low:high].copy(), {name: v[low:high] for name, v in each.items()}
        state: list[Any] = []
        with np.errstate(all="ignore"):
            for t, at in enumerate(settings, start=1):
                stepped = rule(x, surface.gradient(x), t, *state, **{**at, **own})
                x, *state = stepped if isinstance(stepped, tuple) else (stepped,)
        ends[:, low:high] = x

    return run


# -- fused -----------------------------------------------------------------------------------------


def _fused(descents: _Descents) -> Run:
    rule, surface, points, each, *_ = descents
    dtype = points.dtype
    loop, columns = _loop(rule, _gradient_source(surface), tuple(each), dtype)
    first = np.array([float(value) for value in trace.state(rule).values()], dtype)
    table = _table(descents, columns)
    given = np.array([*each.values()], dtype).reshape(len(each), points.shape[1])
    return partial(loop, np.ascontiguousarray(points), first, table, given)


def _table(descents: _Descents, columns: list[str]) -> np.ndarray:
    """What every step needs of its number and the settings, and their inverses, from double."""
    parts, settings = split(descents.rule), descents.settings
    steps, names = range(1, len(settings) + 1), [*parts.scalars]
    table = np.empty((2 * len(columns), len(steps)), descents.points.dtype)
    with np.errstate(all="ignore"):
        values = parts.values_of_steps(steps, lambda t: settings[t - 1], descents.constant)
        for k, name in enumerate(columns):
            value = np.asarray(values[names.index(name)], float)
            table[k], table[len(columns) + k] = value, 1 / value
    return table


def _gradient_source(surface: Any) -> tuple[str, str]:
    """Both partial derivatives as Python text in x and y."""
    try:
        return _partial_derivatives(surface)
    except TypeError:  # a surface of one's own that can't be a key
        return _partial_derivatives.__wrapped__(surface)


@cache
def _partial_derivatives(surface: Any) -> tuple[str, str]:
    import sympy

    with sympy.evaluate(False):
        point = np.array(sympy.symbols("x y"), dtype=object)
        first, second = (sympy.pycode(sympy.sympify(part)) for part in surface.gradient(point))
    return first, second


@cache
def _loop(
    rule: Any, gradient: tuple[str, str], swept: tuple[str, ...], dtype: np.dtype
) -> tuple[Any, list[str]]:
    """All steps of a block of paths in one compiled loop, and the scalars that it reads."""
    import numba

    parts, typed = split(rule), {suffix: OnNumbers(suffix) for suffix in ("", "_x", "_y")}
    slopes = [typed[""].source(ast.parse(text, mode="eval").body) for text in gradient]
    inner, columns = _inner(parts, typed, slopes, swept)
    scope: dict[str, Any] = {"np": np, "math": math}
    for each in typed.values():
        scope |= {name: dtype.type(value) for name, value in each.literals.items()}
    source = LOOP.format(
        rows=2 * len(parts.outputs),
        abreast=ABREAST,
        table="; ".join(
            f"{name}, inverse_{name} = table[{k}, t - 1], table[{len(columns) + k}, t - 1]"
            for k, name in enumerate(columns)
        ),
        inner="; ".join(inner),
    )
    exec(source, scope)
    return numba.njit(nogil=True, error_model="numpy")(scope["paths"]), columns


LOOP = """
def paths(points, first, table, given, start, stop, ends):
    here = np.empty(({rows}, {abreast}), points.dtype)
    for low in range(start, stop, {abreast}):
        size = min({abreast}, stop - low)
        for i in range(size):
            here[0, i] = points[0, low + i]
            here[1, i] = points[1, low + i]
            for k in range(len(first)):
                here[2 + 2 * k, i] = first[k]
                here[3 + 2 * k, i] = first[k]
        for t in range(1, table.shape[1] + 1):
            {table}
            for i in range(size):
                {inner}
        for i in range(size):
            ends[0, low + i] = here[0, i]
            ends[1, low + i] = here[1, i]
"""


def _inner(
    parts: Split, typed: Mapping[str, OnNumbers], gradient: Sequence[str], swept: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """The statements for one path, and the scalars that are the same for all of them."""
    slots = [name for name in parts.arrays if name not in ("x", "g")]
    lines = [f"{name} = given[{k}, low + i]" for k, name in enumerate(swept)]
    own: list[str] = []
    for name, text in parts.scalars.items():
        tree = ast.parse(text, mode="eval").body
        if {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & {*swept, *own}:
            own.append(name)
            lines.append(f"{name} = {typed[''].source(tree)}")
            lines.append(f"inverse_{name} = 1.0 / {name}")
    lines.append("x, y = here[0, i], here[1, i]")
    for row, (variable, slope) in enumerate(zip("xy", gradient, strict=True)):
        lines.append(f"x_{variable}, g_{variable} = {variable}, {slope}")
        lines += [f"{s}_{variable} = here[{2 + 2 * k + row}, i]" for k, s in enumerate(slots)]
    for row, variable in enumerate("xy"):
        for line in parts.lines:
            value = typed[f"_{variable}"].source(line.value)
            lines.append(f"{target(line)}_{variable} = {value}")
        for k, output in enumerate(parts.outputs):
            lines.append(f"here[{2 * k + row}, i] = {output}_{variable}")
    return lines, [name for name in parts.scalars if name not in own]
