"""What is wrong with one output, before asking why: it raised, has another form or other values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor.checking.comparing import Expected, close, slots
from mytutor.checking.plain import Unknown, show
from mytutor.checking.recording import Case, Failure, Output, Parameter, Recording

__all__ = ["Fault", "fault_of", "is_unfinished", "parameter_fault", "raised"]


class Fault(NamedTuple):
    """One case that went wrong: ``kind`` is 'raises', 'form', 'values' or 'changed'."""

    case: int
    kind: str
    message: str
    wrong: tuple[str, ...] = ()


def fault_of(
    index: int, case: Case, output: Output, wanted: Expected, names: Sequence[str]
) -> Fault | None:
    """What is wrong with the output of a case; None when nothing is."""
    if output.failure is not None:
        return None if case.optional else Fault(index, "raises", raised(output.failure, case))
    got = slots(output.value, len(names))
    form = _fault_of_form(output.value, got, wanted, names)
    if form or got is None:
        return None if case.optional else Fault(index, "form", form)
    agrees = close(got, wanted)
    if not all(agrees):
        wrong = tuple(name for name, right in zip(names, agrees, strict=True) if not right)
        return Fault(index, "values", "", wrong)
    if output.changed:
        return Fault(index, "changed", changed_inputs(output.changed))
    return None


def _fault_of_form(
    value: Any, got: Sequence[np.ndarray] | None, wanted: Expected, names: Sequence[str]
) -> str:
    if got is None:
        return _wrong_form(value, names, wanted)
    for name, part, right in zip(names, got, wanted.values, strict=True):
        if part.dtype.kind == "c":
            return (
                f"`{name}` holds complex numbers. Is there a root or a power of something negative?"
            )
        if part.shape != right.shape:
            return _wrong_shape(name, part, right)
    return ""


def changed_inputs(names: Sequence[str]) -> str:
    """Say that inputs were changed, and how to do without."""
    listed = " and ".join(f"`{name}`" for name in names)
    return (
        f"It changes its input {listed} in place, so whoever calls it loses the old values. "
        "`a = a + b` makes a new array where `a += b` and `a[:] = b` write into the old one."
    )


def _wrong_form(value: Any, names: Sequence[str], wanted: Expected) -> str:
    line = f"`return {', '.join(names)}`"
    if value is None:
        return f"It returns nothing (None). Is the last line {line}?"
    first = slots(value, 1)
    alone = Expected(wanted.values[:1], wanted.tolerances[:1])
    if first is not None and len(names) > 1 and first[0].shape == wanted.values[0].shape:
        right = "The new value is right" if all(close(first, alone)) else "One value comes back"
        return f"{right}, but the rest is missing: the last line should be {line}."
    if isinstance(value, Unknown):
        return f"It returns {value.kind}. The last line should be {line}."
    if isinstance(value, str):
        return f"It returns a text, {show(value[:40])}. The last line should be {line}."
    if isinstance(value, dict):
        return f"It returns a dictionary. The last line should be {line}."
    if type(value) in (tuple, list) and len(value) == len(names):
        return _wrong_part(value, names)
    count = len(value) if type(value) in (tuple, list) else 1
    things = "one value" if count == 1 else f"{count} values"
    return f"It returns {things} where {len(names)} are expected: {line}."


def _wrong_part(value: Sequence[Any], names: Sequence[str]) -> str:
    for name, part in zip(names, value, strict=True):
        if slots((part,), 1) is None:
            return f"What it returns for `{name}` is no number or array but {show(part)[:60]}."
    return "What it returns is no row of numbers or arrays."


def _wrong_shape(name: str, value: np.ndarray, right: np.ndarray) -> str:
    text = f"`{name}` has the shape {value.shape} where {right.shape} is expected."
    if value.ndim < right.ndim:
        return f"{text} Does something add up, or pick elements, that should stay apart?"
    return text


TIPS = {  # by a part of the error's type and text
    "NameError": "Is the name spelled right, and has the cell that defines it been run?",
    "UnboundLocalError": "A name is read before the function has given it a value.",
    "RecursionError": "The function calls itself without end.",
    "MemoryError": "It asks for far more memory than the inputs need.",
    " ^: ": "In Python a power is written `**`; `^` means something else.",
    "converted to Python scalars": "The inputs are arrays: use `sqrt` or `np.sqrt` on them, not "
    "`float` or the functions of `math`.",
    "truth value of an array": "An `if` needs one truth value; for arrays there is `np.where`.",
}


def raised(failure: Failure, case: Case) -> str:
    """Say what a call raised, in the student's own line."""
    if failure.kind == "SystemExit":
        what = "It calls exit() instead of returning"
    else:
        what = f"It raises {failure.kind}" + (f": {failure.text}" if failure.text else "")
    where = f", in the line `{failure.line}`" if failure.line and "`" not in failure.line else ""
    when = f" This happens for {case.about}." if case.about else ""
    said = f"{failure.kind} {failure.text}"
    tip = "".join(f" {tip}" for part, tip in TIPS.items() if part in said)
    return f"{what.rstrip('.')}{where}.{when}{tip}"


def is_unfinished(recording: Recording) -> bool:
    """True when the stub is still there: nothing, `...`, an empty body or NotImplementedError."""
    if recording.kind == "value":
        return recording.value is None or recording.value is ...
    first = recording.outputs[0] if recording.outputs else Output()
    if first.failure is not None:
        unfinished = "ellipsis" in first.failure.text.lower()
        return first.failure.kind == "NotImplementedError" or unfinished
    if recording.empty and (first.value is None or first.value is ...):
        return True
    parts = first.value if type(first.value) in (tuple, list) else (first.value,)
    return any(part is ... for part in parts)


def parameter_fault(found: Sequence[Parameter], wanted: Sequence[Parameter]) -> str | None:
    """Say how the parameters differ from those asked for; None when the calls will work."""
    kinds = {p.kind for p in found}
    if {"VAR_POSITIONAL", "VAR_KEYWORD"} <= kinds:
        return None
    by_position = [p.name for p in found if p.kind.startswith("POSITIONAL")]
    positional = [p.name for p in wanted if p.kind.startswith("POSITIONAL")]
    by_name = {p.name for p in found if p.kind in ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")}
    asked = f"Asked for: `({_listed(wanted)})`."
    if "VAR_POSITIONAL" not in kinds:
        for place, name in enumerate(positional):
            here = by_position[place] if place < len(by_position) else None
            if here != name:
                return _misplaced(place, name, here, {p.name for p in found}) + f" {asked}"
    for p in wanted:
        if p.kind == "KEYWORD_ONLY" and p.name not in by_name and "VAR_KEYWORD" not in kinds:
            return f"The parameter `{p.name}` is missing. {asked}"
    known = {p.name for p in wanted}
    for p in found:
        if p.name not in known and not p.has_default and not p.kind.startswith("VAR"):
            return f"The parameter `{p.name}` is not among those asked for. {asked}"
    for p in wanted:
        mine = next((f for f in found if f.name == p.name), None)
        if p.has_default and mine is not None and not mine.has_default:
            return (
                f"The parameter `{p.name}` needs a default, `{p.name}={show(p.default)}`. {asked}"
            )
    return None


def _misplaced(place: int, name: str, here: str | None, found: set[str]) -> str:
    if name not in found and here is None:
        return f"The parameter `{name}` is missing."
    if name in found:
        return f"The parameters are in another order: number {place + 1} should be `{name}`."
    return f"Parameter number {place + 1} is called `{here}` where `{name}` is expected."


def _listed(parameters: Sequence[Parameter]) -> str:
    parts: list[str] = []
    for p in parameters:
        if p.kind == "KEYWORD_ONLY" and "*" not in parts:
            parts.append("*")
        parts.append(f"{p.name}={show(p.default, 12)}" if p.has_default else p.name)
    return ", ".join(parts)
