"""Exercises on RMSProp."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "RMSProp", "adaptive/rmsprop"

QUESTIONS: tuple[Question, ...] = ()
