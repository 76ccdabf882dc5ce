"""Exercises on Adadelta."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Adadelta", "adaptive/adadelta"

QUESTIONS: tuple[Question, ...] = ()
