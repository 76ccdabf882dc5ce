"""Exercises on Adam: both moments, three bugs seen in the wild, and how long the first step is."""

from mytutor.exercises.adam.first_step import adam_first_step
from mytutor.exercises.adam.page import CHAPTER, PAGE
from mytutor.exercises.adam.update import adam, adam_bug, adam_epsilon, adam_two_averages

__all__ = ["CHAPTER", "PAGE", "QUESTIONS"]

QUESTIONS = (adam, adam_bug, adam_two_averages, adam_epsilon, adam_first_step)
