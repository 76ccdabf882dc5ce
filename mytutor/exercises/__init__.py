"""Check an answer, ask for a hint, see the solution: the verbs used in the exercise notebooks.

from mytutor import exercises as tutor

tutor.check("adam", adam)
tutor.hint("adam")
tutor.solution("adam")
tutor.status()
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from mytutor import checking
from mytutor.checking import Note, Question, Verdict, progress
from mytutor.exercises import (
    adadelta,
    adagrad,
    adam,
    batch_gradient_descent,
    batch_normalization,
    feature_scaling,
    learning_rate,
    loss_and_gradient,
    loss_landscapes,
    minibatches,
    momentum,
    moving_averages,
    nesterov,
    rmsprop,
    stochastic_gradient_descent,
    symmetry_and_scale,
    vanishing_exploding,
    xavier_and_he,
)

__all__ = ["UnknownExercise", "check", "hint", "question", "questions", "solution", "status"]

# In the order of the book.
_CHAPTERS = (
    loss_and_gradient,
    loss_landscapes,
    learning_rate,
    batch_gradient_descent,
    stochastic_gradient_descent,
    minibatches,
    moving_averages,
    momentum,
    nesterov,
    adagrad,
    rmsprop,
    adadelta,
    adam,
    vanishing_exploding,
    symmetry_and_scale,
    xavier_and_he,
    feature_scaling,
    batch_normalization,
)


class UnknownExercise(ValueError):
    """No exercise has this name; the message suggests the nearest."""

    def _render_traceback_(self) -> list[str]:
        """Only the message in Jupyter: the lines of this module would help nobody."""
        return [f"UnknownExercise: {self}"]


def questions() -> dict[str, Question]:
    """All exercises by name, in the order of the chapters."""
    return {q.name: q for chapter in _CHAPTERS for q in chapter.QUESTIONS}


def question(name: str) -> Question:
    """The exercise of a name; UnknownExercise, with the nearest names, when there is none."""
    known = questions()
    if not isinstance(name, str):
        call = f'check("{next(iter(known))}", answer)'
        raise UnknownExercise(f"the name of the exercise comes first, in quotes, as in {call}")
    if name in known:
        return known[name]
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.4) or list(known)
    names = " or ".join(map(repr, near))
    raise UnknownExercise(f"no exercise is called {name!r}; did you mean {names}?")


def check(name: str, answer: Any = ...) -> Verdict:
    """Check an answer: correct, not yet (with what is wrong), or not attempted.

    Takes about a second at most and never raises for a wrong answer; UnknownExercise for an
    unknown name.
    """
    verdict = checking.check(question(name), answer)
    if verdict.outcome == "not attempted":
        return verdict
    trouble = progress.add(name, verdict.outcome, "; ".join(verdict.diagnosis))
    return replace(verdict, remarks=(*verdict.remarks, trouble)) if trouble else verdict


def hint(name: str, stage: int | None = None) -> Note:
    """The next hint, with those before it: 1 an idea, 2 the formula, 3 almost the code.

    Once all were seen, all are shown. ``stage`` (1 to 3) asks for a certain one.
    """
    hints = question(name).hints
    if stage is None:
        seen = progress.standing().get(name, progress.Standing()).hints
        stage = min(seen + 1, len(hints))
        progress.add(name, "hint", str(stage))
    if stage not in range(1, len(hints) + 1):
        raise ValueError(f"stage is {stage!r}; expected 1 to {len(hints)}")
    numbered = tuple(f"{n}. {text}" for n, text in enumerate(hints[:stage], 1))
    return Note(f"Hint {stage} of {len(hints)}: {name}", numbered)


def solution(name: str) -> Note:
    """The solution and why it is one; that it was seen is kept in the progress record."""
    note = question(name).solution()
    progress.add(name, "solution")
    return note


def status() -> Note:
    """All exercises and where you stand with each."""
    known, standing = questions(), progress.standing()
    done = sum(standing.get(name, progress.Standing()).correct for name in known)
    return Note(f"{done} of {len(known)} exercises correct", (), "\n".join(_lines(known, standing)))


def _lines(known: dict[str, Question], standing: dict[str, progress.Standing]) -> list[str]:
    wide = max(map(len, known))
    lines, chapter = [], ""
    for name, exercise in known.items():
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            lines += ["", chapter]
        lines.append(f"  {name:{wide}}  {_state(standing.get(name)):16}  {exercise.kind}")
    return lines[1:]


def _state(standing: progress.Standing | None) -> str:
    if standing is None or not (standing.tries or standing.hints or standing.solution_seen):
        return "○ not attempted"
    sign = "✓ correct" if standing.correct else "✗ not yet" if standing.tries else "○ not attempted"
    hints = f"{standing.hints} hint{'' if standing.hints == 1 else 's'}"
    extras = [hints] if standing.hints else []
    extras += ["solution seen"] if standing.solution_seen else []
    return sign + (f" ({', '.join(extras)})" if extras else "")
