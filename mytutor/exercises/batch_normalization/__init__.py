"""Exercises on batch normalization: forward, backward by hand, running averages, equal rows."""

from mytutor.exercises.batch_normalization.backward import backward
from mytutor.exercises.batch_normalization.equal_rows import equal_rows
from mytutor.exercises.batch_normalization.forward import forward
from mytutor.exercises.batch_normalization.page import CHAPTER, PAGE
from mytutor.exercises.batch_normalization.running_averages import running

__all__ = ["CHAPTER", "PAGE", "QUESTIONS"]

QUESTIONS = (forward, backward, running, equal_rows)
