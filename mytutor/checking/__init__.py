"""Check a student's answer and name the mistake.

An answer is recorded (called on copies of the inputs, under a time limit) and the recording is
judged. The two steps are apart so that untrusted code can be recorded elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from mytutor.checking.comparing import genuine_numpy
from mytutor.checking.functions import FunctionQuestion
from mytutor.checking.misconceptions import Misconception
from mytutor.checking.recording import Case, Recording, record
from mytutor.checking.rule_questions import rule_question
from mytutor.checking.tuning import Mistuned, TuneQuestion
from mytutor.checking.values import ChoiceQuestion, NumberQuestion, WrongValue
from mytutor.checking.verdict import Note, Verdict

__all__ = [
    "Case",
    "ChoiceQuestion",
    "FunctionQuestion",
    "Misconception",
    "Mistuned",
    "Note",
    "NumberQuestion",
    "Question",
    "Recording",
    "TuneQuestion",
    "Verdict",
    "WrongValue",
    "check",
    "judge",
    "record",
    "rule_question",
]


class Question(Protocol):
    """What every kind of question has."""

    @property
    def name(self) -> str:
        """The name that ``check`` is called with."""
        ...

    @property
    def kind(self) -> str:
        """'implement', 'find the bug', 'predict', ..."""
        ...

    @property
    def chapter(self) -> str:
        """The title of the chapter it belongs to."""
        ...

    @property
    def page(self) -> str:
        """The chapter's file under ``book/``, without its ending."""
        ...

    @property
    def variable(self) -> str:
        """The name of the function or variable that holds the answer in the notebook."""
        ...

    @property
    def hints(self) -> tuple[str, str, str]:
        """An idea, a formula, almost the code."""
        ...

    def cases(self, seed: int) -> Sequence[Case]:
        """The calls to record; none when the answer is a value."""
        ...

    def judge(self, cases: Sequence[Case], recording: Recording) -> Verdict:
        """The verdict on recorded outputs."""
        ...

    def solution(self) -> Note:
        """The solution and why it is one."""
        ...


def check(question: Question, answer: Any, seed: int = 0) -> Verdict:
    """Record an answer and judge it, in about a second at most.

    Never raises for a wrong answer; KeyboardInterrupt passes through.
    """
    with genuine_numpy():
        cases = question.cases(seed)
    return judge(question, cases, record(answer, cases))


def judge(question: Question, cases: Sequence[Case], recording: Recording) -> Verdict:
    """The verdict on a recording of these cases: it depends on nothing else."""
    with genuine_numpy() as replaced:
        verdict = question.judge(cases, recording)
    if not replaced:
        return verdict
    names = ", ".join(f"`np.{name}`" for name in replaced[:3])
    remark = f"this notebook has put something else in place of {names}; restart its kernel."
    return replace(verdict, remarks=(*verdict.remarks, remark))
