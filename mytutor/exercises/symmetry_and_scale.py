"""Exercises on symmetry and scale."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Symmetry and scale", "initialization/symmetry-and-scale"

QUESTIONS: tuple[Question, ...] = ()
