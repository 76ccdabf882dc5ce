"""Repair running averages that forget everything."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.checking import Case, FunctionQuestion, Misconception
from mytutor.exercises.batch_normalization.page import CHAPTER, PAGE
from mytutor.layers._rows import update_statistics_of_rows


def _running_cases(rng: np.random.Generator) -> list[Case]:
    def case(values: Any, rows: int, momentum: float, about: str = "", **more: Any) -> Case:
        names = ("mean", "variance", "batch_mean", "batch_variance")
        arrays = {name: np.array(v, dtype=float) for name, v in zip(names, values, strict=True)}
        return Case({**arrays, "rows": rows, "momentum": momentum, **more}, 5, about)

    def draw(channels: int, rows: int, momentum: float, about: str = "", **more: Any) -> Case:
        means, variances = rng.normal(size=(2, channels)), rng.uniform(0.5, 3, size=(2, channels))
        values = (means[0], variances[0], means[1], variances[1])
        return case(np.round(values, 3), rows, momentum, about, **more)

    small = [
        case(([0.0], [1.0], [2.0], [4.0]), 2, 0.75),
        case(([1.0], [2.0], [-1.0], [4.0]), 5, 0.75),
        case(([0.0], [1.0], [1.0], [3.0]), 4, 0.25),
        case(([2.0], [4.0], [1.0], [1.0]), 3, 0.75, correction=0),
        case(([1.0], [3.0], [4.0], [2.0]), 3, 0.25, correction=2),
        case(([-1.0], [1.0], [1.0], [6.0]), 4, 0.875),
    ]
    several = [
        draw(channels, rows, momentum)
        for channels, rows, momentum in ((1, 3, 0.9), (3, 8, 0.6), (4, 2, 0.3), (2, 32, 0.95))
    ]
    rest = {
        name: value
        for name, value in draw(3, 6, 0.9).inputs.items()
        if name not in ("mean", "variance", "momentum")
    }
    single = {
        name: value.astype(np.float32) if isinstance(value, np.ndarray) else value
        for name, value in draw(3, 6, 0.7).inputs.items()
    }
    special = [
        Case({"mean": 0.0, "variance": 1.0, **rest, "momentum": 0.8}, 5, "the first batch"),
        Case({"mean": 0.0, "variance": 1.0, **rest}, 5, "calls that leave momentum at its default"),
        draw(2, 8, 0.7, "correction=0", correction=0),
        Case(single, 5, "arrays of float32"),
    ]
    return [*small, *several, *special]


AVERAGE_OF_MEAN = "momentum * mean + (1 - momentum) * batch_mean"
AVERAGE_OF_VARIANCE = "momentum * variance + (1 - momentum) * unbiased"
UNBIASED = "batch_variance * rows / (rows - correction)"
SWAPPED = Misconception(
    "weights the wrong way round",
    "Here momentum is the weight of the old value. As the weight of the new one it is PyTorch's: "
    "with 0.9 the running average then follows the last batch.",
    {
        AVERAGE_OF_MEAN: "(1 - momentum) * mean + momentum * batch_mean",
        AVERAGE_OF_VARIANCE: "(1 - momentum) * variance + momentum * unbiased",
    },
    section="Conventions",
)
running = FunctionQuestion(
    name="running-average-bug",
    reference=update_statistics_of_rows,
    variable="update_statistics",
    outputs=("mean", "variance"),
    make_cases=_running_cases,
    chapter=CHAPTER,
    page=PAGE,
    section="Inference",
    kind="find the bug",
    given=SWAPPED,
    misconceptions=(
        SWAPPED,
        Misconception(
            "weights swapped for the mean only",
            "In the mean, momentum weighs the new value; in the variance it weighs the old one.",
            {AVERAGE_OF_MEAN: "(1 - momentum) * mean + momentum * batch_mean"},
            section="Conventions",
        ),
        Misconception(
            "weights swapped for the variance only",
            "In the variance, momentum weighs the new value; in the mean it weighs the old one.",
            {AVERAGE_OF_VARIANCE: "(1 - momentum) * variance + momentum * unbiased"},
            section="Conventions",
        ),
        Misconception(
            "biased variance averaged",
            "The variance of a batch is too small by (N - 1) / N on average, and Algorithm 2 "
            "corrects it; without the correction it is the convention of Keras and Flax.",
            {UNBIASED: "batch_variance"},
            section="Conventions",
        ),
        Misconception(
            "correction upside down",
            "The variance has to become larger: times N / (N - 1).",
            {UNBIASED: "batch_variance * (rows - correction) / rows"},
        ),
        Misconception(
            "divided by N + 1",
            "The unbiased variance divides by N - 1.",
            {"rows - correction": "rows + correction"},
        ),
        Misconception(
            "N missing from the correction",
            "The variance is a mean already: multiply it by N before dividing by N - 1.",
            {UNBIASED: "batch_variance / (rows - correction)"},
        ),
        Misconception(
            "sum of squares averaged",
            "Times N it is a sum of squares again; divide it by N - 1.",
            {UNBIASED: "batch_variance * rows"},
        ),
        Misconception(
            "batch statistics returned",
            "Nothing is averaged: inference would use the statistics of the last batch.",
            {AVERAGE_OF_MEAN: "batch_mean", AVERAGE_OF_VARIANCE: "unbiased"},
        ),
        Misconception(
            "old value not weighed",
            "An average has weights that add up to one: the old value is multiplied by momentum.",
            {
                AVERAGE_OF_MEAN: "mean + (1 - momentum) * batch_mean",
                AVERAGE_OF_VARIANCE: "variance + (1 - momentum) * unbiased",
            },
        ),
        Misconception(
            "new value not weighed",
            "An average has weights that add up to one: the new value is multiplied by 1 - "
            "momentum.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance + unbiased",
            },
        ),
        Misconception(
            "deviation averaged",
            "Averaged are variances; the root is taken afterwards, in inference.",
            {AVERAGE_OF_VARIANCE: "momentum * variance + (1 - momentum) * sqrt(unbiased)"},
        ),
        Misconception(
            "mean corrected as well",
            "The mean of a batch is unbiased as it is; N / (N - 1) belongs to the variance.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + (1 - momentum) * batch_mean * rows / "
                "(rows - correction)"
            },
        ),
        Misconception(
            "running value corrected in place of the batch's",
            "The variance of the batch is corrected, before it is averaged; here the average is, "
            "again and again.",
            {
                UNBIASED: "batch_variance",
                AVERAGE_OF_VARIANCE: "(momentum * variance + (1 - momentum) * unbiased) * rows / "
                "(rows - correction)",
            },
        ),
        Misconception(
            "minus in the averages",
            "An average adds its two weighted terms.",
            {
                AVERAGE_OF_MEAN: "momentum * mean - (1 - momentum) * batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance - (1 - momentum) * unbiased",
            },
        ),
        Misconception(
            "missing brackets around 1 - momentum",
            "(1 - momentum) is one factor: without its brackets 1 is added and momentum times the "
            "new value is subtracted.",
            {
                AVERAGE_OF_MEAN: "momentum * mean + 1 - momentum * batch_mean",
                AVERAGE_OF_VARIANCE: "momentum * variance + 1 - momentum * unbiased",
            },
        ),
        Misconception(
            "variance not updated",
            "The running variance that came in is returned again.",
            {"mean, variance": "mean, old_variance"},
        ),
        Misconception(
            "mean not updated",
            "The running mean that came in is returned again.",
            {"mean, variance": "old_mean, variance"},
        ),
        Misconception(
            "wrong order of the outputs",
            "The mean comes before the variance.",
            {"mean, variance": "variance, mean"},
        ),
        Misconception(
            "`momentum` ignored",
            "The number 0.9 stands where the parameter `momentum` should.",
            {"momentum": "0.9"},
        ),
        Misconception(
            "`correction` ignored",
            "The number 1 stands where the parameter `correction` should.",
            {"correction": "1"},
        ),
    ),
    hints=(
        "Feed it batches with the mean 5 and print the running mean. How many batches does it "
        "remember with momentum 0.9?",
        "Read what momentum is said to weigh: running = momentum * running + (1 - momentum) * new.",
        "In both lines momentum and 1 - momentum change places. The line for `unbiased` is right.",
    ),
    why=(
        "The two libraries that most people use give the word opposite meanings. With PyTorch's "
        "formula and Keras' number the average is the last batch, and inference is as noisy as "
        "training."
    ),
)
