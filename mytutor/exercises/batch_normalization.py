"""Exercises on batch normalization."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Batch normalization", "normalization/batch-normalization"

QUESTIONS: tuple[Question, ...] = ()
