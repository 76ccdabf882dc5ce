"""Exercises on AdaGrad."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "AdaGrad", "adaptive/adagrad"

QUESTIONS: tuple[Question, ...] = ()
