"""Questions whose answer is a choice of hyperparameters that must reach a target."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mytutor.checking.faults import is_unfinished
from mytutor.checking.plain import as_number, show
from mytutor.checking.recording import Case, Recording
from mytutor.checking.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Note, Verdict

__all__ = ["Mistuned", "TuneQuestion"]

Settings = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Mistuned:
    """A typical wrong choice: its name, what to see in it, when it is this one, and an example.

    ``when`` is asked with the settings and with what ``run`` made of them.
    """

    name: str
    says: str
    when: Callable[[Settings, float], bool]
    example: Settings
    section: str = ""


@dataclass(frozen=True, eq=False)
class TuneQuestion:
    """Choose hyperparameters so that a run ends at ``target`` or below.

    ``ranges`` maps every hyperparameter to the least and the largest value that will be run.
    ``run`` takes them by name and returns the number to be made small (a loss, a count of steps);
    not a number, or infinity, means that it diverged. The same settings must give the same number,
    in half a second at most. ``example`` are settings that reach the target. The answer is a
    dictionary, or a plain number where there is one hyperparameter.
    """

    name: str
    ranges: Mapping[str, tuple[float, float]]
    run: Callable[..., float]
    measure: str
    target: float
    example: Settings
    wrong: Sequence[Mistuned]
    hints: tuple[str, str, str]
    why: str
    chapter: str
    page: str
    variable: str
    section: str = "The rule"
    kind: str = "tune"

    def cases(self, seed: int) -> Sequence[Case]:
        """Nothing is called: the answer is a value."""
        return []

    def solution(self) -> Note:
        """Settings that reach the target, and why."""
        score = self.run(**self.example)
        return Note(f"Solution: {self.name}", (_listed(self.example), self.why, self._told(score)))

    def judge(self, cases: Sequence[Case], recording: Recording) -> Verdict:
        """Run the settings and compare what comes out with the target."""
        if is_unfinished(recording) or _has_gap(recording.value):
            message = "Put your choice in place of `...` in the cell above and run it."
            return Verdict(self.name, NOT_ATTEMPTED, message, chapter=self.chapter)
        settings = self._settings(recording)
        if isinstance(settings, str):
            return Verdict(self.name, NOT_YET, settings, chapter=self.chapter)
        score = float(self.run(**settings))
        if score <= self.target:
            return Verdict(
                self.name, CORRECT, f"{self._told(score)} {self.why}", chapter=self.chapter
            )
        return self._missed(settings, score)

    def _missed(self, settings: Settings, score: float) -> Verdict:
        known = next((m for m in self.wrong if m.when(settings, score)), None)
        return Verdict(
            self.name,
            NOT_YET,
            " ".join([self._told(score), *([known.says] if known else [])]),
            (known.name,) if known else (),
            chapter=self.chapter,
            page=self.page,
            section=(known and known.section) or self.section,
        )

    def _told(self, score: float) -> str:
        asked = f"asked for was {show(float(self.target), 4)} or less"
        if not math.isfinite(score):
            return f"It diverged; {asked}."
        return f"{self.measure}: {show(score, 4)}; {asked}."

    def _settings(self, recording: Recording) -> dict[str, float] | str:
        """The settings as numbers within their ranges, or what is wrong with them."""
        given = recording.value
        if type(given) is not dict and len(self.ranges) == 1:
            given = {next(iter(self.ranges)): given}
        asked = ", ".join(f'"{name}": ...' for name in self.ranges)
        if recording.kind != "value" or type(given) is not dict:
            return f"The answer is {_what(recording)}; expected is a dictionary {{{asked}}}."
        if set(given) != set(self.ranges):
            return f"The dictionary has {_names(given)}; expected is {{{asked}}}."
        settings = {}
        for name, (low, high) in self.ranges.items():
            number = as_number(given[name])
            if number is None or not low <= number <= high:
                what = show(given[name]) if number is None else show(number)
                return (
                    f"`{name}` is {what}; expected is a number from {show(float(low))} to "
                    f"{show(float(high))}."
                )
            settings[name] = number
        return settings


def _has_gap(value: Any) -> bool:
    return type(value) is dict and any(part is ... or part is None for part in value.values())


def _what(recording: Recording) -> str:
    return show(recording.value)[:60] if recording.kind == "value" else f"a {recording.kind}"


def _names(given: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in list(given)[:8]) or "no names"


def _listed(settings: Settings) -> str:
    return ", ".join(f"{name} = {show(float(value), 4)}" for name, value in settings.items())
