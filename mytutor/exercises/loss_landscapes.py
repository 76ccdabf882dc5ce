"""Exercises on loss landscapes."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Loss landscapes", "learning/loss-landscapes"

QUESTIONS: tuple[Question, ...] = ()
