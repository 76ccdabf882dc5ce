"""Exercises on batch gradient descent."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Batch gradient descent", "descent/batch-gradient-descent"

QUESTIONS: tuple[Question, ...] = ()
