"""Exercises on Xavier and He."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Xavier and He", "initialization/xavier-and-he"

QUESTIONS: tuple[Question, ...] = ()
