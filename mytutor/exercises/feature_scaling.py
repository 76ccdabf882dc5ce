"""Exercises on feature scaling."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Feature scaling", "normalization/feature-scaling"

QUESTIONS: tuple[Question, ...] = ()
