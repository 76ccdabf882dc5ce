"""Call a student's answer on copies of the inputs and write down what came back.

A recording consists of plain values only. It may be made in the notebook or in another process, and
is judged without the student's code being there.
"""

from __future__ import annotations

import copy
import dis
import inspect
import linecache
import re
import traceback
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from mytutor.checking.limits import TimeUp, quiet, within
from mytutor.checking.plain import Unknown, plain, type_name

__all__ = ["Case", "Failure", "Output", "Parameter", "Recording", "parameters_of", "record"]

SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class Case:
    """One call: inputs by name, the first ``positional`` of them passed by position.

    ``about`` says what is special about it, to be read after "wrong only for". An ``optional`` case
    may raise without the answer being wrong: a loop over the elements of a vector is right.
    """

    inputs: Mapping[str, Any]
    positional: int
    about: str = ""
    optional: bool = False

    def call(self, function: Any) -> tuple[Any, dict[str, Any]]:
        """Call a function on deep copies; return what it returns and the copies it was given."""
        given = {name: _copy(value) for name, value in self.inputs.items()}
        names = list(given)
        args = [given[name] for name in names[: self.positional]]
        kwargs = {name: given[name] for name in names[self.positional :]}
        return function(*args, **kwargs), given


def _copy(value: Any) -> Any:
    if type(value) in (int, float, str):
        return value
    return value.copy() if type(value) is np.ndarray else copy.deepcopy(value)


class Failure(NamedTuple):
    """An exception in the student's code: its type, its text and the line that raised it."""

    kind: str
    text: str
    line: str
    number: int


class Output(NamedTuple):
    """What one call gave back: a plain value or a failure, and the inputs it changed in place."""

    value: Any = None
    failure: Failure | None = None
    changed: tuple[str, ...] = ()


class Parameter(NamedTuple):
    """One parameter of the student's function; ``kind`` is its name in ``inspect``."""

    name: str
    kind: str
    has_default: bool
    default: Any


@dataclass(frozen=True)
class Recording:
    """What is known about an answer: plain values only.

    ``kind`` is 'function', 'value', 'class' or 'async function'; ``origin`` the module and name of
    a function; ``parameters`` is None when they can't be known; ``empty`` is true for a function
    whose body does nothing. ``outputs`` has one entry per case that was called, ``again`` those of
    a second round in reverse order; ``in_time`` is false when the time ran out on the way.
    """

    kind: str
    value: Any = None
    origin: str = ""
    parameters: tuple[Parameter, ...] | None = None
    empty: bool = False
    outputs: tuple[Output, ...] = ()
    again: tuple[Output, ...] = ()
    printed: str = ""
    in_time: bool = True


def record(answer: Any, cases: Sequence[Case], seconds: float = SECONDS) -> Recording:
    """Call an answer on every case, twice, within a number of seconds altogether.

    Never raises for whatever the answer does; only KeyboardInterrupt passes through.
    """
    facts: list[Recording] = []
    outputs: list[Output] = []
    again: list[Output] = []

    def work() -> None:
        facts.append(_looked_at(answer))
        if facts[0].kind == "function":
            for case in cases:
                outputs.append(_call(answer, case))
            for case in reversed(cases):
                again.append(_call(answer, case))

    with quiet() as transcript:
        try:
            in_time = within(seconds, work)
        except TimeUp:
            in_time = False
    known = facts[0] if facts else Recording("value", Unknown(type_name(answer)))
    return replace(
        known,
        outputs=tuple(outputs),
        again=tuple(again),
        printed=transcript.text,
        in_time=in_time,
    )


def _looked_at(answer: Any) -> Recording:
    try:
        return _facts(answer)
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException:  # an object whose attributes raise
        return Recording("value", Unknown("an object that can't be looked at"))


def _facts(answer: Any) -> Recording:
    if not callable(answer):
        return Recording("value", plain(answer))
    if isinstance(answer, type):
        return Recording("class", Unknown(type_name(answer)))
    if inspect.iscoroutinefunction(answer):
        return Recording("async function", Unknown("an async function"))
    code = getattr(answer, "__code__", None)
    plain_function = type(answer) is types.FunctionType
    origin = f"{answer.__module__}.{answer.__qualname__}" if plain_function else ""
    empty = isinstance(code, types.CodeType) and _does_nothing(code)
    return Recording("function", origin=origin, parameters=parameters_of(answer), empty=empty)


IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP", "CACHE"}


def _does_nothing(code: types.CodeType) -> bool:
    constants = set(map(type, code.co_consts[1:] if code.co_consts else ()))
    return {step.opname for step in dis.get_instructions(code)} <= IDLE and constants <= {
        type(None),
        type(...),
        str,
    }


def parameters_of(answer: Any) -> tuple[Parameter, ...] | None:
    """The parameters of a callable as plain facts; None when they can't be known."""
    try:
        found = inspect.signature(answer).parameters.values()
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException:
        return None
    return tuple(
        Parameter(
            str(p.name),
            p.kind.name,
            p.default is not p.empty,
            None if p.default is p.empty else plain(p.default),
        )
        for p in found
    )


def _call(answer: Any, case: Case) -> Output:
    given: dict[str, Any] = {}

    def spy(*args: Any, **kwargs: Any) -> Any:
        given.update(zip(case.inputs, args, strict=False))
        given.update(kwargs)
        return answer(*args, **kwargs)

    try:
        returned, _ = case.call(spy)
        value, failure = plain(returned), None
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:
        value, failure = None, _failure(error)
    changed = tuple(
        name for name, old in case.inputs.items() if _changed(old, given.get(name, old))
    )
    return Output(value, failure, changed)


def _changed(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        same = before.shape == after.shape and before.dtype == after.dtype
        return not same or before.tobytes() != after.tobytes()
    if isinstance(before, (list, tuple)):
        unequal = (_changed(a, b) for a, b in zip(before, after, strict=False))
        return len(before) != len(after) or any(unequal)
    return False


def _failure(error: BaseException) -> Failure:
    try:
        text = re.sub(r"0x[0-9a-fA-F]+", "0x…", str(error))[:300]
    except Exception:
        text = ""
    kind = str(type.__getattribute__(type(error), "__name__"))
    number, line = _place(error)
    return Failure(kind, text, line, number)


HOUSE = ("mytutor.", "numpy.", "torch.", "IPython.", "_sitebuiltins", "inspect", "copy")


def _place(error: BaseException) -> tuple[int, str]:
    """The student's line that raised: the deepest one outside the libraries."""
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, number in reversed(frames):
        module = str(frame.f_globals.get("__name__", ""))
        if module != "numpy" and not module.startswith(HOUSE):
            return number, linecache.getline(frame.f_code.co_filename, number).strip()[:200]
    return 0, ""
