"""Exercises on minibatches: pieces of a gradient, a shuffle gone wrong, noise and rates by size."""

from mytutor.checking import Question
from mytutor.exercises.minibatches.page import CHAPTER, PAGE
from mytutor.exercises.minibatches.pooled import pooled
from mytutor.exercises.minibatches.rate import rate
from mytutor.exercises.minibatches.shuffle_bug import shuffle_bug
from mytutor.exercises.minibatches.spread import spread

__all__ = ["CHAPTER", "PAGE", "QUESTIONS"]

QUESTIONS: tuple[Question, ...] = (pooled, shuffle_bug, spread, rate)
