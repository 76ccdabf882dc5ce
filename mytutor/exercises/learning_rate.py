"""Exercises on the learning rate."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "The learning rate", "learning/learning-rate"

QUESTIONS: tuple[Question, ...] = ()
