"""Exercises on stochastic gradient descent."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Stochastic gradient descent", "descent/stochastic-gradient-descent"

QUESTIONS: tuple[Question, ...] = ()
