"""Grade one submission: record every question in the sandbox, judge here, give it a status."""

from __future__ import annotations

import hashlib
import inspect
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from mytutor import checking, exercises
from mytutor.checking import Case, Question, Recording, Verdict
from mytutor.grading import wire
from mytutor.grading.reading import Submission
from mytutor.grading.sandbox.levels import Level
from mytutor.grading.sandbox.running import Asked, Frame, Limits, run

__all__ = ["FAILED", "STATUSES", "Result", "cases_of", "grade", "version"]

Status = Literal[
    "right",
    "named",
    "unknown",
    "not attempted",
    "missing",
    "timeout",
    "memory",
    "crashed",
    "refused",
    "unreadable",
    "not asked",
]
STATUSES: dict[str, str] = {
    "right": "the answer is right",
    "named": "a mistake that has a name",
    "unknown": "wrong in a way that has no name",
    "not attempted": "still as it was given, or the library's own function",
    "missing": "nothing of that name is defined",
    "timeout": "it didn't end in time",
    "memory": "it took more memory than allowed",
    "crashed": "its process died",
    "refused": "what came back was no recording",
    "unreadable": "no notebook, or too large a one",
    "not asked": "the notebook is about another chapter",
}
FAILED = ("timeout", "memory", "crashed", "refused", "unreadable")  # couldn't be judged
JUDGING = threading.Lock()


@dataclass(frozen=True)
class Result:
    """What came of one question: its status, why, and the verdict the student would have seen."""

    question: str
    status: str
    reason: str = ""
    diagnosis: tuple[str, ...] = ()
    shown: str = ""
    remarks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def grade(
    submission: Submission,
    names: Sequence[str],
    seed: str,
    level: Level,
    limits: Limits | None = None,
) -> list[Result]:
    """A result for every one of these questions, all asked in one sandbox.

    Nothing that a submission does raises here; OSError when no worker can be started.
    """
    if submission.trouble:
        return [Result(name, "unreadable", submission.trouble) for name in names]
    answered = [name for name in names if _mentions(submission, exercises.question(name))]
    shared = Counter(exercises.question(name).variable for name in submission.named)
    asked = [_asked(name, seed, shared) for name in answered]
    frames = run(level, submission.cells, asked, limits or Limits()) if asked else []
    found = dict(zip(answered, frames, strict=True))
    return [
        _result(name, seed, found[name])
        if name in found
        else Result(name, "missing", f"nothing is called {exercises.question(name).variable!r}")
        for name in names
    ]


def _mentions(submission: Submission, question: Question) -> bool:
    """Whether an answer may be there; the syntax tree decides, where it is safe to make one."""
    return any(question.variable in cell for cell in submission.cells)


def _asked(name: str, seed: str, shared: Counter[str]) -> Asked:
    variable = exercises.question(name).variable
    until = name if shared[variable] > 1 else ""
    return Asked(variable, _packed(name, seed), until)


@cache
def cases_of(name: str, seed: str) -> tuple[Case, ...]:
    """The cases of a question in this run: the same for the whole class, and for nobody to know."""
    text = f"{seed}\n{name}".encode()
    number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
    return tuple(exercises.question(name).cases(number))


@cache
def _packed(name: str, seed: str) -> list[Any]:
    return wire.pack_cases(cases_of(name, seed))


@cache
def version(name: str) -> str:
    """A digest of an exercise, its reference and the judge: results of others aren't used again."""
    question = exercises.question(name)
    chapters = [module for _, module in inspect.getmembers(exercises, inspect.ismodule)]
    owners = [m for m in chapters if question in getattr(m, "QUESTIONS", ())]
    reference = inspect.getmodule(getattr(question, "reference", None))
    digest = hashlib.sha256(name.encode())
    for module in (*owners, checking, *([reference] if reference else [])):
        for file in _sources(Path(str(module.__file__))):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sources(file: Path) -> list[Path]:
    return sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]


def _result(name: str, seed: str, frame: Frame) -> Result:
    remarks = _skipped(frame.skipped)
    if not frame.payload:
        return _without(name, frame, remarks)
    try:
        recording = wire.decode(frame.payload)
        with JUDGING:
            verdict = checking.judge(exercises.question(name), cases_of(name, seed), recording)
    except wire.Absent as error:
        return _absent(name, str(error), remarks)
    except wire.Malformed as error:
        return Result(name, "refused", str(error), remarks=remarks)
    except Exception as error:  # what the judge stumbles over earns nothing, and harms nobody
        reason = f"not to be judged ({type(error).__name__})"
        return Result(name, "refused", reason, remarks=remarks)
    return _judged(name, verdict, recording, remarks)


def _skipped(cells: Sequence[int]) -> tuple[str, ...]:
    if not cells:
        return ()
    which = f"cell {cells[0]}" if len(cells) == 1 else "its cells"
    return (f"{which} hung, died or left nothing to ask: only what it defines was run",)


def _without(name: str, frame: Frame, remarks: tuple[str, ...]) -> Result:
    """The result where no recording came back."""
    if frame.late or frame.signal == signal.SIGXCPU:
        return Result(name, "timeout", "it didn't end in time", remarks=remarks)
    cause = f" (signal {frame.signal})" if frame.signal else ""
    return Result(name, "crashed", f"its process died{cause}", remarks=remarks)


def _absent(name: str, notes: str, remarks: tuple[str, ...]) -> Result:
    """The result where the answer's name was never given a value."""
    status = "memory" if "MemoryError" in notes else "missing"
    said = f"no cell gives {exercises.question(name).variable!r} a value"
    return Result(name, status, f"{said}: {notes}" if notes else said, remarks=remarks)


def _judged(name: str, verdict: Verdict, recording: Recording, remarks: tuple[str, ...]) -> Result:
    status = {"correct": "right", "not attempted": "not attempted"}.get(verdict.outcome)
    failures = [o.failure.kind for o in recording.outputs if o.failure is not None]
    if status is None and "MemoryError" in failures:
        status = "memory"
    elif status is None and "too slow" in verdict.diagnosis:
        status = "timeout"
    elif status is None:
        status = "named" if verdict.diagnosis else "unknown"
    return Result(
        name,
        status,
        verdict.message.replace("`", ""),
        verdict.diagnosis,
        replace(verdict, page="")._repr_html_(),
        (*remarks, *verdict.remarks),
    )
