"""Exercises on loss and gradient."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Loss and gradient", "learning/loss-and-gradient"

QUESTIONS: tuple[Question, ...] = ()
