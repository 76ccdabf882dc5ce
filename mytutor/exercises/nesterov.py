"""Exercises on Nesterov's gradient."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Nesterov's gradient", "momentum/nesterov"

QUESTIONS: tuple[Question, ...] = ()
