"""Questions whose answer is a value: one of several choices, or a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mytutor.checking.faults import is_unfinished
from mytutor.checking.plain import Unknown, as_number, show, type_name
from mytutor.checking.recording import Case, Recording
from mytutor.checking.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Note, Verdict

__all__ = ["ChoiceQuestion", "NumberQuestion", "WrongValue", "choices"]


@dataclass(frozen=True)
class WrongValue:
    """A typical wrong answer: its name and one sentence on what is wrong with it."""

    name: str
    says: str
    section: str = ""


@dataclass(frozen=True, eq=False)
class ChoiceQuestion:
    """Choose one of several predictions, then see what happens.

    ``options`` maps the letter to its text, ``wrong`` every letter but ``answer`` to why not.
    ``seen`` runs the experiment and returns what it shows, for a right choice and the solution.
    """

    name: str
    options: Mapping[str, str]
    answer: str
    wrong: Mapping[str, WrongValue]
    seen: Callable[[], str]
    hints: tuple[str, str, str]
    why: str
    chapter: str
    page: str
    variable: str
    section: str = "The rule"
    kind: str = "predict"

    def cases(self, seed: int) -> Sequence[Case]:
        """Nothing is called: the answer is a value."""
        return []

    def solution(self) -> Note:
        """The right letter, why, and what the experiment shows."""
        text = f"{self.answer}: {self.options[self.answer]}"
        return Note(f"Solution: {self.name}", (text, self.why, self.seen()))

    def judge(self, cases: Sequence[Case], recording: Recording) -> Verdict:
        """The verdict on a letter; upper or lower case, with or without brackets or a full stop."""
        value = recording.value
        if is_unfinished(recording):
            message = f"Choose {_alternatives(self.options)} in the cell above and run it."
            return Verdict(self.name, NOT_ATTEMPTED, message, chapter=self.chapter)
        letter = value.strip(" ().:\n").upper() if type(value) is str else ""
        if letter == self.answer:
            return Verdict(self.name, CORRECT, f"{self.why} {self.seen()}", chapter=self.chapter)
        if letter in self.wrong:
            return _recognised(self, self.wrong[letter])
        what = show(value[:40]) if type(value) is str else _kind(recording)
        message = f"The answer is {what}; expected is one of {_alternatives(self.options)}."
        return Verdict(self.name, NOT_YET, message, chapter=self.chapter)


@dataclass(frozen=True, eq=False)
class NumberQuestion:
    """Predict or derive a number.

    ``wrong`` maps typical wrong numbers to why not. A number counts as ``answer`` when it is within
    ``tolerance`` of it, relative to its size.
    """

    name: str
    answer: float
    wrong: Mapping[float, WrongValue]
    seen: Callable[[], str]
    hints: tuple[str, str, str]
    why: str
    chapter: str
    page: str
    variable: str
    section: str = "The rule"
    tolerance: float = 1e-3
    kind: str = "predict"

    def cases(self, seed: int) -> Sequence[Case]:
        """Nothing is called: the answer is a value."""
        return []

    def solution(self) -> Note:
        """The number, why, and what the experiment shows."""
        return Note(f"Solution: {self.name}", (show(self.answer), self.why, self.seen()))

    def judge(self, cases: Sequence[Case], recording: Recording) -> Verdict:
        """The verdict on a number: a Python or NumPy number, an array of one, a numeral as text."""
        if is_unfinished(recording):
            message = "Put your number in place of `...` in the cell above and run it."
            return Verdict(self.name, NOT_ATTEMPTED, message, chapter=self.chapter)
        number = as_number(recording.value)
        if number is None:
            message = f"The answer is {_kind(recording)}; expected is one number."
            return Verdict(self.name, NOT_YET, message, chapter=self.chapter)
        if self._near(number, self.answer):
            return Verdict(self.name, CORRECT, f"{self.why} {self.seen()}", chapter=self.chapter)
        for value, wrong in self.wrong.items():
            if self._near(number, value):
                return _recognised(self, wrong)
        return Verdict(self.name, NOT_YET, self._compared(number), chapter=self.chapter)

    def _near(self, number: float, value: float) -> bool:
        return abs(number - value) <= self.tolerance * abs(value)

    def _compared(self, number: float) -> str:
        """A fact about how the number and the answer differ."""
        if number != number or number in (float("inf"), float("-inf")):
            return f"{show(number)} is no finite number, and the answer is."
        for pattern, of in PATTERNS:
            if abs(number - of(self.answer)) <= min(self.tolerance, SAME) * abs(number):
                return f"{show(number)} {pattern}."
        return f"{show(number)} is too {'small' if number < self.answer else 'large'}."


SAME = 1e-3  # what "twice" may be off by, whatever the question's own tolerance
PATTERNS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("has the right size and the opposite sign", lambda a: -a),
    ("is a hundred times the answer: a percentage where a fraction is asked", lambda a: 100 * a),
    ("is one over the answer", lambda a: 1 / a if a else float("nan")),
    ("is 1 minus the answer", lambda a: 1 - a),
    ("is twice the answer", lambda a: 2 * a),
    ("is half the answer", lambda a: a / 2),
    ("is the square of the answer", lambda a: a * a),
    ("is the square root of the answer", lambda a: a**0.5 if a > 0 else float("nan")),
    ("is one more than the answer", lambda a: a + 1),
    ("is one less than the answer", lambda a: a - 1),
)


def _kind(recording: Recording) -> str:
    value = recording.value
    if recording.kind != "value":
        return f"a {recording.kind}" if recording.kind[0] != "a" else f"an {recording.kind}"
    return value.kind if isinstance(value, Unknown) else type_name(value)


def _alternatives(options: Mapping[str, str]) -> str:
    *most, last = (f'`"{letter}"`' for letter in options)
    return f"{', '.join(most)} or {last}"


def choices(question: ChoiceQuestion) -> str:
    """The options as lines of text."""
    return "\n".join(f"{letter}. {text}" for letter, text in question.options.items())


def _recognised(question: Any, wrong: WrongValue) -> Verdict:
    return Verdict(
        question.name,
        NOT_YET,
        wrong.says,
        (wrong.name,),
        chapter=question.chapter,
        page=question.page,
        section=wrong.section or question.section,
    )
