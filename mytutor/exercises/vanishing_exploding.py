"""Exercises on vanishing and exploding gradients."""

from __future__ import annotations

from mytutor.checking import Question

CHAPTER, PAGE = "Vanishing and exploding gradients", "depth/vanishing-exploding"

QUESTIONS: tuple[Question, ...] = ()
