"""Noise by batch size."""

from __future__ import annotations

import numpy as np

from mytutor.checking import NumberQuestion, WrongValue
from mytutor.exercises.minibatches.page import CHAPTER, PAGE


def _spreads() -> str:
    """Measure the spread of a mean over 16 and over 64 draws, scaled to 0.8 for 16."""
    draws = np.random.default_rng(0).normal(size=(4000, 64)) * 3.2
    small, large = draws[:, :16].mean(axis=1).std(), draws.mean(axis=1).std()
    return f"Over 4,000 batches each, a spread of {small:.2f} becomes {large:.2f}."


spread = NumberQuestion(
    name="minibatch-spread",
    variable="spread",
    section="The idea: noise falls with the batch, slowly",
    answer=0.4,
    tolerance=0.02,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.2: WrongValue(
            "the law of the variance",
            "0.2 is a quarter: that is the law of the variance. The spread is its root.",
        ),
        0.8: WrongValue("no change", "0.8 is the spread at 16. More examples do average noise."),
        1.6: WrongValue(
            "the root the wrong way round", "1.6 is twice as much; a larger batch has less noise."
        ),
        3.2: WrongValue(
            "the spread of one example", "3.2 is the spread at a batch of 1, which is 0.8 √16."
        ),
        0.1: WrongValue("divided by the new root", "0.1 is 0.8/√64, but 0.8 is not that of one."),
        0.0125: WrongValue("divided by the batch", "0.0125 is 0.8/64, but 0.8 is not that of one."),
        0.05: WrongValue("divided by the old batch", "0.05 is 0.8/16. What changes is 16 to 64."),
        0.16: WrongValue("the variance", "0.16 is the variance at 64, 0.64/4; take its root."),
        0.64: WrongValue(
            "the variance at 16", "0.64 is the variance at a batch of 16, the square of 0.8."
        ),
        12.8: WrongValue(
            "times the batch", "12.8 is 0.8 · 16; a larger batch has less noise than 0.8."
        ),
        0.282842712474619: WrongValue(
            "eight times the batch", "0.28 belongs to a batch of 128; from 16 to 64 is four times."
        ),
        0.565685424949238: WrongValue(
            "twice the batch", "0.57 belongs to a batch of 32; from 16 to 64 is four times."
        ),
    },
    seen=_spreads,
    hints=(
        "How does the variance of a mean depend on the number of its members?",
        "The variance is sigma² / B and the spread its root, sigma / √B.",
        "From 16 to 64 the batch is 4 times as large: `0.8 / 4**0.5`.",
    ),
    why="The variance falls by the factor 4 and the spread by its root, 2.",
)
