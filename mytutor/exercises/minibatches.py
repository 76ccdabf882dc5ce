"""Exercises on minibatches."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Minibatches", "descent/minibatches"

QUESTIONS: tuple[Question, ...] = ()
