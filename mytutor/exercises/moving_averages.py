"""Exercises on moving averages."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Moving averages", "momentum/moving-averages"

QUESTIONS: tuple[Question, ...] = ()
